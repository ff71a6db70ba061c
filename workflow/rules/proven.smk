"""What records prove is never run again, whatever its files' times say (copies, downloads, touch).

Snakemake goes by times alone: what is older than its input is deleted and made again. Here, before
it decides, steps that are older than their input are compared with their records. Those that are
sound get times in the plan's order, of damaged ones that hold simulations the run says so and ends.
All that touches Snakemake's own objects is in this file.
"""

import hashlib
import math
import sys
import time

from snakemake.dag import DAG
from snakemake_interface_storage_plugins.io import Mtime

from lfa1_md.verification import proof
from lfa1_md.verification.sums import TIMESTAMP, Sums
from lfa1_md.verification.verify import REMEDY

AHEAD = 60.0
"""Seconds that the clock of a file system may be ahead; later times are taken for wrong ones."""
SUMS = Sums(Path(".snakemake/lfa1-checksums.json"))
LEDGER = proof.Ledger(Path(RESULTS))


def step_of(job):
    """What the proof needs to know of a job."""
    own = {name: value for name, value in job.params.items() if name != "digest"}
    return proof.Step(
        tuple(map(Path, job.input)),
        tuple(map(Path, job.output)),
        job.params.get("digest", ""),
        hashlib.sha256(repr(sorted(own.items())).encode()).hexdigest(),
    )


def of_study(dag):
    """Jobs that write below the results folder, in the order in which they are done."""
    home = f"{RESULTS}/"
    for level in dag.toposorted():
        for job in level:
            if any(str(path).startswith(home) for path in job.output):
                yield job


def unasked(dag):
    """Jobs that nobody asked to be done again, whatever there is."""
    forced = [
        job
        for job in dag.jobs
        if job.rule in dag.forcerules or not dag.forcefiles.isdisjoint(job.output)
    ]
    again = set(dag.bfs(dag.depending, *forced))
    return [job for job in of_study(dag) if job not in again and not dag.finished(job)]


def other_options(dag, job):
    """Whether the ledger alone can tell that a table or a page was made with other options."""
    known = LEDGER.knows(str(job.output[0]))
    if not known or dag.workflow.persistence.has_metadata(job):
        return False
    return LEDGER.other_options(step_of(job))


async def late(dag):
    """Jobs whose files are older than their input, with the times that these must have."""
    now, times, found = time.time(), {}, {}
    for job in unasked(dag):
        made = [f for f in (*job.output, job.benchmark) if f and await f.exists()]
        there = [f for f in job.input if await f.exists()]
        if not any(f in job.output for f in made):
            continue
        own = {f: (await f.mtime()).local_or_storage() for f in made}
        before = [
            times.get(f) or (await f.mtime()).local_or_storage(follow_symlinks=True)
            for f in there
        ]
        newest = max(before, default=-math.inf)
        unfit = newest > min(own.values()) or max(own.values()) > now + AHEAD
        if unfit or other_options(dag, job):
            # Two microseconds, so that no rounding makes it older again.
            floor = newest + 2e-6
            times |= {f: max(floor, min(t, now)) for f, t in own.items()}
            found[job] = {f: times[f] for f in made}
    return found


def acting():
    """Whether jobs may be run: not in a dry run, and not for `--summary` and its like."""
    return (
        workflow.executor_plugin is not None
        and not workflow.dryrun
        and not workflow.touch
    )


def on_disk(path):
    """The file whose time Snakemake takes: of a folder the one that it leaves there."""
    stamp = Path(path) / TIMESTAMP
    return stamp if stamp.is_file() else Path(path)


def guards(dag, job):
    """Whether something simulated would be lost if the job was done again."""
    return any(proof.simulated(step_of(each)) for each in dag.bfs(dag.depending, job))


async def put_in_order(dag):
    """Give proven files times that fit the plan; refuse to lose simulations to damage."""
    found = await late(dag)
    SUMS.read({Path(f) for job in found for f in (*job.input, *job.output)})
    kept, refused, doubted = 0, [], []
    for job, times in found.items():
        followers = [step_of(each) for each in dag.depending[job]]
        verdict = proof.judge(step_of(job), SUMS, LEDGER, followers)
        sound = verdict.answer is proof.Answer.SOUND
        if verdict.answer is proof.Answer.SILENT:
            sound = guards(dag, job)
        if sound:
            kept += 1
            for path, moment in times.items():
                dag.workflow.iocache.mtime[path] = Mtime(moment, moment)
                if acting():
                    durable.set_time(on_disk(path), min(moment, time.time()))
        elif verdict.wrong:
            (refused if guards(dag, job) else doubted).extend(verdict.wrong)
            # Older than any input; 0 would mean to Snakemake that there is nothing.
            for path in times:
                dag.workflow.iocache.mtime[path] = Mtime(1, 1)
    if kept:
        print(
            f"{kept} steps were older than their input (a copy?); they are what their records "
            "describe and stay as they are.",
            file=sys.stderr,
        )
    for each in dict.fromkeys(doubted):
        print(f"note: {each}; it is made again", file=sys.stderr)
    if refused:
        raise WorkflowError(
            "the results are not what their records describe, and are left as they are:\n  "
            + "\n  ".join(dict.fromkeys(refused))
            + f"\n  → {REMEDY}"
        )


def describes_itself(job):
    """Whether a job's record, written by the program that it runs, describes all that it makes."""
    named = {name for name, _ in job.rule.params.items()}
    return "digest" in named and any(str(f).endswith(".json") for f in job.output)


async def remember(dag, anew=False):
    """Note of steps without records of their own what they were made from and have made."""
    if anew:
        SUMS.forget()
    steps = []
    for job in of_study(dag):
        if describes_itself(job) or (dag.needrun(job) and not dag.finished(job)):
            continue
        if LEDGER.knows(str(job.output[0])) and not (anew and dag.finished(job)):
            continue
        if all([await f.exists() for f in (*job.output, *job.input)]):
            steps.append(step_of(job))
    LEDGER.remember(steps, SUMS)


def deciding(method):
    """Let Snakemake decide what must be done only after `put_in_order`."""

    async def update_needrun(dag, *arguments, **options):
        ours = dag.workflow is workflow and workflow.is_main_process
        if ours and not workflow.touch:
            await put_in_order(dag)
        await method(dag, *arguments, **options)
        if ours and acting():
            await remember(dag)
            if not Path(CONFIG).is_file() and Path(RESULTS).is_dir():
                write_settings()
            if any(dag.needrun_jobs()):
                require_queue()

    return update_needrun


def doubting(method):
    """Of a job that Snakemake did not see end, let its record say whether it did."""

    async def incomplete_files(dag):
        named = await method(dag)
        if dag.workflow is not workflow or not named:
            return named
        for job in of_study(dag):
            files = set(job.output) & set(named)
            if not files or not describes_itself(job):
                continue
            if proof.judge(step_of(job), SUMS, LEDGER).answer is proof.Answer.SOUND:
                named = [f for f in named if f not in files]
                if acting():
                    for f in job.output:
                        workflow.persistence.cleanup_metadata(f)
        return named

    return incomplete_files


DAG.update_needrun = deciding(DAG.update_needrun)
DAG.incomplete_files = doubting(DAG.incomplete_files)
