"""The same frames in the files of GROMACS, AMBER, NAMD, CHARMM and OpenMM give the same tables."""

import warnings
from pathlib import Path

import pandas as pd
import pytest
from dialects import amber, charmm, gromacs, renamed, write_frames, write_prmtop, write_psf

from lfa1_analysis.observe import Observables
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory import examples
from lfa1_analysis.trajectory.universe import open_universe


def measured(universe):
    domain = find_domain(universe)
    return domain, Observables(universe, domain).run()


@pytest.fixture(scope="module")
def expected():
    return measured(examples.universe())[1]


def psf(folder: Path, trajectory: str) -> tuple[Path, Path]:
    universe = examples.universe()
    renamed(universe, charmm, None)
    write_psf(universe, folder / "top.psf")
    write_frames(universe, folder / trajectory)
    return folder / "top.psf", folder / trajectory


def charmm_dcd(folder):
    return psf(folder, "run.dcd")


def prmtop_netcdf(folder):
    universe = examples.universe()
    renamed(universe, amber, 1)
    write_prmtop(universe, folder / "top.prmtop")
    write_frames(universe, folder / "run.nc")
    return folder / "top.prmtop", folder / "run.nc"


def parm7_netcdf(folder):
    topology, trajectory = prmtop_netcdf(folder)
    return topology.rename(folder / "top.parm7"), trajectory


def gro_xtc(folder):
    universe = examples.universe()
    renamed(universe, gromacs, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        universe.atoms.write(str(folder / "top.gro"))
    write_frames(universe, folder / "run.xtc")
    return folder / "top.gro", folder / "run.xtc"


def gro_trr(folder):
    topology, _ = gro_xtc(folder)
    write_frames(examples.universe(), folder / "run.trr")
    return topology, folder / "run.trr"


def openmm_pdbx_dcd(folder):
    app = pytest.importorskip("openmm.app")
    read = app.PDBFile(str(examples.topology()))
    with (folder / "top.cif").open("w") as stream:
        app.PDBxFile.writeFile(read.topology, read.positions, stream, keepIds=True)
    write_frames(examples.universe(), folder / "run.dcd")
    return folder / "top.cif", folder / "run.dcd"


FILES = [charmm_dcd, prmtop_netcdf, parm7_netcdf, gro_xtc, gro_trr, openmm_pdbx_dcd]


@pytest.mark.parametrize("write", FILES, ids=lambda write: write.__name__)
def test_files_of_other_programs(write, tmp_path, expected):
    topology, trajectory = write(tmp_path)
    domain, found = measured(open_universe(topology, [trajectory]))
    assert (min(domain.atoms), max(domain.atoms), domain.mutations) == (128, 307, ())
    for name, part in expected.parts.items():
        wanted, table = part.results.table, found.parts[name].results.table
        # Waters are numbered as each file numbers them, and a DCD's first frame is at 0 here.
        loose = ["donors", "time_ns"]
        pd.testing.assert_frame_equal(
            table.drop(columns=loose, errors="ignore"),
            wanted.drop(columns=loose, errors="ignore"),
            rtol=0,
            atol=5e-3,
        )
        steps = table["time_ns"] - table["time_ns"][0]
        assert steps.tolist() == pytest.approx([0.0005 * i for i in range(6)], abs=1e-6)
        if "donors" in table:
            bare = [each["donors"].str.replace(r"\w+\d{1,5} (O|OW|OH2)\b", "W", regex=True)
                    for each in (table, wanted)]  # fmt: skip
            assert bare[0].tolist() == bare[1].tolist()


def test_a_universe_made_of_openmm_objects(expected):
    """MDAnalysis takes OpenMM's own objects; the observables take what it makes of them."""
    app = pytest.importorskip("openmm.app")
    from MDAnalysis import Universe

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        universe = Universe(app.PDBFile(str(examples.topology())))
    domain, found = measured(universe)
    assert (min(domain.atoms), max(domain.atoms)) == (128, 307)
    assert found.midas.results.table["metal"].tolist() == ["Mg"]
