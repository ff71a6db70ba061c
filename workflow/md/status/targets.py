"""Which target of the workflow a study can reach: one without αL ends with `integrins`."""

from __future__ import annotations

from pathlib import Path

from lfa1_analysis.io.errors import InputError, StudyError
from lfa1_md.files.provenance import read_json
from lfa1_md.study.settings import StudyConfig

ALL, INTEGRINS = "all", "integrins"
ALPHA_L = "nearest to αL,"
"""What ``site.json`` says of an α chain that is αL."""
I_DOMAIN = "alpha_i"


def reachable(study: StudyConfig, results: Path) -> str:
    """Return ``integrins`` where a state is known to lack the αL I domain, else ``all``.

    All tables but those of `lfa1 integrin` are about that domain, so that the default target cannot
    be made then. Which α chain an entry holds is known only when it has been prepared.
    """
    return INTEGRINS if any(_lacking(study, results, state) for state in study.states) else ALL


def _lacking(study: StudyConfig, results: Path, state: str) -> bool:
    construct = study.states[state].integrin
    if construct is None:
        return False
    if construct.kept is not None and I_DOMAIN not in construct.kept:
        return True
    try:
        found = read_json(results / "prepared" / state / "site.json")
        alpha = found["nearest_family_members"]["alpha"]
    except (StudyError, OSError, KeyError, TypeError, ValueError):
        return False
    return not str(alpha).startswith(ALPHA_L)


def integrins_alone(study: StudyConfig) -> StudyConfig:
    """Return what the target `integrins` makes: production of the states that are integrins.

    Raises
    ------
    InputError
        No state is an integrin.
    """
    states = {name: source for name, source in study.states.items() if source.integrin is not None}
    if not states:
        raise InputError(
            f"{study.title}: no state has the section `integrin`, so the target has no jobs",
            "leave --target out",
        )
    return study.model_copy(update={"states": states, "sampling": None, "separation": None})
