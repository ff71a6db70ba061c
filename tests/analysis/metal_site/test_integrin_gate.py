"""The gate of an integrin's sites, on sites that are made: each is judged on its own."""

import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.metal_site.gate import site_events
from lfa1_analysis.metal_site.site_atoms import SiteAtoms, SiteResidue
from lfa1_md.box.molecules import distance_to_images

OCTAHEDRON = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])


def frame(bond=2.1, far=0, shift=0.0, ion=(30.0, 0.0, 0.0)):
    """A metal (atom 6) with six oxygens, `far` of them moved out to `shift` Å, and a free ion."""
    shell = OCTAHEDRON * bond
    shell[:far] *= (shift or bond) / bond
    return np.concatenate([shell, [[0.0, 0.0, 0.0], ion]]).astype(np.float32)


def watched(atom=6, metal="mg", both=False):
    return SiteAtoms(
        "symbs",
        metal,
        atom,
        (
            SiteResidue("beta:ASP226", np.array([0, 1] if both else [0]), "donor"),
            SiteResidue("beta:GLU229", np.array([2]), "donor"),
        ),
    )


def table(site, frames, image=99.0):
    oxygens, ions = np.arange(6), np.array([6, 7])
    rows = [site.measure(xyz, None, oxygens, ions) for xyz in frames]
    times = np.arange(len(rows)) * 0.001
    return pd.DataFrame(rows).assign(time_ns=times, image_angstrom=image)


def test_a_whole_site_has_no_events():
    found = table(watched(), [frame()] * 10)
    assert found["coordination_number"].tolist() == [6] * 10
    assert found["mean_angstrom"].to_numpy() == pytest.approx(2.1)
    assert site_events(found, [watched()]).empty


def test_a_flicker_is_none_and_a_lasting_loss_is():
    site = watched()
    flicker = [frame()] * 5 + [frame(far=2, shift=4.0)] + [frame()] * 5
    assert site_events(table(site, flicker), [site]).empty
    lost = [frame()] * 5 + [frame(far=2, shift=4.0)] * 6
    found = site_events(table(site, lost), [site]).set_index("event")
    assert set(found.index) == {"donor_lost", "coordination_off"}
    assert found.loc["donor_lost", "detail"].startswith("symbs: beta:ASP226 at 4.00 Å")
    assert found.loc["donor_lost", "severity"] == "fail"
    assert found.loc["donor_lost", "start_ns"] == pytest.approx(0.005)


def test_a_metal_that_left_is_told():
    site = watched()
    gone = [frame()] * 4 + [frame(bond=9.0)] * 5
    assert "metal_left" in set(site_events(table(site, gone), [site])["event"])


def test_calcium_may_have_six_to_eight_oxygens():
    site = watched(metal="ca")
    assert site_events(table(site, [frame(bond=2.4)] * 6), [site]).empty


def test_an_ion_in_an_empty_site_is_told_and_one_far_away_is_not():
    site = watched(atom=None, metal="none")
    assert site_events(table(site, [frame(ion=(30, 0, 0))[[*range(6), 7, 7]]] * 6), [site]).empty
    inside = site_events(table(site, [frame(ion=(1.0, 0, 0))[[*range(6), 7, 7]]] * 6), [site])
    assert inside["event"].tolist() == ["ion_moved_in"]


def test_a_molecule_near_its_image_is_told():
    site = watched()
    found = site_events(table(site, [frame()] * 6, image=8.0), [site])
    assert found["event"].tolist() == ["image_near"]
    assert "8.0 Å" in found["detail"][0]


def test_the_nearest_image_is_found_across_any_side():
    points = np.array([[0, 0, 0], [20, 0, 0], [0, 5, 0]], dtype=np.float32)
    box = np.diag([30.0, 40.0, 50.0])
    assert distance_to_images(points, box) == pytest.approx(10.0)
    skewed = np.array([[30.0, 0, 0], [0, 40.0, 0], [15.0, 20.0, 14.0]])
    every = [
        np.linalg.norm(points[:, None] - points - shift @ skewed, axis=2).min()
        for shift in (np.array(s) - 1 for s in np.ndindex(3, 3, 3))
        if shift.any()
    ]
    assert distance_to_images(points, skewed) == pytest.approx(min(every), abs=1e-4)
    assert distance_to_images(points, np.diag([300.0, 300.0, 300.0])) == np.inf


def test_a_carboxylate_with_both_oxygens_on_the_metal_is_told():
    site = watched(both=True)
    found = table(site, [frame()] * 6)
    assert found["beta:ASP226_far_angstrom"].to_numpy() == pytest.approx(2.1)
    assert set(site_events(found, [site])["event"]) == {"bidentate"}
