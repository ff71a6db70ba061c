"""The page: context of the templates, summary, checks."""
