"""The state of a study in lines and a table, for a terminal, and now and then among log lines."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lfa1_analysis.io.constants import SECONDS_PER_DAY
from lfa1_md.run.progress import clock
from lfa1_md.status.running import DONE, INTERRUPTED, RUNNING, WAITING, Overview, jobs, look
from lfa1_md.study.settings import StudyConfig

CONDITIONS = (DONE, RUNNING, INTERRUPTED, WAITING)
MOST_LINES = 40
"""Jobs that are listed by name; of more, the rest is counted."""
EVERY = 60.0
"""Seconds between announcements."""


def study_line(overview: Overview) -> str:
    """Write the one line of the study."""
    counts = overview.counts
    parts = [f"{counts[DONE]} of {len(overview.seen)} jobs done"]
    parts += [f"{counts[name]} {name}" for name in CONDITIONS[1:] if counts[name]]
    text = ", ".join(parts)
    if overview.ns_total:
        text += f"; {_ns(overview.ns_done)} of {_ns(overview.ns_total)} ns"
    if overview.ns_per_day:
        text += f" at {overview.ns_per_day:.3g} ns/day together"
    if overview.days_left is not None and counts[DONE] < len(overview.seen):
        left = clock(overview.days_left * SECONDS_PER_DAY)
        text += f"; {left} of dynamics left at this pace"
    return text


def job_lines(overview: Overview) -> list[str]:
    """Write one line for each job that runs or was interrupted."""
    chosen = [each for each in overview.seen if each.condition in (RUNNING, INTERRUPTED)]
    lines = []
    for each in chosen[:MOST_LINES]:
        name = f"{each.job.step} {each.job.label}".rstrip()
        said = f": {each.line}" if each.line else ""
        begun = " (interrupted; run snakemake again)" if each.condition == INTERRUPTED else ""
        lines.append(f"{name}{begun}{said}")
    if len(chosen) > MOST_LINES:
        lines.append(f"and {len(chosen) - MOST_LINES} more")
    return lines


def table(overview: Overview) -> Table:
    """Count the jobs of each step."""
    made = Table("step", *CONDITIONS, "ns", box=None, pad_edge=False)
    for step in dict.fromkeys(each.job.step for each in overview.seen):
        part = Overview([each for each in overview.seen if each.job.step == step])
        cells = [str(part.counts[name] or "") for name in CONDITIONS]
        ns = f"{_ns(part.ns_done)} of {_ns(part.ns_total)}" if part.ns_total else ""
        made.add_row(step, *cells, ns)
    return made


def view(overview: Overview, head: str) -> RenderableType:
    """Put title, table, running jobs and the study's line together."""
    lines = [Text(line) for line in job_lines(overview)]
    return Group(Text(head, style="bold"), table(overview), *lines, Text(study_line(overview)))


def _ns(value: float) -> str:
    return f"{value:.4g}"


def announce(study: StudyConfig, results: Path, every: float = EVERY) -> threading.Event:
    """Print the state of a study from a thread, until the returned event is set or all ends."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(every):
            # What cannot be read or told now must never disturb the study.
            with suppress(Exception):
                overview = Overview(look(jobs(study, results)))
                lines = [*(f"  {line}" for line in job_lines(overview)), study_line(overview)]
                print(*lines, sep="\n", file=sys.stderr, flush=True)

    threading.Thread(target=run, name="study status", daemon=True).start()
    return stop
