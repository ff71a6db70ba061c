"""Simulations with a bias: pulls, umbrella windows, exchange among them."""
