"""Looks of figures, static and interactive."""
