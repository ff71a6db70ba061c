"""A whole study killed and stopped in its middle ends as an uninterrupted one does."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from biased import LONG

from .conftest import short_study

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.kill


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Folder of an uninterrupted study of the closed state."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    content = short_study()
    del content["states"]["open"]
    (folder / "study.yaml").write_text(yaml.safe_dump(content))
    assert start(folder, folder / "study.yaml").wait(1500) == 0
    return folder


@pytest.fixture(scope="module")
def sampled(tmp_path_factory):
    """Folder of an uninterrupted umbrella sampling from the closed state, without production."""
    folder = tmp_path_factory.mktemp("sampled")
    content = short_study()
    del content["states"]["open"]
    (folder / "study.yaml").write_text(
        yaml.safe_dump(content | {"sampling": LONG | {"windows": 2}})
    )
    assert start(folder, folder / "study.yaml", "free_energy").wait(1500) == 0
    return folder


def start(folder: Path, config: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start Snakemake as the leader of a process group of its own."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")),
        *("--directory", str(folder), "--workflow-profile", str(ROOT / "profiles/default")),
        *("--cores", "2", *options, "--configfile", str(config)),
    ]
    with (folder / "snakemake.log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )


def until(run: subprocess.Popen[bytes], condition, seconds: float = 900) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert run.poll() is None, "the study ended before it could be killed"
        assert time.monotonic() < deadline, "the moment to kill it never came"
        time.sleep(0.05)


def kill(run: subprocess.Popen[bytes], how: signal.Signals) -> None:
    os.killpg(run.pid, how)
    run.wait(120)


def finish(folder: Path, config: Path, *options: str) -> None:
    """Do as Snakemake says after a crash: remove its lock, run the same command again."""
    unlock = start(folder, config, "--unlock")
    assert unlock.wait(120) == 0
    run = start(folder, config, *options)
    assert run.wait(1500) == 0, (folder / "snakemake.log").read_text()[-4000:]


def told(page: Path) -> str:
    """Return the page without clock times, durations and speeds."""
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?(?: UTC)?", "DATE", text)
    # The last column of the table of runs is their speed.
    text, speeds = re.subn(r'(</code></td><td class="num">)[\d.]+(?=</td></tr>)', r"\1SPEED", text)
    assert speeds == 4
    # The last line is the checksum of all that.
    return re.sub(r"own_sha256: sha256:[0-9a-f]{64}", "CHECKSUM", text)


def results(folder: Path) -> dict[str, bytes]:
    """Read everything that is computed, with the records of how it went left out."""
    kinds = ("*.xtc", "*.csv", "*.xml.gz", "*.cif", "*.svg")
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for kind in kinds
        for path in (folder / "results").rglob(kind)
    }


def assert_same(killed: Path, reference: Path, *options: str) -> None:
    one, other = results(killed), results(reference)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    lfa1 = Path(sys.executable).parent / "lfa1"
    verify = subprocess.run(
        [lfa1, "verify", *options, "results"], cwd=killed, capture_output=True, text=True
    )
    assert verify.returncode == 0, verify.stdout + verify.stderr
    assert not list((killed / "results").rglob("*.running"))
    assert not list((killed / "results").rglob("*.part"))


def test_killed_three_times_it_ends_with_the_same_report(study, tmp_path):
    config = tmp_path / "study.yaml"
    config.write_bytes((study / "study.yaml").read_bytes())
    production = tmp_path / "results/production"
    run = start(tmp_path, config)
    until(run, lambda: list(tmp_path.glob("results/equilibrated/*/*/*.running/checkpoint-*")))
    kill(run, signal.SIGKILL)
    assert start(tmp_path, config, "--unlock").wait(120) == 0
    run = start(tmp_path, config)
    until(run, lambda: list(production.glob("*/*/segment-0.running/checkpoint-*")))
    kill(run, signal.SIGKILL)
    left = {path: path.stat().st_ino for path in production.glob("*/*/*.running/checkpoint-*")}
    assert start(tmp_path, config, "--unlock").wait(120) == 0
    run = start(tmp_path, config)
    until(run, lambda: list(production.glob("*/*/segment-1.json")))
    kill(run, signal.SIGKILL)
    finish(tmp_path, config)
    assert left
    logs = "".join(p.read_text() for p in (tmp_path / "results/logs/simulate").glob("*.log"))
    assert "goes on at step" in logs
    assert_same(tmp_path, study, "--complete")
    assert told(tmp_path / "results/report.html") == told(study / "results/report.html")


def test_stopped_by_the_keyboard_it_goes_on(study, tmp_path):
    config = tmp_path / "study.yaml"
    config.write_bytes((study / "study.yaml").read_bytes())
    run = start(tmp_path, config)
    until(run, lambda: list(tmp_path.glob("results/production/*/*/segment-0.running/*.xtc")))
    time.sleep(3)
    asked = time.monotonic()
    kill(run, signal.SIGINT)
    assert run.returncode != 0
    assert time.monotonic() - asked < 60
    logs = [p.read_text() for p in (tmp_path / "results/logs/simulate").glob("*.log")]
    assert any("received SIGINT" in log for log in logs), logs
    finish(tmp_path, config)
    lfa1 = Path(sys.executable).parent / "lfa1"
    verify = subprocess.run([lfa1, "verify", "--complete", "results"], cwd=tmp_path)
    assert verify.returncode == 0


def test_killed_in_a_pull_and_in_a_window_sampling_ends_the_same(sampled, tmp_path):
    folder = tmp_path / "killed"
    shutil.copytree(sampled, folder, symlinks=True)  # what comes before sampling is done
    for name in ("sampling", "free_energy", "logs/pull", "logs/window"):
        shutil.rmtree(folder / "results" / name)
    config, sampling = folder / "study.yaml", folder / "results/sampling"
    for moment in ("pull/segment-1", "window-*/segment-0"):
        assert start(folder, config, "--unlock").wait(120) == 0
        run = start(folder, config, "free_energy")
        until(run, lambda: list(sampling.glob(f"*/*/{moment}.running/checkpoint-*")))  # noqa: B023
        kill(run, signal.SIGKILL)
    finish(folder, config, "free_energy")
    logs = {
        kind: "".join(p.read_text() for p in (folder / "results/logs" / kind).glob("*.log"))
        for kind in ("pull", "window")
    }
    assert all("goes on at step" in log for log in logs.values()), logs
    assert_same(folder, sampled)
