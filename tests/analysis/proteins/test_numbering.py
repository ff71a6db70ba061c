"""The I domain is found in any chain and numbering, and nothing else is taken for it."""

import warnings

import gemmi
import numpy as np
import pytest
from MDAnalysis import Merge

from lfa1_analysis.io.errors import InputError, InputWarning
from lfa1_analysis.proteins.alphal import WILD_TYPE
from lfa1_analysis.proteins.domain import spans
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.universe import open_universe

ALPHA_L = "".join(WILD_TYPE.values())
FIRST = min(WILD_TYPE)
# The I domains of the nearest relatives (UniProt P11215, P20702, P56199).
RELATIVES = {
    "αM": "DSDIAFLIDGSGSIIPHDFRRMKEFVSTVMEQLKKSKTLFSLMQYSEEFRIHFTFKEFQNNPNPRSLVKPITQLLGRTHTATGIRKVV"
    "RELFNITNGARKNAFKILVVITDGEKFGDPLGYEDVIPEADREGVIRYVIGVGDAFRSEKSRQELNTIASKPPRDHVFQVNNFEALKTIQN"
    "QLREKIFAIEG",
    "αX": "QDIVFLIDGSGSISSRNFATMMNFVRAVISQFQRPSTQFSLMQFSNKFQTHFTFEEFRRSSNPLSLLASVHQLQGFTYTATAIQNVVH"
    "RLFHASYGARRDAAKILIVITDGKKEGDSLDYKDVIPMADAAGIIRYAIGVGLAFQNRNSWKELNDIASKPSQEHIFKVEDFDALKDIQNQ"
    "LKEKIFAIEG",
    "α1": "STQLDIVIVLDGSNSIYPWDSVTAFLNDLLERMDIGPKQTQVGIVQYGENVTHEFNLNKYSSTEEVLVAAKKIVQRGGRQTMTALGTD"
    "TARKEAFTEARGARRGVKKVMVIVTDGESHDNHRLKKVIQDCEDENIQRFSIAILGSYNRGNLSTEKFVEEIKSIASEPTEKHFFNVSDEL"
    "ALVTIVKTLGERIFALEA",
}


@pytest.mark.parametrize(
    ("shift", "scheme"), [(0, "mature"), (25, "UniProt"), (1 - FIRST, "mature = number +127")]
)
def test_any_numbering(make_chain, shift, scheme):
    domain = find_domain(make_chain(ALPHA_L, np.arange(FIRST, FIRST + len(ALPHA_L)) + shift))
    assert domain.scheme == scheme
    assert domain.identity == 1
    assert domain.mutations == ()
    assert domain.atoms[137]["CA"] == 137 - FIRST
    assert domain.names[241] == "GLU"


def test_inside_a_longer_chain(make_chain):
    random = np.random.default_rng(5)
    filler = "".join(random.choice(list("ACDEFGHIKLMNPQRSTVWY"), 400))
    universe = make_chain(filler[:127] + ALPHA_L + filler[127:])
    assert find_domain(universe).index(206, "CA") == 205


def test_a_gap_keeps_the_file_numbers_on_both_sides(make_chain):
    # 200–206 is LNTFGAI… between L and T: an alignment alone may slide its edge.
    kept = [n for n in WILD_TYPE if not 198 <= n <= 206]
    universe = make_chain("".join(WILD_TYPE[n] for n in kept), kept)
    domain = find_domain(universe)
    assert sorted(domain.atoms) == kept
    with pytest.raises(InputError, match="198–206"):
        domain.require(sorted(WILD_TYPE), "the test")


def test_a_gap_closed_by_renumbering(make_chain):
    kept = [n for n in WILD_TYPE if not 198 <= n <= 206]
    universe = make_chain("".join(WILD_TYPE[n] for n in kept), range(1, len(kept) + 1))
    domain = find_domain(universe)
    assert domain.scheme == "by alignment only"
    assert domain.index(239, "CA") == kept.index(239)
    assert domain.index(150, "CA") == kept.index(150)


def test_mutations_are_reported(make_chain):
    sequence = dict(WILD_TYPE) | {189: "W", 161: "C", 299: "C"}
    domain = find_domain(make_chain("".join(sequence.values())))
    assert domain.mutations == ("L161C", "R189W", "F299C")


def test_force_field_residue_names(make_chain):
    swap = {"H": "HIE", "D": "ASH", "E": "GLH", "C": "CYX", "K": "LYN"}
    names = [swap.get(c) or gemmi.expand_one_letter(c, gemmi.ResidueKind.AA) for c in ALPHA_L]
    domain = find_domain(make_chain(ALPHA_L, names=names))
    assert domain.mutations == ()


def test_beside_another_chain_and_without_chain_names(make_chain):
    other = make_chain(RELATIVES["αM"], chain="B")
    universe = Merge(other.atoms, make_chain(ALPHA_L, chain="C").atoms)
    domain = find_domain(universe)
    assert domain.chain == "C"
    assert domain.index(FIRST, "CA") == len(RELATIVES["αM"])
    with pytest.raises(InputError, match="chain B"):
        find_domain(universe, chain="B")
    with pytest.raises(InputError, match="protein chains: B, C"):
        find_domain(universe, chain="X")
    unnamed = Merge(
        make_chain(RELATIVES["αM"], chain="").atoms, make_chain(ALPHA_L, chain="").atoms
    )
    assert find_domain(unnamed).index(FIRST, "CA") == len(RELATIVES["αM"])


def test_two_copies_are_announced(make_chain):
    universe = Merge(make_chain(ALPHA_L, chain="A").atoms, make_chain(ALPHA_L, chain="B").atoms)
    with pytest.warns(InputWarning, match="2 αL I domains"):
        assert find_domain(universe).chain == "A"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find_domain(universe, chain="B").index(FIRST, "CA") == len(ALPHA_L)


def test_numbering_can_be_imposed(make_chain):
    uniprot = make_chain(ALPHA_L, np.arange(FIRST, FIRST + len(ALPHA_L)) + 25)
    assert find_domain(uniprot, "uniprot").index(137, "CA") == 9
    with pytest.raises(InputError, match="mature numbering"):
        find_domain(uniprot, "mature")


@pytest.mark.parametrize("sequence", RELATIVES.values(), ids=RELATIVES.keys())
def test_relatives_are_refused(make_chain, sequence):
    with pytest.raises(InputError, match="no αL I domain") as caught:
        find_domain(make_chain(sequence))
    assert "αL (LFA-1" in caught.value.remedy


def test_no_protein(make_chain):
    with pytest.raises(InputError, match="no protein"):
        find_domain(make_chain("A" * 5, names=["HOH"] * 5))


@pytest.mark.parametrize("name", ["4WJK", "3ZDY", "3ZE2", "2VDR", "1L5G"])
def test_other_integrins_are_refused(entry, name):
    with pytest.raises(InputError, match="no αL I domain"):
        find_domain(open_universe(entry(name)))


def test_icam_alone_is_refused(entry):
    with pytest.raises(InputError, match="no αL I domain"):
        find_domain(open_universe(entry("1MQ8")), chain="A")


def test_spans():
    assert spans([206, 200, 201, 202, 210]) == "200–202, 206, 210"
    assert spans([]) == ""
