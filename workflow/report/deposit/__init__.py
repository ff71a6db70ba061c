"""A finished study as a folder to hand in: what is in it, how large it gets, and its provenance."""
