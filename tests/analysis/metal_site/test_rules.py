"""The rules of a metal site: preparation, gate and comparison give one verdict."""

import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.comparison.site_control import site_frames
from lfa1_analysis.metal_site import gate
from lfa1_analysis.metal_site.coordination import Donor, classify
from lfa1_analysis.metal_site.expectation import Expected
from lfa1_analysis.metal_site.rules import Demand, faults
from lfa1_analysis.metal_site.shells import SHELLS

OCTAHEDRON = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
CLOSED = {
    "ser139": ("SER139 OG", 2.15),
    "ser141": ("SER141 OG", 2.1),
    "asp239": ("ASP239 OD1", 2.05),
}
"""The closed MIDAS: three protein donors, three waters, Asp137 in the second shell."""


def judged(metal, site, *donors):
    demand = Demand(metal, donors)
    return "; ".join(faults(site, demand))


@pytest.mark.parametrize(
    ("metal", "bond", "count", "words"),
    [
        ("mg", 2.1, 6, ""),
        ("mg", 2.1, 5, "5.0 oxygens on average, normal 6"),
        ("mg", 1.7, 6, "at 1.70 Å, not 1.85–2.35 Å"),
        ("mg", 2.5, 6, "mean Mg²⁺–O 2.50"),
        ("ca", 2.4, 6, ""),
        ("ca", 2.4, 5, "normal 6 to 8"),
        ("ca", 2.9, 6, "mean Ca²⁺–O 2.90"),
    ],
)
def test_shells_are_judged_by_number_and_distance(metal, bond, count, words):
    donors = [Donor("O", f"HOH{i}", "water", p * bond) for i, p in enumerate(OCTAHEDRON[:count])]
    found = judged(metal, classify(np.zeros(3), donors, SHELLS[metal].cutoff))
    assert words in found and bool(words) == bool(found)


def test_a_demanded_residue_must_hold_the_metal():
    donors = [Donor("O", f"HOH{i}", "water", p * 2.1) for i, p in enumerate(OCTAHEDRON)]
    site = classify(np.zeros(3), donors, 2.6)
    assert judged("mg", site, "beta:GLU229").startswith("beta:GLU229 does not hold the metal")


def snapshot(asp137, distances=None):
    """The closed site as preparation sees it, Asp137 at a distance; one water less within 2.6 Å."""
    near = {**{key: r for key, (_, r) in CLOSED.items()}, **(distances or {})}
    waters = 2 if asp137 <= 2.6 else 3
    directions = iter(OCTAHEDRON)
    donors = [
        Donor(name.split()[1], key.capitalize(), "protein", next(directions) * near[key])
        for key, (name, _) in CLOSED.items()
    ]
    donors += [Donor("O", f"HOH{i}", "water", next(directions) * 2.1) for i in range(waters)]
    last = OCTAHEDRON[5] if waters == 2 else np.array([1, 1, 1]) / np.sqrt(3)
    donors.append(Donor("OD1", "Asp137", "protein", last * asp137))
    donors.append(Donor("OD2", "Asp137", "protein", last * (asp137 + 2.0)))
    return classify(np.zeros(3), donors)


def series(asp137, n=12, **distances):
    """The same site as a table of `lfa1 midas`."""
    row = {f"{key}_angstrom": r for key, (_, r) in CLOSED.items()} | {"thr206_angstrom": 3.6}
    row |= {f"{key}_angstrom": r for key, r in distances.items()}
    shell = [name for key, (name, _) in CLOSED.items() if row[f"{key}_angstrom"] <= 2.6]
    inner = asp137 <= 2.6
    waters = 2 if inner else 3
    shell += ["ASP137 OD1"] * inner + [f"HOH{i} O" for i in range(waters)]
    row |= {
        "metal": "Mg",
        "asp137_angstrom": asp137,
        "asp137_far_angstrom": asp137 + 2.0,
        "asp239_far_angstrom": 3.4,
        "coordination_number": len(shell),
        "coordination_smooth": float(len(shell)),
        "n_waters": waters,
        "donors": "; ".join(shell),
        "nearest_other_ion": "none",
        "nearest_other_ion_angstrom": np.nan,
    }
    return pd.DataFrame([row] * n).assign(time_ns=np.arange(n) * 0.001, frame=np.arange(n))


def verdicts(asp137, **distances):
    """Return what the set-up, the gate and the comparison say of a site: is it as it should be."""
    expected = Expected("Mg", "closed")
    site, table = snapshot(asp137, distances), series(asp137, **distances)
    setup = not faults(site, expected.demand)
    found = gate.events(table, expected)
    return (
        setup,
        not (found["severity"] == "fail").any(),
        bool(site_frames(table, "mg", "closed").all()),
    )


def test_all_accept_the_crystals_site():
    assert verdicts(4.15) == (True, True, True)


def test_asp137_in_place_of_a_water_is_refused_by_all():
    """Six oxygens at the right distances, all three donors there, and yet another site."""
    assert verdicts(1.95) == (False, False, False)


@pytest.mark.parametrize("lost", CLOSED)
def test_a_donor_that_lets_go_is_refused_by_all(lost):
    assert verdicts(4.15, **{lost: 3.4}) == (False, False, False)


def test_asp137_between_the_shells_is_refused_before_a_run_only():
    """3.36 Å is where geometry alone put it, and no crystal has it."""
    assert verdicts(3.36) == (False, True, True)


def test_a_metal_far_from_its_second_shell_is_refused():
    demand = Expected("Mg", "closed").demand
    site = snapshot(6.0)
    assert any("not in the second shell" in f for f in faults(site, demand))


def test_what_the_file_lacks_is_not_judged():
    """No waters in a file say nothing of the shell; no atom of a residue nothing of its bond."""
    dry = series(4.15).assign(coordination_number=np.nan, coordination_smooth=np.nan)
    dry["ser139_angstrom"] = np.nan
    assert not (gate.events(dry, Expected("Mg", "closed"))["severity"] == "fail").any()
