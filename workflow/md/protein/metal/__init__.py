"""The metal sites of a model that is prepared: found, given their ions, judged."""
