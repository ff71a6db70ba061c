"""A structure has to be in the state that the study says it is in; here the shipped models."""

import math

import pytest

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.observables.opening import Opening
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.universe import open_universe
from lfa1_md.protein import models, prepare
from lfa1_md.protein.input import conformation, i_domain
from lfa1_md.study.sections import Chemistry, StateSource


def domain(name):
    return i_domain.load(models.path(name), "A")


@pytest.mark.parametrize("name", ["closed", "open", "bound"])
def test_the_shift_is_that_of_the_analysis(name):
    universe = open_universe(models.path(name))
    table = Opening(universe, find_domain(universe)).run().results.table
    shift = table["alpha7_shift_angstrom"].iloc[0]
    assert conformation.alpha7_shift(domain(name)) == pytest.approx(shift, abs=1e-3)


def test_open_is_refused_as_closed_and_closed_as_open():
    assert conformation.require(domain("open"), "open") > 7
    assert conformation.require(domain("closed"), "closed") < 1
    with pytest.raises(InputError, match=r"\+[78]\.\d Å .* as in open structures, .* `closed`"):
        conformation.require(domain("open"), "closed")
    with pytest.raises(InputError, match="as in closed structures, but the state is `open`"):
        conformation.require(domain("closed"), "open")


def test_what_lies_between_may_be_either():
    """ICAM-1 holds the MIDAS open while α7 is half-way."""
    for state in ("closed", "open", "bound"):
        assert 1 < conformation.require(domain("bound"), state) < 7


def test_without_α7_nothing_is_told():
    cut = domain("open")
    del cut.chain[[residue.seqid.num for residue in cut.chain].index(297)]
    assert math.isnan(conformation.alpha7_shift(cut))
    assert math.isnan(conformation.require(cut, "closed"))


def test_it_is_refused_before_anything_is_built():
    source = StateSource(structure=str(models.path("open")), state="closed")
    with pytest.raises(InputError, match="as in open structures"):
        prepare.prepare(source, Chemistry(), ())
