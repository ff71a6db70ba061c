"""Re-checking a study's files against their records."""
