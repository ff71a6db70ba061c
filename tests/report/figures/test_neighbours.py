"""What lies around the domain in the 3-D view: metal, oxygens by name, ICAM-1 at its image."""

import numpy as np
import pytest

from lfa1_analysis.proteins.alphal import MIDAS
from lfa1_analysis.proteins.known import GLU34
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory import examples
from lfa1_analysis.trajectory.universe import open_universe
from lfa1_report.figures.molecule.neighbours import Around


@pytest.fixture
def complexed():
    universe = open_universe(examples.bound())
    universe.load_new(universe.atoms.positions[None], dimensions=universe.dimensions)
    return universe


def site_of(universe, domain):
    return universe.atoms[domain.indices(MIDAS)].positions.astype(float).mean(axis=0)


def test_glu34_is_named_as_what_holds_the_metal(complexed):
    domain = find_domain(complexed)
    _, element, shell, names = Around(complexed, domain).metal(site_of(complexed, domain))
    assert element.lower() == "mg"
    assert any(name.startswith("ICAM-1 Glu34 OE") for name in names)
    assert set(names) - {name for name in names if name.startswith("ICAM-1")} <= {"water O"}
    assert np.isfinite(shell).all(axis=1).sum() == len(names)


def test_icam1_is_taken_beside_the_domain_whatever_its_image(complexed):
    domain = find_domain(complexed)
    around = Around(complexed, domain)
    site = site_of(complexed, domain)
    before = around.ligand(site)
    assert np.linalg.norm(before[around.numbers.index(GLU34)] - site) < 12
    complexed.dimensions = [200, 200, 200, 90, 90, 90]
    ligand = complexed.atoms[[i for atoms in around._ligand.atoms.values() for i in atoms.values()]]
    ligand.positions += [200, -400, 0]
    np.testing.assert_allclose(around.ligand(site), before, atol=1e-3)


def test_without_icam1_there_is_nothing_of_it():
    universe = examples.universe()
    domain = find_domain(universe)
    around = Around(universe, domain)
    assert around.numbers == [] and around.ligand(np.zeros(3)).shape == (0, 3)
