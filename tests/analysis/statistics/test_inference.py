from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

from lfa1_analysis.statistics import inference as s


def correlated(rng, n, tau):
    keep = math.exp(-1 / tau)
    noise = rng.normal(size=n) * math.sqrt(1 - keep**2)
    out = np.empty(n)
    out[0] = rng.normal()
    for i in range(1, n):
        out[i] = keep * out[i - 1] + noise[i]
    return out


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("n", [2, 3, 5, 8, 12, 20])
def test_intervals_of_few_replicas_cover_the_truth(n):
    rng = np.random.default_rng(n)
    hits = 0
    trials = 1500
    for _ in range(trials):
        found = s.mean_interval(rng.normal(3.0, 1.7, n))
        hits += found.low <= 3.0 <= found.high
    assert found.method == "Student t"
    assert hits / trials == pytest.approx(0.95, abs=0.02)


def test_the_bootstrap_would_be_too_narrow_for_few_and_is_right_for_many():
    rng = np.random.default_rng(0)
    hits = sum(
        (found := s.mean_interval(rng.normal(0.0, 1.0, s.BOOTSTRAP_FROM))).low <= 0 <= found.high
        for _ in range(150)
    )
    assert found.method == "BCa bootstrap"
    assert hits / 150 > 0.89
    few = rng.normal(size=4)
    resampled = rng.choice(few, (4000, 4)).mean(axis=1)
    low, high = np.percentile(resampled, (2.5, 97.5))
    honest = s.mean_interval(few)
    assert honest.high - honest.low > 1.5 * (high - low)


def test_difference_interval_covers_with_unequal_spread():
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(2000):
        found = s.difference_interval(rng.normal(1, 1, 4), rng.normal(0, 2, 5))
        hits += found.low <= 1 <= found.high
    assert hits / 2000 == pytest.approx(0.95, abs=0.025)


def test_standard_error_of_correlated_series_is_honest():
    rng = np.random.default_rng(7)
    scores = []
    for _ in range(150):
        found = s.summarise(correlated(rng, 1500, 8) + 5)
        scores.append((found.mean - 5) / found.sem)
    assert np.std(scores) == pytest.approx(1.0, abs=0.25)


def test_inefficiency_is_that_of_the_process():
    tau = 10
    found = s.summarise(correlated(np.random.default_rng(1), 20000, tau))
    exact = (1 + math.exp(-1 / tau)) / (1 - math.exp(-1 / tau))
    assert found.inefficiency == pytest.approx(exact, rel=0.3)
    assert found.n_independent == pytest.approx(
        (found.n_frames - found.start) / found.inefficiency, rel=1e-6
    )


def test_equilibration_is_cut():
    rng = np.random.default_rng(2)
    x = rng.normal(size=600)
    x[:120] += np.linspace(12, 0, 120)
    found = s.summarise(x)
    assert 60 <= found.start <= 200
    assert abs(found.mean) < 0.2
    assert found.settled


def test_a_drift_to_the_end_is_marked():
    rng = np.random.default_rng(3)
    found = s.summarise(np.linspace(0, 20, 400) + rng.normal(size=400) * 0.1)
    assert found.start <= 200
    assert found.n_independent < 10
    assert not found.settled


def test_a_steady_series_is_seldom_called_drifting():
    rng = np.random.default_rng(5)
    flagged = sum(not s.summarise(correlated(rng, 200, 5)).settled for _ in range(100))
    assert flagged <= 8


@pytest.mark.parametrize(
    ("series", "n_frames", "mean"),
    [
        ([], 0, math.nan),
        ([math.nan] * 30, 0, math.nan),
        ([2.0], 1, 2.0),
        ([1.0, 3.0], 2, 2.0),
        ([4.0] * 500, 500, 4.0),
        (list(range(19)), 19, 9.0),
        ([math.nan, 1.0, math.inf, 3.0], 2, 2.0),
    ],
)
def test_series_that_allow_no_error_estimate(series, n_frames, mean):
    found = s.summarise(series)
    assert found.n_frames == n_frames
    assert found.mean == pytest.approx(mean, nan_ok=True)
    assert math.isnan(found.sem)
    assert found.n_independent <= 1
    assert found.note


def test_a_series_that_freezes():
    x = np.concatenate([np.random.default_rng(0).normal(size=30), np.full(300, 2.5)])
    assert math.isfinite(s.summarise(x).mean)


@pytest.mark.parametrize("values", [[], [1.0], [0.5, 0.5, 0.5], [math.nan, 2.0]])
def test_no_interval_without_spread(values):
    found = s.mean_interval(values)
    assert math.isnan(found.low) and math.isnan(found.high)
    assert math.isnan(found.smallest_detectable)


@pytest.mark.parametrize(("n", "factor"), [(2, 16.33), (4, 4.256), (8, 3.270), (1000, 2.805)])
def test_smallest_detectable_effect_of_known_sizes(n, factor):
    assert s.smallest_detectable(1.0, n - 1) == pytest.approx(factor, rel=0.01)


def test_smallest_detectable_effect_is_detected_in_four_of_five():
    rng = np.random.default_rng(9)
    n, sd = 6, 1.3
    effect = s.smallest_detectable(sd / math.sqrt(n), n - 1)
    seen = 0
    for _ in range(2000):
        found = s.mean_interval(rng.normal(effect, sd, n))
        seen += found.low > 0
    assert seen / 2000 == pytest.approx(0.80, abs=0.03)


def test_holm():
    adjusted = s.holm([0.01, 0.04, 0.03, math.nan])
    assert adjusted[:3] == pytest.approx([0.04, 0.09, 0.09])
    assert math.isnan(adjusted[3])
    assert s.holm([]) == []
    assert s.holm([0.6, 0.7]) == [1.0, 1.0]
