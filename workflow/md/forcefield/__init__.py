"""Force fields, models of metals and reproducible random numbers for OpenMM."""
