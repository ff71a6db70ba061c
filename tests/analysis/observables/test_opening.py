"""Opening against the crystals, an independent program, and exact displacements."""

import mdtraj
import numpy as np
import pandas as pd
import pytest
from MDAnalysis.lib.mdamath import triclinic_box, triclinic_vectors
from scipy.spatial.transform import Rotation

from lfa1_analysis.io.errors import InputError, InputWarning
from lfa1_analysis.observables.opening import Opening, occupant, tell
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import ALPHA7, MOVING, RMSD_RANGE, SHEET_CORE
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.geometry import principal_axis, superpose
from lfa1_analysis.trajectory.universe import open_universe

# Å: axial shift, RMSD, MIDAS–α7, pocket L289 / F292 / L295, S139Oγ–T206Oγ1, E241Cδ–S139Oγ.
# Measured beforehand with other code.
TRUTH = {
    "3F74": (0.0, 0.0, 20.3, 6.2, 7.4, 4.4, 3.67, 12.1, "closed"),
    "1CQP": (-1.9, 0.69, 19.9, 6.3, 7.5, 4.4, 4.06, 12.0, "closed"),
    "1MQ8": (4.5, 1.95, 23.9, 8.5, 3.2, 10.1, 2.85, 6.5, "intermediate"),
    "3HI6": (7.6, 2.33, 26.4, 3.4, 7.9, 12.7, 3.06, 10.5, "open"),
    "1MQ9": (9.1, 2.87, 25.5, 3.9, 8.2, 9.0, 3.10, 7.1, "open"),
}
COLUMNS = [
    "alpha7_shift_angstrom",
    "rmsd_closed_angstrom",
    "midas_alpha7_angstrom",
    "pocket_leu289_angstrom",
    "pocket_phe292_angstrom",
    "pocket_leu295_angstrom",
    "ser139og_thr206og1_angstrom",
    "glu241cd_ser139og_angstrom",
]


def opening(universe) -> pd.DataFrame:
    return Opening(universe, find_domain(universe)).run().results.table


def numbers(table: pd.DataFrame) -> np.ndarray:
    return table.select_dtypes("number").to_numpy(float)


@pytest.mark.parametrize("name", TRUTH)
def test_crystal_truth_table(entry, name):
    row = opening(open_universe(entry(name))).iloc[0]
    assert row[COLUMNS].tolist() == pytest.approx(TRUTH[name][:-1], abs=0.1)
    assert row["pocket_occupant"] == TRUTH[name][-1]


def test_references_are_zero_and_one(entry):
    closed, open_ = (opening(open_universe(entry(name))).iloc[0] for name in ("3F74", "3HI6"))
    assert closed["opening_fraction"] == pytest.approx(0, abs=1e-3)
    assert open_["opening_fraction"] == pytest.approx(1, abs=1e-3)
    assert closed["rmsd_open_angstrom"] == pytest.approx(open_["rmsd_closed_angstrom"], abs=1e-2)


def test_shipped_or_crystal_states(state_file):
    closed = opening(open_universe(state_file("closed"))).iloc[0]
    assert -3 <= closed["alpha7_shift_angstrom"] <= 1
    assert closed["pocket_occupant"] == "closed"
    open_ = opening(open_universe(state_file("open"))).iloc[0]
    assert 6 <= open_["alpha7_shift_angstrom"] <= 10
    assert open_["pocket_occupant"] == "open"


@pytest.mark.parametrize("name", ["1CQP", "3HI6", "1MQ9"])
def test_shift_and_rmsd_by_mdtraj(entry, name):
    """The same definitions through another library's superposition."""
    closed, frame = mdtraj.load(entry("3F74")), mdtraj.load(entry(name))

    def alphas(trajectory, residues):
        found = {a.residue.resSeq: a.index for a in trajectory.topology.atoms if a.name == "CA"}
        return [found[n] for n in residues]

    row = opening(open_universe(entry(name))).iloc[0]
    compared = alphas(frame, RMSD_RANGE), alphas(closed, RMSD_RANGE)
    rmsd = 10 * mdtraj.rmsd(frame, closed, 0, *compared)[0]
    assert row["rmsd_closed_angstrom"] == pytest.approx(rmsd, abs=2e-3)
    frame.superpose(closed, 0, alphas(frame, SHEET_CORE), alphas(closed, SHEET_CORE))
    axis = principal_axis(10 * closed.xyz[0, alphas(closed, range(293, 301))].astype(float))
    moved = frame.xyz[0, alphas(frame, ALPHA7)] - closed.xyz[0, alphas(closed, ALPHA7)]
    assert row["alpha7_shift_angstrom"] == pytest.approx(10 * moved.mean(axis=0) @ axis, abs=2e-3)


def test_rigid_motion_changes_nothing(closed):
    before = numbers(opening(closed))
    turn = Rotation.from_euler("xyz", (1.0, -0.4, 2.2))
    moved = turn.apply(closed.atoms.positions) + np.array([31.0, -12.0, 8.0])
    closed.load_new(moved[None])
    assert numbers(opening(closed)) == pytest.approx(before, abs=2e-3)


def test_three_angstrom_are_three_angstrom(closed):
    observable = Opening(closed, find_domain(closed))
    known = reference.load()
    xyz = observable.group.positions.astype(float)
    xyz = superpose(xyz, xyz[observable.rows(SHEET_CORE)], known.closed_ca(SHEET_CORE))
    before = observable.measure(Chunk.of(xyz))[0]
    xyz[observable.rows(ALPHA7)] += 3.0 * known.alpha7_axis
    assert observable.measure(Chunk.of(xyz))[0] - before == pytest.approx(3.0, abs=1e-6)
    sideways = np.cross(known.alpha7_axis, [0.0, 0.0, 1.0])
    xyz[observable.rows(ALPHA7)] += 3.0 * sideways / np.linalg.norm(sideways)
    assert observable.measure(Chunk.of(xyz))[0] - before == pytest.approx(3.0, abs=1e-6)


def test_fraction_is_linear_between_the_references(closed):
    observable = Opening(closed, find_domain(closed))
    known = reference.load()
    xyz = observable.group.positions.astype(float)
    for part in (0.0, 0.25, 1.0, 1.3):
        xyz[observable.rows(SHEET_CORE)] = known.closed_ca(SHEET_CORE)
        path = known.open_ca(MOVING) - known.closed_ca(MOVING)
        xyz[observable.rows(MOVING)] = known.closed_ca(MOVING) + part * path
        # Asp137 is the one residue of both sets; it has hardly moved.
        assert observable.measure(Chunk.of(xyz))[1] == pytest.approx(part, abs=0.005)


@pytest.mark.parametrize(
    ("pocket", "state"),
    [
        ((6.2, 7.4, 4.4), "closed"),
        ((8.5, 3.2, 10.1), "intermediate"),
        ((3.4, 7.9, 12.7), "open"),
        ((6.0, 7.0, 6.5), "none"),
        ((np.nan, 7.0, 4.0), None),  # Leu289 may be nearer
        ((np.nan, np.nan, np.nan), None),
    ],
)
def test_occupant(pocket, state):
    assert occupant(pocket) == state


@pytest.mark.parametrize("shape", ["cube", "dodecahedron"])
def test_a_domain_cut_by_the_boundary(closed, shape):
    before = numbers(opening(closed))
    cell = 70.0 * np.array([[1, 0, 0], [0, 1, 0], [0.5, 0.5, np.sqrt(0.5)]])
    box = triclinic_box(*(70.0 * np.eye(3) if shape == "cube" else cell))
    vectors = triclinic_vectors(box).astype(float)
    xyz = closed.atoms.positions - closed.atoms.positions.mean(axis=0)
    wrapped = xyz - np.floor(xyz @ np.linalg.inv(vectors)) @ vectors
    assert np.ptp(wrapped, axis=0).max() > 60, "the test must cut the domain"
    closed.load_new(wrapped[None], dimensions=box)
    assert numbers(opening(closed)) == pytest.approx(before, abs=2e-3)
    closed.load_new(wrapped[None])
    with pytest.raises(InputError, match="periodic boundary and the file has no box"):
        opening(closed)


def test_processes_agree_with_one(wobble):
    universe = open_universe(wobble[0], [wobble[1]])
    domain = find_domain(universe)
    serial = Opening(universe, domain).run().results.table
    parallel = Opening(universe, domain).run(backend="multiprocessing", n_workers=3).results.table
    pd.testing.assert_frame_equal(serial, parallel)
    assert serial["frame"].tolist() == list(range(12))
    assert serial["time_ns"].tolist() == pytest.approx(np.arange(1, 13) * 0.01)
    some = Opening(universe, domain).run(start=2, stop=11, step=4).results.table
    assert some["frame"].tolist() == [2, 6, 10]


def test_what_needs_missing_residues_of_the_helix_is_left_out(closed, capsys):
    whole = Opening(closed, find_domain(closed)).run().results.table.iloc[0]
    domain = find_domain(closed)
    for number in (296, 297):
        del domain.atoms[number]
    with pytest.warns(InputWarning, match="alpha7_shift_angstrom is left out: no Cα in 296–297"):
        table = Opening(closed, domain).run().results.table
    lacking = {"alpha7_shift_angstrom", "midas_alpha7_angstrom"}
    assert {name for name in table if table[name].isna().all()} == lacking
    same = ["pocket_leu295_angstrom", "pocket_occupant", "ser139og_thr206og1_angstrom"]
    assert table.iloc[0][same].tolist() == whole[same].tolist()
    tell(table)
    assert "α7 shift not measured" in capsys.readouterr().out


def test_missing_loop_is_noted_and_a_missing_half_left_out(closed):
    domain = find_domain(closed)
    for number in range(196, 204):
        del domain.atoms[number]
    with pytest.warns(InputWarning, match="RMSD is taken without 196–203"):
        assert np.isfinite(Opening(closed, domain).run().results.table.iloc[0, 4])
    for number in range(183, 204):
        domain.atoms.pop(number, None)
    with pytest.warns(InputWarning, match="RMSD is left out"):
        assert np.isnan(Opening(closed, domain).run().results.table.iloc[0, 4])


def test_missing_side_chain_gives_missing_values(closed):
    domain = find_domain(closed)
    for name in ("CD", "OE1", "OE2"):
        domain.atoms[241].pop(name)
    row = Opening(closed, domain).run().results.table.iloc[0]
    assert np.isnan(row["glu241cd_ser139og_angstrom"])
    assert np.isfinite(row["ser139og_thr206og1_angstrom"])


def test_a_coordinate_that_is_no_number(wobble):
    universe = open_universe(wobble[0])
    positions = universe.atoms.positions
    positions[find_domain(universe).index(150, "CA")] = np.nan
    universe.load_new(positions[None])
    with pytest.raises(InputError, match=r"frame 0: .* is not a number"):
        opening(universe)
