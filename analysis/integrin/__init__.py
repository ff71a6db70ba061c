"""The big motions and the metal sites of any integrin, found by alignment with αL and β2."""
