"""The names of files, from the one plan of the study (`workflow/md/study/jobs.py`)."""

from functools import cache, partial

from lfa1_md.files import provenance
from lfa1_md.study import umbrella_windows as windows
from lfa1_md.study.jobs import FREE_ENERGY, StudyPlan
from lfa1_md.study.settings import state_of
from lfa1_md.study.steps import INTERFACE_TABLES


def windows_after(number):
    """The windows after a round of adaptation, which is waited for."""
    checkpoints.adapt.get(round=number)
    return windows.after_round(study.sampling, Path(RESULTS), number)


PLAN = StudyPlan(study, RESULTS, windows_after)
MADE, LOG = PLAN.outputs, PLAN.log
BENCHMARK = partial(PLAN.log, suffix="tsv")
BOUND = [system for system in study.systems if PLAN.bound(system)]


def reads(step):
    """What jobs of a step read, by name."""
    return lambda wildcards: PLAN.inputs(step, **dict(wildcards.items()))


def digest(step):
    """Parameter that changes, and so reruns the job, when the step's own settings change."""
    of_state = cache(partial(study.digest, step))  # thousands of jobs, a few states

    def of(wildcards):
        system = wildcards.get("system")
        return of_state(state_of(system) if system else wildcards.get("state"))

    return of


def embedded_model(wildcards):
    """Checksum of a state's embedded model: its place may change, its content counts."""
    structure = study.states[wildcards.state].structure
    return (
        provenance.sha256(models.path(structure)) if structure in models.NAMES else ""
    )


def fetched_structure(wildcards, input):
    """Option that hands a fetched entry to ``lfa1 prepare``."""
    fetched = input[0].startswith(f"{RESULTS}/structures/") if input else False
    return f"--structure '{input[0]}'" if fetched else ""


def listed_windows(wildcards, input):
    """Option that hands the table of added windows on; before their round nobody knows it."""
    table = input.get("plan")
    return f"--plan {table}" if table else ""
