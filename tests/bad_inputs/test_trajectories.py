"""The user's own trajectories, spoilt, for `lfa1 opening`, `midas` and `flexibility`."""

from __future__ import annotations

import random
import warnings

import MDAnalysis
import numpy as np
import pytest

VERBS = ("opening", "midas", "flexibility")
FORMATS = ("xtc", "trr", "dcd", "nc")


@pytest.fixture
def frames(pdb, here):
    """Write a trajectory of the intact model: its first atoms, shifted, at the given times."""
    box = [80.0, 80.0, 80.0, 90.0, 90.0, 90.0]

    def write(name: str, times=(10.0, 20.0, 30.0), atoms=None, spoilt=None) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            universe = MDAnalysis.Universe(str(pdb))
            group = universe.atoms[:atoms]
            intact = universe.atoms.positions.copy()
            options = {"dt": 10.0} if name.endswith((".dcd", ".nc")) else {}
            with MDAnalysis.Writer(str(here / name), len(group), **options) as writer:
                for i, time in enumerate(times):
                    universe.atoms.positions = intact + 0.1 * i
                    if spoilt is not None and i == len(times) - 1:
                        positions = universe.atoms.positions
                        positions[200] = spoilt
                        universe.atoms.positions = positions
                    universe.dimensions, universe.trajectory.ts.time = box, time
                    writer.write(group)
        return name

    return write


@pytest.fixture
def refused_run(refused):
    """Run a verb over a topology and trajectories and assert that it is refused."""

    def run(topology: str, *trajectories: str, mentions, verb: str = "opening", output="out.csv"):
        files = ("--trajectory", *trajectories) if trajectories else ()
        return refused(verb, "--topology", topology, *files, "--output", output, mentions=mentions)

    return run


TRAJECTORIES = {
    "empty": (lambda data: b"", ["empty"]),
    "rubbish": (lambda data: random.Random(1).randbytes(5000), ["cannot be read"]),
    "another file": (lambda data: b"not a trajectory\n" * 99, ["cannot be read"]),
    "head alone": (lambda data: data[:40], []),
    "cut in the first frame": (lambda data: data[: len(data) // 5], []),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("case", TRAJECTORIES)
def test_a_bad_trajectory(here, frames, refused_run, case, form):
    spoil, mentions = TRAJECTORIES[case]
    name = frames(f"run.{form}")
    (here / name).write_bytes(spoil((here / name).read_bytes()))
    refused_run("mine.pdb", name, mentions=[name, *mentions])


@pytest.mark.parametrize("form", ["xtc", "trr", "nc"])
def test_a_trajectory_cut_in_its_last_frame(here, frames, refused_run, form):
    name = frames(f"run.{form}")
    (here / name).write_bytes((here / name).read_bytes()[:-500])
    message = refused_run("mine.pdb", name, mentions=[name])
    assert "make room" not in message, "a damaged file is no full disk"


def test_a_dcd_cut_in_its_last_frame_is_used_and_noted(here, frames, capsys):
    from lfa1_cli.main import main

    name = frames("run.dcd")
    (here / name).write_bytes((here / name).read_bytes()[:-500])
    command = ["opening", "--topology", "mine.pdb", "--trajectory", name, "--output", "out.csv"]
    assert main(command) == 0
    assert "run.dcd is cut short: 2 complete frames of 3" in capsys.readouterr().err


@pytest.mark.parametrize("form", FORMATS)
def test_another_number_of_atoms(frames, refused_run, form):
    name = frames(f"run.{form}", atoms=500)
    refused_run("mine.pdb", name, mentions=[name, "500", "topology"])


@pytest.mark.parametrize("form", FORMATS)
def test_topology_and_trajectory_swapped(frames, refused_run, form):
    name = frames(f"run.{form}")
    refused_run(name, "mine.pdb", mentions=[name, "trajectory"])


@pytest.mark.parametrize("form", ["trr", "dcd", "nc"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_frame_that_is_not_a_number(frames, refused_run, verb, form):
    name = frames(f"run.{form}", spoilt=np.nan)
    refused_run("mine.pdb", name, verb=verb, mentions=[name, "frame 2", "not a number", "--stop 2"])


@pytest.mark.parametrize("verb", VERBS)
def test_a_frame_that_blew_up(frames, refused_run, verb):
    name = frames("run.trr", spoilt=30.0)
    refused_run("mine.pdb", name, verb=verb, mentions=[name, "frame 2", "Å from its Cα"])


@pytest.mark.parametrize("verb", VERBS)
def test_another_protein(here, model, write, refused_run, verb):
    for residue in model[0]["A"]:
        residue.name = "ALA"
    write(model, here / "other.pdb")
    refused_run("other.pdb", verb=verb, mentions=["other.pdb", "I domain"])


@pytest.mark.parametrize("verb", ["opening", "flexibility"])
def test_an_atom_of_the_superposition_is_missing(here, model, write, refused_run, verb):
    next(r for r in model[0]["A"] if r.seqid.num == 235).remove_atom("CA", "*")
    write(model, here / "other.pdb")
    refused_run("other.pdb", verb=verb, mentions=["other.pdb", "235"])


OPTIONS = {
    "no such chain": (("--chain", "Q"), ["chain Q", "A"]),
    "no frame": (("--start", "9"), ["--start 9", "3"]),
    "backwards": (("--step", "-1"), ["--step -1"]),
    "no worker": (("--workers", "0"), ["--workers 0"]),
    "numbering": (("--numbering", "uniprot"), ["uniprot", "mine.pdb"]),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_bad_options(frames, refused, case):
    options, mentions = OPTIONS[case]
    files = ("--topology", "mine.pdb", "--trajectory", frames("run.xtc"), "--output", "out.csv")
    refused("opening", *files, *options, mentions=mentions)


UNUSUAL = {
    "spaces": (["my own run.xtc"], ""),
    "other letters": (["Läufe 模型.trr"], ""),
    "files in the wrong order": (["b.xtc", "a.xtc"], "wrong order"),
    "the same file twice": (["a.xtc", "a.xtc"], "repeated"),
}


@pytest.mark.parametrize("case", UNUSUAL)
@pytest.mark.parametrize("verb", VERBS)
def test_unusual_trajectories(here, frames, capsys, verb, case):
    from lfa1_cli.main import main

    names, note = UNUSUAL[case]
    for i, name in enumerate(sorted(set(names))):
        frames(name, times=(10.0 + 100 * i, 20.0 + 100 * i))
    (here / "mine.pdb").rename(here / "meine Struktur Å.pdb")
    command = [verb, "--topology", "meine Struktur Å.pdb", "--trajectory", *names]
    assert main([*command, "--output", "Ergebnis Å.csv"]) == 0
    said = capsys.readouterr().err
    assert note in said
    assert ("note:" in said) == bool(note)
    assert len((here / "Ergebnis Å.csv").read_text().splitlines()) == 1 + 2 * len(names)


def test_a_gro_without_box(here, pdb, capsys):
    from lfa1_cli.main import main

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        universe = MDAnalysis.Universe(str(pdb))
        universe.dimensions = None
        universe.atoms.write(str(here / "open.gro"))
    assert (here / "open.gro").read_text().splitlines()[-1].split() == ["0.00000"] * 3
    assert main(["opening", "--topology", "open.gro", "--output", "out.csv"]) == 0
    assert "1 frame" in capsys.readouterr().out
