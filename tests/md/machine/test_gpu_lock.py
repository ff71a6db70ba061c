"""Jobs spread over the GPUs of a machine, and a job that dies leaves nothing taken."""

import os
import subprocess
import sys
from collections import Counter

from lfa1_md.machine.platform import lock_gpu

NAMES = ["aa", "bb", "cc"]
TAKER = """
import sys
from pathlib import Path
from lfa1_md.machine.platform import lock_gpu
turn = lock_gpu(sys.argv[2:], Path(sys.argv[1]))
print(turn.index, flush=True)
sys.stdin.read()
"""


def start(folder):
    command = [sys.executable, "-c", TAKER, str(folder), *NAMES]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_jobs_spread_evenly_and_a_killed_one_makes_room(tmp_path):
    jobs = [start(tmp_path) for _ in range(7)]
    try:
        taken = [int(job.stdout.readline()) for job in jobs]
        counts = Counter(taken)
        assert sorted(counts.values()) == [2, 2, 3] and set(counts) == {0, 1, 2}
        fullest = counts.most_common(1)[0][0]
        for job, index in zip(jobs, taken, strict=True):
            if index != fullest:
                continue
            job.kill()
            job.wait()
        assert lock_gpu(NAMES, tmp_path).index == fullest
    finally:
        for job in jobs:
            job.kill()
            job.communicate()


def test_where_no_lock_can_be_kept_jobs_still_differ(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    indices = []
    for pid in (30, 31, 32):
        monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
        indices.append(lock_gpu(NAMES, tmp_path / "file" / "below").index)
    assert sorted(indices) == [0, 1, 2]
