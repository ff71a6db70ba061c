"""From umbrella windows and pulls to free energies, and from those to a dose–response."""
