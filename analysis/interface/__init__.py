"""How the αL I domain holds ICAM-1: the ion, the contacts, the area, the pose."""
