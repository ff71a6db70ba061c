"""A study on Slurm, one job cancelled and one node set down on the way, ends as a local one."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import yaml

from lfa1_md.files.provenance import sha256

from ..workflow.conftest import ROOT, short_study, snakemake
from .cluster import Cluster, missing

pytestmark = pytest.mark.slurm

BIN = Path(sys.executable).parent
SUBMITTED = re.compile(r"has been submitted with SLURM jobid (\d+)")


def small_study() -> dict:
    """The closed state ± Mg²⁺ in two segments, each long enough to be caught."""
    content = short_study()
    del content["states"]["open"]
    content["replicas"] = 1
    content["equilibration"][0]["duration"] = "0.04 ps"
    content["equilibration"][1]["duration"] = "0.08 ps"
    intervals = {key: "0.04 ps" for key in ("frame_interval", "checkpoint_interval")}
    content["production"] |= {"duration": "0.48 ps", "segment": "0.24 ps", **intervals}
    return content


@pytest.fixture(scope="module")
def cluster():
    if absent := missing():
        pytest.fail(f"{', '.join(absent)} not installed; run `make test-slurm`")
    if os.geteuid():
        pytest.fail("Slurm's daemons are started by root; run `make test-slurm` as root")
    # Sockets have short names, and pytest's folders long ones.
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder, Cluster(Path(folder)) as started:
        yield started


class Study:
    """A study that Snakemake submits to the cluster, in the background."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.folder, self.cluster = folder, cluster
        (folder / "study.yaml").write_text(yaml.safe_dump(small_study()))
        environment = cluster.environment | {"PATH": f"{BIN}:{cluster.environment['PATH']}"}
        command = [
            *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")),
            *("--profile", str(ROOT / "profiles/slurm"), "--directory", str(folder)),
            *("--workflow-profile", str(ROOT / "profiles/default")),
            *("--slurm-status-command", "squeue", "--slurm-no-account"),
            *("--slurm-init-seconds-before-status-checks", "5"),
            *("--set-threads", "prepare=1"),
            *("--configfile", str(folder / "study.yaml")),
        ]
        with (folder / "snakemake.log").open("wb") as log:
            self.run = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=log, stderr=log
            )

    @property
    def log(self) -> str:
        return (self.folder / "snakemake.log").read_text()

    def simulating(self, apart_from: str = "") -> dict[str, str]:
        """Wait until a segment has frames, and return its running job."""
        deadline = time.monotonic() + 900
        while True:
            assert self.run.poll() is None, self.log[-4000:]
            assert time.monotonic() < deadline, self.log[-4000:]
            for job in self.cluster.jobs():
                found = re.search(r"rule_simulate_wildcards_(\S+)_(\d+)_(\d+)", job["Comment"])
                if found is None or job["JobState"] != "RUNNING" or job["JobId"] == apart_from:
                    continue
                system, replica, segment = found.groups()
                place = f"results/production/{system}/replica-{replica}"
                if list((self.folder / place).glob(f"segment-{segment}.running/checkpoint-*")):
                    return job | {"Place": f"{place}/segment-{segment}"}
            time.sleep(0.2)

    def finish(self) -> None:
        assert self.run.wait(1800) == 0, self.log[-6000:]


@pytest.fixture(scope="module")
def outcome(cluster, tmp_path_factory):
    """What became of a study of which a job was cancelled and a node set down."""
    study = Study(tmp_path_factory.mktemp("study"), cluster)
    try:
        cancelled = study.simulating()
        cluster.ask("scancel", cancelled["JobId"])
        lost = study.simulating(apart_from=cancelled["JobId"])
        node = lost["NodeList"]
        cluster.ask("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test")
        time.sleep(20)
        assert cluster.states()[node].startswith("DOWN")
        cluster.ask("scontrol", "update", f"NodeName={node}", "State=RESUME")
        study.finish()
    finally:
        if study.run.poll() is None:
            study.run.terminate()
            study.run.wait(120)
    return study, cancelled, lost, cluster.jobs()


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The same study on this machine alone."""
    folder = tmp_path_factory.mktemp("local")
    (folder / "study.yaml").write_text(yaml.safe_dump(small_study()))
    run = snakemake(folder, "--cores", "2", config=folder / "study.yaml", timeout=1800)
    assert run.returncode == 0, run.stderr[-4000:]
    return folder


def test_it_is_complete_and_sound(outcome):
    study, *_ = outcome
    assert (study.folder / "results/report.html").stat().st_size > 100_000
    verify = subprocess.run(
        [BIN / "lfa1", "verify", "--complete", "results"],
        cwd=study.folder,
        capture_output=True,
        text=True,
    )
    assert verify.returncode == 0, verify.stdout + verify.stderr


def test_what_was_interrupted_went_on_from_its_checkpoint(outcome):
    study, cancelled, lost, jobs = outcome
    states = {job["JobId"]: job for job in jobs}
    assert states[cancelled["JobId"]]["JobState"] == "CANCELLED"
    assert int(states[lost["JobId"]]["Restarts"]) >= 1
    for job in (cancelled, lost):
        record = json.loads((study.folder / f"{job['Place']}.json").read_text())
        assert record["continuations"], job["Place"]
        assert all(each["step"] > 0 for each in record["continuations"])


def test_it_was_submitted_in_few_jobs(outcome):
    """9 for the 20 jobs of the workflow; what was interrupted comes on top."""
    study, *_ = outcome
    assert 9 < len(SUBMITTED.findall(study.log)) <= 11


def test_jobs_ask_for_what_the_profile_says(outcome):
    *_, jobs = outcome
    simulate = [job for job in jobs if "rule_simulate" in job["Comment"]]
    assert {job["NumCPUs"] for job in simulate} == {"1"}
    assert {job["MinMemoryNode"] for job in simulate} <= {"4000M", "8000M"}
    assert {job["TimeLimit"] for job in simulate} <= {"00:16:00", "00:32:00"}


def test_results_are_those_of_one_machine(outcome, local):
    """As far as they depend on no continuation that had to use other random numbers."""
    study, *_ = outcome
    names = [f"results/systems/{s}/system.xml.gz" for s in ("closed-mg", "closed-apo")]
    for replica in (local / "results/production").glob("*/replica-*"):
        for record in sorted(replica.glob("segment-*.json")):
            name = record.relative_to(local)
            there = json.loads((study.folder / name).read_text())
            if not all(each["exact"] for each in there["continuations"]):
                break  # and so do the segments after it
            names += [str(name.with_suffix(suffix)) for suffix in (".xtc", ".csv", ".state.xml.gz")]
    for name in names:
        assert (study.folder / name).read_bytes() == (local / name).read_bytes(), name
    first = sha256(study.folder / "results/equilibrated/closed-mg/replica-0/state.xml.gz")
    assert first == sha256(local / "results/equilibrated/closed-mg/replica-0/state.xml.gz")
