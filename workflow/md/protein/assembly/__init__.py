"""From complete chains to a minimised model: metals, waters, hydrogens."""
