"""Bytes are damaged at random: the end is a message or a right result, never a signal.

A bit that flips in a number may make another number as good: no reader can tell. So a run that
goes well may differ in the frames that were damaged, and in no other.
"""

from __future__ import annotations

import gzip
import random
import warnings

import damages
import MDAnalysis
import pandas as pd
import pytest

from lfa1_analysis.trajectory import examples

SLOW = pytest.mark.slow
VERBS = ("opening", "midas", "flexibility", "integrin")
TRAJECTORIES = ("xtc", "trr", "dcd", "nc", "gro", "models.pdb")
STRUCTURES = ("pdb", "cif", "gro", "pdb.gz", "cif.gz")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Write the example in every format."""
    import gemmi

    folder = tmp_path_factory.mktemp("sound")
    universe = examples.universe()
    structure = gemmi.read_structure(str(examples.topology()))
    structure.setup_entities()
    structure.make_mmcif_document().write_file(str(folder / "one.cif"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("xtc", "trr", "dcd", "nc"):
            options = {"dt": 0.5} if name in ("dcd", "nc") else {}
            path = str(folder / f"run.{name}")
            with MDAnalysis.Writer(path, len(universe.atoms), **options) as writer:
                for _ in universe.trajectory:
                    writer.write(universe.atoms)
        universe.atoms.write(str(folder / "run.models.pdb"), frames="all")
        parts = []
        for _ in universe.trajectory:
            universe.atoms.write(str(folder / "one.gro"))
            parts.append((folder / "one.gro").read_bytes())
        (folder / "run.gro").write_bytes(b"".join(parts))
        universe.trajectory[0]
        universe.atoms.write(str(folder / "one.pdb"))
    for name in ("pdb", "cif"):
        packed = gzip.compress((folder / f"one.{name}").read_bytes(), mtime=0)
        (folder / f"one.{name}.gz").write_bytes(packed)
    return folder


@pytest.fixture(scope="module")
def sound(files, tmp_path_factory):
    """Measure the sound trajectories once."""
    folder, tables = tmp_path_factory.mktemp("measured"), {}
    for form in TRAJECTORIES:
        for verb in VERBS:
            trajectory = files / f"run.{form}"
            output = folder / f"{form}-{verb}.csv"
            command = (verb, "--topology", examples.topology(), "--trajectory", trajectory)
            ended = damages.run(*command, "--output", output, said=folder / "said")
            assert ended.status == 0, ended.said
            tables[form, verb] = pd.read_csv(output)
    return tables


def explained(ended: damages.Ended, *names: str) -> bool:
    """Assert that a run ended as every run must; tell whether it gave a result."""
    assert ended.status in (0, 2), ended
    assert "Traceback" not in ended.said, ended.said
    if ended.status == 2:
        assert ended.said.count("  → ") == 1, ended.said
        assert any(name in ended.said for name in names), ended.said
    return ended.status == 0


@pytest.mark.parametrize(
    "seed", [*range(30), *(pytest.param(n, marks=SLOW) for n in range(30, 150))]
)
def test_a_damaged_trajectory(files, sound, tmp_path, seed):
    rng = random.Random(seed)
    form = TRAJECTORIES[seed % len(TRAJECTORIES)]
    kind = damages.KINDS[seed // len(TRAJECTORIES) % len(damages.KINDS)]
    verb = rng.choice(VERBS)
    spoilt = tmp_path / f"run.{form}"
    spoilt.write_bytes(damages.damage((files / spoilt.name).read_bytes(), kind, rng))
    output = tmp_path / "out.csv"
    command = (verb, "--topology", examples.topology(), "--trajectory", spoilt)
    ended = damages.run(*command, "--output", output, said=tmp_path / "said")
    if not explained(ended, spoilt.name):
        assert not output.exists()
        return
    # What the result says of the frames that were not damaged is what it said before.
    table, expected = pd.read_csv(output), sound[form, verb]
    if "cut short" not in ended.said:
        assert len(table) == len(expected), ended.said
    n = len(table)
    same = (table.round(2) == expected.head(n).round(2)) | (table.isna() & expected.head(n).isna())
    assert (~same.drop(columns="time_ns").all(axis=1)).sum() <= 1, ended.said


@pytest.mark.parametrize(
    "seed", [*range(20), *(pytest.param(n, marks=SLOW) for n in range(20, 100))]
)
def test_a_damaged_structure(files, tmp_path, seed):
    rng = random.Random(1000 + seed)
    form = STRUCTURES[seed % len(STRUCTURES)]
    kind = damages.KINDS[seed // len(STRUCTURES) % len(damages.KINDS)]
    spoilt = tmp_path / f"one.{form}"
    spoilt.write_bytes(damages.damage((files / spoilt.name).read_bytes(), kind, rng))
    output = tmp_path / "out.csv"
    verb = rng.choice(VERBS)
    ended = damages.run(verb, "--topology", spoilt, "--output", output, said=tmp_path / "said")
    explained(ended, spoilt.name)
