"""Integrin subunits, found in any file by the profiles of their families."""
