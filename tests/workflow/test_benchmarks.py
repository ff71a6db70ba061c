"""The benchmarks start, and what they share counts right. No test here asserts a speed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.trajectory import examples
from lfa1_md.study import configfile

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


def test_rows_and_tables_of_the_ions_sites_are_those_of_the_runs(benchmark, tmp_path):
    import ion_sites

    study = tmp_path / "opc3.yaml"
    study.write_text((BENCHMARKS / "ion_models" / "opc3.yaml").read_text(encoding="utf-8"))
    tables = examples.tables() / "closed-mg"
    for system, replica, example in (("closed-mg", 0, 0), ("closed-mg_hfe", 2, 1)):
        there = tmp_path / "work" / "opc3" / "results"
        folder = there / "analysis" / system / f"replica-{replica}"
        folder.mkdir(parents=True)
        frames = pd.read_csv(tables / f"replica-{example}" / "midas.csv")
        frames.to_csv(folder / "midas.csv", index=False)
        alarm = {"event": "donor_lost", "severity": "fail", "start_ns": 0.0015}
        events = [alarm | {"severity": "note", "event": "water_exchanged"}]
        events += [alarm, alarm | {"start_ns": 0.002}] * (replica == 2)
        pd.DataFrame(events).to_csv(folder / "midas-events.csv", index=False)
        (there / "systems" / system).mkdir(parents=True)
        made = {"state": "closed", "metal_model": {"model": system[10:] or "CM", "water": "OPC3"}}
        (there / "systems" / system / "manifest.json").write_text(json.dumps(made))
    page = tmp_path / "page.md"
    page.write_text(f"before\n{ion_sites.BEGIN}\nold\n{ion_sites.END}\nafter\n")
    ion_sites.write([study], tmp_path / "work", tmp_path / "rows.csv", page)
    rows = pd.read_csv(tmp_path / "rows.csv", keep_default_na=False)
    assert rows["model"].tolist() == ["CM", "hfe"] and rows["replica"].tolist() == [0, 2]
    frames = pd.read_csv(tables / "replica-0" / "midas.csv")
    for column in ("asp239_angstrom", "asp137_angstrom"):
        assert rows[column][0] == pytest.approx(frames[column].median(), abs=6e-4)
    assert rows["asp137_least_angstrom"][0] == pytest.approx(
        frames["asp137_angstrom"].min(), abs=6e-4
    )
    assert rows["alarms"].tolist() == ["", "donor_lost from 1.5 ps"]
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    assert "| ff19SB, OPC3, CM | 1 of 1 | – | – |" in text
    assert "| ff19SB, OPC3, hfe | 0 of 1 | – | – |" in text


def test_the_ions_sites_are_measured_as_the_models_are(benchmark):
    """Six pairs at least; the same release as the free runs; 20 ps, three times from closed."""
    import ion_sites

    studies = [configfile.load(path) for path in ion_sites.STUDIES]
    pairs = {(study.chemistry.water, member) for study in studies for member in study.members}
    assert len(pairs) >= 6 and ion_sites.RUNS == {"closed": 3, "open": 1, "bound": 1}
    free = configfile.load(BENCHMARKS.parent / "structures" / "free_runs.yaml")
    for study in studies:
        assert set(study.states) == set(ion_sites.RUNS) == set(free.states)
        assert study.equilibration == free.equilibration
        assert study.production.duration >= 20 and study.replicas >= 3
        ions = [member for _, member in [n.split("-", 1) for n in study.systems]]
        assert all(ion.startswith("mg") for ion in ions)
