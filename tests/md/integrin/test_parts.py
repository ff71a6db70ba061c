"""The parts of the preparation on 4WJK (α5β1 headpiece with its metals): nothing is minimised."""

import numpy as np
import pytest

from lfa1_analysis.io.errors import InputError
from lfa1_md.box import integrin_size
from lfa1_md.box.solvate import along_axes, box_vectors
from lfa1_md.machine import platform
from lfa1_md.protein.input import sugars
from lfa1_md.protein.input.integrin import load
from lfa1_md.protein.metal import sites
from lfa1_md.protein.repair import loops
from lfa1_md.study.construct import Construct


@pytest.fixture(scope="module")
def read(headpiece_file):
    return load(headpiece_file, Construct())


@pytest.fixture(scope="module")
def held(headpiece_file):
    integrin = load(headpiece_file, Construct())
    return {site.name: site for site in sites.find(integrin, Construct(), "closed")}


def test_chains_and_domains_are_found_by_alignment(read):
    assert read.chains == {"alpha": "A", "beta": "B"}
    assert "α5" in read.names["alpha"] and "β1" in read.names["beta"]
    told = "\n".join(d.what for d in read.decisions)
    assert "no alpha_i in the structure" in told
    assert "3 residues of i_egf_1 cut off" in told
    kinds = [place.kind for place in read.places]
    assert kinds == sorted(kinds) and kinds.count("alpha") == 449


def test_each_metal_of_the_entry_goes_to_its_site(held):
    assert {name: site.metal for name, site in held.items()} == {
        **{f"propeller_{i}": "ca" for i in (1, 2, 3, 4)},
        "beta_i_midas": "mg",
        "admidas": "ca",
        "symbs": "ca",
    }
    assert {site.source for site in held.values()} == {"entry"}
    midas = held["beta_i_midas"]
    assert {p.label for p in midas.demanded} == {"B SER 132", "B GLU 229"}
    assert len(midas.waters) == 4  # all of the crystal


def test_sites_are_emptied_and_swapped_one_by_one(headpiece_file):
    construct = Construct.model_validate({"sites": {"symbs": "none", "admidas": "mn"}})
    integrin = load(headpiece_file, construct)
    found = {site.name: site for site in sites.find(integrin, construct, "closed")}
    assert found["symbs"].source == "removed" and found["symbs"].xyz is None
    assert (found["admidas"].metal, found["admidas"].source) == ("mn", "swapped")
    assert found["beta_i_midas"].source == "entry"
    told = "\n".join(d.what for d in integrin.decisions)
    assert "symbs: CA B 503 (CA) removed" in told


def test_metals_taken_away_come_back_to_where_the_crystal_has_them(bare_file, held):
    integrin = load(bare_file, Construct())
    placed = {site.name: site for site in sites.find(integrin, Construct(), "closed")}
    assert {site.source for site in placed.values()} == {"4WJK"}
    apart = {n: float(np.linalg.norm(placed[n].xyz - held[n].xyz)) for n in held}
    # Only two residues hold the MIDAS's ion in the closed headpiece: there the place is a guess.
    assert apart.pop("beta_i_midas") < 1.5
    assert max(apart.values()) < 0.3


@pytest.mark.parametrize("site", ["alpha_i_midas", "genu"])
def test_a_site_that_is_not_there_is_refused_when_asked_for(headpiece_file, site):
    construct = Construct.model_validate({"sites": {site: "ca"}})
    with pytest.raises(InputError, match=f"the site {site} is not there"):
        sites.find(load(headpiece_file, construct), construct, "closed")


def test_a_mutated_site_is_no_site(headpiece_file, tmp_path):
    """Asp226 of SyMBS becomes alanine."""
    lines = headpiece_file.read_text().splitlines(keepends=True)
    inside = ("N", "CA", "C", "O", "CB")
    made = []
    for line in lines:
        if line.startswith("ATOM") and line[21] == "B" and line[22:26].strip() == "226":
            if line[12:16].strip() not in inside:
                continue
            line = line[:17] + "ALA" + line[20:]
        made.append(line)
    path = tmp_path / "mutant.pdb"
    path.write_text("".join(made))
    construct = Construct.model_validate({"sites": {"symbs": "ca"}})
    with pytest.raises(InputError, match="B ALA 226 is none of"):
        sites.find(load(path, construct), construct, "closed")


def test_domains_asked_for_must_be_there(headpiece_file):
    with pytest.raises(InputError, match="does not show thigh"):
        load(headpiece_file, Construct(domains=["propeller", "thigh", "beta_i"]))


def test_one_chain_alone_is_refused_with_the_way_out(headpiece_file, tmp_path):
    path = tmp_path / "alpha.pdb"
    lines = headpiece_file.read_text().splitlines(keepends=True)
    path.write_text("".join(x for x in lines if x[:4] == "ATOM" and x[21] == "A"))
    with pytest.raises(InputError, match="not docked here"):
        load(path, Construct())


def test_glycans_are_listed_when_cut_and_named_when_kept(headpiece_file):
    integrin = load(headpiece_file, Construct())
    assert sugars.decide(integrin, "cut") == []
    told = [d.what for d in integrin.decisions if d.what.startswith("glycan")]
    assert len(told) == 8
    assert "glycan on A ASN 43 (NAG NAG BMA MAN MAN MAN MAN) cut off" in told
    roots = {r.parent.label: r for r in sugars.decide(integrin, "keep")}
    names = [sugars.glycam(s, "") for s in roots["A ASN 43"].tree()]
    assert names == ["4YB", "4YB", "VMB", "0MA", "VMA", "0MA", "0MA"]


def test_gaps_are_refused_capped_or_built_and_each_is_reported(headpiece_file):
    integrin = load(headpiece_file, Construct())
    with pytest.raises(InputError, match="between B ASN 30 … B MET 38"):
        loops.judge(integrin, "refuse", Construct())
    # Nothing says which residues are missing: they cannot be built.
    with pytest.raises(InputError, match="is not known"):
        loops.judge(integrin, "model", Construct())
    before = len(integrin.decisions)
    assert loops.judge(integrin, "model", Construct(longer_gaps="cap")) == []
    assert len(integrin.decisions) == before + 3


def test_disulfides_are_found_and_the_ends_capped(read):
    compute = platform.select("CPU", 1)
    chains = loops.complete(read, [], compute[0])
    pairs, single = loops.disulfides(chains.topology, chains.positions, chains)
    assert len(pairs) == 9 and single == ["beta 15", "beta 415"]
    assert all(1.95 < pair["distance_angstrom"] < 2.15 for pair in pairs)
    numbers = [r.id for r in chains.topology.residues()]
    assert len(set(numbers)) == len(numbers)
    names = [r.name for r in chains.topology.residues()]
    assert names.count("ACE") == names.count("NME") == 5


def test_the_forecast_tells_both_boxes(read):
    places = np.array([a.pos.tolist() for p in read.places for a in p.residue]) / 10
    around, fitted = integrin_size.boxes(places, 1.0, "OPC3")
    # Built with this padding it has 98,411 atoms (docs/integrins_as_systems.md).
    assert fitted.atoms == pytest.approx(98_411, rel=0.1)
    assert around.atoms > 1.5 * fitted.atoms and around.turns and not fitted.turns


def test_a_rectangular_box_has_the_padding_on_every_side():
    generator = np.random.default_rng(1)
    points = generator.normal(size=(400, 3)) * [4.0, 1.0, 0.5]
    rotation = np.linalg.qr(generator.normal(size=(3, 3)))[0]
    turned = along_axes(points @ rotation)
    vectors = box_vectors(turned, 1.0, "rectangular")
    assert np.diag(vectors) == pytest.approx(np.ptp(turned, axis=0) + 2.0)
    assert vectors[0, 0] > 2 * vectors[1, 1] > 2 * vectors[2, 2]
    shape = np.linalg.norm(points[:, None] - points, axis=2)
    assert np.linalg.norm(turned[:, None] - turned, axis=2) == pytest.approx(shape)
    mirrored = np.linalg.det(np.linalg.lstsq(points - points.mean(axis=0), turned, rcond=None)[0])
    assert mirrored == pytest.approx(1.0)


@pytest.mark.parametrize("away", [False, True])
def test_who_holds_the_ion_in_the_crystal_must_hold_it_where_it_was_placed(bare_file, held, away):
    """Glu229 is turned away a little, to 3.2 Å from where the crystal has the ion."""
    integrin = load(bare_file, Construct())
    midas = held["beta_i_midas"]
    (glu,) = (p for p in integrin.places if p.label == "B GLU 229")
    for atom in glu.residue:
        if atom.name in ("OE1", "OE2"):
            apart = np.array(atom.pos.tolist()) - midas.xyz
            r = np.linalg.norm(apart)
            moved = midas.xyz + apart * max(r, 3.2 if away else 0.0) / r
            atom.pos = type(atom.pos)(*moved)
    found = {site.name: site for site in sites.find(integrin, Construct(), "closed")}
    placed = found["beta_i_midas"]
    assert placed.source == "4WJK"
    assert {p.label for p in placed.demanded} == {p.label for p in midas.demanded}
