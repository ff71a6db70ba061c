"""The coordinate that opening is sampled along: crystals, invariance, and what it stands for."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.observables.coordinate import CRYSTALS, NUMBERS, coordinate, require
from lfa1_analysis.observables.opening import Opening
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.universe import open_universe


def alphas(universe) -> np.ndarray:
    domain = find_domain(universe)
    return universe.atoms.positions[[domain.atoms[n]["CA"] for n in NUMBERS]].astype(float)


@pytest.mark.parametrize("name", CRYSTALS)
def test_crystals_lie_in_the_order_of_their_states(entry, name):
    universe = open_universe(entry(name))
    found = coordinate().value(alphas(universe))
    assert found == pytest.approx(CRYSTALS[name], abs=0.01)
    # It stands for the fraction of the way that the report shows.
    fraction = Opening(universe, find_domain(universe)).run().results.table["opening_fraction"]
    assert found == pytest.approx(float(fraction[0]), abs=0.05)


def test_references_are_exactly_its_ends():
    known = coordinate()
    assert known.value(known.closed) == pytest.approx(0, abs=1e-12)
    assert known.value(known.open) == pytest.approx(1, abs=1e-12)


def test_rigid_motion_does_not_matter_and_a_mixture_is_between():
    known, generator = coordinate(), np.random.default_rng(2)
    middle = (known.closed + known.open) / 2
    expected = known.value(middle)
    assert 0.4 < expected < 0.6
    for _ in range(5):
        turn = Rotation.random(rng=generator)
        moved = turn.apply(middle) + generator.normal(scale=50, size=3)
        assert known.value(moved) == pytest.approx(expected, abs=1e-9)


def test_absent_residues_are_named():
    with pytest.raises(InputError, match="absent: 206, 298"):
        require([n for n in NUMBERS if n not in (206, 298)], "x.cif")
