"""Chains and domains are found by their sequence, whatever the file calls and counts them."""

import numpy as np
import pytest
from integrin_models import domain_atoms, only, turned, write
from MDAnalysis import Merge, Universe

from lfa1_analysis.integrin.find import find_integrins
from lfa1_analysis.integrin.pairs import spans_of
from lfa1_analysis.integrin.program import chains_table, domains_table
from lfa1_analysis.io.errors import InputError, InputWarning
from lfa1_analysis.proteins.integrins.align import best_local
from lfa1_analysis.proteins.integrins.profile import family, profiles
from lfa1_analysis.proteins.integrins.subunits import ECTODOMAIN, I_DOMAIN
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.universe import open_universe

CHAINS = {  # α chain, nearest member; β chain, nearest member
    "4WJK": ("A", "α5", "B", "β1"),
    "3ZDY": ("C", "αIIb", "D", "β3"),
    "3ZE2": ("C", "αIIb", "D", "β3"),
    "2VDR": ("A", "αIIb", "B", "β3"),
    "1L5G": ("A", "αV", "B", "β3"),
}


@pytest.mark.parametrize("name", CHAINS)
def test_the_chains_of_each_entry(opened, name):
    integrin = only(opened(name))
    found = [part for unit in integrin.units for part in (unit.chain, unit.name)]
    assert tuple(found) == CHAINS[name]
    assert all(unit.identity > 0.9 for unit in integrin.units)


def test_the_domains_of_the_bent_ectodomain(opened):
    """Limits of αV and β3 where their contacts across a cut are fewest; see the docs."""
    universe = opened("1L5G")
    integrin = only(universe)

    def limits(name: str) -> str:
        return spans_of([int(n) for n in universe.residues[integrin.residues_of(name)].resids])

    assert limits("propeller") == "1–438"
    first, last = limits("thigh").split("–")
    assert first == "439" and int(last) == pytest.approx(594, abs=3)
    assert int(limits("calf_1").split("–")[1]) == pytest.approx(738, abs=3)
    assert limits("hybrid") == "57–108, 353–432"
    assert limits("beta_i") == "109–352"
    assert integrin.why_not("psi") and integrin.why_not("i_egf_2") and integrin.why_not("alpha_i")
    assert not integrin.why_not("i_egf_4") and not integrin.why_not("beta_tail")


def test_own_numbers_are_those_of_the_mature_subunit(opened):
    universe = opened("1L5G")
    for unit in only(universe).units:
        known = unit.own > 0
        assert known.mean() > 0.9
        assert (universe.residues[unit.residues].resids == unit.own)[known].all()


def test_names_numbers_and_order_do_not_matter(opened, tmp_path):
    """Chains swapped and unnamed, numbered through from 501, with the names of CHARMM."""
    universe = opened("4WJK")
    before = only(universe)
    protein = universe.select_atoms("protein")
    swapped = Merge(
        protein.select_atoms("chainID B"),
        protein.select_atoms("chainID A"),
    )
    renamed = {"HIS": "HSD", "CYS": "CYX", "ASP": "ASPP", "GLU": "GLUP"}
    residues = swapped.residues
    residues.resnames = [renamed.get(name, name) for name in residues.resnames]
    residues.resids = np.arange(501, 501 + len(residues))
    swapped.atoms.chainIDs = ""
    one = Universe.empty(
        swapped.atoms.n_atoms,
        n_residues=len(residues),
        atom_resindex=swapped.atoms.resindices,
        residue_segindex=np.zeros(len(residues), dtype=int),
        trajectory=True,
    )
    one.add_TopologyAttr("names", swapped.atoms.names)
    one.add_TopologyAttr("resnames", residues.resnames)
    one.add_TopologyAttr("resids", residues.resids)
    one.add_TopologyAttr("segids", ["SYSTEM"])
    one.atoms.positions = swapped.atoms.positions
    after = only(one)
    for unit, was in zip(after.units, before.units, strict=True):
        # A residue at the very end may or may not be aligned.
        assert abs(len(unit.numbers) - len(was.numbers)) <= 1
        known = min(len(unit.numbers), len(was.numbers))
        assert unit.numbers[:known].tolist() == was.numbers[:known].tolist()
        assert unit.name == was.name


def test_other_proteins_do_not_fool_it(opened, entry):
    """ICAM-1 and another αI domain beside a headpiece with its ligand."""
    headpiece, icam = opened("3ZDY"), open_universe(entry("1MQ8")).select_atoms("chainID A")
    icam.positions += 300
    integrin = only(Merge(icam, headpiece.atoms))
    assert [unit.name for unit in integrin.units] == ["αIIb", "β3"]


def test_copies_are_paired_by_contacts(opened):
    one, two = opened("4WJK"), opened("4WJK")
    turned(two.atoms, 50, (1, 1, 0), (0, 0, 0))
    two.atoms.positions += (60, 90, -250)
    chains = [u.select_atoms(f"protein and chainID {c}") for c in "BA" for u in (one, two)]
    universe = Merge(*chains)
    first, second = find_integrins(universe)
    for integrin in (first, second):
        a, b = (universe.residues[unit.residues].atoms.positions for unit in integrin.units)
        assert np.linalg.norm(a.mean(axis=0) - b.mean(axis=0)) < 60


def test_a_chain_cut_in_two_is_one(opened):
    """Heavy and light chain of a cleaved α subunit, as two chains of the file."""
    universe = opened("1L5G")
    light = universe.select_atoms("chainID A and resid 868:956")
    light.chainIDs = "L"
    integrin = only(universe)
    assert integrin.alpha.chain == "A+L"
    assert not integrin.why_not("calf_2")


def test_missing_domains_are_missing_and_the_rest_is_not_moved(opened):
    universe = opened("1L5G")
    whole = only(universe)
    places = dict(zip(whole.alpha.residues.tolist(), whole.alpha.numbers.tolist(), strict=True))
    gone = domain_atoms(universe, whole, "thigh", "hybrid")
    rest = Merge(universe.atoms - gone)
    integrin = only(rest)
    assert integrin.why_not("thigh") and integrin.why_not("hybrid")
    kept = (universe.atoms - gone).residues.resindices
    same = [
        places.get(int(kept[i])) == n
        for i, n in zip(integrin.alpha.residues, integrin.alpha.numbers, strict=True)
    ]
    assert np.mean(same) > 0.98


@pytest.mark.parametrize("half", ["A", "B"])
def test_one_chain_alone_is_found(opened, half):
    chain = opened("4WJK").select_atoms(f"protein and chainID {half}")
    integrin = only(Merge(chain))
    assert (integrin.alpha is None) == (half == "B")


def test_the_i_domain_of_αl_is_found_in_its_place(make_chain):
    """αL and β2 themselves, from their sequences, as one extended chain each."""
    for kind in ("alpha", "beta"):
        reference = family(kind)[0].codes
        unit = only(make_chain(reference, resids=range(901, 901 + len(reference)))).units[0]
        assert unit.numbers.tolist() == list(range(1, ECTODOMAIN[kind][1] + 1))
        assert unit.own.tolist() == unit.numbers.tolist()
        assert unit.identity == 1.0


def test_an_i_domain_that_is_not_there_does_not_shift_the_rest(make_chain):
    first, last = I_DOMAIN
    reference = family("alpha")[0].codes
    bare = reference[: first - 1] + reference[last:]
    unit = only(make_chain(bare)).units[0]
    expected = [*range(1, first), *range(last + 1, len(reference) + 1)]
    same = np.mean([n == m for n, m in zip(unit.numbers, expected, strict=True)])
    assert same > 0.99


def test_an_i_domain_in_a_chain_whose_relative_has_none_is_found(make_chain):
    """The I domain of αL in the propeller of α5."""
    first, last = I_DOMAIN
    alpha_l, alpha_5 = (one for one in family("alpha") if one.name in ("αL", "α5"))
    at = next(i for i, n in enumerate(alpha_5.columns) if n > last)
    plain = alpha_5.sequence.replace("X", "A")
    integrin = only(make_chain(plain[:at] + alpha_l.codes[first - 1 : last] + plain[at:]))
    alone = only(make_chain(plain))
    assert len(integrin.residues_of("alpha_i")) == last - first + 1
    assert len(integrin.residues_of("propeller")) == len(alone.residues_of("propeller"))


def test_something_else_in_the_place_of_the_i_domain_is_none(make_chain):
    """Six foreign insertions of its length, of its own composition, in the propeller of α5."""
    first, last = I_DOMAIN
    alpha_l, alpha_5 = (one for one in family("alpha") if one.name in ("αL", "α5"))
    at = next(i for i, n in enumerate(alpha_5.columns) if n > last)
    plain = alpha_5.sequence.replace("X", "A")
    for seed in range(6):
        other = list(alpha_l.codes[first - 1 : last])
        np.random.default_rng(seed).shuffle(other)
        integrin = only(make_chain(plain[:at] + "".join(other) + plain[at:]))
        assert len(integrin.residues_of("alpha_i")) == 0


def test_an_i_domain_scores_far_above_shuffled_ones():
    """The figures of docs/integrin.md, on either side of what is asked for."""
    first, last = I_DOMAIN
    profile, own = profiles()[0], slice(first - 1, last)
    codes = list(family("alpha")[0].codes[own])
    random = np.random.default_rng(1)
    joined = np.zeros(len(codes), dtype=bool)

    def score(sequence):
        return best_local(profile.scores(sequence)[:, own], joined, profile.ease[own]).score

    assert score(codes) == pytest.approx(913, abs=1)
    assert max(score(list(random.permutation(codes))) for _ in range(60)) == pytest.approx(
        118, abs=1
    )


def test_an_end_that_aligns_with_nothing_is_told(make_chain):
    """Of a subunit that goes on into 60 residues of something else."""
    reference = family("alpha")[0].codes
    other = list(reference[900:960])
    np.random.default_rng(1).shuffle(other)
    with pytest.warns(InputWarning, match="residues 1064 to 1123 .* align with no domain"):
        unit = only(make_chain(reference + "".join(other))).units[0]
    assert unit.numbers.max() == len(reference)


def test_a_domain_with_something_else_in_it_is_overfull(make_chain):
    """120 foreign residues in the thigh of 156."""
    reference = family("alpha")[0].codes
    other = list(reference[900:1020])
    np.random.default_rng(2).shuffle(other)
    universe = make_chain(reference[:660] + "".join(other) + reference[660:])
    integrin = only(universe)
    table = domains_table(universe, [integrin]).set_index("domain")
    assert table.loc["thigh", "status"] == "overfull"
    assert table.loc[["propeller", "calf_1", "calf_2"], "status"].tolist() == ["found"] * 3
    assert "something else is in it" in integrin.why_not("thigh")


def test_insertion_codes_are_in_the_table(opened):
    universe = opened("4WJK")
    residue = universe.select_atoms("protein and chainID A").residues[100]
    residue.icode = "B"
    table = chains_table(universe, [only(universe)])
    rows = table[table["insertion_code"] != ""]
    assert rows["residue"].tolist() == [residue.resid]
    assert rows["insertion_code"].tolist() == ["B"]


def test_shuffled_integrins_are_none(make_chain):
    random = np.random.default_rng(3)
    for kind in ("alpha", "beta"):
        shuffled = "".join(random.permutation(list(family(kind)[0].codes)))
        with pytest.raises(InputError, match="holds no integrin"):
            find_integrins(make_chain(shuffled))


def test_nucleic_acid_and_other_protein_are_refused(make_chain, entry, tmp_path):
    dna = make_chain("A" * 30, names=["DA", "DG", "DC"] * 10)
    dna.atoms.names = ["P"] * 30
    with pytest.raises(InputError, match="no protein with Cα atoms"):
        find_integrins(dna)
    icam = open_universe(entry("1MQ8")).select_atoms("chainID A")
    file = write(Merge(icam), tmp_path / "icam.pdb")
    with pytest.raises(InputError, match="holds no integrin"):
        find_integrins(open_universe(file))


def test_an_integrin_without_the_i_domain_points_to_its_own_program(opened):
    """The program that measures the rest is named only where there is a rest."""
    universe = opened("3ZE2")
    with pytest.raises(InputError, match="no αL I domain") as caught:
        find_domain(universe)
    assert "`lfa1 integrin`" in caught.value.remedy
    universe.residues.resnames = np.full(len(universe.residues), "ALA")
    with pytest.raises(InputError, match="no αL I domain") as caught:
        find_domain(universe)
    assert "integrin`" not in caught.value.remedy
