"""Analysis of the αL I domain and of whole integrins, with what is meant to be called from Python.

Names are loaded when they are first used, so that importing the package costs nothing.
``docs/analysis_api.md`` says what each gives.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

PUBLIC: dict[str, str] = {
    "Contacts": "observables.contacts",
    "Domain": "proteins.domain",
    "Flexibility": "observables.flexibility",
    "Helicity": "observables.helicity",
    "Interface": "interface.series",
    "Midas": "observables.midas",
    "Motions": "integrin.motions",
    "Observables": "observe",
    "Opening": "observables.opening",
    "Sites": "integrin.sites",
    "StudyError": "io.errors",
    "InputWarning": "io.errors",
    "analyse_pulls": "free_energy.pulling.program",
    "analyse_windows": "free_energy.umbrella.pmf",
    "classify": "metal_site.coordination",
    "compare": "comparison.compare",
    "events": "metal_site.gate",
    "expect": "metal_site.expectation",
    "find_domain": "proteins.numbering",
    "find_integrins": "integrin.find",
    "find_ligand": "interface.ligand",
    "from_mdtraj": "trajectory.formats.mdtraj_universe",
    "link": "free_energy.linkage.program",
    "open_universe": "trajectory.universe",
    "read_pulls": "free_energy.pulling.pulls",
    "read_separations": "separation.separations",
    "read_windows": "free_energy.umbrella.windows",
    "ruptures": "separation.pairs",
    "select_frames": "trajectory.universe",
}
"""Public names, and the module below this package that defines each."""
MODULES = {"examples": "trajectory.examples"}
"""Modules that are reached from here too."""

if TYPE_CHECKING:
    from lfa1_analysis.trajectory import examples as examples

__all__ = [*PUBLIC, *MODULES]


def __getattr__(name: str) -> Any:
    if name in PUBLIC:
        return getattr(importlib.import_module(f"{__name__}.{PUBLIC[name]}"), name)
    if name in MODULES:
        return importlib.import_module(f"{__name__}.{MODULES[name]}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
