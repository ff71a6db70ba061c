"""Steered separation: force and work by hand, what is refused, and ruptures planted in frames."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from pulled_off import STEP, pull, tables, write_frames

from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.sealed_record import sealed
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.separation.pairs import ruptures
from lfa1_analysis.separation.program import RECORD, analyse
from lfa1_analysis.separation.separations import jarzynski, read_separations
from lfa1_analysis.trajectory.universe import open_universe

KT = GAS_CONSTANT * 310


def test_force_is_the_spring_s_in_piconewtons():
    """1 kJ/mol/nm is 10³ J / 6.02214e23 / 10⁻⁹ m = 1.66054 pN."""
    done = pull(0.1)
    assert done.force_pn == pytest.approx(1000 * 0.1 * 1.66054, rel=1e-5)
    assert done.loading_rate == pytest.approx(1000 * 1.66054 * 10 * 1e9, rel=1e-5)
    assert done.extension_nm[[0, -1]] == pytest.approx([0, 0.99])


def test_work_is_force_times_way():
    """At a constant lag of 0.1 nm every jump of 0.01 nm does k (0.1 × 0.01 + 0.01²/2)."""
    done = pull(0.1)
    each = 1000 * (0.1 * STEP + STEP**2 / 2)
    assert done.work == pytest.approx(each * np.arange(100))


def test_a_force_that_falls_again_shows_a_rupture_and_one_that_rises_none():
    falls = pull(np.concatenate([np.linspace(0, 0.5, 60), np.full(40, 0.02)]))
    assert falls.ruptured
    assert falls.extension_nm[falls.peak] == pytest.approx(0.57, abs=0.03)
    assert not pull(np.linspace(0, 0.5, 100)).ruptured


def test_jarzynski_s_estimate_is_exact_for_gaussian_work():
    works = np.random.default_rng(3).normal(50, 1.2 * KT, 4000)
    found = jarzynski(works, 310.0)
    assert found.why == "" and found.dissipated_kt == pytest.approx(0.72, rel=0.1)
    assert found.value == pytest.approx(50 - 0.72 * KT, abs=0.5)
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    ("n", "spread", "why"), [(9, 0.5, "9 pulls, fewer than 10"), (50, 10.0, "more than 4 kT")]
)
def test_jarzynski_s_estimate_is_refused(n, spread, why):
    works = np.random.default_rng(1).normal(200, spread * KT, n)
    found = jarzynski(works, 310.0)
    assert why in found.why and math.isnan(found.value)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return write_frames(tmp_path_factory.mktemp("planted"))


def test_glu34_lets_go_of_the_metal_where_it_was_planted(planted):
    universe = open_universe(planted / "trajectory.pdb", [str(planted / "run.xtc")])
    table = ruptures(universe, find_domain(universe), np.arange(60) * 0.001)
    metal = table[table["kind"] == "metal"]
    assert metal[["residue", "ligand_residue"]].values.tolist() == [["Mg", "E34"]]
    assert metal["start_angstrom"].iloc[0] == pytest.approx(1.95, abs=0.02)
    # Beyond 3.0 Å it is lost: at the latest after 1.1 Å of way, before contacts (6.0 Å) part.
    assert 22 <= metal["frame"].iloc[0] <= 28
    assert {"metal", "polar", "contact"} == set(table["kind"])
    assert not table.duplicated(["residue", "ligand_residue"]).any()
    contacts = table.loc[table["kind"] == "contact", "rupture_time_ns"]
    assert contacts.notna().all() and contacts.max() > metal["rupture_time_ns"].iloc[0]


def test_a_pair_that_comes_back_has_not_parted(planted):
    universe = open_universe(planted / "trajectory.pdb", [str(planted / "run.xtc")])
    frames = np.stack([frame.positions.copy() for frame in universe.trajectory])
    universe.load_new(np.concatenate([frames, frames[:1]]), order="fac")
    table = ruptures(universe, find_domain(universe), np.arange(61) * 0.001)
    assert table["rupture_time_ns"].isna().all() and len(table) > 10


def test_without_the_ligand_it_is_refused(closed):
    with pytest.raises(InputError, match="ICAM-1 is not there"):
        ruptures(closed, find_domain(closed), np.zeros(1))


def test_systems_are_compared_and_no_free_energy_is_claimed(tmp_path, planted):
    content = analyse(tables(tmp_path, planted, replicas=2), tmp_path / "out")
    (difference,) = content["differences"]
    # 99 jumps of 0.01 nm at 0.05 nm more lag.
    assert difference["work_kj_per_mol"]["value"] == pytest.approx(1000 * 0.05 * 0.99)
    assert json.loads((tmp_path / "out" / RECORD).read_text()) == sealed(content)
    for its in content["systems"].values():
        assert its["jarzynski_kj_per_mol"]["value"] is None
        assert its["jarzynski_kj_per_mol"]["why"] == "2 pulls, fewer than 10"
        assert its["ruptured"] == 0 and its["pulls"][0]["glu34_on_metal_at_start"]
    assert len(pd.read_csv(tmp_path / "out" / "force_extension.csv")) == 400


def test_a_series_with_a_hole_is_refused(tmp_path, planted):
    table = tables(tmp_path, planted, replicas=1)
    file = tmp_path / "bound-mg-0.csv"
    rows = pd.read_csv(file)
    rows.drop(index=50).to_csv(file, index=False)
    with pytest.raises(
        InputError,
        match=r"bound-mg-0\.csv: frames are 0\.001 ns apart, but 0\.002 ns .*: rows are missing",
    ):
        read_separations(table)


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("replica", "one", "replica is 'one'"),
        ("speed_nm_per_ns", "0", "speed_nm_per_ns is '0'"),
        ("force_constant_kj_per_mol_per_nm2", "soft", "per_nm2 is 'soft'"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path, planted, column, value, why):
    table = tables(tmp_path, planted, replicas=1)
    rows = pd.read_csv(table, dtype=str)
    rows.loc[0, column] = value
    rows.to_csv(table, index=False)
    with pytest.raises(InputError, match=f"line 2.*{why}"):
        read_separations(table)
