"""Steered separation: force, work, and which residue pairs let go when."""
