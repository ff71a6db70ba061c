"""What the page says the MIDAS would hold: from the configuration's constants and serum levels."""

import re
from pathlib import Path

import pytest
from synthetic import configuration

from lfa1_md.study.configfile import load
from lfa1_report.sections.effect import occupant

ROOT = Path(__file__).parents[3]


def shares(line):
    return [float(found) for found in re.findall(r"([\d.]+) %(?: \(| [MCn])", line)]


def test_the_levels_and_constants_are_those_of_the_configuration():
    config = load(ROOT / "config/production.yaml")
    assert occupant(config) == occupant(configuration())  # nothing is set there: the defaults
    first, second, _ = occupant(config)
    assert "0.55 mM free Mg²⁺ and 1.2 mM free Ca²⁺" in first and first.startswith("With ")
    linkage = {"magnesium": "0.001 molar", "k_ca": "0.002 molar", "k_ca_source": "x"}
    first, second, _ = occupant(configuration(linkage=linkage))
    assert "2000 µM for Ca²⁺" in first and "1 mM free Mg²⁺" in first and "With 0.5 mM" in second
    mg, ca = 0.5e-3 / 160e-6, 1.2e-3 / 2e-3
    expected = [part / (1 + mg + ca) * 100 for part in (mg, ca, 1)]
    assert shares(second) == pytest.approx(expected, abs=0.5)
