"""`lfa1 pmf` on a double well sampled exactly: the known answer is found, with honest intervals."""

import json
import math

import double_well as wells
import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.free_energy.umbrella import mbar
from lfa1_analysis.free_energy.umbrella.basins import Basin
from lfa1_analysis.free_energy.umbrella.opening_free_energy import jackknifed
from lfa1_analysis.free_energy.umbrella.pmf import analyse_windows
from lfa1_analysis.free_energy.umbrella.verdict import judge
from lfa1_analysis.free_energy.umbrella.window_samples import decorrelate, describe_runs, thinned
from lfa1_analysis.free_energy.umbrella.windows import read_windows
from lfa1_analysis.free_energy.verdicts import UNTESTED
from lfa1_analysis.io.errors import StudyError
from lfa1_analysis.io.sealed_record import sealed
from lfa1_analysis.statistics.estimates import Estimate
from lfa1_cli.main import main

KT = wells.KT
WELL = wells.DoubleWell()
SEEDS = range(20)


def system(folder, seed, well=WELL, name="mg", **options):
    listed = wells.rows(folder, name, well, np.random.default_rng(seed), **options)
    return wells.write_windows(folder, listed)


@pytest.fixture(scope="module")
def twenty(tmp_path_factory):
    """Judge twenty repeats: four replicas of correlated frames in nine windows."""
    found = []
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp(f"seed{seed}")
        (umbrella,) = read_windows(system(folder, seed, replicas=4, frames=120, seeds=("closed",)))
        found.append(judge(umbrella, KT, None, 40))
    return found


def truth(judged):
    return WELL.opening(judged.basins[0].high)


def test_the_known_free_energy_lies_in_the_interval(twenty):
    inside = [j.estimate.interval[0] <= truth(j) <= j.estimate.interval[1] for j in twenty]
    assert sum(inside) >= 18
    assert all(j.resampled == "replicas" for j in twenty)


def test_intervals_are_not_hugely_too_wide(twenty):
    scatter = np.std([j.estimate.value - truth(j) for j in twenty])
    assert np.mean([j.estimate.half_width for j in twenty]) < 4 * scatter


def test_nothing_is_found_against_sound_windows(twenty):
    assert sum(not j.reasons for j in twenty) >= 16
    # They were all begun from the closed end, so that one test was not made.
    assert {j.verdict for j in twenty if not j.reasons} == {UNTESTED}


def test_the_curve_lies_within_its_bands(twenty):
    shares = []
    density = np.exp(-WELL.energy(wells.X) / KT)
    for j in twenty:
        exact, _ = np.histogram(wells.X, j.grid.edges, weights=density)
        closed = j.basins[0].high > wells.X
        exact = -KT * np.log(exact / density[closed].sum())
        # Both curves refer to their closed basin; the zero of the written one is its lowest bin.
        p = np.exp(j.solution.log_weights)
        mine = -KT * np.log(
            j.grid.populations(p)[j.grid.counts > 0].max() / (p @ j.basins[0].holds(j.samples.x))
        )
        known = np.isfinite(j.profile.low)
        assert known.mean() > 0.6
        exact = exact[known] - mine
        shares.append(np.mean((j.profile.low[known] <= exact) & (exact <= j.profile.high[known])))
    assert np.mean(shares) >= 0.9


def with_blocks(table):
    (umbrella,) = read_windows(table)
    samples = decorrelate(describe_runs(umbrella), KT)
    basins = Basin(-np.inf, 4.0), Basin(4.0, np.inf)
    return jackknifed(samples, mbar.estimate(samples), basins, KT)


@pytest.mark.slow
def test_blocks_of_single_runs_are_honest_too(tmp_path):
    hits = 0
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        found = with_blocks(system(folder, 50 + seed, replicas=1, frames=200, tau=1.0))
        hits += found.interval[0] <= WELL.opening(4.0) <= found.interval[1]
    assert hits >= 18


def test_correlated_frames_are_not_counted_as_independent(tmp_path):
    """As many independent samples, drawn ten times as often: the same error, not a third."""
    errors = {}
    for name, frames, tau in (("thin", 160, 0.0), ("dense", 1600, 5.0)):
        found = []
        for seed in range(3):
            folder = tmp_path / f"{name}{seed}"
            folder.mkdir()
            table = system(folder, seed, frames=frames, tau=tau, replicas=1)
            found.append(with_blocks(table).standard_error)
        errors[name] = np.mean(found)
    assert 0.7 < errors["dense"] / errors["thin"] < 1.5


@pytest.fixture(scope="module")
def dimer(tmp_path_factory):
    """Run mg and apo, whose openings differ by a planted 8 kJ/mol."""
    folder = tmp_path_factory.mktemp("dimer")
    random = np.random.default_rng(3)
    mg, apo = wells.DoubleWell(tilt=10.0), wells.DoubleWell(tilt=2.0)
    listed = wells.rows(folder, "mg", mg, random, frames=250)
    listed += wells.rows(folder, "apo", apo, random, frames=250)
    table = wells.write_windows(folder, listed)
    content = analyse_windows(table, folder / "out", closed=":4", open_="4:")
    return folder, table, content, mg.opening(4.0) - apo.opening(4.0)


@pytest.mark.slow
def test_the_planted_difference_lies_in_the_interval(tmp_path):
    mg, apo = wells.DoubleWell(tilt=10.0), wells.DoubleWell(tilt=2.0)
    hits = 0
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        first = with_blocks(system(folder, seed, well=mg, frames=200, replicas=1))
        second = with_blocks(system(folder, 100 + seed, well=apo, frames=200, replicas=1))
        low, high = first.minus(second).interval
        hits += low <= mg.opening(4.0) - apo.opening(4.0) <= high
    assert hits >= 18


def test_the_difference_of_mg_and_apo(dimer):
    _, _, content, _ = dimer
    ddg = content["ddg_mg_minus_apo"]
    assert ddg["low"] > 0, "8 kJ/mol must be told from nothing"
    assert ddg["standard_error_kj_per_mol"] == pytest.approx(
        math.hypot(*(s["standard_error_kj_per_mol"] for s in content["systems"].values()))
    )


def test_calcium_has_a_difference_of_its_own_where_it_was_sampled(dimer, tmp_path):
    assert "ddg_mg_minus_ca" not in dimer[2]
    random = np.random.default_rng(3)
    mg, ca = wells.DoubleWell(tilt=10.0), wells.DoubleWell(tilt=2.0)
    listed = wells.rows(tmp_path, "mg", mg, random, frames=250)
    listed += wells.rows(tmp_path, "ca", ca, random, frames=250)
    table = wells.write_windows(tmp_path, listed)
    content = analyse_windows(table, tmp_path / "out", closed=":4", open_="4:")
    values = {name: found["value_kj_per_mol"] for name, found in content["systems"].items()}
    ddg = content["ddg_mg_minus_ca"]
    assert ddg["value_kj_per_mol"] == pytest.approx(values["mg"] - values["ca"])
    assert ddg["low"] > 0 and ddg["reason"] == ""
    assert content["ddg_mg_minus_apo"]["reason"] == "needs the systems mg and apo"


def test_the_record_and_the_tables(dimer):
    folder, _, content, _ = dimer
    assert json.loads((folder / "out" / "free_energy.json").read_text()) == sealed(content)
    mg = content["systems"]["mg"]
    assert mg["verdict"] == "converged"
    assert mg["basins"] == {"closed": [None, 4.0], "open": [4.0, None]}
    assert mg["hysteresis_closed_minus_open"]["low"] is not None
    assert len(content["inputs"]) == 1 + 2 * 27
    assert content["versions"]["pymbar"]
    pmf = pd.read_csv(folder / "out" / "pmf.csv")
    assert set(pmf["system"]) == {"mg", "apo"} and len(pmf) == 80
    assert pmf.groupby("system")["pmf_kj_per_mol"].min().tolist() == [0.0, 0.0]
    report = pd.read_csv(folder / "out" / "windows_report.csv")
    assert len(report) == 54 and not report["problem"].str.contains("window").any()
    overlap = pd.read_csv(folder / "out" / "overlap.csv")
    assert overlap.groupby(["system", "window"])["overlap"].sum().to_numpy() == pytest.approx(1)
    steps = pd.read_csv(folder / "out" / "convergence.csv")
    assert steps.loc[steps["fraction"] == 1, "difference_from_all_kj_per_mol"].abs().max() < 1e-3


def test_the_program_prints_the_numbers_and_repeats_itself(dimer, tmp_path, capsys):
    folder, table, _, _ = dimer
    arguments = ["--windows", str(table), "--output-dir", str(tmp_path / "o")]
    assert main(["pmf", *arguments, "--closed", ":4", "--open", "4:"]) == 0
    shown = capsys.readouterr().out
    assert "mg: converged, ΔG(open) = " in shown and "ΔΔG(mg − apo): converged, " in shown
    for file in (tmp_path / "o").iterdir():
        assert file.read_bytes() == (folder / "out" / file.name).read_bytes()


def test_weighted_solution_is_that_of_pymbar(tmp_path):
    pymbar = pytest.importorskip("pymbar")
    (umbrella,) = read_windows(system(tmp_path, 1, replicas=1, frames=120))
    samples = decorrelate(describe_runs(umbrella), KT)
    order = np.argsort(samples.window, kind="stable")
    reference = pymbar.MBAR(samples.energies[order].T, samples.counts(), initialize="BAR")
    mine = mbar.solve(samples, np.ones(samples.x.size), np.zeros(len(samples.windows)))
    assert mine.converged
    assert mine.f - mine.f[0] == pytest.approx(reference.f_k - reference.f_k[0], abs=1e-4)
    assert mine.overlap == pytest.approx(reference.compute_overlap()["matrix"], abs=1e-4)
    # A bin of the profile, by pymbar from the biases as they are: what is subtracted from a
    # sample's energies must be in its weight without bias.
    full = samples.energies[order] + samples.least[order, None]
    whole = pymbar.MBAR(full.T, samples.counts(), initialize="BAR")
    for low, high in ((0.4, 0.6), (0.9, 1.1), (3.9, 4.1)):
        inside = (low <= samples.x) & (samples.x < high)
        # One more than the indicator, because pymbar takes its logarithm.
        expected = whole.compute_expectations(
            1.0 + inside[order],
            u_kn=np.zeros((1, samples.x.size)),
            compute_uncertainty=False,
        )["mu"][0]
        share = np.exp(mine.log_weights[inside]).sum()
        assert share == pytest.approx(float(expected) - 1, rel=1e-3)
    # A weight of two is the sample twice.
    twice = np.where(samples.window == 3, 2.0, 1.0)
    doubled = samples.subset(np.repeat(np.arange(samples.x.size), twice.astype(int)))
    repeated = mbar.solve(doubled, np.ones(doubled.x.size), mine.f)
    assert mbar.solve(samples, twice, mine.f).f == pytest.approx(repeated.f, abs=1e-6)


def test_difference_of_estimates():
    found = Estimate(5.0, 0.3, 4.0).minus(Estimate(2.0, 0.4, 9.0))
    assert (found.value, found.standard_error) == (3.0, pytest.approx(0.5))
    assert 4.0 < found.degrees_of_freedom < 13.0


def test_thinning_keeps_every_gth_frame():
    assert thinned(10, 2.5).tolist() == [0, 2, 5, 7]
    assert thinned(4, 1.0).tolist() == [0, 1, 2, 3]
    assert thinned(9, math.nan).tolist() == [4]


def test_a_single_well_has_no_opening(tmp_path):
    flat = wells.DoubleWell(barrier=0.0, tilt=30.0)
    table = system(tmp_path, 0, well=flat, centres=np.arange(0.0, 4.1, 0.8), replicas=1)
    found = analyse_windows(table, tmp_path / "out")["systems"]["mg"]
    assert found["value_kj_per_mol"] is None
    assert any("no barrier" in reason and "--closed" in reason for reason in found["reasons"])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"closed": ":4"}, "only one of"),
        ({"closed": ":5", "open_": "4:"}, "overlap"),
        ({"closed": "4", "open_": "5:"}, "no range"),
        ({"closed": "x:4", "open_": "5:"}, "no range"),
        ({"closed": "4:3", "open_": "5:"}, "no range"),
        ({"bins": 2}, "--bins"),
    ],
)
def test_impossible_settings(tmp_path, options, problem):
    with pytest.raises(StudyError, match=problem):
        analyse_windows(tmp_path / "windows.csv", tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()
