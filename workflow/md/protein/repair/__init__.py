"""Completing chains: wild type, missing atoms and loops, caps, sound stereochemistry."""
