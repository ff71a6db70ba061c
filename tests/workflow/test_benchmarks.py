"""The benchmarks start, and what they share counts right. No test here asserts a speed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SCRIPTS = (
    "stages",
    "step_rate",
    "throughput",
    "minimisation",
    "dag",
    "report",
    "gromacs",
    "picture",
)


def run(name, *arguments):
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_how_to_run_it(name):
    done = run(name, "--help")
    assert done.returncode == 0, done.stderr
    assert f"python benchmarks/{name}.py" in done.stdout


def test_make_runs_every_script_here():
    text = (BENCHMARKS.parent / "Makefile").read_text(encoding="utf-8")
    (line,) = (each for each in text.splitlines() if each.startswith("BENCHMARKS :="))
    assert set(SCRIPTS) <= set(line.split())


def test_a_ratio_is_a_geometric_mean_and_its_error_a_factor(benchmark):
    from side_by_side import Ratio

    found = Ratio.of([2, 8], [1, 1])
    assert found.mean == pytest.approx(4)
    assert found.error == pytest.approx(2)  # logs ±log 2, over √2, with one degree of freedom
    assert np.isnan(Ratio.of([2], [1]).error)


def test_turns_change_their_order_so_that_a_drift_favours_nobody(benchmark):
    from side_by_side import turns

    assert [name for _, name in turns("ab", 4)] == list("baabbaab")


def test_the_account_of_a_command_is_the_kernels(benchmark):
    from account import measured

    found = measured([sys.executable, "-c", "x = bytearray(200_000_000); raise SystemExit(3)"])
    assert found.status == 3
    assert 190 < found.peak_mib < 400


@pytest.mark.slow
def test_the_picture_is_drawn_from_the_tables_that_are_there(tmp_path):
    line = {"study": "production", "segments": 8, "seconds": 5.0}
    pd.DataFrame([line, line | {"segments": 96}]).to_csv(tmp_path / "dag.csv")
    done = run("picture", "--tables", str(tmp_path), "--output", str(tmp_path / "it.svg"))
    assert done.returncode == 0, done.stderr
    assert "segments planned" in (tmp_path / "it.svg").read_text(encoding="utf-8")


@pytest.mark.slow
def test_dry_runs_of_both_kinds_of_study_are_sized_as_asked(benchmark):
    import dag

    for jobs in (10, 100, 1000, 10000):
        for sampling in (False, True):
            content, segments = dag.configuration(jobs, sampling)
            assert ("sampling" in content) is sampling
            assert 0.7 * jobs <= segments <= 2.1 * jobs
