"""Landmarks of ICAM-1, by mature number; its sequence is in :mod:`lfa1_analysis.proteins.known`."""

from __future__ import annotations

GLU34 = 34
"""The glutamate whose carboxylate holds the metal of the MIDAS in 1MQ8."""
CARBOXYLATE = ("OE1", "OE2")
D1 = tuple(range(1, 83))
"""Domain 1, to the end of its last β strand (DSSP of 1MQ8: 79–82); D2 begins behind the linker."""
