"""Files as other people have them: frames and models of any kind, times, names, copies."""

from __future__ import annotations

import gzip
import shutil
import struct
import warnings
from pathlib import Path

import gemmi
import MDAnalysis
import mdtraj
import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.io.errors import InputError, InputWarning
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory import examples
from lfa1_analysis.trajectory.formats import packed
from lfa1_analysis.trajectory.formats.integrity import check_xtc
from lfa1_analysis.trajectory.formats.xtc import frame_ends
from lfa1_analysis.trajectory.universe import open_universe
from lfa1_cli.main import main

ROOT = Path(__file__).parents[2]
TIMELESS = "states no times"


@pytest.fixture
def example(here):
    """Copy topology and trajectory of the example."""
    shutil.copy(examples.topology(), here / "top.pdb")
    shutil.copy(examples.trajectory(), here / "run.xtc")
    return MDAnalysis.Universe(str(here / "top.pdb"), str(here / "run.xtc"))


def write(universe, name, atoms=None, **options):
    group = universe.atoms[:atoms]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with MDAnalysis.Writer(name, len(group), **options) as writer:
            for _ in universe.trajectory:
                writer.write(group)
    return name


def measured(*files, verb="opening", options=()):
    topology, *trajectories = files
    command = [verb, "--topology", topology, "--output", "out.csv", *options]
    assert main([*command, *(["--trajectory", *trajectories] if trajectories else [])]) == 0
    return pd.read_csv("out.csv")


@pytest.fixture
def truth(example):
    table = measured("top.pdb", "run.xtc")
    assert len(table) == 6
    return table


def same(table, truth, places=2):
    pd.testing.assert_frame_equal(
        table.drop(columns="time_ns"), truth.drop(columns="time_ns"), atol=10**-places
    )


# Frames of other atoms -------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["xtc", "trr"])
@pytest.mark.parametrize("fewer_first", [True, False])
def test_frames_of_other_atoms(example, here, refused, form, fewer_first):
    n = len(example.atoms)
    whole = (here / write(example, f"whole.{form}")).read_bytes()
    fewer = (here / write(example, f"fewer.{form}", atoms=n - 1)).read_bytes()
    (here / f"joined.{form}").write_bytes(fewer + whole if fewer_first else whole + fewer)
    topology, there, then = "top.pdb", n, n - 1
    if fewer_first:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            example.atoms[: n - 1].write("fewer.pdb")
        topology, there, then = "fewer.pdb", n - 1, n
    command = ("midas", "--topology", topology, "--trajectory", f"joined.{form}")
    said = [f"joined.{form}, frame 6 has {then} atoms, the topology {there}"]
    refused(*command, "--output", "out.csv", mentions=said)


def test_models_of_unequal_size(example, here, refused):
    write(example, "models.pdb")
    lines = (here / "models.pdb").read_text().splitlines(keepends=True)
    second = next(i for i, line in enumerate(lines) if line.startswith("MODEL        2"))
    at = next(
        i
        for i, line in enumerate(lines)
        if (i > second and "HETATM" in line[:6]) or (i > second and line.startswith("ATOM"))
    )
    (here / "models.pdb").write_text("".join(lines[:at] + lines[at + 1 :]))
    n = len(example.atoms)
    said = [f"models.pdb, frame 1 (model 2) has {n - 1} atoms, the topology {n}", "--stop 1"]
    refused("opening", "--topology", "models.pdb", "--output", "out.csv", mentions=said)
    assert len(measured("models.pdb", options=("--stop", "1"))) == 1


def test_models_with_atoms_in_another_order(example, here, refused):
    write(example, "models.pdb")
    lines = (here / "models.pdb").read_text().splitlines(keepends=True)
    third = next(i for i, line in enumerate(lines) if line.startswith("MODEL        3"))
    at = next(i for i, line in enumerate(lines) if i > third and line.startswith("ATOM"))
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    (here / "models.pdb").write_text("".join(lines))
    said = ["models.pdb, frame 2 (model 3) lists other atoms than the first model", "--stop 2"]
    refused("opening", "--topology", "models.pdb", "--output", "out.csv", mentions=said)


# All frames and models -------------------------------------------------------------------------


def mmcif(universe, path, drop=0):
    """Write every frame as a model; the second lacks `drop` atoms."""
    first = gemmi.read_structure("top.pdb")
    structure = gemmi.Structure()
    for number, _ in enumerate(universe.trajectory, start=1):
        model = first[0].clone()
        model.num = number
        atoms = (atom for chain in model for residue in chain for atom in residue)
        for atom, place in zip(atoms, universe.atoms.positions.tolist(), strict=True):
            atom.pos = gemmi.Position(*place)
        for _ in range(drop if number == 2 else 0):
            del model[0][-1][-1]
        structure.add_model(model)
    structure.setup_entities()
    structure.make_mmcif_document().write_file(str(path))


def test_all_models_of_an_mmcif_file(example, here, truth, capsys):
    mmcif(example, here / "models.cif")
    table = measured("models.cif")
    same(table, truth)
    assert TIMELESS in capsys.readouterr().err and table["time_ns"].isna().all()
    timed = measured("models.cif", options=("--frame-interval", "0.5 ps"))
    assert timed["time_ns"].tolist() == pytest.approx([0.0005 * i for i in range(len(timed))])
    same(measured("top.pdb", "models.cif"), truth)
    assert len(measured("models.cif", "run.xtc")) == 6  # as a topology, its first model


def test_unequal_models_of_an_mmcif_file(example, here, refused):
    mmcif(example, here / "models.cif", drop=1)
    n = len(example.atoms)
    said = [f"models.cif, model 2 has {n - 1} atoms, the first {n}"]
    refused("opening", "--topology", "models.cif", "--output", "out.csv", mentions=said)


def gro(universe, path, times=True):
    parts = []
    for frame in universe.trajectory:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            universe.atoms.write("one.gro")
        _, rest = (path.parent / "one.gro").read_bytes().split(b"\n", 1)
        title = f"Protein t= {frame.time:.5f} step= 1\n" if times else "Protein\n"
        parts.append(title.encode() + rest)
    path.write_bytes(b"".join(parts))
    return path.read_bytes()


@pytest.mark.parametrize("times", [True, False])
def test_all_frames_of_a_gro_file(example, here, truth, capsys, times):
    data = gro(example, here / "run.gro", times)
    for files in (("top.pdb", "run.gro"), ("run.gro",)):
        capsys.readouterr()
        table = measured(*files, options=("--workers", "2"))
        same(table, truth, places=1)  # a GRO file has two digits of an ångström
        if times:
            assert table["time_ns"].tolist() == truth["time_ns"].tolist()
        else:
            assert table["time_ns"].isna().all()
        assert (TIMELESS in capsys.readouterr().err) is not times
    (here / "packed.gro.gz").write_bytes(gzip.compress(data))
    same(measured("packed.gro.gz"), truth, places=1)


def test_a_gro_file_that_is_cut(example, here, refused):
    data = gro(example, here / "run.gro")
    (here / "run.gro").write_bytes(data[: int(len(data) * 0.7)])
    command = ("opening", "--topology", "top.pdb", "--trajectory", "run.gro")
    refused(*command, "--output", "out.csv", mentions=["frame 4 of run.gro"])


# Times -----------------------------------------------------------------------------------------


@pytest.fixture
def placeholder(example, here):
    mdtraj.load("run.xtc", top="top.pdb").save_dcd("mdtraj.dcd")
    data = bytearray((here / "mdtraj.dcd").read_bytes())
    assert struct.unpack_from("<f", data, 44) == (1.0,)
    struct.pack_into("<f", data, 44, 0.0)
    (here / "zero.dcd").write_bytes(data)
    struct.pack_into("<i", data, 16, 10)
    (here / "zeros.dcd").write_bytes(data)
    struct.pack_into("<i", data, 16, 1)
    struct.pack_into("<f", data, 44, 0.001)  # 0.00005 ps
    (here / "tiny.dcd").write_bytes(data)
    write(example, "real.dcd", dt=0.5)


@pytest.mark.parametrize("name", ["mdtraj.dcd", "zero.dcd", "zeros.dcd", "tiny.dcd"])
def test_a_dcd_that_states_no_time(placeholder, truth, capsys, name):
    events = ("--events-output", "events.csv", "--state", "closed", "--ion", "mg")
    capsys.readouterr()
    table = measured("top.pdb", name, verb="midas", options=events)
    out, err = capsys.readouterr()
    assert f"{name} {TIMELESS}" in err and "wrong order" not in err
    assert "nan" not in out
    assert table["time_ns"].isna().all()
    untimed = pd.read_csv("events.csv")
    assert untimed["start_ns"].isna().all() and len(untimed)
    options = (*events, "--frame-interval", "0.5 ps")
    table = measured("top.pdb", name, verb="midas", options=options)
    assert TIMELESS not in capsys.readouterr().err
    assert table["time_ns"].tolist() == pytest.approx([0, 0.0005, 0.001, 0.0015, 0.002, 0.0025])
    timed = pd.read_csv("events.csv")
    # All of it lasts for 3 frames and for 1 ps, or neither: the same is found.
    assert timed["event"].tolist() == untimed["event"].tolist()
    assert timed["frames"].tolist() == untimed["frames"].tolist()


def test_a_dcd_that_states_its_time(placeholder, truth, capsys):
    capsys.readouterr()
    table = measured("top.pdb", "real.dcd")
    assert "note" not in capsys.readouterr().err
    assert np.diff(table["time_ns"]).tolist() == pytest.approx([0.0005] * 5)


def test_several_files_and_one_interval(placeholder, here):
    shutil.copy("mdtraj.dcd", "again.dcd")
    table = measured("top.pdb", "mdtraj.dcd", "again.dcd", options=("--frame-interval", "2 ns"))
    assert table["time_ns"].tolist() == list(range(0, 24, 2))
    for files in (("mdtraj.dcd", "run.xtc"), ("run.xtc", "mdtraj.dcd")):
        with pytest.warns(InputWarning, match=f"mdtraj.dcd {TIMELESS}"):
            universe = open_universe("top.pdb", files)
        assert np.isnan([frame.time for frame in universe.trajectory]).all()


def test_several_structures_are_no_times(example, here, capsys):
    for name in ("a.pdb", "b.pdb"):
        shutil.copy("top.pdb", name)
    capsys.readouterr()
    assert measured("top.pdb", "a.pdb", "b.pdb")["time_ns"].isna().all()
    assert f"a.pdb, b.pdb {TIMELESS}" in capsys.readouterr().err
    assert measured("top.pdb", "a.pdb")["time_ns"].tolist() == [0]


def test_a_box_that_is_impossible(example, here, refused):
    universe = open_universe("top.pdb", ["run.xtc"])
    with MDAnalysis.Writer("box.dcd", len(universe.atoms), dt=1.0) as writer:
        for frame in universe.trajectory:
            angles = [90, 90, 90] if frame.frame < 3 else [40, 40, 170]
            universe.dimensions = [60, 60, 60, *angles]
            writer.write(universe.atoms)
    command = ("opening", "--topology", "top.pdb", "--trajectory", "box.dcd", "--output", "o.csv")
    refused(*command, mentions=["box.dcd, frame 3", "its box", "170", "impossible"])
    assert not (here / "o.csv").exists()
    text = (here / "top.pdb").read_text().splitlines()
    cell = "CRYST1   60.000   60.000   60.000  40.00  40.00 170.00 P 1           1"
    lines = [cell, *(line for line in text if not line.startswith("CRYST1"))]
    (here / "cell.pdb").write_text("\n".join(lines) + "\n")
    command = ("midas", "--topology", "cell.pdb", "--output", "o.csv")
    refused(*command, mentions=["cell.pdb, frame 0", "its box", "170", "impossible"])


@pytest.mark.parametrize("text", ["0 ps", "-1 ps", "10", "ten ps", "1 fm"])
def test_intervals_that_are_none(example, refused, text):
    command = ("opening", "--topology", "top.pdb", "--trajectory", "run.xtc", "--output", "o.csv")
    refused(*command, f"--frame-interval={text}", mentions=["--frame-interval", text])


def test_tables_without_times_are_not_compared(placeholder, here, refused):
    for system in ("closed-mg", "closed-apo"):
        for replica in ("replica-0", "replica-1"):
            folder = here / "tables" / system / replica
            folder.mkdir(parents=True)
            measured("top.pdb", "mdtraj.dcd")
            shutil.move("out.csv", folder / "opening.csv")
    said = ["opening.csv", "time_ns is empty", "--frame-interval"]
    refused("compare", "--analysis", "tables", "--output-dir", "out", mentions=said)


def test_a_gap_between_parts_is_noted(example, here, capsys):
    universe = open_universe("top.pdb", ["run.xtc"])
    for name, frames in (("a.xtc", range(2)), ("b.xtc", range(4, 6))):
        with MDAnalysis.Writer(name, len(universe.atoms)) as writer:
            for frame in frames:
                universe.trajectory[frame]
                writer.write(universe.atoms)
    measured("top.pdb", "a.xtc", "b.xtc")
    said = capsys.readouterr().err
    assert "1 gap in the times of the frames" in said
    assert "between frame 1 at 0.001 ns and frame 2 at 0.0025 ns" in said
    measured("top.pdb", "run.xtc", options=("--step", "2"))
    assert "gap" not in capsys.readouterr().err


# Names -----------------------------------------------------------------------------------------


@pytest.fixture
def amber(example, here, truth):
    """Write the frame of the topology in AMBER's ways."""
    first = mdtraj.load("run.xtc", top="top.pdb")[0]
    first.save_netcdfrst("one.ncrst")
    first.save_amberrst7("one.rst7")
    shutil.copy("one.ncrst", "binary.rst7")
    write(example, "run.nc", dt=0.5)
    shutil.move("run.nc", "run.netcdf")
    return truth.head(1)


@pytest.mark.parametrize("name", ["one.ncrst", "one.rst7", "binary.rst7"])
def test_restart_files_of_amber(amber, name):
    same(measured("top.pdb", name), amber)


def test_a_netcdf_trajectory_by_its_long_name(amber, truth):
    same(measured("top.pdb", "run.netcdf"), truth)


@pytest.mark.parametrize("name", ["one.pdb1", "one.pdb2", "one.ent", "one.pdb1.gz", "one.PDB"])
def test_names_of_pdb_files(example, here, name):
    data = (here / "top.pdb").read_bytes()
    (here / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert len(measured(name)) == 1


def test_a_compressed_trajectory(example, here, refused):
    (here / "run.xtc.gz").write_bytes(gzip.compress((here / "run.xtc").read_bytes()))
    command = ("opening", "--topology", "top.pdb", "--trajectory", "run.xtc.gz")
    refused(*command, "--output", "o.csv", mentions=["is compressed", "gunzip run.xtc.gz"])


# Copies and alternative locations ----------------------------------------------------------------


@pytest.fixture
def two(example, here):
    """Write two copies without chains, the closed and the open model."""
    copies = [open_universe(ROOT / f"structures/{state}.cif") for state in ("closed", "open")]
    copies[1].atoms.positions += [0, 0, 90]
    proteins = [each.select_atoms("protein") for each in copies]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        MDAnalysis.Merge(*proteins).atoms.write("two.gro")


def test_copies_without_chains_can_be_chosen(two, capsys, refused):
    first = measured("two.gro")
    assert "SYSTEM#1, SYSTEM#2" in capsys.readouterr().err
    pd.testing.assert_frame_equal(measured("two.gro", options=("--chain", "SYSTEM#1")), first)
    assert "note" not in capsys.readouterr().err
    second = measured("two.gro", options=("--chain", "SYSTEM#2"))
    assert first["pocket_occupant"].item() == "closed"
    assert second["pocket_occupant"].item() == "open"
    command = ("opening", "--topology", "two.gro", "--output", "o.csv", "--chain")
    refused(*command, "SYSTEM#3", mentions=["SYSTEM#3", "SYSTEM#1, SYSTEM#2"])
    refused(*command, "B#1", mentions=["chain B#1", "SYSTEM"])


def test_alternative_locations_are_noted(example, here, capsys):
    lines = (here / "top.pdb").read_text().splitlines(keepends=True)
    at = next(
        i
        for i, line in enumerate(lines)
        if line[12:16].strip() == "OG" and line[22:26].strip() == "139"
    )
    one = lines[at]
    other = f"{one[:16]}B{one[17:30]}{float(one[30:38]) + 2:8.3f}{one[38:]}"
    lines[at : at + 1] = [f"{one[:16]}A{one[17:]}", other]
    (here / "alternatives.pdb").write_text("".join(lines))
    table = measured("alternatives.pdb", verb="midas")
    said = capsys.readouterr().err
    assert "alternative locations in 139 (mature numbering): the first of each" in said
    assert "of the metal site 139" in said
    pd.testing.assert_frame_equal(table, measured("top.pdb", verb="midas"))
    assert "alternative" not in capsys.readouterr().err


# What readers warn of ----------------------------------------------------------------------------


def test_a_warning_that_changes_the_result_is_passed_on(example, here, capsys):
    text = (here / "top.pdb").read_text()
    (here / "box.pdb").write_text(text.replace("CRYST1", "CRYST1   what?", 1))
    measured("box.pdb")
    assert "note: MDAnalysis says: Failed to read CRYST1 record" in capsys.readouterr().err


# Damage ----------------------------------------------------------------------------------------


def hole(here, at=8000, length=512):
    data = bytearray((here / "run.xtc").read_bytes())
    data[at : at + length] = bytes(length)
    (here / "hole.xtc").write_bytes(data)
    return here / "hole.xtc"


@pytest.mark.parametrize("spawned", [False, True])
def test_a_hole_is_found_in_a_process_of_its_own(example, here, monkeypatch, spawned):
    """Where processes are forked, and where a new Python is started."""
    monkeypatch.setattr(packed, "SPAWNED", spawned)
    check_xtc(here / "run.xtc", len(example.atoms))
    with pytest.raises(InputError, match=r"frame 1 of .*hole.xtc is damaged") as caught:
        check_xtc(hole(here), len(example.atoms))
    # The remedy can be followed.
    keep = frame_ends(here / "run.xtc")[1]
    assert f"keep the frame before it: `head -c {keep} " in caught.value.remedy
    (here / "whole.xtc").write_bytes((here / "hole.xtc").read_bytes()[:keep])
    check_xtc(here / "whole.xtc", len(example.atoms))


def test_a_decoder_that_dies_is_a_message(example, here, monkeypatch):
    """As the death of a C library: after the third frame was begun the process is gone."""
    import os
    import signal

    def dies(_):
        yield "0"
        yield "2"
        os.kill(os.getpid(), signal.SIGSEGV)
        yield "3"

    monkeypatch.setattr(packed, "unpack", dies)
    with pytest.raises(InputError, match=r"frame 2 of .*run.xtc is damaged.*cannot be unpacked"):
        check_xtc(here / "run.xtc", len(example.atoms))


def test_a_damaged_index_beside_a_sound_trajectory(example, here, truth):
    index = here / ".run.xtc_offsets.npz"
    assert index.is_file()
    index.write_bytes(index.read_bytes()[:100])
    same(measured("top.pdb", "run.xtc"), truth)


@pytest.mark.parametrize("moved", ["half the chain", "one atom"])
def test_damage_is_not_blamed_on_periodic_images(example, here, refused, moved):
    positions = example.atoms.positions.copy()
    domain = find_domain(open_universe("top.pdb"))
    atoms = domain.heavy()[::2] if moved == "half the chain" else [domain.atoms[200]["CB"]]
    positions[atoms] += np.random.default_rng(1).normal(0, 30, (len(atoms), 3)) + 5
    example.atoms.positions = positions
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example.atoms.write("damaged.trr")
    command = ("opening", "--topology", "top.pdb", "--trajectory", "damaged.trr")
    message = refused(*command, "--output", "o.csv", mentions=["damaged.trr, frame 0", "damaged"])
    assert "trjconv" not in message
