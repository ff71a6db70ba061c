"""What the profile for Slurm would submit; no Slurm is needed to see it."""

import re
from collections import Counter

import pytest
import yaml

from lfa1_md.study import requests
from lfa1_md.study.settings import StudyConfig

from .conftest import ROOT, snakemake

PRODUCTION = ROOT / "config/production.yaml"
PROFILE = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())


def submissions(text: str) -> Counter[str]:
    """Count the submissions of a dry run by group, or by rule of those in no group."""
    return Counter(re.findall(r"^(?:\[.*\] )?(?:Group job|rule) (\w+)(?::| \()", text, re.M))


def dry_run(folder, *options, config=PRODUCTION) -> str:
    profile = ("--profile", str(ROOT / "profiles/slurm"))
    quiet = ("--quiet", "host", "reason")
    run = snakemake(folder, *profile, "--dry-run", *quiet, *options, config=config)
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout + run.stderr


@pytest.fixture(scope="module")
def production(tmp_path_factory) -> str:
    return dry_run(tmp_path_factory.mktemp("production"))


def resources(text: str, rule: str) -> set[str]:
    """The lines that tell what the jobs of a rule ask for."""
    jobs = re.findall(rf"^ *rule {rule}:\n((?: +\w[^\n]*\n)+)", text, re.M)
    assert jobs
    return {re.search(r"resources: (.*)", job)[1] for job in jobs}


def test_the_real_study_is_tens_of_submissions(production):
    found = submissions(production)
    # Two segments for each of 48 replicas; equilibrations four, replicas' tables a dozen at a time.
    assert found.pop("all") == 1  # runs where Snakemake does
    assert found == {
        "prepare": 1,
        "minimise": 1,
        "equilibrate": 12,
        "simulate": 96,
        "analyse": 12,
        "report": 1,
    }


def rules_of_jobs() -> dict[str, str]:
    """Read every rule that is submitted from the files of rules: name → its text."""
    found = {}
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        heads = r"^( *)(?:rule|checkpoint|use rule \w+ as) (\w+)(?: with)?:\n((?:\1 +.*\n|\n)+)"
        found |= {name: text for _, name, text in re.findall(heads, path.read_text(), re.M)}
    return {name: text for name, text in found.items() if "localrule: True" not in text}


def test_every_job_that_does_not_simulate_shares_a_submission():
    """A simulation of hours is one of its own; short ones (pull, window, …) may share one, too."""
    rules = rules_of_jobs()
    assert {"prepare", "observe_bound", "adapt", "separation", "exchange"} <= rules.keys()
    grouped = dict(each.split("=") for each in PROFILE["groups"])
    alone = rules.keys() - grouped.keys()
    assert alone == {"simulate", "exchange", "separate"}
    for name in alone:
        assert re.search(r"lfa1 (simulate|exchange) ", rules[name])
    assert grouped.keys() <= rules.keys()


def test_every_job_asks_for_more_after_a_first_attempt():
    """Memory and minutes are functions of the attempt, in every rule that is submitted."""
    growing = {"megabytes", "short_minutes", "analysis_minutes", "minutes"}
    text = (ROOT / "workflow/rules/resources.smk").read_text()
    assert growing <= set(re.findall(r"def (\w+)\((?:wildcards, attempt|step)\)", text))
    for name, rule in rules_of_jobs().items():
        if name == "observe_bound":  # `use rule observe` takes its resources
            continue
        asked = dict(re.findall(r"^ +(mem_mb|runtime)=(\w+)", rule, re.M))
        assert asked.keys() == {"mem_mb", "runtime"}, name
        assert set(asked.values()) <= growing, name


@pytest.mark.slow
def test_sampling_is_submitted_by_pulls_and_bunches_of_windows(tmp_path, write_config):
    content = yaml.safe_load((ROOT / "config/free-energy.yaml").read_text())
    # What comes after a round of adaptation is not known, and then a dry run shows less.
    content["sampling"]["adapt"] = {"rounds": 0}
    found = submissions(dry_run(tmp_path, config=write_config(content)))
    assert (found["pull"], found["window"], found["report"]) == (6, 9, 1)


def test_what_simulates_asks_for_a_gpu_memory_and_its_own_length(production):
    longest = PROFILE["default-resources"]["longest"]
    for rule, minutes in (("equilibrate", 54), ("simulate", longest), ("minimise", 60)):
        (asked,) = resources(production, rule)
        for each in ("gpu=1", "mem_mb=4000", f"runtime={minutes},", "slurm_extra=--signal=TERM@"):
            assert each in asked, (rule, asked)
    for rule in ("observe", "compare", "solvate"):
        (asked,) = resources(production, rule)
        assert "gpu=1" not in asked


@pytest.mark.slow
def test_speed_of_the_machine_comes_from_the_profile(tmp_path, demonstration, write_config):
    """6 ns at 300 ns/day are 28.8 minutes; half as much again, and a quarter of an hour.

    A GPU's speed says nothing about the CPU that the study computes on.
    """
    demonstration["platform"] = "CPU"
    demonstration["production"] |= {"duration": "12 ns", "segment": "6 ns"}
    config = write_config(demonstration)
    own = ("ns_per_day=9000", "cpu_ns_per_day=300", "longest=10000", "runtime=30", "mem_mb=5000")
    shown = dry_run(tmp_path, "--default-resources", *own, config=config)
    (asked,) = resources(shown, "simulate")
    assert "runtime=59" in asked and "gpu=0" in asked
    (asked,) = resources(shown, "minimise")
    assert "runtime=30" in asked and "mem_mb=5000" in asked


def test_speed_is_that_of_what_the_study_computes_on():
    given = PROFILE["default-resources"]
    assert requests.speed(given, gpu=True) == given["ns_per_day"]
    assert requests.speed(given, gpu=False) == given["cpu_ns_per_day"] < given["ns_per_day"] / 50
    # Another profile's speed of GPUs must not stand in for the CPU's.
    assert requests.speed({"ns_per_day": 500.0}, gpu=False) == requests.SPEED[False]


def production_study() -> StudyConfig:
    return StudyConfig.model_validate(yaml.safe_load(PRODUCTION.read_text()))


def test_short_time_steps_take_longer():
    """300 ps at 2 fs count twice, 3 ns at 4 fs once."""
    assert requests.work(production_study(), "equilibrate") == pytest.approx(3.6)


def test_each_attempt_asks_for_more_up_to_what_the_queue_allows():
    first, second, third = (requests.minutes(20, 200, attempt, 600) for attempt in (1, 2, 3))
    assert (first, second, third) == (231, 462, 600)
    assert requests.megabytes(2) == 2 * requests.megabytes(1)
    assert [requests.megabytes(attempt, 6000) for attempt in (1, 3)] == [6000, 18000]
    assert [requests.short_minutes(60, attempt, 150) for attempt in (1, 2, 3)] == [60, 120, 150]


def test_on_one_machine_nothing_is_grouped_or_limited(tmp_path):
    run = snakemake(tmp_path, "--dry-run", "--quiet", "host")
    assert run.returncode == 0, run.stderr
    assert "Group job" not in run.stdout + run.stderr
