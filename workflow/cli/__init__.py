"""The program ``lfa1``: thin adapters from the command line to the libraries."""
