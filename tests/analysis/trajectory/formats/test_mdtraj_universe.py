"""Trajectories of mdtraj give what their files give."""

import warnings

import mdtraj
import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.observe import Observables
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory import examples
from lfa1_analysis.trajectory.formats.mdtraj_universe import from_mdtraj
from lfa1_analysis.trajectory.universe import open_universe


def load(system="closed-mg", replica=0):
    return mdtraj.load(examples.trajectory(system, replica), top=examples.topology(system))


def measured(universe, **kwargs):
    return Observables(universe, find_domain(universe)).run(**kwargs)


@pytest.mark.parametrize("system", examples.TOPOLOGIES)
def test_every_observable_is_that_of_the_files(system):
    ours, files = (
        measured(each) for each in (from_mdtraj(load(system)), examples.universe(system))
    )
    for name, part in files.parts.items():
        expected = part.results.table
        found = ours.parts[name].results.table
        if "donors" in expected:
            # MDAnalysis alone counts residues on from 10,000 where a PDB file starts again from 1.
            expected = expected.assign(donors=expected["donors"].str.replace("HOH1000", "HOH"))
            found = found.assign(donors=found["donors"].str.replace("HOH1000", "HOH"))
        pd.testing.assert_frame_equal(found, expected, rtol=0, atol=1e-3)
    rmsf = [each.flexibility.results.rmsf for each in (ours, files)]
    pd.testing.assert_frame_equal(*rmsf, rtol=0, atol=1e-3)


def test_units_box_and_names():
    trajectory = load()
    universe = from_mdtraj(trajectory)
    assert universe.atoms.positions == pytest.approx(10 * trajectory.xyz[0], abs=1e-4)
    assert universe.dimensions[:3] == pytest.approx(10 * trajectory.unitcell_lengths[0], abs=1e-3)
    assert universe.dimensions[3:] == pytest.approx([60, 60, 90], abs=1e-3)
    assert universe.segments.segids.tolist() == ["A", "M", "I", "W"]
    metal = universe.select_atoms("resname MG")
    assert (metal.names[0], metal.resids[0], metal.elements[0]) == ("MG", 401, "Mg")


def test_times_need_not_be_even_and_go_with_copies_and_workers():
    trajectory = load()
    trajectory.time = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    universe = from_mdtraj(trajectory)
    assert [ts.time for ts in universe.copy().trajectory] == [1, 2, 4, 8, 16, 32]
    assert universe.trajectory[3].time == 8
    alone, shared = measured(universe), measured(universe, backend="multiprocessing", n_workers=2)
    pd.testing.assert_frame_equal(alone.opening.results.table, shared.opening.results.table)
    assert alone.opening.results.table["time_ns"].tolist() == pytest.approx(
        [0.001, 0.002, 0.004, 0.008, 0.016, 0.032]
    )


def test_without_a_box_and_without_chain_names():
    trajectory = load("closed-apo")
    trajectory.unitcell_lengths = trajectory.unitcell_angles = None
    universe = from_mdtraj(trajectory)
    assert universe.dimensions is None
    assert find_domain(universe).chain == "A"


def test_a_copy_is_made():
    trajectory = load()
    universe = from_mdtraj(trajectory)
    before = universe.atoms.positions.copy()
    trajectory.xyz += 1
    assert (universe.trajectory[0].positions == before).all()


def test_what_is_no_trajectory_is_refused():
    trajectory = load()
    with pytest.raises(InputError, match="a str is no mdtraj trajectory"):
        from_mdtraj("run.xtc")
    with pytest.raises(InputError, match="is empty"):
        from_mdtraj(trajectory[[]])
    trajectory.xyz[0, 3] = np.nan
    with pytest.raises(InputError, match=r"atom 4 \(GLY128-N\) is not a number"):
        from_mdtraj(trajectory)


def test_formats_that_mdtraj_writes_are_read(tmp_path):
    """Its DCD and NetCDF hold the same frames."""
    trajectory = load()
    expected = [ts.positions.copy() for ts in examples.universe().trajectory]
    for ending in ("dcd", "nc"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trajectory.save(str(tmp_path / f"run.{ending}"))
        found = open_universe(examples.topology(), [tmp_path / f"run.{ending}"])
        for frame, positions in zip(found.trajectory, expected, strict=True):
            assert frame.positions == pytest.approx(positions, abs=2e-3)
