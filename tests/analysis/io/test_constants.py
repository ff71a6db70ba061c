"""Constants that stand for the same physics agree with each other."""

import math

import pytest

from lfa1_analysis.io.constants import AVOGADRO, BOLTZMANN, COULOMB, GAS_CONSTANT


def test_the_gas_constant_is_that_of_boltzmann_and_avogadro():
    assert pytest.approx(BOLTZMANN * AVOGADRO * 1e-3, rel=1e-14) == GAS_CONSTANT


def test_coulombs_constant_follows_from_charge_and_permittivity():
    charge, permittivity = 1.602176634e-19, 8.8541878128e-12
    joule_metres = charge**2 * AVOGADRO / (4 * math.pi * permittivity)
    assert pytest.approx(joule_metres * 1e9 * 1e-3, rel=1e-8) == COULOMB
