"""What records prove is never run again, whatever its files' times say (copies, downloads, touch).

Snakemake goes by times alone: what is older than its input is deleted and made again. Here, before
it decides, steps that are older than their input are compared with their records. Those that are
sound get times in the plan's order, of damaged ones that hold simulations the run says so and ends.
What records name and is missing is made again; what follows from it is then compared in its turn.
"""

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


def note(text):
    print(f"note: {text}", file=sys.stderr)


async def compare(graph):
    """Compare files with records, before Snakemake decides what must be done."""
    force_other_settings(graph)
    find_lost(graph)
    await put_in_order(graph)


async def begin(graph, due):
    """Leave what the jobs need, once it is decided what must be done."""
    await remember(graph)
    if not Path(CONFIG).is_file() and Path(RESULTS).is_dir():
        write_settings()
    if due:
        require_queue()


def force_other_settings(graph):
    """Have made again what its record says was made with other settings, and what follows from it.

    Snakemake notices that only where it has made the files itself.
    """
    others = []
    for job in graph.unasked() if parameters_count() else []:
        steps = [step_of(job)]
        if steps[0].digest and not describes_itself(job):
            steps += graph.followers(job)
        if any(map(proof.other_settings, steps)):
            others.append(job)
            graph.force(job)
    if others:
        first = others[0].output[0]
        note(
            f"{len(others)} steps were made with other settings, {first} for one; they are made "
            "again"
        )


def find_lost(graph):
    """Have missing files made again that records name; Snakemake would do without most of them."""
    for job in graph.unasked():
        # What was fetched serves preparation alone.
        if job in LOST or not (job.input or job.params.get("digest")):
            continue
        missing = proof.lost(step_of(job), LEDGER, graph.followers(job))
        if not missing:
            continue
        if guards(graph, job):
            LOST.add(job)
        else:
            graph.force(job)
        more = f" and {len(missing) - 1} beside it" if missing[1:] else ""
        note(f"{missing[0]}{more}: missing, though made once; made again")


def guards(graph, job):
    """Whether something simulated would be lost if the job was done again."""
    return any(proof.simulated(step_of(each)) for each in graph.after(job))


def other_options(graph, job):
    """Whether the ledger alone can tell that a table or a page was made with other options."""
    known = LEDGER.knows(str(job.output[0])) and not graph.remembers(job)
    return known and LEDGER.other_options(step_of(job))


async def late(graph):
    """Jobs whose files are older than their input, with the times that these must have."""
    now, times, found = time.time(), {}, {}
    for job in graph.unasked():
        made = [f for f in (*job.output, job.benchmark) if f and await f.exists()]
        there = [f for f in job.input if await f.exists()]
        before = [times.get(f) or await time_of(f, follow=True) for f in there]
        before += [times.get(f, -math.inf) for f in job.input]
        newest = max(before, default=-math.inf)
        # Of a step whose files are missing, Snakemake compares its input with what follows from it.
        times |= {f: newest for f in job.output if f not in made}
        if not any(f in job.output for f in made):
            continue
        own = {f: await time_of(f) for f in made}
        unfit = newest > min(own.values()) or max(own.values()) > now + AHEAD
        if unfit or other_options(graph, job):
            # Two microseconds, so that no rounding makes it older again.
            floor = newest + 2e-6
            times |= {f: max(floor, min(t, now)) for f, t in own.items()}
            found[job] = {f: times[f] for f in made}
    return found


def give_times(graph, times):
    """Have Snakemake see these times of files, and set them where jobs may be run."""
    for path, moment in times.items():
        graph.show_time(path, moment)
        if acting():
            # The time of a folder is that of the file which Snakemake leaves there.
            stamp = Path(path) / TIMESTAMP
            file = stamp if stamp.is_file() else Path(path)
            durable.set_time(file, min(moment, time.time()))


async def put_in_order(graph):
    """Give proven files times that fit the plan; refuse to lose simulations to damage."""
    found = await late(graph)
    whole = found.keys() - LOST
    SUMS.read({Path(f) for job in whole for f in (*job.input, *job.output)})
    kept, refused = 0, []
    for job, times in found.items():
        if job in LOST:
            # It is made again for what it lacks; its times must not have what follows made again.
            give_times(graph, times)
            continue
        verdict = proof.judge(step_of(job), SUMS, LEDGER, graph.followers(job))
        silent = verdict.answer is proof.ProofAnswer.SILENT
        if verdict.answer is proof.ProofAnswer.SOUND or (silent and guards(graph, job)):
            kept += 1
            give_times(graph, times)
        elif verdict.wrong:
            refused += against(graph, job, verdict.wrong)
            # Older than any input; 0 would mean to Snakemake that there is nothing.
            for path in times:
                graph.show_time(path, 1)
    if kept:
        print(
            f"{kept} steps were older than their input (a copy?); they are what their records "
            "describe and stay as they are.",
            file=sys.stderr,
        )
    if refused:
        raise WorkflowError(
            "the results are not what their records describe, and are left as they are:\n  "
            + "\n  ".join(dict.fromkeys(refused))
            + f"\n  → {REMEDY}"
        )


def against(graph, job, wrong):
    """Note what is done about a job whose files are not as recorded; return what ends the run."""
    anew = [each for each in graph.before(job) if each in LOST and graph.finished(each)]
    remade = "it is made again"
    if guards(graph, job) and not any(proof.simulated(step_of(each)) for each in anew):
        if not anew:
            return wrong
        LEFT.add(job)
        remade = "nothing simulated is deleted for it, the next start asks you"
    for each in dict.fromkeys(wrong):
        note(f"{each}; {remade}")
    return []


def is_sound(job):
    """Whether a job's own record says that it ended and that its files are what it made."""
    verdict = proof.judge(step_of(job), SUMS, LEDGER)
    return describes_itself(job) and verdict.answer is proof.ProofAnswer.SOUND


async def remember(graph, anew=False):
    """Note of steps without records of their own what they were made from and have made."""
    if anew:
        SUMS.forget()
    steps, left = [], graph.after(*LEFT)
    for job in graph.jobs():
        if job in left or describes_itself(job) or graph.due(job):
            continue
        if LEDGER.knows(str(job.output[0])) and not (anew and graph.finished(job)):
            continue
        if all([await f.exists() for f in (*job.output, *job.input)]):
            steps.append(step_of(job))
    LEDGER.remember(steps, SUMS)
