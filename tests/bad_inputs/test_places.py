"""Places that cannot take a result: folders, inputs, files below files, full disks."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ANALYSE = ("--topology", "mine.pdb", "--output")


def below_a_file(here) -> str:
    (here / "file").write_text("kept")
    return "file/out.csv"


def folder(here) -> str:
    (here / "out.csv/kept").mkdir(parents=True)
    return "out.csv"


def folder_of_the_record(here) -> str:
    (here / "out.json").mkdir()
    return "out.csv"


def below_a_dangling_link(here) -> str:
    (here / "link").symlink_to("nowhere")
    return "link/out.csv"


def the_topology(here) -> str:
    return "mine.pdb"


def a_link_to_the_topology(here) -> str:
    (here / "out.csv").symlink_to("mine.pdb")
    return "out.csv"


def a_second_name_of_the_topology(here) -> str:
    os.link(here / "mine.pdb", here / "out.csv")
    return "out.csv"


OUTPUTS = [
    (below_a_file, "no folder"),
    (folder, "a folder"),
    (folder_of_the_record, "out.json cannot be written: it is a folder"),
    (below_a_dangling_link, "no folder"),
    (the_topology, "the input mine.pdb"),
    (a_link_to_the_topology, "the input mine.pdb"),
    (a_second_name_of_the_topology, "the input mine.pdb"),
    (lambda here: "/proc/lfa1/out.csv", "cannot be written"),
    (lambda here: "x" * 300 + ".csv", "too long"),
]


@pytest.mark.parametrize("verb", ["opening", "midas", "flexibility"])
@pytest.mark.parametrize(("place", "problem"), OUTPUTS)
def test_an_output_that_cannot_be(here, pdb, refused, verb, place, problem):
    output = place(here)
    refused(verb, *ANALYSE, output, mentions=[Path(output).stem[:80], problem])


def test_two_tables_in_one_file(pdb, refused):
    command = ("flexibility", *ANALYSE, "out.csv", "--rmsf-output")
    refused(*command, "out.csv", mentions=["out.csv", "two tables"])
    refused(*command, "mine.pdb", mentions=["the input mine.pdb"])
    refused("opening", *ANALYSE, "out.json", mentions=["out.json", "provenance"])


@pytest.mark.parametrize("command", ["prepare", "compare", "report"])
def test_an_output_folder_below_a_file(here, refused, study, command):
    (here / "file").write_text("kept")
    arguments = {
        "prepare": ("--config", study(), "--state", "closed", "--output-dir", "file/out"),
        "compare": ("--analysis", ".", "--output-dir", "file/out"),
        "report": ("--config", study(), "--results", ".", "--output", "file/out/report.html"),
    }
    refused(command, *arguments[command], mentions=["file", "no folder"])


def test_an_entry_fetched_to_a_place_that_cannot_be(here, refused):
    (here / "file").write_text("kept")
    command = ("structures", "fetch", "1CQP", "--output", "file/x.cif")
    refused(*command, mentions=["file/x.cif", "no folder"])


def test_a_folder_that_may_not_be_written(here, pdb, refused):
    (here / "closed").mkdir(mode=0o500)
    if os.access(here / "closed", os.W_OK):
        pytest.skip("this user may write everywhere")
    refused("opening", *ANALYSE, "closed/out.csv", mentions=["closed/out.csv", "permission"])


@pytest.fixture
def small_files():
    """Let no file of this process grow beyond a size, as on a disk that is almost full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, handler)


LIMITED = {
    "prepare": lambda study: (
        *("--config", study(), "--state", "closed"),
        *("--output-dir", "out"),
    ),
    "opening": lambda study: (*ANALYSE, "out/opening.csv"),
    "flexibility": lambda study: (*ANALYSE, "out/opening.csv", "--rmsf-output", "out/rmsf.csv"),
    "compare": lambda study: ("--analysis", "results/analysis", "--output-dir", "out"),
    "report": lambda study: (
        *("--config", study(), "--results", "results", "--output", "out/report.html"),
    ),
}


@pytest.mark.parametrize("verb", LIMITED)
def test_a_file_that_does_not_fit(here, pdb, refused, study, study_tables, small_files, verb):
    """Some files of each verb fit and others do not; none may stay, and old ones are kept."""
    shutil.copytree(study_tables, here / "results")
    arguments = LIMITED[verb](study)
    (here / "out").mkdir()
    for name in ("protein.cif", "site.json", "opening.csv", "opening.json", "summary.json"):
        (here / "out" / name).write_text("old")
    (here / "results/figures").mkdir()
    small_files(600)  # bytes
    refused(verb, *arguments, mentions=["File too large"])


FULL = """\
set -e
mount -t tmpfs -o size=16k none full
head -c 100000 /dev/zero > full/ballast 2> /dev/null || true
set +e
{python} -m lfa1_cli.main {arguments}
echo "status $?"
ls -A full
"""


@pytest.mark.parametrize("verb", [pytest.param("prepare", marks=pytest.mark.slow), "opening"])
def test_a_full_disk(here, pdb, study, verb):
    (here / "full").mkdir()
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "full"]
    if not shutil.which("unshare") or subprocess.run(probe, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system of its own")
    arguments = {
        "prepare": f"--config {study()} --state closed --output-dir full",
        "opening": f"{' '.join(ANALYSE)} full/out.csv",
    }[verb]
    script = FULL.format(python=sys.executable, arguments=f"{verb} {arguments}")
    run = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True)
    assert run.stdout.splitlines()[-2:] == ["status 2", "ballast"], run.stdout
    assert "No space left on device" in run.stderr and "full" in run.stderr
    assert run.stderr.count("→") == 1 and "Traceback" not in run.stderr
