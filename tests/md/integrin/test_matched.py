"""Matched systems with fixed metals: a peptide with its Mg²⁺ and, as another site, a Ca²⁺."""

import numpy as np
import pytest
from openmm import app, unit

from lfa1_md.box import matched_systems as pair
from lfa1_md.box import molecules, site_atoms, solvate
from lfa1_md.box.frame_atoms import N_SLOTS, FrameAtoms
from lfa1_md.box.molecules import Model
from lfa1_md.forcefield import forcefield
from lfa1_md.study.ions import FIXED_CHAIN


@pytest.fixture(scope="module")
def model(prepared):
    """The small prepared protein with a Ca²⁺ of another site, 1.2 nm away."""
    old = molecules.read(str(prepared / "protein.cif"))
    modeller = app.Modeller(old.topology, old.positions * unit.nanometer)
    extra = app.Topology()
    residue = extra.addResidue("CA", extra.addChain(FIXED_CHAIN), "1")
    extra.addAtom("CA", app.element.calcium, residue)
    far = old.positions[old.heavy_solute()].mean(axis=0) + np.array([0.0, 0.0, 1.4])
    modeller.add(extra, far[None] * unit.nanometer)
    return Model(modeller.topology, np.array(modeller.positions.value_in_unit(unit.nanometer)))


@pytest.fixture(scope="module")
def box(model, make_study):
    field = forcefield.load(make_study().chemistry)
    return solvate.solvate(model, field, "tip3p", 0.6, 0.5, 3, shape="rectangular")


def sites(box):
    donors = box.solute()[:4].tolist()
    verdict = {
        "titrated": "beta_i_midas",
        "sites": {
            "beta_i_midas": {
                "metal": "MG",
                "oxygens": [{"label": "a", "atoms": donors, "demanded": True}],
            },
            "symbs": {
                "metal": "CA",
                "oxygens": [{"label": "b", "atoms": donors[:2], "demanded": False}],
            },
        },
    }
    return site_atoms.located(box, verdict)


def test_the_titrated_metal_is_told_from_the_fixed_one(box):
    names = [a.residue.name for a in box.topology.atoms()]
    assert names[box.metal()] == "MG" and box.metal() == len(names) - 1
    assert [names[i] for i in box.fixed_metals()] == ["CA"]
    assert len(box.bulk_metals()) == 0
    assert box.fixed_metals()[0] == len(box.solute())  # right behind the protein
    assert site_atoms.fixed(box) == {len(box.solute()): "ca"}


@pytest.mark.parametrize(("ion", "metal"), [("apo", "none"), ("ca", "ca"), ("na", "na")])
def test_members_differ_at_the_titrated_site_alone(box, ion, metal):
    member = pair.matched(box, ion).model
    names = np.array([a.residue.name for a in box.topology.atoms()])
    # One charge less than Mg²⁺'s: a Cl⁻ goes, the one farthest from the protein's heavy atoms.
    anions, protein = np.flatnonzero(names == "CL"), box.positions[box.heavy_solute()]
    apart = box.positions[anions][:, None] - protein
    apart -= np.round(apart / np.diag(box.box)) * np.diag(box.box)
    farthest = anions[np.linalg.norm(apart, axis=2).min(axis=1).argmax()]
    lost = {"apo": [box.metal()], "ca": [], "na": [farthest]}[ion]
    assert np.array_equal(member.positions, np.delete(box.positions, lost, axis=0))
    assert np.array_equal(member.fixed_metals(), box.fixed_metals())
    found = {s["name"]: s for s in site_atoms.of_member(member, sites(box), "beta_i_midas")}
    assert found["beta_i_midas"]["metal"] == metal
    assert found["symbs"] == next(s for s in sites(box) if s["name"] == "symbs")


def test_the_box_is_rectangular_and_turned_with_the_molecule(box, model):
    assert np.count_nonzero(box.box - np.diag(np.diag(box.box))) == 0
    own, old = box.positions[box.solute()], model.positions[model.solute()]
    apart = np.linalg.norm(own[:, None] - own, axis=2)
    assert apart == pytest.approx(np.linalg.norm(old[:, None] - old, axis=2), abs=1e-4)


def test_a_frame_holds_the_waters_and_the_metal_of_each_site(box):
    slots = FrameAtoms.of(box, sites(box))
    # Every molecule elsewhere in the lattice: the frame must come out the same.
    moved = box.positions.copy()
    for k, residue in enumerate(box.topology.residues()):
        if residue.chain.id != "A":
            shift = np.array([(k % 3) - 1, (k % 5) - 2, 0])
            moved[[a.index for a in residue.atoms()]] += shift @ box.box
    frame, again = (slots.frame(p, box.box) for p in (box.positions, moved))
    assert frame == pytest.approx(again, abs=1e-4)
    assert len(frame) == slots.n_atoms and slots.n_slots == 2 * N_SLOTS
    waters = frame[-3 * 2 * N_SLOTS :: 3]
    assert len(np.unique(waters.round(4), axis=0)) == 2 * N_SLOTS
    centre = frame[np.searchsorted(slots.protein, slots.sites[1].atoms)].mean(axis=0)
    calcium = frame[len(slots.protein) + slots.sites[1].ion]
    half = np.linalg.norm(np.diag(box.box)) / 2
    assert np.linalg.norm(calcium - centre) < half
