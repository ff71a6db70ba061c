"""The metal sites: those of the crystals, emptied, filled with something else, and strays."""

import numpy as np
import pytest
from MDAnalysis import Merge

from lfa1_analysis.integrin.find import find_integrins
from lfa1_analysis.integrin.sites import Sites
from lfa1_analysis.trajectory.universe import open_universe

PROPELLER = [f"propeller_{i}" for i in range(1, 5)]
BETA_I = ["beta_i_midas", "admidas", "symbs"]


def table(universe):
    return Sites(universe, find_integrins(universe)).run().results.table.set_index("site")


def test_the_ions_of_a_closed_headpiece(opened):
    sites = table(opened("4WJK"))
    expected = dict.fromkeys([*PROPELLER, "admidas", "symbs"], "Ca") | {"beta_i_midas": "Mg"}
    assert sites["occupant"].to_dict() == expected
    midas = sites.loc["beta_i_midas"]
    assert (midas["coordination_number"], midas["n_waters"]) == (6, 4)
    assert midas["mean_angstrom"] == pytest.approx(2.15, abs=0.02)
    assert "B:SER132 OG 2.28" in midas["donors"]
    assert sites.loc["symbs", "residues"] == "GLU169 ASN224 ASP226 PRO228 GLU229"
    assert "B:ALA342 O" in sites.loc["admidas", "donors"]


def test_the_manganese_of_the_bent_ectodomain(opened):
    sites = table(opened("1L5G"))
    expected = [*PROPELLER, "genu", *BETA_I]
    assert sites["occupant"].to_dict() == dict.fromkeys(expected, "Mn")
    assert sites.loc["genu", "residues"] == "CYS596 ASP599 VAL601 GLU636"
    assert (sites["n_holders"] >= 3).all()


def test_sites_of_a_file_without_ions_are_unknown(opened):
    sites = table(opened("3ZDY"))
    assert sites["occupant"].unique().tolist() == ["unknown"]  # the file holds no ions
    assert sites["coordination_number"].isna().all()
    assert sites["changed"].unique().tolist() == [""]


@pytest.mark.parametrize("entry_name", ["1CQP", "1MQ8"])
def test_the_midas_of_an_i_domain(entry, entry_name):
    sites = table(open_universe(entry(entry_name)))
    assert sites.index.tolist() == ["alpha_i_midas"]
    midas = sites.iloc[0]
    assert midas["occupant"] == "Mg"
    assert midas["coordination_number"] == {"1CQP": 5, "1MQ8": 6}[entry_name]
    assert midas["n_ligand"] == {"1CQP": 0, "1MQ8": 1}[entry_name]


def test_sodium_water_and_strays(opened):
    """Mg²⁺ made Na⁺, one Ca²⁺ made water, another moved away, and a stray ion added."""
    universe = opened("4WJK")
    before = table(universe)
    atom = {site: universe.atoms[n - 1] for site, n in before["occupant_atom"].items()}
    for site, name, residue in (("beta_i_midas", "NA", "NA"), ("symbs", "O", "HOH")):
        atom[site].name, atom[site].residue.resname = name, residue
    atom["propeller_2"].position += (0.0, 0.0, 80.0)
    sites = table(universe)
    assert sites.loc["beta_i_midas", "occupant"] == "Na"
    assert sites.loc["symbs", "occupant"] == "water"
    assert sites.loc["propeller_2", "occupant"] == "none"
    assert sites.loc["unassigned", "occupant"] == "Ca"
    assert sites.loc["unassigned", "occupant_atom"] == before.loc["propeller_2", "occupant_atom"]
    assert sites.loc["admidas", "occupant"] == "Ca"


def test_a_mutant_site_is_named(opened):
    universe = opened("4WJK")
    residue = universe.select_atoms("chainID B and resid 132").residues
    residue.resnames = "ALA"
    kept = universe.atoms - residue.atoms.select_atoms("name OG")
    sites = table(Merge(kept))
    assert sites.loc["beta_i_midas", "changed"] == "ALA132 for ST"


def test_a_site_without_its_side_chains_is_not_called_empty(opened):
    universe = opened("3ZDY")
    bare = Merge(universe.select_atoms("name N CA C"))
    assert (table(bare)["occupant"] == "").all()


@pytest.mark.parametrize("unseen", [132, 229])
def test_a_side_chain_that_is_not_shown_does_not_hide_the_metal(opened, unseen):
    """Two residues hold this Mg²⁺; waters of its shell are near enough to be taken for it."""
    universe = opened("4WJK")
    shown = "name N CA C O CB or not (chainID B and protein and resid"
    sites = table(Merge(universe.select_atoms(f"{shown} {unseen})")))
    assert sites.loc["beta_i_midas", ["occupant", "n_holders"]].tolist() == ["Mg", 1]
    assert sites.loc["beta_i_midas", ["coordination_number", "mean_angstrom"]].isna().all()
    assert sites.loc["admidas", "coordination_number"] > 0
    assert "unassigned" not in sites.index


def test_each_copy_has_its_own_ions(opened):
    one, two = opened("4WJK"), opened("4WJK")
    two.atoms.positions += (0, 250, 0)
    sites = table(Merge(one.atoms, two.atoms))
    assert sites["occupant"].value_counts().to_dict() == {"Ca": 12, "Mg": 2}
    assert "unassigned" not in sites.index


def test_ions_at_another_image_are_in_their_sites(opened):
    universe = opened("4WJK")
    before = table(universe)
    size = 160.0
    moved = universe.atoms.positions.copy()
    ions = [n - 1 for n in before["occupant_atom"]]
    moved[ions[::2]] += (size, 0, -size)
    universe.load_new(moved[None], dimensions=np.array([size] * 3 + [90.0] * 3))
    after = table(universe)
    assert after["occupant"].tolist() == before["occupant"].tolist()
    assert np.allclose(after["mean_angstrom"], before["mean_angstrom"], atol=0.01)


def test_sites_of_the_reference_can_hold_a_metal(make_chain):
    """All of αL's and β2's sites but the loop that αL lacks."""
    from lfa1_analysis.proteins.integrins.profile import family
    from lfa1_analysis.proteins.integrins.subunits import SITES

    for site in SITES:
        codes = family(site.chain)[0].codes
        fits = [b.backbone or codes[b.number - 1] in b.expected for b in site.binders]
        assert all(fits) == (site.name != "propeller_1"), site.name
