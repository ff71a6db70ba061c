"""How much neighbouring windows must overlap: elements of the overlap matrix of MBAR."""

LEAST_OVERLAP = 0.03
"""Below it no free energy is given (Klimovich, Shirts & Mobley 2015,
doi:10.1007/s10822-015-9840-9)."""
TARGET_OVERLAP = 0.05
"""What added windows aim at: a margin, because a pilot knows its overlaps only roughly."""
MOST_OVERLAP = 0.2
"""A larger target could never be met: where many windows overlap, each gets a smaller share."""
