"""Where crystals have the ions: the shipped table, and the models that follow it."""

import numpy as np
import pytest

from lfa1_analysis.metal_site import places
from lfa1_analysis.proteins.known import ALPHA_L
from lfa1_md.protein import chains, models
from lfa1_md.protein.metal import place_table
from lfa1_md.protein.metal.judgement import metal_index


def test_every_site_has_a_place_with_its_donors():
    found = places.load()
    assert set(found) == set(places.ENTRIES)
    for place in found.values():
        bonds = [np.linalg.norm(xyz - place.metal) for xyz in place.donors.values()]
        assert len(bonds) >= 2 and min(bonds) > 1.9 and max(bonds) < 3.2, place.name
        assert place.entry == places.ENTRIES[place.name]


@pytest.mark.parametrize(
    ("state", "donors", "waters", "ligands"),
    [
        ("closed", {(139, "OG"): 2.16, (141, "OG"): 2.06, (239, "OD1"): 2.41}, [2.25, 2.49], []),
        ("open", {(139, "OG"): 2.19, (141, "OG"): 2.08, (206, "OG1"): 2.05}, [1.98, 2.07], [2.23]),
    ],
)
def test_the_midas_has_the_distances_of_its_crystal(state, donors, waters, ligands):
    place = places.of_alpha_i(state)

    def away(points):
        return [float(np.linalg.norm(p - place.metal)) for p in points]

    assert dict(zip(place.donors, away(place.donors.values()), strict=True)) == pytest.approx(
        donors, abs=0.01
    )
    assert away(place.waters) == pytest.approx(waters, abs=0.01)
    assert away(place.ligands) == pytest.approx(ligands, abs=0.01)


def test_a_place_moves_with_its_backbone():
    place = places.load()["beta_i_midas"]
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    moved = {atom: turn @ xyz + [3.0, 4.0, 5.0] for atom, xyz in place.backbone.items()}
    brought, misfit = place.brought_to(moved)
    assert misfit == pytest.approx(0.0, abs=1e-6)
    assert brought.metal == pytest.approx(turn @ place.metal + [3.0, 4.0, 5.0])
    assert brought.waters == pytest.approx(place.waters @ turn.T + [3.0, 4.0, 5.0])


def test_a_backbone_with_gaps_fits_nothing():
    place = places.of_alpha_i("closed")
    half = dict(list(place.backbone.items())[: len(place.backbone) // 2])
    assert place.brought_to(half)[1] == np.inf


@pytest.mark.parametrize("name", models.NAMES)
def test_the_shipped_models_have_their_metal_where_the_crystal_has_it(name):
    model = models.load(name)
    keys = chains.keys(model.topology)
    xyz = {(int(n), a): model.positions[i] for i, (k, n, a) in enumerate(keys) if k == ALPHA_L.key}
    place, _ = places.of_alpha_i(name).brought_to(xyz)
    metal = model.positions[metal_index(model.topology)]
    assert np.linalg.norm(metal - place.metal) < 0.3
    if name == "closed":
        asp137 = [xyz[137, atom] for atom in ("OD1", "OD2")]
        assert np.linalg.norm(asp137 - metal, axis=1).min() >= 3.8


def test_the_table_is_made_anew_from_its_entries(tmp_path, entry):
    names = set(places.ENTRIES.values())
    place_table.build({name: entry(name) for name in names}, tmp_path / "made.csv")
    made, shipped = places.load(tmp_path / "made.csv"), places.load()
    assert made.keys() == shipped.keys()
    for name in made:
        assert made[name].metal == pytest.approx(shipped[name].metal)
        assert made[name].backbone.keys() == shipped[name].backbone.keys()
