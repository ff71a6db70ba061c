"""Files that cannot be used are refused in a sentence; the others read alike in any format."""

import subprocess
import sys
import warnings

import gemmi
import numpy as np
import pytest
from MDAnalysis import Universe, Writer

from lfa1_analysis.io.errors import InputError, InputWarning
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.universe import open_universe, select_frames, usable_box

PDB = (
    "ATOM      1  N   GLY A   1      11.104   6.134  -6.504  1.00  0.00           N\n"
    "ATOM      2  CA  GLY A   1      11.639   6.071  -5.147  1.00  0.00           C\n"
    "END\n"
)
PSF = """PSF

       1 !NTITLE
 REMARKS two atoms

       2 !NATOM
       1 A    1    GLY  N    NH1   -0.470000       14.0070           0
       2 A    1    GLY  CA   CT2   -0.020000       12.0110           0

       0 !NBOND: bonds

"""


@pytest.fixture
def pdb(tmp_path):
    (tmp_path / "two.pdb").write_text(PDB)
    return tmp_path / "two.pdb"


def write(path, n_atoms=2, frames=4, value=1.0):
    universe = Universe.empty(n_atoms, trajectory=True)
    with Writer(str(path), n_atoms) as writer, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for i in range(frames):
            universe.atoms.positions = np.full((n_atoms, 3), value) + i
            universe.trajectory.ts.time = 10.0 * i
            writer.write(universe.atoms)
    return path


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("absent.pdb", None, "does not exist"),
        ("empty.pdb", "", "is empty"),
        ("junk.pdb", "no atoms in here\n", "no atoms"),
        ("junk.cif", "no atoms in here\n", "cannot be read"),
        ("junk.gro", "no atoms in here\n", "cannot be read"),
        ("junk.prmtop", "no atoms in here\n", "cannot be read"),
        ("junk.docx", "no atoms in here\n", "cannot be read"),
        ("nan.pdb", PDB.replace("11.639", "   nan"), "not a number"),
        ("bare.psf", PSF, "holds no coordinates"),
    ],
)
def test_structures_that_cannot_be_used(tmp_path, name, content, says):
    file = tmp_path / name
    if content is not None:
        file.write_text(content)
    with pytest.raises(InputError, match=says) as caught:
        open_universe(file)
    assert name in caught.value.problem
    assert caught.value.remedy


def test_a_folder_is_no_structure(tmp_path):
    with pytest.raises(InputError, match="is a folder"):
        open_universe(tmp_path)


@pytest.mark.parametrize("ending", ["xtc", "dcd", "trr"])
def test_trajectories_that_cannot_be_used(pdb, tmp_path, ending):
    with pytest.raises(InputError, match="topology of 2 atoms"):
        open_universe(pdb, [write(tmp_path / f"three.{ending}", n_atoms=3)])
    (tmp_path / f"junk.{ending}").write_bytes(b"junk" * 100)
    with pytest.raises(InputError, match="cannot be read as a trajectory"):
        open_universe(pdb, [tmp_path / f"junk.{ending}"])
    with pytest.raises(InputError, match="not a number"):
        open_universe(pdb, [write(tmp_path / f"nan.{ending}", value=np.nan)])


def test_a_refusal_leaves_no_traceback_on_the_screen(pdb, tmp_path):
    write(tmp_path / "three.xtc", n_atoms=3)
    code = (
        "import sys\nfrom lfa1_analysis.trajectory.universe import open_universe\n"
        "try: open_universe(sys.argv[1], sys.argv[2:])\nexcept Exception as e: kept = e"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, pdb, tmp_path / "three.xtc"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""


def blank(folder, n_atoms):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        universe = Universe.empty(n_atoms, trajectory=True)
        universe.add_TopologyAttr("names", ["CA"] * n_atoms)
        universe.atoms.write(str(folder / "atoms.pdb"))
    return folder / "atoms.pdb"


@pytest.mark.parametrize("n_atoms", [2, 40])
@pytest.mark.parametrize("lost", [4, 20])
def test_an_xtc_that_ends_inside_a_frame_is_refused(tmp_path, n_atoms, lost):
    topology = blank(tmp_path, n_atoms)
    whole = write(tmp_path / "whole.xtc", n_atoms=n_atoms)
    assert len(open_universe(topology, [whole]).trajectory) == 4
    cut = tmp_path / "cut.xtc"
    cut.write_bytes(whole.read_bytes()[:-lost])
    with pytest.raises(InputError, match="3 complete frames come before"):
        open_universe(topology, [cut])


def test_a_dcd_that_lacks_frames_is_noted(tmp_path):
    topology = blank(tmp_path, 40)
    whole = write(tmp_path / "whole.dcd", n_atoms=40)
    with warnings.catch_warnings():
        warnings.simplefilter("error", InputWarning)
        assert len(open_universe(topology, [whole]).trajectory) == 4
    cut = tmp_path / "cut.dcd"
    cut.write_bytes(whole.read_bytes()[:-20])
    with pytest.warns(InputWarning, match="3 complete frames of 4"):
        assert len(open_universe(topology, [cut]).trajectory) == 3


def test_several_trajectories_run_on_with_their_own_times(pdb, tmp_path):
    files = [write(tmp_path / f"{name}.xtc") for name in "ab"]
    universe = open_universe(pdb, files)
    assert [ts.time for ts in universe.trajectory] == pytest.approx([0, 10, 20, 30] * 2)


def test_one_molecule_in_four_formats(state_file, tmp_path):
    source = open_universe(state_file("closed"))
    structure = gemmi.read_structure(str(state_file("closed")))
    structure.setup_entities()
    structure.make_mmcif_document().write_file(str(tmp_path / "copy.cif"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for ending in ("pdb", "gro"):
            source.atoms.write(str(tmp_path / f"copy.{ending}"))
    expected = find_domain(source)
    for ending in ("cif", "pdb", "gro"):
        universe = open_universe(tmp_path / f"copy.{ending}")
        domain = find_domain(universe)
        assert domain.atoms.keys() == expected.atoms.keys()
        alphas = domain.indices(sorted(domain.atoms))
        difference = universe.atoms.positions[alphas] - source.atoms.positions[alphas]
        assert np.abs(difference).max() < 0.01


def test_frames_are_picked_like_slices(pdb, tmp_path):
    universe = open_universe(pdb, [write(tmp_path / "ten.xtc", frames=10)])
    assert list(select_frames(universe, None, None, None)) == list(range(10))
    assert list(select_frames(universe, 2, 9, 3)) == [2, 5, 8]
    assert list(select_frames(universe, -2, None, None)) == [8, 9]
    with pytest.raises(InputError, match="no frame of 10"):
        select_frames(universe, 10, None, None)
    with pytest.raises(InputError, match="--step 0"):
        select_frames(universe, None, None, 0)


def test_placeholder_boxes_are_no_boxes():
    assert usable_box(None) is None
    assert usable_box(np.array([1, 1, 1, 90, 90, 90.0])) is None
    assert usable_box(np.array([0, 0, 0, 0, 0, 0.0])) is None
    assert usable_box(np.array([60, 60, 60, 90, 90, 90.0])) is not None
