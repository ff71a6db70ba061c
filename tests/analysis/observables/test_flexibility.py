"""Flexibility against mdtraj, numpy and contacts made by hand."""

import warnings

import mdtraj
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist

from lfa1_analysis.observables.contacts import Contacts
from lfa1_analysis.observables.flexibility import Flexibility, Moments, longest
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import ALPHA7_HELIX, RMSD_RANGE, SHEET_CORE
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.geometry import superpose
from lfa1_analysis.trajectory.universe import open_universe


@pytest.fixture(scope="module")
def measured(wobble):
    universe = open_universe(wobble[0], [wobble[1]])
    return Flexibility(universe, find_domain(universe)).run().results


@pytest.fixture(scope="module")
def independent(wobble):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mdtraj.load(str(wobble[1]), top=str(wobble[0]))


def atoms(trajectory, residues, pick):
    return [
        a.index for a in trajectory.topology.atoms if a.residue.resSeq in set(residues) and pick(a)
    ]


def test_radius_and_extent_by_mdtraj(measured, independent):
    heavy = atoms(independent, RMSD_RANGE, lambda a: a.element.symbol != "H")
    part = independent.atom_slice(heavy)
    radius = 10 * mdtraj.compute_rg(part, np.array([a.element.mass for a in part.topology.atoms]))
    table = measured.table
    assert table["radius_of_gyration_angstrom"].to_numpy() == pytest.approx(radius, abs=2e-3)
    alphas = atoms(independent, RMSD_RANGE, lambda a: a.name == "CA")
    pairs = [(i, j) for i in alphas for j in alphas if i < j]
    longest = 10 * mdtraj.compute_distances(independent, pairs, periodic=False).max(axis=1)
    assert table["longest_extent_angstrom"].to_numpy() == pytest.approx(longest, abs=2e-3)
    rmsd = 10 * mdtraj.rmsd(independent, independent, 0, atom_indices=alphas)
    assert table["rmsd_first_angstrom"].to_numpy() == pytest.approx(rmsd, abs=0.01)


def test_helicity_of_whole_files_by_mdtraj(entry):
    for name, fraction in (("3F74", 1.0), ("3HI6", 0.5)):
        universe = open_universe(entry(name))
        table = Flexibility(universe, find_domain(universe)).run().results.table
        whole = mdtraj.load(entry(name))
        codes = mdtraj.compute_dssp(whole)[0]
        helical = [
            code == "H"
            for code, residue in zip(codes, whole.topology.residues, strict=True)
            if residue.resSeq in ALPHA7_HELIX
        ]
        assert table["alpha7_helicity"][0] == pytest.approx(np.mean(helical))
        assert table["alpha7_helicity"][0] == pytest.approx(fraction)


def test_helicity_of_every_frame_by_mdtraj(measured, independent):
    helix = [residue.resSeq in ALPHA7_HELIX for residue in independent.topology.residues]
    fractions = (mdtraj.compute_dssp(independent)[:, helix] == "H").mean(axis=1)
    assert measured.table["alpha7_helicity"].tolist() == pytest.approx(fractions.tolist())
    assert len(np.unique(fractions)) > 2, "the test must meet different helices"


def test_fluctuation_by_numpy(measured, independent):
    alphas = atoms(independent, range(128, 310), lambda a: a.name == "CA")
    core = atoms(independent, SHEET_CORE, lambda a: a.name == "CA")
    goal = reference.load().closed_ca(SHEET_CORE)
    frames = 10 * independent.xyz.astype(float)
    fitted = np.array([superpose(xyz[alphas], xyz[core], goal) for xyz in frames])
    expected = np.sqrt(fitted.var(axis=0).sum(axis=1))
    rmsf = measured.rmsf
    assert rmsf["rmsf_angstrom"].to_numpy() == pytest.approx(expected, abs=2e-3)
    assert (rmsf["n_frames"] == 12).all()
    assert rmsf["residue"].tolist() == sorted(rmsf["residue"])
    # Independent noise of 0.15 Å on each coordinate: √3 · 0.15 Å, less in the fitted core.
    assert rmsf["rmsf_angstrom"].mean() == pytest.approx(3**0.5 * 0.15, rel=0.15)


def test_moments_join_in_any_split():
    samples = np.random.default_rng(0).normal(size=(50, 4, 3)) + 100.0
    for cut in (0, 1, 20, 50):
        parts = [np.moveaxis(part, 0, 2) for part in (samples[:cut], samples[cut:])]
        first, second = (Moments.of(part) if part.size else Moments() for part in parts)
        both = first.join(second)
        assert both.count == 50
        assert both.mean == pytest.approx(samples.mean(axis=0))
        assert both.rmsf == pytest.approx(np.sqrt(samples.var(axis=0).sum(axis=1)))


def test_processes_agree_with_one(wobble, measured):
    universe = open_universe(wobble[0], [wobble[1]])
    analysis = Flexibility(universe, find_domain(universe))
    parallel = analysis.run(backend="multiprocessing", n_workers=3).results
    pd.testing.assert_frame_equal(parallel.table, measured.table)
    pd.testing.assert_frame_equal(parallel.rmsf, measured.rmsf)


def test_the_first_frame_has_lost_and_won_nothing(measured):
    assert measured.table.loc[0, ["contacts_lost", "contacts_won"]].tolist() == [0, 0]
    assert measured.table.loc[0, "rmsd_first_angstrom"] == pytest.approx(0, abs=1e-6)


def points(*x):
    return np.array([[value, 0.0, 0.0] for value in x])


def test_contacts_lost_and_won_by_hand():
    contacts = Contacts(np.array([1, 10, 20]), points(0, 4, 30))
    assert contacts.number == 1
    frames = [(0, 4, 30), (0, 5.5, 30), (0, 6.5, 30), (0, 4, 8), (0, 26, 30)]
    expected = [(0, 0), (0, 0), (1, 0), (0, 1), (1, 1)]  # between 4.5 and 6 Å nothing changes
    xyz = np.stack([points(*frame) for frame in frames], axis=2)
    assert [tuple(pair) for pair in np.transpose(contacts.compare(xyz, xyz))] == expected
    for i, pair in enumerate(expected):
        one = xyz[:, :, [i]]
        assert tuple(np.ravel(contacts.compare(one, one))) == pair


def test_contacts_against_every_pair():
    random = np.random.default_rng(3)
    numbers = np.repeat(np.arange(40), 5)
    start = random.uniform(0, 22, (40, 1, 3)) + random.normal(scale=1.2, size=(40, 5, 3))
    start = start.reshape(-1, 3)
    xyz = start[:, :, None] + random.normal(scale=1.0, size=(200, 3, 37))

    def nearest(frame):
        apart = np.linalg.norm(frame[:, None] - frame[None], axis=2).reshape(40, 5, 40, 5)
        return apart.min(axis=(1, 3))[np.triu_indices(40, 4)]

    before = nearest(start)
    lost, won = Contacts(numbers, start).compare(xyz, xyz)
    for i in range(xyz.shape[2]):
        now = nearest(xyz[:, :, i])
        assert lost[i] == np.sum((before <= 4.5) & (now > 6))
        assert won[i] == np.sum((before > 6) & (now <= 4.5))
    assert lost.sum() > 10 and won.sum() > 10, "the test must lose and win some"


def test_longest_distance_against_every_pair():
    xyz = np.random.default_rng(4).normal(size=(60, 3, 9)) * np.array([1, 2, 5])[:, None]
    expected = [pdist(xyz[:, :, i]).max() for i in range(9)]
    assert longest(xyz) == pytest.approx(expected, abs=1e-12)


def test_near_neighbours_are_no_contacts():
    assert Contacts(np.array([1, 4]), points(0, 3)).number == 0
    assert Contacts(np.array([1, 5]), points(0, 3)).number == 1
    assert Contacts(np.array([1, 1, 9, 9]), points(0, 1, 3, 4)).number == 1
