"""Check what was simulated: each segment against its record, the plan, and the one before it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from lfa1_analysis.io.errors import StudyError
from lfa1_analysis.trajectory import segments as completeness
from lfa1_md.biased import exchange_files
from lfa1_md.box import system as systems
from lfa1_md.files.records import Record
from lfa1_md.run import protocol
from lfa1_md.run.protocol import Protocol
from lfa1_md.study.jobs import PlannedJob, StudyPlan
from lfa1_md.study.plan import Plan
from lfa1_md.study.settings import digest, state_of
from lfa1_md.verification.rows import Row, history, unfinished

PARTS = {
    "simulate": "replica {replica}",
    "pull": "pull {replica}",
    "window": "pull {replica} window {window}",
    "exchange": "pull {replica} exchange",
    "separate": "separation {replica}",
}
"""Step → how the table names a chain of its segments."""


def chains(plan: StudyPlan, step: str) -> list[Row]:
    """Check all chains of segments of a step, one row for each."""
    found = groupby(plan.of(step), key=lambda job: job.marker.parent)
    return [_chain(plan, list(jobs)) for _, jobs in found]


def equilibration(job: PlannedJob, part: str) -> Row:
    """Check the equilibration of a replica."""
    row = Row(str(job.wildcards["system"]), part)
    if record := row.check_whole(job.marker):
        row.check_start(record, job.inputs["state"])
        row.check_system(record, job.inputs["system"][0])
        row.complete = not row.damage
    row.notes += unfinished([job], "equilibration")
    return row


def _chain(plan: StudyPlan, jobs: list[PlannedJob]) -> Row:
    """Check the segments of a chain, of which the last ones may be missing."""
    step, wildcards, folder = jobs[0].step, jobs[0].wildcards, jobs[0].marker.parent
    row = Row(str(wildcards["system"]), PARTS[step].format(**wildcards))
    first = int(wildcards["segment"])
    done = [number for number, _ in completeness.records(folder) if number >= first]
    try:
        chosen = _protocols(plan, jobs)
    except StudyError as error:  # this box cannot be pulled in; the system's own row may say why
        row.there = f"0 of {len(jobs)} segments"
        row.damage += [error.problem] if done else []
        return row
    whole = []
    for job in jobs:
        k = int(job.wildcards["segment"])
        if not job.marker.is_file():
            if k < max(done, default=-1):
                row.damage.append(f"{job.marker}: is missing, though later segments are there")
            continue
        try:
            record = completeness.read_record(job.marker)
            checked = Record.read(job.marker)
        except StudyError as error:
            row.damage.append(error.problem)
            continue
        row.damage += [f"{folder}: {each}" for each in completeness.problems(record, folder)]
        row.damage += _other_plan(job, record, chosen(k))
        row.check_start(checked, job.inputs["state"], folder.parent if step == "exchange" else None)
        row.check_system(checked, job.inputs["system"][0])
        row.notes += history(job.marker, record)
        whole.append(job)
    lengths = [chosen(int(job.wildcards["segment"])).lengths for job in whole]
    row.there = f"{len(whole)} of {len(jobs)} segments, "
    if step == "exchange":
        row.there += f"{chosen(first).record['walkers']} windows"
    else:
        frames = sum(each.frames_per_segment for each in lengths)
        row.there += f"{frames} frames, {sum(each.segment for each in lengths) / 1000:g} ns"
        if not row.damage:
            try:
                completeness.joined([job.outputs[0] for job in whole])
            except StudyError as error:
                row.damage.append(error.problem)
        last = int(jobs[-1].wildcards["segment"])
        row.notes += [f"{each}: set aside, and not used" for each in folder.glob("*.damaged-*")]
        row.notes += [f"{folder}: segment {k} is not of this study" for k in done if k > last]
    row.complete = len(whole) == len(jobs) and not row.damage
    row.notes += unfinished(jobs, "segment")
    return row


def _protocols(plan: StudyPlan, jobs: list[PlannedJob]) -> Callable[[int], Protocol]:
    """Return how a chain's segments are run, by their numbers."""
    step, wildcards, study = jobs[0].step, jobs[0].wildcards, plan.study
    system = str(wildcards["system"])
    state = state_of(system)
    if step == "pull":
        return lambda k: protocol.pull(study, state, k)
    if step == "separate":
        solvated = systems.load(jobs[0].inputs["system"][0].parent)
        each = [protocol.separate(study, solvated, k) for k in range(len(jobs))]
        return lambda k: each[k]
    if step == "window":
        chosen = protocol.window(study, state, plan.place(int(wildcards["window"])))
    elif step == "exchange":
        chosen = protocol.exchange(study, state, list(plan.windows_after(plan.rounds)))
    else:
        chosen = protocol.production(study, state)
    return lambda k: chosen


def _other_plan(job: PlannedJob, record: dict[str, Any], chosen: Protocol) -> list[str]:
    """Return whether a segment was made with another plan than the study's."""
    k, timestep = int(job.wildcards["segment"]), job.plan.study.dynamics.timestep
    expected = {"system": job.wildcards["system"], "replica": job.wildcards["replica"]}
    if job.step == "exchange":
        expected |= exchange_files.expected(chosen, timestep, k)
        files = exchange_files.listed(k, chosen.record["walkers"])
    else:
        expected |= {"segment": k, **chosen.record}
        expected |= Plan.of(chosen.lengths, timestep, k).record()
        files = {path.name for path in job.outputs[:-1]}
    wrong = [key for key, value in expected.items() if record.get(key) != value]
    settings = digest(chosen.settings)
    if record.get("settings_digest") != settings:
        wrong.append("settings_digest")
    if digest(record.get("settings") or {}) != settings:
        wrong.append("settings")
    if set(record["files"]) != files:
        wrong.append("files")
    return [f"{job.marker}: was made with another {', '.join(wrong)}"] if wrong else []
