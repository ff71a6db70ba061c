"""What lacks atoms is left empty with a note, for every observable; what is whole is untouched."""

import warnings

import numpy as np
import pytest
from MDAnalysis import Merge

from lfa1_analysis.interface.ligand import find_ligand
from lfa1_analysis.interface.series import Interface
from lfa1_analysis.io.errors import InputWarning
from lfa1_analysis.metal_site.expectation import Expected, expect
from lfa1_analysis.metal_site.gate import events, intact
from lfa1_analysis.observables.flexibility import Flexibility
from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.observables.opening import Opening
from lfa1_analysis.proteins.alphal import POCKET_WALL
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory import examples
from lfa1_analysis.trajectory.universe import open_universe

BACKBONE = "name N CA C O H HA"
POCKET = [f"pocket_{r}_angstrom" for r in ("leu289", "phe292", "leu295")] + ["pocket_occupant"]
SOLID = ["radius_of_gyration_angstrom", "contacts_lost", "contacts_won"]


def cut(*residues):
    """Select all but the side chains of some residues beyond Cβ."""
    chosen = " ".join(map(str, residues))
    return f"not protein or not resid {chosen} or {BACKBONE} CB"


def measured(kind, selection, source=None):
    """Return the table of an observable on some atoms of the example, and the notes."""
    universe = source or examples.universe()
    part = Merge(universe.select_atoms(selection))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        series = kind(part, find_domain(part)).run()
    notes = [str(w.message) for w in caught if issubclass(w.category, InputWarning)]
    return series, series.results.table, " | ".join(notes)


def empty(table):
    return {name for name in table if table[name].isna().all()}


@pytest.mark.parametrize("selection", ["protein and name CA", f"protein and {BACKBONE}"])
def test_a_pocket_without_side_chains(selection):
    """Cα atoms alone gave distances of 7.9 Å and "none" where the pocket is closed."""
    _, whole, _ = measured(Opening, "all")
    _, table, notes = measured(Opening, selection)
    lacking = {"ser139og_thr206og1_angstrom", "glu241cd_ser139og_angstrom"}
    assert empty(table) == {*POCKET, *lacking}
    assert "ratchet pocket" in notes and "153, 237, 259, 261" in notes
    same = [name for name in table if name not in empty(table)]
    assert np.allclose(table[same].astype(float), whole[same].astype(float))


@pytest.mark.parametrize("residue", [289, 292, 295])
def test_one_stub_in_the_pocket(residue):
    """Its own distance is empty, and so is the occupant, which it may be."""
    _, whole, none = measured(Opening, "all")
    _, table, notes = measured(Opening, cut(residue))
    own = next(name for name in POCKET if str(residue) in name)
    assert empty(table) == {own, "pocket_occupant"}
    assert whole["pocket_occupant"].iloc[0] == "closed" and not none
    assert f"side-chain atoms missing in {residue}" in notes


@pytest.mark.parametrize("residue", POCKET_WALL)
def test_one_stub_in_the_wall(residue):
    _, table, notes = measured(Opening, cut(residue))
    assert empty(table) == set(POCKET)
    assert str(residue) in notes


@pytest.mark.parametrize(
    ("selection", "lost"),
    [("protein and name CA", [*SOLID, "alpha7_helicity"]), (f"protein and {BACKBONE}", SOLID)],
)
def test_size_and_contacts_need_all_heavy_atoms(selection, lost):
    _, table, notes = measured(Flexibility, selection)
    assert empty(table) == set(lost)
    assert all(name in notes for name in lost)


def test_a_few_stubs_are_noted_and_many_are_too_many():
    _, whole, none = measured(Flexibility, "all")
    _, table, notes = measured(Flexibility, cut(141, 150, 295))
    assert not empty(table) and not none
    assert abs(table[SOLID[0]][0] - whole[SOLID[0]][0]) < 0.1
    assert "taken of what is there: atoms missing in 141, 150, 295" in notes
    _, table, _ = measured(Flexibility, cut("150:200"))
    assert empty(table) == set(SOLID)


@pytest.mark.parametrize(("gap", "lost"), [("296", False), ("288:289", False), ("296:298", True)])
def test_helicity_of_a_helix_with_a_gap(gap, lost):
    """One or two residues of twenty may lack their backbone; three leave it empty."""
    _, table, notes = measured(Flexibility, f"not protein or not resid {gap} or name CA")
    assert ("alpha7_helicity" in empty(table)) == lost
    assert "alpha7_helicity" in notes


def test_helicity_of_a_helix_that_ends_early():
    """As in 1MQ9, whose chain ends at 300: what is there counts, and a note says what is not."""
    _, table, notes = measured(Flexibility, "not protein or not resid 301:307")
    assert table["alpha7_helicity"].notna().all()
    assert "alpha7_helicity is taken without 301–303" in notes


@pytest.mark.parametrize(
    ("residue", "columns"),
    [
        (139, {"ser139_angstrom"}),
        (206, {"thr206_angstrom", "pattern"}),
        (137, {"asp137_angstrom", "asp137_far_angstrom", "asp137_denticity"}),
        (239, {"asp239_angstrom", "asp239_far_angstrom", "asp239_denticity", "pattern"}),
    ],
)
def test_a_donor_that_is_not_in_the_file_is_not_lost(residue, columns):
    """The metal site is not judged by atoms that were never modelled."""
    _, whole, _ = measured(Midas, "all")
    series, table, notes = measured(Midas, cut(residue))
    lost = columns | {"coordination_number", "coordination_smooth"}
    assert empty(table) == empty(whole) | lost
    assert str(residue) in notes and all(name in notes for name in lost)
    found = events(table, expect(table, "mg", "closed"), series.waters(), series.occupants())
    said = " ".join(found["event"] + found["detail"])
    assert "coordination_off" not in said and f"{residue}" not in said
    _, wrong = intact(table, Expected("Mg", "closed"))
    assert not any(str(residue) in what or "number" in what for what in wrong if wrong[what].any())


def test_a_residue_of_the_site_that_was_never_modelled():
    """As a loop that the crystal does not show: what is measured on others stays."""
    _, whole, _ = measured(Midas, "all")
    _, table, notes = measured(Midas, "not resid 206")
    lost = {"thr206_angstrom", "pattern", "coordination_number", "coordination_smooth"}
    assert empty(table) == empty(whole) | lost and "206" in notes
    same = ["metal", "ser139_angstrom", "asp239_angstrom", "asp137_denticity", "n_waters"]
    assert table[same].equals(whole[same])
    _, opening, notes = measured(Opening, "not resid 206")
    assert empty(opening) == {"midas_alpha7_angstrom", "ser139og_thr206og1_angstrom"}
    assert "midas_alpha7_angstrom is left out: no Cα in 206" in notes


SITE = "resid 137 139 141 206 239"


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        ("not protein or name CA", False),
        (f"not protein or {BACKBONE}", False),
        (f"not ({SITE}) or not protein", False),
        (cut(137, 139, 141, 206, 239), False),
        (cut(141, 206, 239), False),
        (cut(141, 206), True),
    ],
)
def test_where_the_site_is_must_be_told_by_three_residues(selection, told):
    """Asp137 alone is 4 Å from the metal, which would be taken to have left."""
    series, table, notes = measured(Midas, selection)
    found = events(table, expect(table, "mg", "closed"), series.waters(), series.occupants())
    if told:
        assert (table["metal"] == "Mg").all() and "not measured" not in notes
        return
    assert "the metal site is not measured" in notes and found.empty
    assert empty(table) == set(table) - {"frame", "time_ns", "metal", "nearest_other_ion"}
    assert set(table["metal"]) | set(table["nearest_other_ion"]) == {"unknown"}


def test_half_a_carboxylate_is_none():
    """The nearer of two oxygens cannot be told from one."""
    _, table, _ = measured(Midas, "not protein or not (resid 239 and name OD2)")
    assert table["asp239_angstrom"].isna().all() and table["asp239_denticity"].isna().all()


def complexed(selection):
    part = Merge(open_universe(examples.bound()).select_atoms(selection))
    domain = find_domain(part)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        series = Interface(part, domain, find_ligand(part, domain)).run()
    notes = " | ".join(str(w.message) for w in caught if issubclass(w.category, InputWarning))
    return series, series.results.table, notes


GLU34 = {"glu34_metal_angstrom", "glu34_denticity", "metal_bound_to_ligand", "glu34_midas_angstrom"}
PAIRS = {"contacts", "hydrogen_bonds", "salt_bridges", "buried_area_angstrom2"}


def test_an_interface_without_side_chains():
    series, table, notes = complexed("name N CA C O MG")
    assert empty(table) > GLU34 | PAIRS
    assert "interface_rmsd_angstrom" not in empty(table)
    assert series.results.pairs.empty and not series.native
    assert all(name in notes for name in PAIRS)


def test_the_ion_of_an_interface_without_a_site():
    """Cα atoms and an ion do not tell that the ion is in the site, nor that it is not."""
    _, table, notes = complexed("name CA MG")
    assert set(table["metal"]) == {"unknown"} and "the metal is left out" in notes
    _, table, _ = complexed("protein")
    assert set(table["metal"]) == {"unknown"}
    _, table, _ = complexed("all")
    assert set(table["metal"]) == {"Mg"}


def test_half_a_glutamate_on_the_ion():
    whole, table, _ = complexed("all")
    assert not empty(table) and len(whole.native)
    _, table, notes = complexed("not (resid 34 and resname GLU and name OE2)")
    assert empty(table) > GLU34 | PAIRS
    assert "Glu34" in notes
    universe = open_universe(examples.bound())
    _, table, notes = measured(
        Midas, "not (resid 34 and resname GLU and name OE2)", source=universe
    )
    assert table["coordination_number"].isna().all() and "GLU34" in notes


def test_a_stub_far_from_the_metal_changes_nothing_at_the_site():
    _, whole, _ = measured(Midas, "all")
    _, table, notes = measured(Midas, cut(150, 160, 180))
    assert table.equals(whole) and not notes
