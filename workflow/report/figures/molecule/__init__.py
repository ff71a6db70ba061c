"""The molecule in three dimensions."""
