"""Ideal metal sites must give what they are."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lfa1_analysis.metal_site.coordination import CUTOFF, Donor, classify, smooth_number

AXES = np.vstack([np.eye(3), -np.eye(3)])
CLOSED = [
    Donor("OG", "SER139", "protein", 2.1 * AXES[0]),
    Donor("OG", "SER141", "protein", 2.1 * AXES[1]),
    Donor("OD1", "ASP239", "protein", 2.1 * AXES[3]),
    *(Donor("O", f"HOH{i}", "water", 2.1 * AXES[i]) for i in (2, 4, 5)),
]


def test_ideal_octahedron_has_six_donors():
    site = classify((0, 0, 0), CLOSED)
    assert site.coordination_number == 6
    assert site.coordination_smooth == pytest.approx(6, abs=0.05)
    assert site.n_waters == 3
    assert site.pattern == "closed"
    assert site.denticity("ASP239") == 1
    assert site.distances[[d.kind == "water" for d in site.donors]] == pytest.approx([2.1] * 3)


def test_rigid_motion_changes_nothing():
    turn, shift = Rotation.from_euler("xyz", (0.3, 1.2, -2.0)), np.array([40.0, -7.0, 3.0])
    moved = [
        Donor(d.name, d.residue, d.kind, turn.apply(np.asarray(d.xyz)) + shift) for d in CLOSED
    ]
    before, after = classify((0, 0, 0), CLOSED), classify(shift, moved)
    assert after.distances == pytest.approx(before.distances)
    assert after.coordination_smooth == pytest.approx(before.coordination_smooth)
    assert {d.label for d in after.bound} == {d.label for d in before.bound}


def test_bidentate_carboxylate():
    # Carboxylate C 2.6 Å from the metal, O–C–O 124°, C–O 1.25 Å: both oxygens at about 2.3 Å.
    half = np.radians(62)
    oxygens = [
        np.array([2.6 - 1.25 * np.cos(half), sign * 1.25 * np.sin(half), 0]) for sign in (1, -1)
    ]
    donors = [Donor(f"OD{i}", "ASP137", "protein", xyz) for i, xyz in enumerate(oxygens, start=1)]
    site = classify((0, 0, 0), [*donors, Donor("O", "ASP137", "protein", (0, 0, 2.2))])
    assert site.denticity("ASP137") == 2, "the backbone oxygen must not count"
    assert site.coordination_number == 3


@pytest.mark.parametrize(
    ("asp", "thr", "pattern"),
    [(2.1, 3.6, "closed"), (4.2, 2.05, "open"), (2.2, 2.2, "mixed"), (4.2, 3.6, "none")],
)
def test_pattern_follows_asp239_and_thr206(asp, thr, pattern):
    donors = [
        Donor("OD2", "ASP239", "protein", (asp, 0, 0)),
        Donor("OG1", "THR206", "protein", (0, thr, 0)),
    ]
    assert classify((0, 0, 0), donors).pattern == pattern


def test_an_empty_site():
    site = classify((0, 0, 0), [])
    assert (site.coordination_number, site.coordination_smooth, site.pattern) == (0, 0.0, "none")
    assert site.denticity("ASP137") == 0


def test_donors_come_nearest_first():
    donors = [Donor("O", f"HOH{i}", "water", (r, 0, 0)) for i, r in enumerate((2.5, 1.9, 3.0))]
    assert [d.residue for d in classify((0, 0, 0), donors).donors] == ["HOH1", "HOH0", "HOH2"]


def test_the_switch_is_half_at_the_cutoff_and_falls():
    assert smooth_number([CUTOFF]) == pytest.approx(0.5)
    values = [smooth_number([r]) for r in np.linspace(0, 8, 200)]
    assert np.all(np.diff(values) <= 0)
    assert smooth_number([1e30]) == pytest.approx(0)


def test_coordinates_that_are_no_numbers():
    with pytest.raises(ValueError, match="not finite"):
        classify((0, 0, np.nan), CLOSED)
