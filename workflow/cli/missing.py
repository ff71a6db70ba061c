"""What to say where a verb needs a library that the analysis alone does not install."""

from __future__ import annotations

from importlib.util import find_spec

STUDY = "pip install 'lfa1-study[study]', or `make setup` in a checkout"
NAMES = {
    "openmm": "OpenMM",
    "pdbfixer": "PDBFixer",
    "propka": "PROPKA",
    "snakemake": "Snakemake",
    "matplotlib": "matplotlib",
    "yaml": "PyYAML",
    "jinja2": "Jinja2",
    "pint": "Pint",
    "plotly": "Plotly",
    "pydantic": "pydantic",
    "requests": "Requests",
}
"""Module → what its project calls it; those of the extra ``study`` in pyproject.toml."""
SIMULATING = frozenset(
    {
        *("doctor", "prepare", "solvate", "build", "minimise", "equilibrate", "simulate"),
        *("exchange", "adapt", "gather", "ion-check"),
    }
)
"""Verbs that are about simulations: the first library they miss may be a lesser one."""


def missing(verb: str, error: ModuleNotFoundError) -> str:
    """Return the sentence for a library of the extra ``study``, or ``""`` for anything else.

    Parameters
    ----------
    verb : str
        That was called.
    error : ModuleNotFoundError
        A module of this project that is not found is no missing library but a defect.
    """
    name = (error.name or "").partition(".")[0]
    if name not in NAMES:
        return ""
    if verb in SIMULATING and find_spec("openmm") is None:
        name = "openmm"
    return f"needs {NAMES[name]}, which is not installed: {STUDY}"
