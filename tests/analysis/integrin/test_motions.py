"""The big motions: the values of crystals, and known motions found again."""

import numpy as np
import pytest
from integrin_models import domain_atoms, only, turned
from MDAnalysis import Merge

from lfa1_analysis.integrin.find import find_integrins
from lfa1_analysis.integrin.motions import Motions, longest, rotation_angle

# Rotation of the hybrid domain from 4WJK and propeller–hybrid distance, measured independently.
HEADPIECES = {
    "4WJK": (0.0, 48.2),
    "3ZDY": (13.0, 53.3),
    "3ZE2": (36.0, 62.3),
    "2VDR": (70.0, 73.2),
    "1L5G": (9.0, None),
}


def measured(universe, **options):
    return Motions(universe, find_integrins(universe), **options).run().results.table


@pytest.mark.parametrize("name", HEADPIECES)
def test_headpieces_open_as_they_are_known_to(opened, name):
    swing, opening = HEADPIECES[name]
    row = measured(opened(name)).iloc[0]
    assert row["hybrid_swing_degree"] == pytest.approx(swing, abs=1.0)
    if opening is not None:
        assert row["headpiece_opening_angstrom"] == pytest.approx(opening, abs=0.6)


def test_the_bent_ectodomain_has_every_measure_but_that_of_the_i_domain(opened):
    universe = opened("1L5G")
    row = measured(universe).iloc[0]
    assert row["propeller_calf2_angstrom"] == pytest.approx(62.7, abs=0.5)
    assert row["genu_angle_degree"] == pytest.approx(46, abs=1)
    assert row["midas_height_angstrom"] < 20
    assert row.index[row.isna()].tolist() == ["alpha_i_midas_height_angstrom"]
    missing = Motions(universe, find_integrins(universe)).missing[1]
    assert missing == {"alpha_i_midas_height_angstrom": "alpha_i has 0 of 180 residues"}


def test_a_headpiece_has_no_leg_measures_and_says_why(opened):
    universe = opened("3ZE2")
    motions = Motions(universe, find_integrins(universe))
    row = motions.run().results.table.iloc[0]
    for column in ("genu_angle_degree", "propeller_calf2_angstrom", "leg_separation_angstrom"):
        assert np.isnan(row[column])
        assert "calf_2 has 0 of 170 residues" in motions.missing[1][column]


def test_planted_swings_are_found(opened):
    """The hybrid domain is turned about several axes, a frame each; the first is as it was."""
    universe = opened("4WJK")
    hybrid = domain_atoms(universe, only(universe), "hybrid")
    pivot = hybrid.positions.mean(axis=0) + np.array([5, 20, -3])
    before = universe.atoms.positions.copy()
    planted = [0.0, 5.0, 30.0, 62.0, 100.0]
    frames = []
    for degrees, axis in zip(planted, np.random.default_rng(2).normal(size=(5, 3)), strict=True):
        universe.atoms.positions = before
        turned(hybrid, degrees, axis, pivot)
        frames.append(universe.atoms.positions.copy())
    universe.load_new(np.array(frames))
    table = measured(universe)
    assert table["hybrid_swing_degree"].tolist() == pytest.approx(planted, abs=0.5)
    assert table["hybrid_turn_degree"].tolist() == pytest.approx(planted, abs=0.1)


def test_planted_bends_of_the_legs_are_found(opened):
    """The lower legs are turned about the genu, in the plane of the bend, a frame each."""
    universe = opened("1L5G")
    integrin = only(universe)
    head = domain_atoms(universe, integrin, "propeller").select_atoms("name CA")
    foot = domain_atoms(universe, integrin, "calf_2").select_atoms("name CA")
    genu = [integrin.residue("alpha", n) for n in range(742, 753)]
    knee = universe.residues[[i for i in genu if i is not None]].atoms.select_atoms("name CA")
    pivot, up, down = (group.positions.mean(axis=0) for group in (knee, head, foot))
    legs = domain_atoms(universe, integrin, "calf_1", "calf_2", "i_egf_3", "i_egf_4", "beta_tail")
    before = universe.atoms.positions.copy()
    planted = [0.0, 20.0, 60.0, 110.0]
    frames, extension = [], []
    for degrees in planted:
        universe.atoms.positions = before
        turned(legs, degrees, np.cross(up - pivot, down - pivot), pivot)
        frames.append(universe.atoms.positions.copy())
        extension.append(np.linalg.norm(foot.positions.mean(axis=0) - up))
    universe.load_new(np.array(frames))
    table = measured(universe)
    bend = table["genu_angle_degree"]
    assert (bend - bend[0]).tolist() == pytest.approx(planted, abs=1.0)
    assert table["leg_turn_degree"].tolist() == pytest.approx(planted, abs=0.5)
    assert table["propeller_calf2_angstrom"].tolist() == pytest.approx(extension, abs=0.5)
    assert table["propeller_calf2_angstrom"][3] > 140
    assert table["midas_height_angstrom"][3] > 150
    for column in ("hybrid_swing_degree", "leg_separation_angstrom", "headpiece_opening_angstrom"):
        assert np.ptp(table[column]) < 0.01


def test_nothing_depends_on_where_the_molecule_lies(opened):
    universe = opened("1L5G")
    before = measured(universe)
    turned(universe.atoms, 77, (1, 2, 3), (400, -20, 5))
    after = measured(universe)
    columns = [c for c in before.columns if c.endswith(("degree", "angstrom"))]
    assert np.allclose(before[columns], after[columns], atol=0.01, equal_nan=True)


def test_a_periodic_boundary_through_the_molecule_changes_nothing(opened):
    universe = opened("1L5G")
    expected = measured(universe)
    size = 180.0
    universe.atoms.positions = np.mod(universe.atoms.positions, size)
    universe.load_new(universe.atoms.positions[None], dimensions=np.array([size] * 3 + [90.0] * 3))
    columns = [c for c in expected.columns if c.endswith(("degree", "angstrom"))]
    assert np.allclose(measured(universe)[columns], expected[columns], atol=0.01, equal_nan=True)


def test_two_copies_are_measured_apart(opened):
    first, second = opened("4WJK"), opened("4WJK")
    turned(domain_atoms(second, only(second), "hybrid"), 40, (0, 1, 0), (0, 0, 0))
    second.atoms.positions += (250, 0, 0)
    universe = Merge(first.atoms, second.atoms)
    table = measured(universe)
    assert table["integrin"].tolist() == [1, 2]
    assert table["hybrid_swing_degree"].tolist() == pytest.approx([0, 40], abs=0.5)


def test_angles_between_rotations_are_right_at_both_ends():
    from scipy.spatial.transform import Rotation

    for degrees in (0.0, 1e-4, 90.0, 179.9999):
        turn = Rotation.from_rotvec(np.radians(degrees) * np.array([0.6, 0, 0.8])).as_matrix()
        assert rotation_angle(np.eye(3)[..., None], turn[..., None])[0] == pytest.approx(
            degrees, abs=1e-6
        )


def test_the_longest_extent_is_that_of_all_pairs():
    points = np.random.default_rng(1).normal(size=(300, 3))
    pairs = np.linalg.norm(points[:, None] - points[None], axis=2)
    assert longest(points) == pytest.approx(pairs.max())
    assert longest(points[:3]) == pytest.approx(pairs[:3, :3].max())
