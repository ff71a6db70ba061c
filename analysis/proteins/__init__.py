"""The proteins of the study: sequences, numbering, atoms and crystal references."""
