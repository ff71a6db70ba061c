"""What a study's results hold, read for the report."""
