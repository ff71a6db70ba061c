"""Metal sites: where crystals have their ions, and whether a site is what it should be."""
