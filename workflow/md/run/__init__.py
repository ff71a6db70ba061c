"""Simulations that can be stopped anywhere: equilibration and segments of production."""
