"""One pass gives what the three verbs give, of any kind of trajectory, and refuses what they do."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from MDAnalysis import Merge, Universe, Writer
from MDAnalysis.lib.mdamath import triclinic_box, triclinic_vectors

from lfa1_analysis import observe
from lfa1_analysis.metal_site.coordination import CUTOFFS, Donor, classify
from lfa1_analysis.observables import flexibility, midas, opening
from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.observables.program import standalone
from lfa1_analysis.proteins.alphal import MIDAS_DONORS
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.chunks import MOST, chunks
from lfa1_analysis.trajectory.universe import open_universe

FRAMES = MOST + 11
BOX = triclinic_box(*(70.0 * np.array([[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0.5**0.5]])))


def run(module, *arguments) -> int:
    return standalone(module.add_arguments, module.run, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def solvated(state_file, tmp_path_factory):
    """Write a wobbling domain with its metal, waters and ions, wrapped into the box; two files."""
    folder = tmp_path_factory.mktemp("solvated")
    universe = open_universe(state_file("closed"))
    salt = Universe.empty(
        3, n_residues=3, atom_resindex=range(3), residue_segindex=[0] * 3, trajectory=True
    )
    for name, values in {
        "names": ["NA", "CL", "MG"], "resnames": ["NA", "CL", "MG"], "resids": [801, 802, 803],
        "segids": ["I"], "chainIDs": ["I"] * 3, "elements": ["Na", "Cl", "Mg"],
    }.items():  # fmt: skip
        salt.add_TopologyAttr(name, values)
    whole = Merge(universe.atoms, salt.atoms)
    random = np.random.default_rng(11)
    metal = whole.select_atoms("resname MG")[0]
    start = whole.atoms.positions - metal.position
    vectors = triclinic_vectors(BOX).astype(float)
    files = [folder / "one.xtc", folder / "two.xtc"]
    for file, times in zip(files, np.split(np.arange(FRAMES), [40]), strict=True):
        with Writer(str(file), whole.atoms.n_atoms) as writer:
            for i in times:
                xyz = start + random.normal(scale=0.15, size=start.shape)
                xyz[-3:] = random.normal(scale=6.0, size=(3, 3))
                if i % 7 == 0:
                    xyz[metal.index] += 9.0
                xyz += i * 1.5
                if i % 2:
                    xyz -= np.floor(xyz @ np.linalg.inv(vectors)) @ vectors
                whole.atoms.positions, whole.dimensions = xyz, BOX
                whole.trajectory.ts.time = 10.0 * (i + 1)
                writer.write(whole.atoms)
    whole.atoms.positions = start
    whole.atoms.write(str(folder / "top.pdb"))
    return folder / "top.pdb", files


def test_one_pass_writes_what_three_verbs_write(solvated, tmp_path, capsys):
    topology, files = solvated
    common = ["--topology", topology, "--trajectory", *files, "--start", 3]
    expected = ["--state", "closed", "--ion", "mg"]
    apart, once, shared = (tmp_path / name for name in ("apart", "once", "shared"))
    events, rmsf = apart / "midas-events.csv", apart / "rmsf.csv"
    assert run(opening, *common, "--output", apart / "opening.csv") == 0
    output = ["--output", apart / "midas.csv", "--events-output", events]
    assert run(midas, *common, *expected, *output) == 0
    output = ["--output", apart / "flexibility.csv", "--rmsf-output", rmsf]
    assert run(flexibility, *common, *output) == 0
    said = capsys.readouterr().out
    assert run(observe, *common, *expected, "--output-dir", once) == 0
    for line in capsys.readouterr().out.splitlines():
        assert line.replace(str(once), str(apart)) in said
    assert run(observe, *common, *expected, "--output-dir", shared, "--workers", 2) == 0
    tables = sorted(file.name for file in apart.glob("*.csv"))
    assert len(tables) == 5
    for name in tables:
        assert (once / name).read_text() == (apart / name).read_text()
        assert (shared / name).read_text() == (apart / name).read_text()
    assert sorted(p.name for p in once.iterdir()) == sorted(p.name for p in apart.iterdir())
    for name in ("opening", "midas", "flexibility"):
        ours, theirs = (json.loads((d / f"{name}.json").read_text()) for d in (once, apart))
        for key in ("files", "inputs", "versions", "molecule", "frames", "notes"):
            assert ours[key] == theirs[key]
        assert ours["settings"]["state"] == "closed"
    assert set(pd.read_csv(once / "midas.csv", keep_default_na=False)["metal"]) >= {"Mg", "none"}


def test_reading_is_the_readers(solvated):
    """XTC files read directly, in one or two files, give what MDAnalysis' reader gives."""
    topology, files = solvated
    universe = open_universe(topology, files)
    heavy, further = np.arange(5, 40), np.array([2900, 3])
    frames = np.arange(2, FRAMES, 3)
    read = list(chunks(universe.trajectory, frames, heavy, further))
    backwards = list(chunks(universe.trajectory, frames[::-1], heavy, further))  # by the reader
    assert len(read) == 1 and read[0].frames.tolist() == frames.tolist()
    for i, timestep in enumerate(universe.trajectory[frames]):
        for chunk, k in ((read[0], i), (backwards[0], len(frames) - 1 - i)):
            assert (chunk.xyz[:, :, k] == timestep.positions[heavy]).all()
            assert (chunk.further[:, :, k] == timestep.positions[further]).all()
            assert chunk.times[k] == timestep.time
            assert chunk.boxes[k] == pytest.approx(triclinic_vectors(BOX), abs=2e-3)


def test_the_site_of_many_frames_is_that_of_each(solvated):
    """Against the judge of a single site, with every atom near it offered."""
    universe = open_universe(solvated[0], solvated[1])
    domain = find_domain(universe)
    series = Midas(universe, domain).run()
    table, numbers = series.results.table, series.occupants()
    for i in range(0, FRAMES, 2):  # those that are whole in the file
        universe.trajectory[i]
        row = table.iloc[i]
        if row["metal"] == "none":
            assert numbers[i] == 0 and row["donors"] == "none"
            continue
        metal = universe.atoms[numbers[i] - 1]
        near = universe.select_atoms(f"name O* and around 15 index {metal.index}")
        donors = [
            Donor(
                a.name,
                f"{a.resname}{a.resid}",
                "water" if a.resname == "HOH" else "protein",
                a.position.astype(float),
            )
            for a in near
            if a.resname not in ("ACE", "NME")
        ]
        site = classify(metal.position.astype(float), donors, CUTOFFS[row["metal"]])
        assert row["coordination_number"] == site.coordination_number
        assert row["n_waters"] == site.n_waters
        assert row["pattern"] == site.pattern
        assert row["coordination_smooth"] == pytest.approx(site.coordination_smooth, abs=1e-5)
        assert row["donors"] == ("; ".join(d.label for d in site.bound) or "none")
        for number in (137, 239):
            assert row[f"asp{number}_denticity"] == site.denticity(f"ASP{number}")
            nearest = site.distances_to(f"ASP{number}")
            assert row[f"asp{number}_angstrom"] >= nearest[0] - 1e-5
    assert set(MIDAS_DONORS) == {"asp137", "ser139", "ser141", "thr206", "asp239"}


SPOILT = {
    "cut": (lambda data: data[:-50], "complete frames"),
    "overwritten": (lambda data: data[: len(data) // 2] + b"\xff" * (len(data) // 2), ""),
    "empty": (lambda data: b"", "is empty"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILT)
def test_what_the_verbs_refuse_is_refused_alike(solvated, tmp_path, capsys, case):
    spoil, mentions = SPOILT[case]
    topology, files = solvated
    bad = tmp_path / "bad.xtc"
    bad.write_bytes(spoil(files[0].read_bytes()))
    common = ["--topology", topology, "--trajectory", bad]
    assert run(opening, *common, "--output", tmp_path / "out" / "opening.csv") == 2
    alone = capsys.readouterr().err.partition(": ")[2]
    assert run(observe, *common, "--output-dir", tmp_path / "out") == 2
    assert capsys.readouterr().err.partition(": ")[2] == alone
    assert mentions in alone and "bad.xtc" in alone and "Traceback" not in alone
    assert not (tmp_path / "out").exists()


def test_an_output_that_cannot_be_written_leaves_none(solvated, tmp_path, capsys):
    topology, files = solvated
    (tmp_path / "rmsf.csv").mkdir()
    arguments = ["--topology", topology, "--trajectory", *files, "--output-dir", tmp_path]
    assert run(observe, *arguments) == 2
    assert "rmsf.csv cannot be written: it is a folder" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["rmsf.csv"]


def test_tables_of_another_run_are_not_left_beside_the_new_ones(tmp_path, capsys):
    """Of a run with ICAM-1, where the new one has none."""
    root, folder = Path(__file__).parents[2] / "structures", tmp_path / "out"
    assert run(observe, "--topology", root / "bound.cif", "--output-dir", folder) == 0
    before = (folder / "opening.csv").read_bytes()
    assert run(observe, "--topology", root / "closed.cif", "--output-dir", folder) == 2
    assert "interface.csv" in capsys.readouterr().err
    assert (folder / "opening.csv").read_bytes() == before
