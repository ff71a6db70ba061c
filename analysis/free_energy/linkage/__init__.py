"""From free energies of opening and metal affinities to a dose-response."""
