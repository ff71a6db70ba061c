"""Reading a structure file: chains, residues, what is around them; checked before it is used."""
