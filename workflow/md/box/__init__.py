"""From a prepared model to a system: water, salt, force field, matched systems, minimisation."""
