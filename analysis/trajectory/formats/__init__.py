"""File formats: what is checked in each before its frames are trusted."""
