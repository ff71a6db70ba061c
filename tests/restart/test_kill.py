"""Two hundred runs killed at random moments; `LFA1_KILL_RUNS` and `LFA1_KILL_SEED` change that.

The table goes to the path in `LFA1_KILL_TABLE`, if there is one.
"""

import os
import time
from collections import Counter
from pathlib import Path

import pytest
from forking import PHASES, Forks
from kill import CONFIG, Harness

pytestmark = pytest.mark.kill


def test_killed_runs_end_as_if_undisturbed(minimised, equilibrated, tmp_path, capsys):
    runs = int(os.environ.get("LFA1_KILL_RUNS", "200"))
    seed = int(os.environ.get("LFA1_KILL_SEED", "1"))
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG)
    inputs = {
        "config": config,
        "system": minimised / "closed-mg",
        "start": equilibrated / "closed-mg" / "state.xml.gz",
    }
    began = time.monotonic()
    with Forks() as forks, capsys.disabled():
        harness = Harness(forks, inputs, tmp_path / "jobs", seed)
        harness.go(runs)
        print(f"\n{harness.table()}\n{time.monotonic() - began:.0f} s, seed {seed}")
    if "LFA1_KILL_TABLE" in os.environ:
        Path(os.environ["LFA1_KILL_TABLE"]).write_text(harness.table(), encoding="utf-8")
    assert [job for job in harness.jobs if job.wrong or not job.finished] == []
    if runs >= 200:
        kills = Counter(phase for job in harness.jobs for phase in job.killed)
        assert all(kills[phase] for phase in PHASES), kills
