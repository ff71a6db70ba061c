"""A system written for GROMACS says what OpenMM computes with; no GROMACS is needed here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openmm
import pytest
from openmm import app, unit

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def files(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import gromacs_files

    return gromacs_files


@pytest.fixture(scope="module")
def water():
    field = app.ForceField("amber19/opc3.xml")
    modeller = app.Modeller(app.Topology(), [] * unit.nanometer)
    modeller.addSolvent(field, model="tip3p", boxSize=openmm.Vec3(2, 2, 2) * unit.nanometer)
    made = field.createSystem(modeller.topology, nonbondedMethod=app.PME, rigidWater=True)
    return made, modeller.topology


def test_what_cannot_be_written_is_refused(files, water):
    system, topology = openmm.XmlSerializer.clone(water[0]), water[1]
    with pytest.raises(files.Unsupported, match="CMMotionRemover"):
        files.Writer(system, topology)


def test_a_correction_map_is_turned_and_begins_at_minus_180(files):
    class Map(files.Writer):
        def __init__(self):
            size = 4  # of 90°; the energy names the cell: 10 × φ + ψ, counted from 0°
            cells = [10.0 * phi + psi for psi in range(size) for phi in range(size)]
            force = openmm.CMAPTorsionForce()
            force.addMap(size, cells)
            self.forces = {"CMAPTorsionForce": force}
            self.maps, self.type_of = {2: (0, [0, 1, 2, 3, 4])}, [0] * 5

    (text,) = Map()._map_tables()
    head, *rows = text.strip().split("\\\n")
    assert head == "T0 T0 T0 T0 T0 1 4 4"
    values = [float(v) for row in rows for v in row.split()]
    # φ = -180° is cell 2; ψ runs fastest, from -180°.
    assert values[:5] == [22, 23, 20, 21, 32]


def test_coordinates_keep_eight_decimals(files):
    class Box(files.Writer):
        def __init__(self):
            topology = app.Topology()
            residue = topology.addResidue("NA", topology.addChain())
            topology.addAtom("NA", app.Element.getBySymbol("Na"), residue)
            self.atoms = list(topology.atoms())

    box = np.array([[6.0, 0, 0], [0, 6, 0], [3, 3, 4.25]])
    lines = Box().gro(np.array([[0.123456789, -1.5, 2]]), box).splitlines()
    assert lines[2][20:] == "   0.12345679  -1.50000000   2.00000000"
    # GROMACS: xx yy zz xy xz yx yz zx zy, of vectors in rows
    assert [float(v) for v in lines[3].split()] == [6, 6, 4.25, 0, 0, 0, 0, 3, 3]
