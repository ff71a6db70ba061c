"""The 3-D view's coordinates: laid on the crystal, the metal with the oxygens that hold it."""

import base64

import numpy as np
import pytest
import synthetic_trajectory

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import SHEET_CORE
from lfa1_report.figures.molecule.scene import FRAMES, RUNS, SHELL, chosen, scene
from lfa1_report.sources.study import collect


@pytest.fixture(scope="module")
def root(write_study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("molecule")
    write_study(folder, n_frames=20, replicas=3, states=("closed",), ions=("mg",))
    synthetic_trajectory.write(folder, "closed-mg", replicas=2, frames=60)
    return folder


def coordinates(packed, *shape):
    whole = np.frombuffer(base64.b64decode(packed), dtype="<i2").astype(float).reshape(*shape, 3)
    return np.where(whole == -32768, np.nan, whole / 100)


def test_frames_lie_on_the_crystal_and_hold_the_metal(root):
    content = scene(collect(root))
    # The third replica has no trajectory.
    assert [run["name"] for run in content["runs"]] == [
        "closed, Mg²⁺, replica 0",
        "closed, Mg²⁺, replica 1",
    ]
    run = content["runs"][0]
    assert run["frames"] == FRAMES and run["times_ns"][-1] == pytest.approx(75.0)
    chain, side = len(run["numbers"]), len(run["site"])
    xyz = coordinates(run["xyz"], FRAMES, chain + side + 1 + SHELL)
    core = xyz[:, [run["numbers"].index(n) for n in SHEET_CORE]]
    goal = reference.load().closed_ca(SHEET_CORE)
    assert np.sqrt(((core - goal) ** 2).sum(-1).mean()) < 0.5
    metal = xyz[:, chain + side]
    oxygens = np.concatenate(
        [xyz[:, [chain + i for i in run["donors"]]], xyz[:, chain + side + 1 :]], 1
    )
    apart = np.linalg.norm(oxygens - metal[:, None], axis=-1)
    assert ((apart <= content["cutoff"]).sum(1) == 6).all()
    assert set(run["metals"]) == {"Mg²⁺"}


def test_many_runs_share_the_frames(root, monkeypatch):
    monkeypatch.setattr("lfa1_report.figures.molecule.scene.ALL_FRAMES", 30)
    assert [run["frames"] for run in scene(collect(root))["runs"]] == [15, 15]


def test_bonds_join_atoms_of_one_side_chain(root):
    run = scene(collect(root))["runs"][0]
    residues = [number for number, _, _ in run["site"]]
    assert all(residues[i] == residues[j] for i, j in run["bonds"])
    # Asp: CA-CB, CB-CG, CG-OD1, CG-OD2; Ser: 2; Thr: 3.
    assert len(run["bonds"]) == 4 + 2 + 2 + 3 + 4


def test_with_many_replicas_the_lowest_and_the_highest_are_among_those_shown(root, monkeypatch):
    found = collect(root)
    monkeypatch.setattr(
        "lfa1_report.figures.molecule.scene._files", lambda found, system, n: ["there"]
    )
    assert len(chosen(found)) == 3
    monkeypatch.setattr("lfa1_report.figures.molecule.scene.RUNS", 2)
    means = {
        key: tables["opening"]["alpha7_shift_angstrom"].mean()
        for key, tables in found.tables.tables.items()
    }
    ordered = sorted(means, key=means.get)
    assert set(chosen(found)) == {ordered[0], ordered[-1]} and RUNS >= 8


def test_a_damaged_trajectory_is_refused_by_name(write_study, tmp_path):
    write_study(tmp_path / "r", n_frames=20, replicas=1, states=("closed",), ions=("mg",))
    synthetic_trajectory.write(tmp_path / "r", "closed-mg", replicas=1, frames=3)
    file = tmp_path / "r/production/closed-mg/replica-0/segment-0.xtc"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"segment-0\.xtc"):
        scene(collect(tmp_path / "r"))
