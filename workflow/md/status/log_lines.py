"""While Snakemake runs a study: the study's line and those of its running jobs, now and then."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from pathlib import Path

from lfa1_md.study.settings import StudyConfig

EVERY = 60.0
"""Seconds between announcements."""


def start(study: StudyConfig, results: Path, every: float = EVERY) -> threading.Event:
    """Announce from a thread that ends with the program, or when the returned event is set."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(every):
            # Not at the top: it loads OpenMM, which a dry run and a study of seconds do without.
            from lfa1_md.status.jobs import jobs
            from lfa1_md.status.running import Overview, look
            from lfa1_md.status.text import job_lines, study_line

            # What cannot be read or told now must never disturb the study.
            with suppress(Exception):
                overview = Overview(look(jobs(study, results)))
                lines = [*(f"  {line}" for line in job_lines(overview)), study_line(overview)]
                print(*lines, sep="\n", file=sys.stderr, flush=True)

    threading.Thread(target=run, name="study status", daemon=True).start()
    return stop
