"""What records prove is never run again, whatever its files' times say (copies, downloads, touch).

Snakemake goes by times alone: what is older than its input is deleted and made again. Here, before
it decides, steps that are older than their input are compared with their records. Those that are
sound get times in the plan's order, of damaged ones that hold simulations the run says so and ends.
What records name and is missing is made again; what follows from it is then compared in its turn.
All that touches Snakemake's own objects is in this file.
"""

import hashlib
import math
import sys
import time
from functools import partial

from snakemake.dag import DAG
from snakemake.settings.types import RerunTrigger
from snakemake_interface_storage_plugins.io import Mtime

from lfa1_md.verification import proof
from lfa1_md.verification.sums import TIMESTAMP, Sums
from lfa1_md.verification.verify import REMEDY

AHEAD = 60.0
"""Seconds that the clock of a file system may be ahead; later times are taken for wrong ones."""
SUMS = Sums(Path(".snakemake/lfa1-checksums.json"))
LEDGER = proof.Ledger(Path(RESULTS))
LOST = set()
"""Jobs of which files are missing that were made once, and from which simulations follow."""
LEFT = set()
"""Jobs that hold simulations and began from something else than was made anew: they stay."""


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
    again = set(dag.bfs(dag.depending, *forced)) | dag._running
    return [job for job in of_study(dag) if job not in again and not dag.finished(job)]


def force_other_settings(dag):
    """Have made again what its record says was made with other settings, and what follows from it.

    Snakemake notices that only where it has made the files itself.
    """
    if RerunTrigger.PARAMS not in workflow.rerun_triggers:
        return
    others = []
    for job in unasked(dag):
        steps = [step_of(job)]
        if steps[0].digest and not describes_itself(job):
            steps += [step_of(each) for each in dag.depending[job]]
        if any(map(proof.other_settings, steps)):
            others.append(job)
            dag.forcefiles.update(job.output)
    if others:
        print(
            f"note: {len(others)} steps were made with other settings, {others[0].output[0]} for "
            "one; they are made again",
            file=sys.stderr,
        )


def find_lost(dag):
    """Have missing files made again that records name; Snakemake would do without most of them."""
    for job in unasked(dag):
        # What was fetched serves preparation alone.
        if job in LOST or not (job.input or job.params.get("digest")):
            continue
        followers = [step_of(each) for each in dag.depending[job]]
        missing = proof.lost(step_of(job), LEDGER, followers)
        if not missing:
            continue
        if guards(dag, job):
            LOST.add(job)
        else:
            dag.forcefiles.update(job.output)
        more = f" and {len(missing) - 1} beside it" if missing[1:] else ""
        print(
            f"note: {missing[0]}{more}: missing, though made once; made again",
            file=sys.stderr,
        )


async def plan_lost(dag, plan):
    """Plan what makes missing files, and nothing that follows from it: that is compared afterwards."""
    missing = [job for job in LOST if not dag.finished(job)]
    for job in missing:
        dag.reason(job).clear()
    await plan()
    first, given = set(dag._needrun), set(dag.forcefiles)
    if missing:
        dag.forcefiles.update(*(job.output for job in missing))
        await plan()
        dag.forcefiles = given
    left = set(dag.bfs(dag.depending, *LEFT))
    for job in list(dag._needrun):
        reason = dag.reason(job)
        asked = job in first or reason.forced or reason.missing_output
        if job not in dag._running and (job in left or not asked):
            dag._needrun.discard(job)
            dag._checkpoint_jobs.discard(job)
            dag._n_until_ready.pop(job, None)
            reason.clear()
    for job in dag._needrun:
        waits = [each for each in dag.dependencies[job] if each in dag._needrun]
        dag._n_until_ready[job] = len(waits)
    dag._len = len(dag._finished | dag._needrun)


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
        before = [
            times.get(f) or (await f.mtime()).local_or_storage(follow_symlinks=True)
            for f in there
        ]
        newest = max(
            [*before, *(times.get(f, -math.inf) for f in job.input)], default=-math.inf
        )
        # Of a step whose files are missing, Snakemake compares its input with what follows from it.
        times |= {f: newest for f in job.output if f not in made}
        if not any(f in job.output for f in made):
            continue
        own = {f: (await f.mtime()).local_or_storage() for f in made}
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


def give_times(dag, times):
    """Have Snakemake see these times of files, and set them where jobs may be run."""
    for path, moment in times.items():
        dag.workflow.iocache.mtime[path] = Mtime(moment, moment)
        if acting():
            durable.set_time(on_disk(path), min(moment, time.time()))


async def put_in_order(dag):
    """Give proven files times that fit the plan; refuse to lose simulations to damage."""
    found = await late(dag)
    whole = found.keys() - LOST
    SUMS.read({Path(f) for job in whole for f in (*job.input, *job.output)})
    kept, refused, doubted, left = 0, [], [], []
    for job, times in found.items():
        followers = [step_of(each) for each in dag.depending[job]]
        if job in LOST:
            # It is made again for what it lacks; its times must not have what follows made again.
            give_times(dag, times)
            continue
        verdict = proof.judge(step_of(job), SUMS, LEDGER, followers)
        sound = verdict.answer is proof.Answer.SOUND
        if verdict.answer is proof.Answer.SILENT:
            sound = guards(dag, job)
        if sound:
            kept += 1
            give_times(dag, times)
        elif verdict.wrong:
            before = filter(dag.finished, LOST.intersection(dag.dependencies[job]))
            anew = list(map(step_of, before))
            if not guards(dag, job) or any(map(proof.simulated, anew)):
                doubted.extend(verdict.wrong)
            elif anew:
                LEFT.add(job)
                left.extend(verdict.wrong)
            else:
                refused.extend(verdict.wrong)
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
    for each in dict.fromkeys(left):
        print(
            f"note: {each}; nothing simulated is deleted for it, the next start asks you",
            file=sys.stderr,
        )
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
    steps, left = [], set(dag.bfs(dag.depending, *LEFT))
    for job in of_study(dag):
        if describes_itself(job) or (dag.needrun(job) and not dag.finished(job)):
            continue
        if job in left:
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
            force_other_settings(dag)
            find_lost(dag)
            await put_in_order(dag)
        if ours and LOST:
            await plan_lost(dag, partial(method, dag, *arguments, **options))
        else:
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


def comparing(method):
    """Plan anew after a missing file was made: is what follows from it still what it was?"""

    async def finish(dag, job, *arguments, **options):
        ready = await method(dag, job, *arguments, **options)
        if dag.workflow is not workflow or LOST.isdisjoint(
            job if job.is_group() else [job]
        ):
            return ready
        SUMS.forget()
        await dag.postprocess_after_update()
        return True

    return finish


DAG.update_needrun = deciding(DAG.update_needrun)
DAG.incomplete_files = doubting(DAG.incomplete_files)
DAG.finish = comparing(DAG.finish)
