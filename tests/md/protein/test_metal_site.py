"""The judge of the metal site and the placement by geometry, on sites whose answer is known."""

import numpy as np
import pytest
from openmm import app

from lfa1_analysis.io.errors import MetalSiteError
from lfa1_md.protein import models
from lfa1_md.protein.metal import judgement, placement

AXES = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]], dtype=float)
PROTEIN = {
    "closed": [("SER", 139, "OG"), ("SER", 141, "OG"), ("ASP", 239, "OD1")],
    "open": [("SER", 139, "OG"), ("SER", 141, "OG"), ("THR", 206, "OG1")],
}

OUTER = {
    "closed": [(("ASP", 137, "OD1"), (2.6, 2.6, 0.0))],
    "open": [(("ASP", 137, "OD1"), (2.6, 2.6, 0.0)), (("ASP", 239, "OD1"), (2.6, 0.0, 2.6))],
}


def build(state, changes=None, extra=(), outer=True):
    """Build an ideal octahedral site; `changes` maps a corner to its distance (Å).

    `extra` atoms take the place of the second shell's aspartates of the same number.
    """
    given = {key[:2] for key, _ in extra}
    extra = [*extra, *(atom for atom in OUTER[state] if outer and atom[0][:2] not in given)]
    topology, xyz = app.Topology(), [np.zeros(3)]
    chain = topology.addChain("A")
    residue = topology.addResidue("MG", chain, "401")
    topology.addAtom("MG", app.element.magnesium, residue)
    corners = [*PROTEIN[state], *(("HOH", 501 + i, "O") for i in range(3))]
    for i, (name, number, atom) in enumerate(corners):
        residue = topology.addResidue(name, chain, str(number))
        topology.addAtom(atom, app.element.oxygen, residue)
        xyz.append(AXES[i] * (changes or {}).get(i, 2.1))
        for other, place in extra:
            if (name, number) == other[:2]:
                topology.addAtom(other[2], app.element.oxygen, residue)
                xyz.append(np.array(place))
    for other, place in extra:
        if other[:2] not in [c[:2] for c in corners]:
            residue = topology.addResidue(other[0], chain, str(other[1]))
            topology.addAtom(other[2], app.element.oxygen, residue)
            xyz.append(np.array(place))
    return topology, np.array(xyz)


@pytest.mark.parametrize("state", ["closed", "open"])
def test_an_ideal_site_is_accepted(state):
    verdict = judgement.examine(*build(state), state)
    assert verdict.accepted
    assert verdict.site.coordination_number == 6
    judgement.require([verdict], "ideal")


@pytest.mark.parametrize("state", ["closed", "open"])
def test_the_other_states_donors_are_refused(state):
    other = {"closed": "open", "open": "closed"}[state]
    verdict = judgement.examine(*build(state), other)
    assert len(verdict.faults) == 2
    assert "Asp239" in " ".join(verdict.faults) and "Thr206" in " ".join(verdict.faults)


@pytest.mark.parametrize("state", ["closed", "open"])
def test_the_second_shell_must_be_there(state):
    faults = judgement.examine(*build(state, outer=False), state).faults
    assert [fault.split()[0] for fault in faults] == [
        f"{name.capitalize()}{number}" for (name, number, _), _ in OUTER[state]
    ]


@pytest.mark.parametrize(
    ("distance", "accepted"),
    [(1.86, True), (2.34, True), (1.84, False), (2.36, False), (2.7, False)],
)
def test_distances_within_a_quarter_angstrom(distance, accepted):
    verdict = judgement.examine(*build("closed", {1: distance}), "closed")
    assert verdict.accepted is accepted


def test_a_bidentate_aspartate_is_refused_by_name():
    extra = [(("ASP", 239, "OD2"), (1.4, 1.4, 1.2))]
    verdict = judgement.examine(*build("closed", extra=extra), "closed")
    told = "; ".join(verdict.faults)
    assert "Asp239 holds the metal with both oxygens" in told
    assert "the coordination number is not 6 (7.0 oxygens" in told
    assert verdict.as_dict()["asp239"] == {"denticity": 2, "nearest_angstrom": 2.1}


def test_asp137_belongs_into_the_second_shell():
    inner = [(("ASP", 137, "OD1"), (1.5, 1.5, 0.0))]
    outer = [(("ASP", 137, "OD1"), (2.6, 2.6, 0.0))]
    assert judgement.examine(*build("open", extra=outer), "open").accepted
    faults = judgement.examine(*build("open", extra=inner), "open").faults
    assert any(f.startswith("Asp137 is not in the second shell") for f in faults)


def test_the_refusal_shows_what_was_found():
    verdict = judgement.examine(*build("closed", {5: 3.9}), "closed")
    with pytest.raises(MetalSiteError) as error:
        judgement.require([verdict], "mine.pdb")
    text = error.value.problem
    assert "mine.pdb" in text and "the coordination number is not 6 (5.0 oxygens" in text
    assert " 2.10  SER139 OG    bound" in text and " 3.90  HOH503 O\n" in text + "\n"


@pytest.mark.parametrize("count", [0, 2])
def test_there_is_one_metal(count):
    topology = app.Topology()
    for i in range(count):
        residue = topology.addResidue("MG", topology.addChain(), str(i))
        topology.addAtom("MG", app.element.magnesium, residue)
    with pytest.raises(MetalSiteError, match=f"{count} Mg²⁺"):
        judgement.metal_index(topology)


# Placement


@pytest.mark.parametrize("donors", [AXES[[0, 1, 2]], AXES[[0, 1, 2, 3]], AXES[[0, 3, 1]]])
def test_the_metal_is_put_where_the_donors_form_an_octahedron(donors):
    rotation = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    centre = np.array([11.0, -7.0, 30.0])
    places = placement.place_metal(
        centre + 2.1 * donors @ rotation, np.empty((0, 3)), np.empty((0, 3))
    )
    assert min(np.linalg.norm(p - centre) for p in places) < 0.05


def test_of_two_mirror_images_the_one_with_room_is_taken():
    donors = 2.1 * AXES[:3]
    mirror = 2 * donors.mean(axis=0)  # of the true site at the origin, in the donors' plane
    crowd = mirror + 2.6 * np.concatenate([AXES, -AXES[:3] + 0.3])
    _, metal, waters = placement.place_site(donors, np.empty((0, 3)), crowd, 3)
    assert np.linalg.norm(metal) < 0.3
    assert np.allclose(np.linalg.norm(waters - metal, axis=1), 2.1, atol=0.05)


def test_waters_take_the_free_corners():
    waters = placement.place_waters(
        np.zeros(3), 2.1 * AXES[:3], 3, np.empty((0, 3)), np.empty((0, 3))
    )
    for corner in 2.1 * AXES[3:]:
        assert np.linalg.norm(waters - corner, axis=1).min() < 0.35


def test_a_crystals_waters_stay_and_the_rest_is_added():
    held = 2.1 * AXES[:5]
    waters = placement.place_waters(np.zeros(3), held, 1, np.empty((0, 3)), np.empty((0, 3)))
    assert np.allclose(waters, 2.1 * AXES[5:], atol=0.1)


def test_donors_too_far_apart_have_no_place():
    donors = np.array([[0.0, 0, 0], [9.0, 0, 0], [0, 9.0, 0]])
    with pytest.raises(MetalSiteError, match="no position for the metal"):
        placement.place_metal(donors, np.empty((0, 3)), np.empty((0, 3)))


def test_a_full_shell_has_no_room():
    crowd = np.concatenate(
        [
            2.1 * AXES,
            2.1
            / np.sqrt(3)
            * np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=float),
        ]
    )
    with pytest.raises(MetalSiteError, match="no room"):
        placement.place_waters(np.zeros(3), crowd, 3, np.empty((0, 3)), np.empty((0, 3)))


@pytest.mark.parametrize("state", models.NAMES)
def test_the_embedded_models_pass(state):
    model = models.load(state)
    assert judgement.examine(model.topology, model.positions, state).accepted
