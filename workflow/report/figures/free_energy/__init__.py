"""Figures of pulls, umbrella windows, profiles and linkage."""
