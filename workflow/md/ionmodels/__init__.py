"""Models of ions: their parameters, where those come from, and checks in plain water."""
