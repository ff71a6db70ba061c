"""Which files the jobs of each rule make, below the results folder, and where they log."""

from __future__ import annotations

from typing import NamedTuple

OBSERVED = ("opening", "midas", "flexibility")
"""Observables that are measured of every system with an αL I domain."""


class RuleFiles(NamedTuple):
    """The files that the jobs of one rule make, below the results folder, with wildcards."""

    log: str
    """Below ``logs``, without ``.log``."""
    outputs: tuple[str, ...]
    """The last one is written last: the job is done when it is there."""


def _rule(log: str, folder: str, *names: str) -> RuleFiles:
    return RuleFiles(log, tuple(f"{folder}/{name}" for name in names))


def _segments(log: str, folder: str, *endings: str) -> RuleFiles:
    names = (f"segment-{{segment}}.{ending}" for ending in endings or _RUN)
    return _rule(f"{log}-segment-{{segment}}", folder, *names)


_RUN = ("xtc", "csv", "state.xml.gz", "json")
_REPLICA = "{system}/replica-{replica}"
_NAMED = "{system}-replica-{replica}"
_TABLES = (f"{name}.{ending}" for name in OBSERVED for ending in ("csv", "json"))
INTERFACE_TABLES = tuple(
    f"analysis/{_REPLICA}/interface{rest}"
    for rest in (".csv", ".json", "-pairs.csv", "-verdicts.csv")
)
"""What `observe` makes besides of a system that holds ICAM-1."""

STEPS: dict[str, RuleFiles] = {
    "fetch_structure": _rule("fetch/{entry}", "structures", "{entry}.cif"),
    "prepare": _rule("prepare/{state}", "prepared/{state}", "protein.cif", "site.json"),
    "solvate": _rule("solvate/{state}", "solvated/{state}", "box.cif", "box.json"),
    "build": _rule(
        "build/{system}",
        "systems/{system}",
        *("system.xml.gz", "topology.cif", "trajectory.pdb", "manifest.json"),
    ),
    "minimise": _rule("minimise/{system}", "systems/{system}", "minimised.state.xml.gz"),
    "equilibrate": _rule(
        f"equilibrate/{_NAMED}",
        f"equilibrated/{_REPLICA}",
        *("state.xml.gz", "equilibration.csv", "equilibration.json"),
    ),
    "simulate": _segments(f"simulate/{_NAMED}", f"production/{_REPLICA}"),
    "pull": _segments(f"pull/{_NAMED}", f"sampling/{_REPLICA}/pull"),
    "window": _segments(
        f"window/{_NAMED}-window-{{window}}", f"sampling/{_REPLICA}/window-{{window}}"
    ),
    "exchange": _segments(
        f"exchange/{_NAMED}",
        f"sampling/{_REPLICA}/exchange",
        *("csv", "states.json.gz", "walkers", "json"),
    ),
    "adapt": _rule("adapt/round-{round}", "sampling/round-{round}", "proposed.csv", "plan.csv"),
    "separate": _segments(f"separate/{_NAMED}", f"separation/{_REPLICA}"),
    "observe": _rule(
        f"analyse/{_NAMED}", f"analysis/{_REPLICA}", "midas-events.csv", "rmsf.csv", *_TABLES
    ),
    "integrin": _rule(
        f"analyse/{_NAMED}-integrin",
        f"analysis/{_REPLICA}",
        *("integrin.csv", "integrin-sites.csv", "integrin-domains.csv", "integrin-chains.csv"),
        "integrin.json",
    ),
    "compare": _rule("compare", "comparison", "replicas.csv", "effects.csv", "summary.json"),
    "gather": _rule("gather", "free_energy/windows", "windows.csv"),
    "pmf": _rule(
        "pmf",
        "free_energy",
        *("pmf.csv", "windows_report.csv", "overlap.csv", "convergence.csv"),
        "free_energy.json",
    ),
    "gather_pulls": _rule("gather-pulls", "free_energy/pulls", "pulls.csv"),
    "pulls": _rule("pulls", "free_energy", "pull_work.csv", "pulls.json"),
    "linkage": _rule("linkage", "free_energy", "linkage.csv", "linkage.json"),
    "gather_separation": _rule("gather-separation", "separation/gathered", "pulls.csv"),
    "separation": _rule(
        "separation", "separation", "force_extension.csv", "ruptures.csv", "separation.json"
    ),
    "report": RuleFiles("report", ("figures", "report.html")),
}
"""Rule → its files. Rules that are mere targets, and the folder to deposit, are not among them."""
