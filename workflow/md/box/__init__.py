"""From a prepared model to a system: water, salt, force field, the matched pair, minimisation."""
