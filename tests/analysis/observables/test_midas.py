"""The metal site against the crystals, and ions and waters where they are put."""

import mdtraj
import numpy as np
import pandas as pd
import pytest
from MDAnalysis import Merge, Universe
from MDAnalysis.lib.mdamath import triclinic_box, triclinic_vectors

from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.proteins.alphal import MIDAS_DONORS
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.universe import open_universe

DODECAHEDRON = triclinic_box(*(75.0 * np.array([[1, 0, 0], [0, 1, 0], [0.5, 0.5, 0.5**0.5]])))


def midas(universe) -> pd.Series:
    return Midas(universe, find_domain(universe)).run().results.table.iloc[0]


def single_atoms(names, residues, positions) -> Universe:
    n = len(names)
    universe = Universe.empty(
        n, n_residues=n, atom_resindex=range(n), residue_segindex=[0] * n, trajectory=True
    )
    universe.add_TopologyAttr("names", names)
    universe.add_TopologyAttr("resnames", residues)
    universe.add_TopologyAttr("resids", range(900, 900 + n))
    universe.add_TopologyAttr("segids", ["I"])
    universe.add_TopologyAttr("chainIDs", ["I"] * n)
    universe.atoms.positions = positions
    return universe


def with_atoms(closed, names, residues, offsets) -> Universe:
    """Add lone atoms at offsets (Å) from the middle of the site of a bare protein."""
    protein = closed.select_atoms("protein")
    return Merge(
        protein, single_atoms(names, residues, middle(closed) + np.asarray(offsets, float)).atoms
    )


def middle(universe) -> np.ndarray:
    domain = find_domain(universe)
    site = [domain.index(n, name) for n, names in MIDAS_DONORS.values() for name in names]
    return universe.atoms.positions[site].astype(float).mean(axis=0)


def test_closed_crystal(entry):
    row = midas(open_universe(entry("1CQP")))
    assert row["metal"] == "Mg"
    distances = {
        "ser139_angstrom": 2.16,
        "ser141_angstrom": 2.06,
        "asp239_angstrom": 2.41,
        "water_1_angstrom": 2.25,
        "water_2_angstrom": 2.49,
        "thr206_angstrom": 3.61,
    }
    assert row[list(distances)].tolist() == pytest.approx(list(distances.values()), abs=0.01)
    assert row["asp137_angstrom"] == pytest.approx(4.2, abs=0.05)
    assert (row["coordination_number"], row["n_waters"], row["pattern"]) == (5, 2, "closed")
    assert (row["asp137_denticity"], row["asp239_denticity"]) == (0, 1)
    assert np.isnan(row["ligand_angstrom"])


def test_open_crystal_with_its_ligand(entry):
    row = midas(open_universe(entry("1MQ8")))
    distances = {
        "ser139_angstrom": 2.19,
        "ser141_angstrom": 2.08,
        "thr206_angstrom": 2.05,
        "ligand_angstrom": 2.23,
        "water_1_angstrom": 1.98,
        "water_2_angstrom": 2.07,
        "asp239_angstrom": 4.18,
    }
    assert row[list(distances)].tolist() == pytest.approx(list(distances.values()), abs=0.01)
    assert row["asp137_angstrom"] == pytest.approx(4.4, abs=0.05)
    assert (row["coordination_number"], row["pattern"]) == (6, "open")
    assert "A:GLU34 OE2" in row["donors"]


@pytest.mark.parametrize("name", ["1CQP", "1MQ8"])
def test_distances_by_mdtraj(entry, name):
    frame = mdtraj.load(entry(name))
    chain = {"1CQP": "A", "1MQ8": "B"}[name]
    atoms = {
        (a.residue.resSeq, a.name): a.index
        for a in frame.topology.atoms
        if a.residue.chain.chain_id == chain and not a.residue.is_water
    }
    metal = next(index for (_, name), index in atoms.items() if name == "MG")
    row = midas(open_universe(entry(name)))
    for column, (number, names) in MIDAS_DONORS.items():
        pairs = [(metal, atoms[number, atom]) for atom in names]
        expected = 10 * mdtraj.compute_distances(frame, pairs, periodic=False)[0]
        assert row[f"{column}_angstrom"] == pytest.approx(expected.min(), abs=2e-3)


@pytest.mark.parametrize(
    ("name", "residue", "metal"),
    [
        ("MG", "MG", "Mg"),
        ("Mg2+", "MG2", "Mg"),
        ("CAL", "CAL", "Ca"),
        ("CA", "CA", "Ca"),
        ("MN", "MN2", "Mn"),
        ("SOD", "SOD", "Na"),
        ("Na+", "Na+", "Na"),
        ("NA", "ION", "Na"),
        ("CLA", "CLA", "none"),
    ],
)
def test_whatever_the_metal_is_called(closed, name, residue, metal):
    row = midas(with_atoms(closed, [name], [residue], [[0.3, 0, 0]]))
    assert row["metal"] == metal
    assert (row["nearest_other_ion"] == "none") == (metal != "none")


def test_sodium_in_an_empty_site_and_beside_magnesium(closed):
    row = midas(with_atoms(closed, ["NA", "CL"], ["NA", "CL"], [[0.5, 0, 0], [0, 9, 0]]))
    assert (row["metal"], row["nearest_other_ion"]) == ("Na", "Cl")
    row = midas(with_atoms(closed, ["NA", "MG"], ["NA", "MG"], [[0.1, 0, 0], [2, 0, 0]]))
    assert (row["metal"], row["nearest_other_ion"]) == ("Mg", "Na")
    assert row["nearest_other_ion_angstrom"] == pytest.approx(1.9, abs=0.01)


def test_empty_site(closed):
    row = midas(with_atoms(closed, ["NA"], ["NA"], [[0, 0, 12.0]]))
    assert (row["metal"], row["pattern"], row["donors"]) == ("none", "none", "none")
    assert row["nearest_other_ion"] == "Na"
    assert row["nearest_other_ion_angstrom"] == pytest.approx(12, abs=0.01)
    assert np.isnan(row["ser139_angstrom"])
    assert pd.isna(row["coordination_number"])


def test_an_ion_leaves_through_the_periodic_boundary(closed):
    """Away from the site along a box vector the nearest image comes back from the other side."""
    vectors = triclinic_vectors(DODECAHEDRON).astype(float)
    for travelled, distance in ((0.0, 0.0), (10.0, 10.0), (70.0, 5.0), (75.0, 0.0), (750.0, 0.0)):
        offset = travelled * vectors[2] / 75.0
        universe = with_atoms(closed, ["MG"], ["MG"], [offset])
        universe.load_new(universe.atoms.positions[None], dimensions=DODECAHEDRON)
        row = midas(universe)
        if distance <= 4:
            assert row["metal"] == "Mg"
            assert row["nearest_other_ion"] == "none"
        else:
            assert row["metal"] == "none"
            assert row["nearest_other_ion_angstrom"] == pytest.approx(distance, abs=0.02)


def test_waters_and_protein_wrapped_apart(closed):
    """Every atom in the box by itself: the shell must come out as in the whole system."""
    waters = [[2.1, 0, 0], [0, 2.1, 0], [0, 0, -3.4]]
    names, residues = ["MG", "OW", "OH2", "O"], ["MG", "SOL", "TIP3", "HOH"]
    universe = with_atoms(closed, names, residues, [[0, 0, 0], *waters])
    universe.load_new(universe.atoms.positions[None], dimensions=DODECAHEDRON)
    before = midas(universe)
    assert before[[f"water_{i}_angstrom" for i in (1, 2, 3)]].tolist() == pytest.approx(
        [2.1, 2.1, 3.4], abs=0.01
    )
    vectors = triclinic_vectors(DODECAHEDRON).astype(float)
    xyz = universe.atoms.positions - middle(universe)
    wrapped = xyz - np.floor(xyz @ np.linalg.inv(vectors)) @ vectors
    universe.load_new(wrapped[None], dimensions=DODECAHEDRON)
    after = midas(universe)
    numbers = [c for c in before.index if c.endswith("_angstrom")]
    assert after[numbers].astype(float).tolist() == pytest.approx(
        before[numbers].astype(float).tolist(), abs=2e-3, nan_ok=True
    )
    assert after["donors"] == before["donors"]


def test_virtual_sites_and_hydrogens_are_no_donors(closed):
    names = ["MG", "EPW", "HW1", "OW"]
    row = midas(
        with_atoms(closed, names, ["MG", "SOL", "SOL", "SOL"], np.diag([0, 1, 1, 2.0])[:, 1:])
    )
    assert row["n_waters"] == 1


def test_larger_ions_have_larger_shells(closed):
    shell = [[0, 0, 0], [2.8, 0, 0]]
    calcium = midas(with_atoms(closed, ["CA", "O"], ["CA", "HOH"], shell))
    magnesium = midas(with_atoms(closed, ["MG", "O"], ["MG", "HOH"], shell))
    assert (calcium["n_waters"], magnesium["n_waters"]) == (1, 0)


def test_protonated_aspartate_keeps_its_name(closed):
    universe = with_atoms(closed, ["MG"], ["MG"], [[0, 0, 0]])
    before = midas(universe)
    domain = find_domain(universe)
    universe.atoms[domain.index(239, "CA")].residue.resname = "ASH"
    assert midas(universe)["pattern"] == before["pattern"]
    assert midas(universe)["donors"] == before["donors"]


def test_processes_agree_with_one(wobble):
    universe = open_universe(wobble[0], [wobble[1]])
    domain = find_domain(universe)
    serial = Midas(universe, domain).run().results.table
    parallel = Midas(universe, domain).run(backend="multiprocessing", n_workers=2).results.table
    pd.testing.assert_frame_equal(serial, parallel)
