"""Contacts and superposition of many frames against one by one, in frames made to mislead."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from lfa1_analysis.observables.contacts import Contacts
from lfa1_analysis.trajectory.geometry import rmsd, superpose
from lfa1_analysis.trajectory.superposition import Motion, rmsds

RESIDUES, EACH = 40, 5


def motions(kind, start, random):
    """Return frames, shape (n, 3, F), that jump, stand still, explode and return, or drift."""
    n, frames = len(start), 53
    small = random.normal(scale=0.3, size=(n, 3, frames))
    if kind == "repeated":
        small[:] = small[:, :, :1]
    elif kind == "jumps":
        small[:, :, 20:] += random.normal(scale=6.0, size=(n, 3, 1))
    elif kind == "one atom far away":
        small[7, :, 31] += 500.0
    elif kind == "explodes and returns":
        small[:, :, 17] *= 200.0
    elif kind == "drifts":
        small += random.normal(size=(n, 3, 1)) * np.linspace(0, 8, frames)
    return start[:, :, None] + small


KINDS = ("rattles", "repeated", "jumps", "one atom far away", "explodes and returns", "drifts")


@pytest.fixture(scope="module")
def chain():
    random = np.random.default_rng(8)
    start = random.uniform(0, 22, (RESIDUES, 1, 3)) + random.normal(scale=1.2, size=(1, EACH, 3))
    return start.reshape(-1, 3)


def test_contacts_do_not_depend_on_what_came_before(chain):
    """Lots of frames in turn, of every kind, with the list of neighbours kept between them."""
    random = np.random.default_rng(9)
    contacts = Contacts(np.repeat(np.arange(RESIDUES), EACH), chain)

    def nearest(frame):
        apart = cdist(frame, frame).reshape(RESIDUES, EACH, RESIDUES, EACH)
        return apart.min(axis=(1, 3))[np.triu_indices(RESIDUES, 4)]

    before = nearest(chain)
    seen = np.zeros(2, dtype=int)
    for kind in (*KINDS, *reversed(KINDS)):
        xyz = motions(kind, chain, random).astype(np.float32)
        lost, won = contacts.compare(xyz, xyz)
        for i in range(xyz.shape[2]):
            now = nearest(xyz[:, :, i])
            assert lost[i] == np.sum((before <= 4.5) & (now > 6)), (kind, i)
            assert won[i] == np.sum((before > 6) & (now <= 4.5)), (kind, i)
        seen += lost.sum(), won.sum()
    assert (seen > 100).all(), "the test must lose and win some"


def test_superposition_where_the_formulas_fail():
    """Flat, straight, mirrored, equal, far away and wholly different sets of points."""
    random = np.random.default_rng(12)
    target = random.normal(scale=[9, 7, 5], size=(60, 3))
    kinds = {
        "equal": target,
        "equal, moved": target[:, [1, 2, 0]] + 40,
        "mirrored": target * [1, 1, -1],
        "flat": target * [1, 1, 0],
        "straight": target * [1, 0, 0],
        "straight, nearly": target * [1, 1e-5, 1e-5],
        "a thousandth off": target + random.normal(scale=1e-3, size=target.shape),
        "alike": target + random.normal(scale=1.0, size=target.shape) + 900,
        "unlike": random.normal(scale=9, size=target.shape),
    }
    xyz = np.stack(list(kinds.values()), axis=2)
    other = target + random.normal(scale=2.0, size=target.shape)
    found = rmsds(xyz, target, other)
    moved = Motion(xyz, target).apply(xyz)
    for i, kind in enumerate(kinds):
        for row, goal in zip(found, (target, other), strict=True):
            assert row[i] == pytest.approx(rmsd(xyz[:, :, i], goal), abs=1e-9), kind
        if kind.startswith("straight") or kind == "mirrored":
            continue  # a turn about the line changes nothing, or two turns are as good
        alone = superpose(xyz[:, :, i], xyz[:, :, i], target)
        assert moved[:, :, i] == pytest.approx(alone, abs=1e-9), kind
