"""What a queue's jobs have delivered is put back when it is asked for again."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest
from kill import differences

from lfa1_md.run import outputs
from lfa1_md.run.job import REQUEUE_CACHE

FILES = {f"segment-0.{suffix}" for suffix in ("xtc", "csv", "state.xml.gz", "json")}


def run(short, output, keep=True) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "lfa1_cli.main", *short.command(output)],
        env=os.environ | ({outputs.VARIABLE: "1"} if keep else {}),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def finished(short):
    """Give a run whose outputs are kept."""
    output = short.output()
    run(short, output)
    return output


@pytest.fixture
def deleted(short, finished):
    """Give one whose outputs Snakemake has deleted since."""
    output = short.output()
    output.mkdir()
    shutil.copytree(finished / "segment-0.running", output / "segment-0.running")
    return output


def test_outputs_are_kept_as_links_and_nothing_else(finished):
    folder = finished / "segment-0.running" / REQUEUE_CACHE
    assert {path.name for path in folder.iterdir()} == FILES
    for name in FILES:
        assert (folder / name).samefile(finished / name)
    assert not list(folder.parent.glob("checkpoint-*")) + list(folder.parent.glob("segment-0.*"))


def test_they_are_put_back_without_computing(short, finished, deleted):
    before = time.time()
    assert "put back" in run(short, deleted)
    for name in FILES:
        assert (deleted / name).read_bytes() == (finished / name).read_bytes()
        assert (deleted / name).stat().st_mtime >= before - 1


@pytest.mark.parametrize("what", ["damaged", "other settings", "half of them"])
def test_they_are_made_anew_when_they_are_of_no_use(short, deleted, what):
    folder = deleted / "segment-0.running" / REQUEUE_CACHE
    record = folder / "segment-0.json"
    if what == "damaged":
        with (folder / "segment-0.csv").open("a") as file:
            file.write("0,0\n")
    elif what == "other settings":
        content = json.loads(record.read_text())
        content["settings"]["production"]["frame_interval"] *= 2
        record.write_text(json.dumps(content))
    else:
        folder.rename(folder.with_name(REQUEUE_CACHE + ".part"))
    said = run(short, deleted, keep=False)
    assert "put back" not in said
    assert ("of no use" in said) == (what != "half of them")
    assert differences(deleted, short.reference) == []


@pytest.mark.slow
def test_a_run_that_keeps_nothing_clears_them_away(short, deleted):
    run(short, deleted)
    assert "is complete" in run(short, deleted, keep=False)
    assert {path.name for path in deleted.iterdir()} == FILES


def test_tidying_leaves_what_still_runs(tmp_path):
    for folder in ("a/segment-0.running/delivered", "a/segment-1.running"):
        (tmp_path / folder).mkdir(parents=True)
    outputs.remove_requeue_caches(tmp_path)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["segment-1.running"]
