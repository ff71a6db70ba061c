"""Units are checked as quantities, and durations compared exactly."""

import pytest

from lfa1_md.study.quantities import parse, whole_multiple


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("4 fs", "ps", 0.004),
        ("0.5 us", "ps", 500_000),
        ("150 mM", "molar", 0.15),
        ("310 K", "kelvin", 310),
        ("1 atm", "bar", 1.01325),
        ("12 angstrom", "nm", 1.2),
        ("2.39005736 kcal/mol/angstrom^2", "kJ/mol/nm^2", 1000),
        ("1 / ps", "1/ps", 1),
        ("1e3 fs", "ps", 1),
    ],
)
def test_converts(text, unit, value):
    assert parse(text, unit) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("4", "needs a unit"),
        (4, "with a unit"),
        (4.0, "with a unit"),
        (True, "with a unit"),
        (None, "with a unit"),
        ("", "with a unit"),
        ("4 kg", "wrong kind of unit"),
        ("4 apples", "apples"),
        ("ps 4 (", "cannot be read"),
    ],
)
def test_refuses(text, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse(text, "ps")


def test_whole_multiples_are_exact():
    assert whole_multiple(0.3, 0.1) == 3  # 0.3 / 0.1 is 2.9999999999999996 in binary
    assert whole_multiple(500_000, 0.004) == 125_000_000
    assert whole_multiple(1.0, 0.3) is None
    assert whole_multiple(1.0, 0.0) is None
