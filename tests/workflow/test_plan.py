"""What the workflow would do, without doing it."""

import os
import re
import subprocess
from collections import Counter

import pytest
import yaml

from lfa1_md.status.running import jobs
from lfa1_md.study import umbrella_windows as windows
from lfa1_md.study.configfile import load

from .conftest import ROOT, snakemake

JOBS = {"prepare": 2, "solvate": 2, "build": 4, "minimise": 4, "equilibrate": 8, "simulate": 16}


def planned(text: str) -> dict[str, int]:
    """Jobs by rule in the table of a dry run."""
    return {rule: int(n) for rule, n in re.findall(r"^(\w+)\s+(\d+)\s*$", text, re.M)}


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("config", ""),
        ("free-energy", ""),
        ("bound", ""),
        ("headpiece", "integrins"),
    ],
)
def test_the_plan_is_what_snakemake_plans(tmp_path, name, target):
    """As many jobs of each rule, and each reads, writes and logs what the rule does."""
    config = ROOT / f"config/{name}.yaml"
    run = snakemake(tmp_path, *filter(None, [target]), "--dry-run", config=config)
    shown = run.stdout + run.stderr
    assert run.returncode == 0, shown
    counts = planned(shown)
    # `observe_bound` is `observe` with further tables; `all` is the target itself.
    counts["observe"] = counts.pop("observe_bound", 0) + counts.get("observe", 0)
    assert counts.pop(target or "all") == 1 and counts.pop("total") == sum(counts.values()) + 1
    found = jobs(load(config), tmp_path / "results", target)
    assert Counter(job.step for job in found) == +Counter(counts)
    blocks = {}
    for block in re.split(r"^\[", shown, flags=re.M):
        files = {
            key: {tmp_path / path for path in paths.split(", ")}
            for key, paths in re.findall(r"^ +(input|output|log): (.*)$", block, re.M)
        }
        blocks |= {path: files for path in files.get("output", ())}
    for job in found:
        planned_files = blocks[job.marker]
        assert planned_files["output"] == set(job.outputs), job
        assert planned_files["log"] == {job.log}, job
        if not (job.step == "gather" and job.plan.study.sampling.adapt.rounds):
            # What a round of adaptation adds is known to nobody before.
            inputs = {path for paths in job.inputs.values() for path in paths}
            assert planned_files.get("input", set()) == inputs, job


def test_dry_run_plans_the_whole_study(tmp_path):
    run = snakemake(tmp_path, "--dry-run", "--quiet", "host")
    assert run.returncode == 0, run.stderr
    counts = planned(run.stdout + run.stderr)
    assert {rule: counts[rule] for rule in JOBS} == JOBS
    assert not (tmp_path / "results").exists()


def test_sampling_pulls_from_both_ends_and_runs_every_window(tmp_path):
    target = "results/free_energy/windows/windows.csv"
    config = ROOT / "config/free-energy.yaml"
    run = snakemake(tmp_path, target, "--dry-run", "--quiet", "host", config=config)
    assert run.returncode == 0, run.stderr
    counts = planned(run.stdout + run.stderr)
    # Six systems, six windows, one segment each; production is not needed for it. What the round
    # of adaptation adds is known only when its pilot has been run.
    assert (counts["pull"], counts["window"], counts["gather"]) == (36, 36, 1)
    assert counts["adapt"] == 1
    assert "simulate" not in counts and "exchange" not in counts


def test_windows_that_exchange_are_one_job(tmp_path, write_config):
    content = yaml.safe_load((ROOT / "config/free-energy.yaml").read_text())
    content["sampling"]["window"]["duration"] = "3.6 ps"
    content["sampling"]["exchange"] = {"interval": "0.02 ps"}
    target = "results/free_energy/windows/windows.csv"
    config = write_config(content)
    run = snakemake(tmp_path, target, "--dry-run", "--quiet", "host", config=config)
    assert run.returncode == 0, run.stderr
    counts = planned(run.stdout + run.stderr)
    # Six systems, six windows, three segments each, of which the first is the window's own.
    assert (counts["window"], counts["exchange"], counts["adapt"]) == (36, 12, 1)


def test_pulls_are_analysed_without_waiting_for_the_windows(tmp_path):
    target = "results/free_energy/pulls.json"
    config = ROOT / "config/free-energy.yaml"
    run = snakemake(tmp_path, target, "--dry-run", "--quiet", "host", config=config)
    assert run.returncode == 0, run.stderr
    counts = planned(run.stdout + run.stderr)
    assert (counts["pull"], counts["gather_pulls"], counts["pulls"]) == (36, 1, 1)
    assert "window" not in counts


@pytest.fixture
def after_round_1(tmp_path):
    """As if the pilot had been run and round 1 had added two windows; the files are empty."""
    results = tmp_path / "results"
    study = load(ROOT / "config/free-energy.yaml")
    grid = windows.configured(study.sampling)
    added = [windows.Place(n, 0.1 * n, 500.0, n - 5, 1, "mg: overlap") for n in (6, 7)]
    for system in study.systems:
        home = results / "sampling" / system / "replica-0"
        segments = [home / "pull" / f"segment-{n}" for n in range(len(grid))]
        segments += [home / f"window-{n}" / "segment-0" for n in range(len(grid))]
        for segment in segments:
            segment.parent.mkdir(parents=True, exist_ok=True)
            for suffix in ("xtc", "csv", "state.xml.gz", "json"):
                segment.with_name(f"{segment.name}.{suffix}").touch()
        (results / "systems" / system).mkdir(parents=True)
        for name in ("system.xml.gz", "topology.cif", "trajectory.pdb", "manifest.json"):
            (results / "systems" / system / name).touch()
    plan = windows.plan_file(results, 1)
    plan.parent.mkdir(parents=True)
    plan.with_name("proposed.csv").touch()
    plan.write_text(windows.table([*grid, *added]))
    old = plan.stat().st_mtime - 60
    for path in results.rglob("*"):
        if path.is_file() and path.parent != plan.parent:
            os.utime(path, (old, old))
    return tmp_path


@pytest.mark.parametrize(("rounds", "adapt"), [(1, 0), (2, 1)])
def test_windows_of_a_round_are_run_and_are_the_pilot_of_the_next(
    after_round_1, write_config, rounds, adapt
):
    content = yaml.safe_load((ROOT / "config/free-energy.yaml").read_text())
    content["sampling"]["adapt"] = {"rounds": rounds}
    target = "results/free_energy/windows/windows.csv"
    options = ("--dry-run", "--quiet", "host", "--rerun-triggers", "mtime", "-p")
    run = snakemake(after_round_1, target, *options, config=write_config(content))
    shown = run.stdout + run.stderr
    assert run.returncode == 0, shown
    counts = planned(shown)
    assert (counts["window"], counts.get("adapt", 0)) == (12, adapt)
    assert "pull" not in counts
    command = next(
        line for line in shown.splitlines() if "--window 6 " in line and "systems/open-mg " in line
    )
    assert "--plan results/sampling/round-1/plan.csv" in command
    # From the open end the pull passes the second window of six fifth.
    assert "--from results/sampling/open-mg/replica-0/pull/segment-4.state.xml.gz" in command


def test_a_round_that_adds_nothing_leaves_exchanged_segments_alone(after_round_1, write_config):
    content = yaml.safe_load((ROOT / "config/free-energy.yaml").read_text())
    content["sampling"]["window"]["duration"] = "2.4 ps"
    content["sampling"]["exchange"] = {"interval": "0.02 ps"}
    content["sampling"]["adapt"] = {"rounds": 2}
    results = after_round_1 / "results"
    first, second = (windows.plan_file(results, number) for number in (1, 2))
    second.parent.mkdir()
    second.with_name("proposed.csv").touch()
    second.write_text(first.read_text())
    target = "results/sampling/open-mg/replica-0/exchange/segment-1.csv"
    options = ("--dry-run", "--quiet", "host", "--rerun-triggers", "mtime", "-p")
    run = snakemake(after_round_1, target, *options, config=write_config(content))
    shown = run.stdout + run.stderr
    assert run.returncode == 0, shown
    (command,) = (line for line in shown.splitlines() if "lfa1 exchange" in line)
    assert "--plan results/sampling/round-1/plan.csv" in command


def test_more_time_only_adds_segments(tmp_path, demonstration, write_config):
    demonstration["production"]["duration"] = "4.5 ps"
    run = snakemake(tmp_path, "--dry-run", "--quiet", "host", config=write_config(demonstration))
    assert run.returncode == 0, run.stderr
    assert planned(run.stdout + run.stderr)["simulate"] == 24


def test_own_configuration_does_not_inherit_the_demonstration(
    tmp_path, demonstration, write_config
):
    del demonstration["replicas"], demonstration["equilibration"]
    run = snakemake(tmp_path, "--dry-run", config=write_config(demonstration))
    assert run.returncode != 0
    assert "key 'equilibration' is missing" in run.stdout + run.stderr


def test_rulegraph(tmp_path):
    run = snakemake(tmp_path, "--rulegraph")
    assert run.returncode == 0, run.stderr
    assert "digraph" in run.stdout and "simulate" in run.stdout


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("replica", 3, "unknown key 'replica'; did you mean 'replicas'"),
        ("seed", "4 fs", "seed: '4 fs'"),
        ("platform", "CUDA", "CUDA"),
    ],
)
def test_mistakes_stop_before_anything_runs(
    tmp_path, demonstration, write_config, key, value, complaint
):
    if key == "platform":
        openmm = pytest.importorskip("openmm")
        count = openmm.Platform.getNumPlatforms()
        if "CUDA" in [openmm.Platform.getPlatform(i).getName() for i in range(count)]:
            pytest.skip("CUDA answers here")
    demonstration[key] = value
    run = snakemake(tmp_path, "--cores", "1", config=write_config(demonstration))
    shown = run.stdout + run.stderr
    assert run.returncode != 0
    assert complaint in shown and "→" in shown
    assert "Traceback" not in shown
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("job", "log", "status"),
    [
        ("echo done", "log", 0),
        ("echo done", "/dev/full", 0),  # a log without room must not fail a finished job
        ("echo done; exit 75", "log", 75),
        ("echo done; exit 75", "/dev/full", 75),
        ("kill -INT 0; echo done", "log", 0),  # Ctrl-C reaches all; the log is still written
    ],
)
def test_a_job_s_status_is_its_own_and_its_log_outlives_a_stop(tmp_path, job, log, status):
    rules = (ROOT / "workflow/rules/common.smk").read_text()
    prefix = eval(f"({re.search(r'^PREFIX = .(.*?)[)]$', rules, re.S | re.M)[1]})").format()
    command = f"{prefix} (trap '' INT; {job}) 2>&1 | logged {log}"
    run = subprocess.run(
        ["setsid", "--wait", "bash", "-c", f"trap '' INT; {command}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == status, run.stderr
    assert "done" in run.stdout
    if log == "log":
        assert (tmp_path / log).read_text() == "done\n"


def test_contents_page_stays_short():
    assert len((ROOT / "Snakefile").read_text().splitlines()) <= 60
    for rules in (ROOT / "workflow/rules").glob("*.smk"):
        # What touches Snakemake's own objects stands in one file, however long that is.
        limit = {"internals.smk": 260, "proven.smk": 200}.get(rules.name, 150)
        assert len(rules.read_text().splitlines()) <= limit, rules
