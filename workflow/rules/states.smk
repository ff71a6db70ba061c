"""What follows from a system's name: its state, the ion at its site, where its structure comes from."""

from functools import cache, partial
from pathlib import Path

from lfa1_md.files import provenance
from lfa1_md.protein import fetch, models


def site_ion(system):
    """What the αI MIDAS of a system holds, which is what `lfa1 observe` looks at."""
    integrin = study.states[state_of(system)].integrin
    if integrin is None or integrin.titrate == "alpha_i_midas":
        return system.rsplit("-", 1)[1].split("_")[0]
    metal = integrin.sites.wanted("alpha_i_midas")[0]
    return "apo" if metal == "none" else metal


def state_of(system):
    """The state of a system named ``{state}-{ion}``."""
    return system.rsplit("-", 1)[0]


def bound_systems():
    """The systems that hold ICAM-1 as well."""
    return [
        system
        for system in study.systems
        if getattr(study.states[state_of(system)], "ligand", None)
    ]


def structure_file(wildcards):
    """The fetched entry or the user's own file of a state; an embedded model is no input."""
    structure = study.states[wildcards.state].structure
    if structure in models.NAMES:
        return []
    if fetch.is_entry(structure) and not Path(structure).is_file():
        return f"{RESULTS}/structures/{structure.upper()}.cif"
    return structure


def embedded_model(wildcards):
    """Checksum of a state's embedded model: its place may change, its content counts."""
    structure = study.states[wildcards.state].structure
    return (
        provenance.sha256(models.path(structure)) if structure in models.NAMES else ""
    )


def fetched_structure(wildcards, input):
    """Option that hands a fetched entry to ``lfa1 prepare``."""
    entry = study.states[wildcards.state].structure
    given = entry not in models.NAMES and fetch.is_entry(entry)
    return f"--structure '{input[0]}'" if given and not Path(entry).is_file() else ""


def digest(step):
    """Parameter that changes, and so reruns the job, when the step's own settings change."""
    of_state = cache(partial(study.digest, step))  # thousands of jobs, a few states

    def of(wildcards):
        return of_state(getattr(wildcards, "state", None) or state_of(wildcards.system))

    return of
