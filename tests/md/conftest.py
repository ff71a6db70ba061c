"""A small system that runs in seconds: three MIDAS residues of 1CQP with their Mg²⁺, in water."""

import io
import json

import pytest
from forking import Forks
from openmm import app
from short import Short

from lfa1_md.box import build, system
from lfa1_md.machine import platform
from lfa1_md.run.equilibrate import equilibrate
from lfa1_md.run.minimise import minimise
from lfa1_md.study import configfile

# ACE–Asp137–Gly138–Ser139–NME, the Mg²⁺ and two of its waters, from PDB entry 1CQP (CC0); the
# neighbours' backbone atoms became the caps.
PEPTIDE = """\
HETATM    1  CH3 ACE A 136      45.008   7.167  26.329  1.00  0.00           C
HETATM    2  C   ACE A 136      44.642   5.714  26.096  1.00  0.00           C
HETATM    3  O   ACE A 136      43.559   5.254  26.440  1.00  0.00           O
ATOM      4  N   ASP A 137      45.592   5.031  25.471  1.00  0.00           N
ATOM      5  CA  ASP A 137      45.538   3.620  25.114  1.00  0.00           C
ATOM      6  C   ASP A 137      45.543   2.757  26.360  1.00  0.00           C
ATOM      7  O   ASP A 137      46.430   2.885  27.198  1.00  0.00           O
ATOM      8  CB  ASP A 137      46.792   3.307  24.292  1.00  0.00           C
ATOM      9  CG  ASP A 137      46.846   1.888  23.769  1.00  0.00           C
ATOM     10  OD1 ASP A 137      46.595   0.936  24.530  1.00  0.00           O
ATOM     11  OD2 ASP A 137      47.216   1.717  22.592  1.00  0.00           O
ATOM     12  N   GLY A 138      44.540   1.891  26.497  1.00  0.00           N
ATOM     13  CA  GLY A 138      44.493   0.974  27.635  1.00  0.00           C
ATOM     14  C   GLY A 138      44.364  -0.488  27.164  1.00  0.00           C
ATOM     15  O   GLY A 138      43.691  -1.293  27.796  1.00  0.00           O
ATOM     16  N   SER A 139      45.034  -0.821  26.056  1.00  0.00           N
ATOM     17  CA  SER A 139      45.009  -2.141  25.444  1.00  0.00           C
ATOM     18  C   SER A 139      45.743  -3.204  26.245  1.00  0.00           C
ATOM     19  O   SER A 139      46.471  -2.888  27.203  1.00  0.00           O
ATOM     20  CB  SER A 139      45.602  -2.068  24.046  1.00  0.00           C
ATOM     21  OG  SER A 139      46.978  -1.746  24.091  1.00  0.00           O
HETATM   22  N   NME A 140      45.596  -4.457  25.808  1.00  0.00           N
HETATM   23  C   NME A 140      46.204  -5.596  26.499  1.00  0.00           C
TER
HETATM   24 MG    MG B 401      48.079  -2.336  22.333  1.00  0.00          MG
HETATM   25  O   HOH C 404      47.452  -0.486  21.226  1.00  0.00           O
HETATM   26  O   HOH C 417      50.104  -2.562  20.898  1.00  0.00           O
END
"""

CONFIG = """\
states: {closed: {structure: closed}}
platform: CPU
seed: 7
chemistry: {padding: 0.6 nm, ionic_strength: 300 mM, temperature: 300 K, CHEMISTRY}
minimisation: {max_iterations: 60}
equilibration:
  - {name: heat, ensemble: NVT, duration: 0.2 ps, timestep: 2 fs, restraint: 1000 kJ/mol/nm^2}
  - {name: release, ensemble: NPT, duration: 0.4 ps, timestep: 4 fs}
production: {duration: 0.8 ps, segment: 0.4 ps, frame_interval: 0.1 ps, energy_interval: 0.04 ps}
"""


@pytest.fixture(scope="session")
def cpu():
    """Select the CPU platform with one thread."""
    return platform.select("CPU", 1)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory, cpu):
    """Folder with the small prepared structure and its verdict."""
    folder = tmp_path_factory.mktemp("prepared")
    file = app.PDBFile(io.StringIO(PEPTIDE))
    modeller = app.Modeller(file.topology, file.positions)
    field = app.ForceField("amber19/protein.ff19SB.xml", "amber19/opc3.xml")
    modeller.addHydrogens(field, platform=cpu[0])
    with (folder / "protein.cif").open("w") as out:
        app.PDBxFile.writeFile(modeller.topology, modeller.positions, out, keepIds=True)
    (folder / "site.json").write_text(json.dumps({"accepted": True}))
    return folder


def small_study(chemistry: str = ""):
    """Check the configuration of the small study, with more keys for `chemistry`."""
    import yaml

    content = yaml.safe_load(CONFIG.replace("CHEMISTRY", chemistry))
    if "CHARMM36" in chemistry:
        content["dynamics"] = {"cutoff": "1.2 nm"}
        content["chemistry"]["padding"] = "1 nm"
    return configfile.check(content, "the test's configuration")


@pytest.fixture(scope="session")
def make_study():
    """Give the function `small_study`."""
    return small_study


@pytest.fixture(scope="session")
def systems(tmp_path_factory, prepared):
    """Folder with the small matched pair `closed-mg` and `closed-apo`."""
    folder = tmp_path_factory.mktemp("systems")
    study, box = small_study(), tmp_path_factory.mktemp("solvated")
    build.solvate_state(study, "closed", prepared, box)
    for name in study.systems:
        build.build(study, name, box, folder / name)
    return folder


@pytest.fixture(scope="session")
def minimised(systems, cpu):
    """Minimise both and give the same folder."""
    for name in ("closed-mg", "closed-apo"):
        solvated = system.load(systems / name)
        output = systems / name / system.MINIMISED
        minimise(solvated, small_study().minimisation, *cpu, output)
    return systems


@pytest.fixture(scope="session")
def equilibrated(minimised, cpu, tmp_path_factory):
    """Equilibrate replica 0 of both and give the folder of their folders."""
    folder, study = tmp_path_factory.mktemp("equilibrated"), small_study()
    for name in ("closed-mg", "closed-apo"):
        solvated = system.load(minimised / name)
        equilibrate(
            solvated,
            minimised / name / system.MINIMISED,
            study,
            0,
            *cpu,
            folder / name,
        )
    return folder


@pytest.fixture(scope="session")
def forks():
    """Give the server that forks runs of ``lfa1``."""
    with Forks() as server:
        yield server


@pytest.fixture(scope="session")
def short(forks, minimised, equilibrated, tmp_path_factory):
    """Give a segment of 30 steps that was run once, undisturbed."""
    folder = tmp_path_factory.mktemp("short")
    start = equilibrated / "closed-mg" / "state.xml.gz"
    return Short(forks, folder, minimised / "closed-mg", start)
