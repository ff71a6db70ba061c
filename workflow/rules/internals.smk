"""All that touches Snakemake's own objects, which another version may change; the tests say so.

It says what kind of run this is, and gives `proven.smk` a view of the jobs and their files. So that
files are compared with records before Snakemake decides, three methods of its graph are wrapped:
`update_needrun` (what must be done), `incomplete_files` (outputs of jobs that it did not see end)
and `finish` (what is ready after a job).
"""

import hashlib
import math
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from snakemake.common.configfile import load_configfile
from snakemake.dag import DAG
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import DeploymentMethod, RerunTrigger
from snakemake.utils import update_config
from snakemake_interface_storage_plugins.io import Mtime

# Another workflow that uses this one as a module names its folder by the path variable `results`.
MAIN = workflow.modifier.is_main_snakefile()
RESULTS = workflow.pathvars.get("results")
REMOTE = workflow.remote_exec
CONDA = DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method

if not MAIN and workflow.modifier.path_modifier.prefix:
    raise WorkflowError(
        "the module has a prefix, which its jobs' own options would not get\n"
        '  → leave `prefix` away and give `pathvars: results="FOLDER"`'
    )


def config_files():
    """The files of the configuration, each with what Snakemake has read from it."""
    return [(path, load_configfile(path)) for path in workflow.configfiles]


def config_values():
    """What `--config` gave."""
    return {**workflow.config_settings.config}


def acting():
    """Whether jobs may be run: not in a dry run, and not for `--summary` and its like."""
    started = workflow.executor_plugin is not None
    return started and not workflow.dryrun and not workflow.touch


def parameters_count():
    """Whether other parameters have a job done again."""
    return RerunTrigger.PARAMS in workflow.rerun_triggers


def limit_gpus(at_once):
    """On one machine (which has no `--jobs`) so many jobs run on GPUs, unless the user says it."""
    if workflow.nodes is None and "gpu" not in workflow.global_resources:
        if (number := at_once()) is not None:
            workflow.register_resource("gpu", number)


def computes_here():
    """Whether this machine runs the jobs itself."""
    return workflow.local_exec


def is_quiet():
    return "all" in map(str, workflow.output_settings.quiet or ())


def default_resources():
    """The numbers that the machine's profile gives for all jobs."""
    found = {}
    for name, given in (workflow.resource_settings.default_resources or {}).items():
        # Snakemake's own defaults are formulas, which have a value for a job alone.
        with suppress(ValueError, TypeError):
            found[name] = float(given.value)
    return found


def asks_slurm():
    """Whether jobs go to Slurm, and whether its accounting is asked about them."""
    if workflow.executor_plugin.name != "slurm":
        return False, False
    queue = workflow.executor_settings
    return True, not queue.no_account or queue.status_command != "squeue"


class Graph:
    """The jobs of a run, as far as what records prove depends on them."""

    def __init__(self, dag):
        self.dag = dag

    def jobs(self):
        """Jobs that write below the results folder, in the order in which they are done."""
        home = f"{RESULTS}/"
        for level in self.dag.toposorted():
            for job in level:
                if any(str(path).startswith(home) for path in job.output):
                    yield job

    def unasked(self):
        """Those that nobody asked to be done again, whatever there is."""
        dag = self.dag
        forced = [
            job
            for job in dag.jobs
            if job.rule in dag.forcerules or not dag.forcefiles.isdisjoint(job.output)
        ]
        again = set(dag.bfs(dag.depending, *forced)) | dag._running
        return [
            job for job in self.jobs() if job not in again and not dag.finished(job)
        ]

    def after(self, *jobs):
        """These jobs and all that follow from them."""
        return set(self.dag.bfs(self.dag.depending, *jobs))

    def followers(self, job):
        """The jobs that begin from what a job makes."""
        return [step_of(each) for each in self.dag.depending[job]]

    def before(self, job):
        return self.dag.dependencies[job]

    def force(self, job):
        self.dag.forcefiles.update(job.output)

    def finished(self, job):
        return self.dag.finished(job)

    def due(self, job):
        return self.dag.needrun(job) and not self.dag.finished(job)

    def remembers(self, job):
        """Whether Snakemake made the job's files itself, and knows with which parameters."""
        return self.dag.workflow.persistence.has_metadata(job)

    def show_time(self, path, moment):
        """Have Snakemake see a file as of this time."""
        self.dag.workflow.iocache.mtime[path] = Mtime(moment, moment)

    async def plan_only(self, lost, left, plan):
        """Plan what makes the files of `lost`, and nothing that follows from it, nor from `left`."""
        dag = self.dag
        missing = [job for job in lost if not dag.finished(job)]
        for job in missing:
            dag.reason(job).clear()
        await plan()
        first, given = set(dag._needrun), set(dag.forcefiles)
        if missing:
            dag.forcefiles.update(*(job.output for job in missing))
            await plan()
            dag.forcefiles = given
        left = self.after(*left)
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


def step_of(job):
    """What the proof needs to know of a job."""
    own = {name: value for name, value in job.params.items() if name != "digest"}
    return proof.ProvenStep(
        tuple(map(Path, job.input)),
        tuple(map(Path, job.output)),
        job.params.get("digest", ""),
        hashlib.sha256(repr(sorted(own.items())).encode()).hexdigest(),
    )


def describes_itself(job):
    """Whether a job's record, written by the program that it runs, describes all that it makes."""
    named = {name for name, _ in job.rule.params.items()}
    return "digest" in named and any(str(f).endswith(".json") for f in job.output)


async def time_of(file, follow=False):
    """When a file was last changed, as Snakemake sees it."""
    return (await file.mtime()).local_or_storage(follow_symlinks=follow)


def deciding(method):
    """Let Snakemake decide what must be done only after files were compared with records."""

    async def update_needrun(dag, *arguments, **options):
        ours = dag.workflow is workflow and workflow.is_main_process
        if ours and not workflow.touch:
            await compare(Graph(dag))
        decide = partial(method, dag, *arguments, **options)
        await (Graph(dag).plan_only(LOST, LEFT, decide) if ours and LOST else decide())
        if ours and acting():
            await begin(Graph(dag), any(dag.needrun_jobs()))

    return update_needrun


def doubting(method):
    """Of a job that Snakemake did not see end, let its record say whether it did."""

    async def incomplete_files(dag):
        named = await method(dag)
        if dag.workflow is not workflow or not named:
            return named
        ended = [
            job for job in Graph(dag).jobs() if not set(named).isdisjoint(job.output)
        ]
        ended = [f for job in ended if is_sound(job) for f in job.output]
        if acting():
            for f in ended:
                workflow.persistence.cleanup_metadata(f)
        return [f for f in named if f not in ended]

    return incomplete_files


def comparing(method):
    """Plan anew after a missing file was made: is what follows from it still what it was?"""

    async def finish(dag, job, *arguments, **options):
        ready = await method(dag, job, *arguments, **options)
        made = job if job.is_group() else [job]
        if dag.workflow is not workflow or LOST.isdisjoint(made):
            return ready
        SUMS.forget()
        await dag.postprocess_after_update()
        return True

    return finish


def after_run(note):
    """Have something noted of the jobs when the run has ended."""
    workflow.async_run(note(Graph(workflow.dag), anew=True))


def makes(path):
    """Whether a job of this run makes a file."""
    return any(path in map(str, job.output) for job in workflow.dag.jobs)


DAG.update_needrun = deciding(DAG.update_needrun)
DAG.incomplete_files = doubting(DAG.incomplete_files)
DAG.finish = comparing(DAG.finish)
