"""Hundreds of runs killed at random moments: of production, and of a pull and a window.

`LFA1_KILL_RUNS` and `LFA1_KILL_SEED` change how many and which. The tables go beside the path in
`LFA1_KILL_TABLE`, if there is one, with the kind of run in front of its name.
"""

import os
import time
from collections import Counter
from pathlib import Path

import pytest
from faults import BIAS, PHASES
from kill import Harness

pytestmark = pytest.mark.kill

RUNS = {"production": 200, "pull": 30, "window": 20}
"""Those of the real I domain, which are biased, take ten times as long."""


@pytest.mark.parametrize("kind", RUNS)
def test_killed_runs_end_as_if_undisturbed(kind, segment, forks, tmp_path, capsys):
    runs = int(os.environ.get("LFA1_KILL_RUNS", "200")) * RUNS[kind] // 200
    seed = int(os.environ.get("LFA1_KILL_SEED", "1"))
    began = time.monotonic()
    with capsys.disabled():
        harness = Harness(forks, segment, tmp_path / "jobs", seed)
        harness.go(runs)
        print(f"\n{kind}\n\n{harness.table()}\n{time.monotonic() - began:.0f} s, seed {seed}")
    if "LFA1_KILL_TABLE" in os.environ:
        path = Path(os.environ["LFA1_KILL_TABLE"])
        path.with_name(f"{kind}-{path.name}").write_text(harness.table(), encoding="utf-8")
    assert [job for job in harness.jobs if job.wrong or not job.finished] == []
    if runs >= RUNS[kind]:
        kills = Counter(phase for job in harness.jobs for phase in job.killed)
        # Twenty or thirty runs are too few to be sure of every phase.
        wanted = {*PHASES} - {BIAS} if kind == "production" else {BIAS}
        assert all(kills[phase] for phase in wanted), kills
