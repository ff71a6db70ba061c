"""Physical constants and conversions.

The first three are exact since the SI of 2019: CODATA 2018 (Tiesinga, Mohr, Newell & Taylor 2021,
Rev. Mod. Phys. 93, 025010).
"""

from __future__ import annotations

BOLTZMANN = 1.380649e-23
"""J/K."""
AVOGADRO = 6.02214076e23
"""1/mol."""
GAS_CONSTANT = 8.31446261815324e-3
"""KJ/mol/K; the product of the two, written out so that no digit is lost."""
COULOMB = 138.935458
"""kJ/mol nm/e²; e² N_A / 4πε₀ (CODATA 2018)."""
KJ_PER_KCAL = 4.184
"""Thermochemical calorie (ISO 80000-5)."""
PICONEWTONS = 1e24 / AVOGADRO
"""pN in one kJ/mol/nm."""
SECONDS_PER_DAY = 86400.0
