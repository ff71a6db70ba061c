"""Umbrella windows: samples, checks, free-energy profile and verdict."""
