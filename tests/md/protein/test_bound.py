"""The I domain with ICAM-1: found by sequence, cut, capped, kept on the metal, or refused."""

import gemmi
import numpy as np
import pytest
from openmm import app, unit

from lfa1_analysis.io.errors import InputError, MetalSiteError
from lfa1_analysis.proteins.known import ALPHA_L, ICAM1, recognise
from lfa1_md.box import matched_systems as pair
from lfa1_md.box import molecules
from lfa1_md.machine import platform
from lfa1_md.protein import chains, models
from lfa1_md.protein.assembly.i_domain import assemble
from lfa1_md.protein.input import i_domain
from lfa1_md.protein.input.i_domain import Span
from lfa1_md.protein.metal import judgement
from lfa1_md.protein.repair import wild_type
from lfa1_md.study import embedded
from lfa1_md.study.settings import StudyConfig

D1 = Span("icam1", "D1")
BOTH = Span("icam1", "D1-D2")
EVERY = {"frame_interval": "1 ps", "energy_interval": "1 ps"}


@pytest.fixture(scope="module")
def cpu():
    return platform.select("CPU", 1)[0]


@pytest.fixture(scope="module")
def complex_(entry):
    """1MQ8 as a structure with both chains."""
    return gemmi.read_structure(str(entry("1MQ8")))


@pytest.fixture(scope="module")
def model():
    return models.load("bound")


def read(content, ligand=D1, chain=None):
    content = content.clone()
    content.setup_entities()
    return i_domain.select(content, chain, "complex.pdb", "sha256:0", ligand)


def chain_of(content, name):
    return next(c for c in content[0] if c.name == name)


def places(domain):
    return np.array([a.pos.tolist() for r in domain.chain for a in r])


def test_the_sequence_of_icam1_is_that_of_the_entry(complex_):
    chain = chain_of(complex_, "A")
    codes = [gemmi.find_tabulated_residue(r.name).one_letter_code for r in chain]
    assert "".join(codes) == "".join(ICAM1.sequence[n] for n in range(1, len(codes) + 1))
    assert ICAM1.sequence[34] == "E"
    assert [n for n, c in ICAM1.sequence.items() if c == "C"] == [21, 25, 65, 69, 108, 159]


def test_only_the_first_domain_touches_the_i_domain(complex_):
    """The reason why `D1` is what a bound state has by default."""
    ligand = [(r.seqid.num, a.pos.tolist()) for r in chain_of(complex_, "A") for a in r]
    own = np.array([a.pos.tolist() for r in chain_of(complex_, "B") for a in r])
    near = {n for n, xyz in ligand if np.linalg.norm(own - xyz, axis=1).min() < 5.0}
    assert 34 in near and max(near) <= ICAM1.domains["D1"][1]


@pytest.mark.parametrize("names", ["AB", "BA", "XY"])
@pytest.mark.parametrize("shift", [0, 500])
def test_chains_are_found_however_they_are_named_numbered_and_ordered(complex_, names, shift):
    content = complex_.clone()
    first, second = (chain_of(content, name).clone() for name in "AB")
    for chain, name in ((first, names[0]), (second, names[1])):
        chain.name = name
        for i, residue in enumerate(chain):
            residue.seqid.num += shift + (27 if name == "X" and i < 184 else 0)
    for name in "AB":
        content[0].remove_chain(name)
    for chain in (second, first) if shift else (first, second):
        content[0].add_chain(chain)
    known, found = read(complex_), read(content)
    assert found.protein is ALPHA_L and found.partners[0].protein is ICAM1
    assert found.numbers == known.numbers
    assert found.partners[0].numbers == list(range(1, 85))
    assert np.array_equal(places(found.partners[0]), places(known.partners[0]))
    assert np.array_equal(found.metals[0].xyz, known.metals[0].xyz)
    assert found.ligands == {}


def test_of_several_copies_the_one_on_the_metal_is_kept(complex_):
    content = complex_.clone()
    away = chain_of(content, "A").clone()
    away.name = "0"
    for residue in away:
        for atom in residue:
            atom.pos += gemmi.Position(80, 0, 0)
    content[0].add_chain(away, pos=0)
    kept = read(content).partners[0]
    assert np.array_equal(places(kept), places(read(complex_).partners[0]))
    content[0].remove_chain("A")
    with pytest.raises(InputError, match=r"not at the MIDAS: Glu34 is \d\d\.\d Å"):
        read(content)


def test_without_a_ligand_the_i_domain_is_taken_alone_as_before(complex_):
    alone = read(complex_, None)
    assert alone.partners == () and "GLU34 OE2" in alone.ligands
    assert np.array_equal(places(alone), places(read(complex_)))


def test_a_file_without_icam1_is_refused(complex_):
    content = complex_.clone()
    content[0].remove_chain("A")
    with pytest.raises(InputError, match="no chain is ICAM-1") as error:
        read(content)
    assert "1MQ8" in error.value.remedy


def test_too_little_of_icam1_is_refused(complex_):
    content = complex_.clone()
    chain = chain_of(content, "A")
    for i in reversed(range(len(chain))):
        if chain[i].seqid.num > 100:
            del chain[i]
    assert read(content).partners[0].numbers[-1] == 84
    with pytest.raises(InputError, match="residues 1–100 of ICAM-1, `ligand: D1-D2` is 1–185"):
        read(content, BOTH)


def test_proteins_in_each_other_are_refused(complex_):
    content = complex_.clone()
    target = next(r for r in chain_of(content, "B") if r.seqid.num == 243)["CA"][0].pos
    ligand = next(r for r in chain_of(content, "A") if r.seqid.num == 68)["ND2"][0]
    ligand.pos = gemmi.Position(target.x + 0.7, target.y, target.z)
    with pytest.raises(InputError, match=r"ASN 68 ND2 of its ligand are 0\.7 Å apart"):
        read(content)


@pytest.mark.parametrize(("ligand", "last", "bridges"), [(D1, 84, 2), (BOTH, 184, 3)])
def test_icam1_is_capped_where_it_was_cut_and_keeps_its_disulfides(
    complex_, cpu, ligand, last, bridges
):
    repaired = wild_type.repair(read(complex_, ligand).partners[0], "refuse", cpu)
    names = [r.name for r in repaired.topology.residues()]
    ids = [r.id for r in repaired.topology.residues()]
    # Gln1 is the mature chain's own first residue: its amino group stays.
    assert (names[0], ids[0]) == ("GLN", "1")
    assert (names[-1], ids[-1]) == ("NME", str(last + 1)) and "ACE" not in names
    bonds = [(a, b) for a, b in repaired.topology.bonds() if a.name == b.name == "SG"]
    found = {tuple(sorted((int(a.residue.id), int(b.residue.id)))) for a, b in bonds}
    assert found == set([(21, 65), (25, 69), (108, 159)][:bridges])
    assert sum("kept" in change.what for change in repaired.repairs) == bridges


def test_a_gap_of_the_ligand_is_refused_by_its_name(complex_, cpu):
    content = complex_.clone()
    chain = chain_of(content, "A")
    del chain[next(i for i, r in enumerate(chain) if r.seqid.num == 50)]
    with pytest.raises(InputError, match="residues 50 are missing"):
        assemble(read(content), "bound", "refuse", cpu)


def test_numbers_that_both_proteins_have_are_told_apart(complex_, cpu):
    """D1–D2 and the I domain share the numbers 130 to 184."""
    draft = assemble(read(complex_, BOTH), "bound", "refuse", cpu)
    whose = chains.proteins(draft.topology)
    assert list(whose.values()) == ["alphal", "icam1", "", ""]
    labels = chains.labels(draft.topology)
    assert len(set(labels)) == len(labels)
    assert {"SER139", "B:GLU34"} <= set(labels)
    model = molecules.Model(draft.topology, draft.positions / 10)
    donors = [list(draft.topology.atoms())[i] for i in model.midas_donors()]
    assert len(donors) == 7 and {a.residue.chain.index for a in donors} == {0}
    assert draft.built == {"ACE129", "LEU161", "PHE299"}


def test_the_metal_keeps_its_ligand_and_both_waters(complex_, cpu):
    draft = assemble(read(complex_), "bound", "refuse", cpu)
    assert draft.sites[0].source == "entry"
    assert sum(r.name == "HOH" for r in draft.topology.residues()) == 2
    verdict = judgement.examine(draft.topology, draft.positions, "bound")
    # Distances of the entry, FACTS of 1MQ8: the judge of minimised models sees the same donors.
    found = {judgement.shown(d) for d in verdict.site.bound if d.kind != "water"}
    assert found == judgement.demanded_by("bound")
    glu = verdict.site.distances_to("B:GLU34")[0]
    assert glu == pytest.approx(2.23, abs=0.01)


def test_the_metal_is_placed_with_the_ligand_where_the_file_has_none(complex_, cpu):
    content = complex_.clone()
    there = next(r for r in chain_of(content, "B") if r.name == "MG")[0].pos.tolist()
    chain = chain_of(content, "B")
    for i in reversed(range(len(chain))):
        if chain[i].name in ("MG", "HOH"):
            del chain[i]
    draft = assemble(read(content), "bound", "refuse", cpu)
    assert draft.sites[0].source == "1MQ8"
    placed = draft.positions[judgement.metal_index(draft.topology)]
    assert np.linalg.norm(placed - there) < 1.0


def test_the_embedded_model_is_both_proteins_in_mature_numbers(model):
    first, second, metal, waters = model.topology.chains()
    assert [c.id for c in model.topology.chains()] == list("ABCD")
    assert recognise([(int(r.id), r.name) for r in first.residues()]) is ALPHA_L
    ligand = [(int(r.id), r.name) for r in second.residues()]
    assert recognise(ligand) is ICAM1 and dict(ligand)[34] == "GLU"
    assert ligand[-1] == (85, "NME")
    assert all(ICAM1.wild(n) == name for n, name in ligand[:-1])
    assert all(ALPHA_L.wild(int(r.id)) == r.name for r in list(first.residues())[1:-1])
    assert [r.name for r in metal.residues()] == ["MG"]
    assert [r.name for r in waters.residues()] == ["HOH"] * 2


def test_the_judge_wants_the_ligand(model):
    assert judgement.examine(model.topology, model.positions, "bound").accepted
    faults = judgement.examine(model.topology, model.positions, "open").faults
    assert any("Glu34 OE2 holds the metal" in fault for fault in faults)
    moved = model.positions.copy()
    for atom in model.topology.atoms():
        if atom.residue.chain.id == "B":
            moved[atom.index] += (0, 0, 30.0)
    verdict = judgement.examine(model.topology, moved, "bound")
    assert any(f.startswith("Glu34 of the ligand does not hold the metal") for f in verdict.faults)
    with pytest.raises(MetalSiteError, match="and its ligand"):
        judgement.require([verdict], "a model")


def study(**states):
    base = {
        "equilibration": [{"name": "npt", "ensemble": "NPT", "duration": "10 ps"}],
        "production": {"duration": "20 ps", "segment": "20 ps"} | EVERY,
    }
    return StudyConfig.model_validate(base | {"states": states})


def test_a_bound_state_has_d1_and_others_have_no_ligand():
    made = study(bound={"structure": "bound"}, open={"structure": "open"})
    assert made.states["bound"].ligand == "D1" and made.states["open"].ligand is None
    # Studies from before the key existed keep their digests.
    assert "ligand" not in made.settings("prepare", "open")["states"]["open"]
    assert made.settings("prepare", "bound")["states"]["bound"]["ligand"] == "D1"


@pytest.mark.parametrize(
    ("states", "why"),
    [
        ({"open": {"structure": "open", "ligand": "D1"}}, "only `bound` states have"),
        ({"bound": {"structure": "open"}}, "holds no ICAM-1, not D1"),
        ({"bound": {"structure": "bound", "ligand": "D1-D2"}}, "holds ICAM-1 D1, not D1-D2"),
        ({"bound": {"structure": "1MQ8", "ligand": "D2"}}, "'D1' or 'D1-D2'"),
        ({"held": {"structure": "1MQ8"}}, "bound to ICAM-1"),
    ],
)
def test_nonsense_about_the_ligand_is_refused(states, why):
    with pytest.raises(ValueError, match=why):
        study(**states)


def test_umbrella_sampling_of_a_complex_is_refused():
    run = {"duration": "20 ps", "segment": "10 ps"} | EVERY
    pull = {"per_window": "10 ps", "frame_interval": "1 ps", "coordinate_interval": "1 ps"}
    content = study(bound={"structure": "bound"}).model_dump(mode="json", exclude_none=True)
    with pytest.raises(ValueError, match="sampling is of the I domain alone"):
        StudyConfig.model_validate(content | {"sampling": {"pull": pull, "window": run}})


@pytest.mark.parametrize("name", embedded.NAMES)
def test_matched_boxes_differ_in_the_ion_alone(name):
    """A little box around the model: `pair` finds the metal whatever chains are there."""
    model = models.load(name)
    box = app.Modeller(model.topology, model.positions * unit.angstrom)
    salt = app.Topology()
    chain = salt.addChain("I")
    for i in range(2):
        salt.addAtom("CL", app.element.chlorine, salt.addResidue("CL", chain, str(i)))
    far = np.array([[60.0, 60.0, 60.0], [62.0, 62.0, 62.0]])
    box.add(salt, far * unit.angstrom)
    box.topology.setPeriodicBoxVectors(np.eye(3) * 15 * unit.nanometer)
    reference = molecules.Model(box.topology, np.array(box.positions.value_in_unit(unit.nanometer)))
    apo = pair.matched(reference, "apo")
    assert len(apo.model.positions) == len(reference.positions) - 1
    assert len(apo.model.midas_donors()) == 7
