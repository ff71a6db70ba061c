"""Figures, one subject a module."""
