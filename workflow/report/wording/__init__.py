"""Sentences about results, used by figures and sections."""
