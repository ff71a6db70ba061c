"""The jobs that conclude: observables, comparison, free energies, separation and the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lfa1_md.status.job import Job
from lfa1_md.status.targets import INTEGRINS
from lfa1_md.study.settings import StudyConfig


def conclusions(study: StudyConfig, results: Path, target: str) -> Iterator[Job]:
    """Name the jobs after the dynamics that a target needs."""
    logs = results / "logs"
    if target != INTEGRINS:
        for system, n in _replicas(study):
            at = results / "analysis" / system / f"replica-{n}" / "flexibility.json"
            log = logs / "analyse" / f"{system}-replica-{n}.log"
            yield Job("observe", f"{system} replica {n}", at, log)
    for system, n in _replicas(study):
        if study.states[system.rsplit("-", 1)[0]].integrin is None:
            continue
        at = results / "analysis" / system / f"replica-{n}" / "integrin.json"
        log = logs / "analyse" / f"{system}-replica-{n}-integrin.log"
        yield Job("integrin", f"{system} replica {n}", at, log)
    if target == INTEGRINS:
        return
    at = results / "comparison" / "summary.json"
    yield Job("compare", "replicas", at, logs / "compare.log")
    yield from _free_energy(study, results)
    yield from _separation(study, results)
    yield Job("report", "page", results / "report.html", logs / "report.log")


def _replicas(study: StudyConfig) -> list[tuple[str, int]]:
    return [(system, n) for system in study.systems for n in range(study.replicas)]


def _free_energy(study: StudyConfig, results: Path) -> Iterator[Job]:
    if study.sampling is None:
        return
    logs, home = results / "logs", results / "free_energy"
    yield Job("gather", "windows", home / "windows" / "windows.csv", logs / "gather.log")
    yield Job("pmf", "free energy", home / "free_energy.json", logs / "pmf.log")
    yield Job("gather_pulls", "pulls", home / "pulls" / "pulls.csv", logs / "gather-pulls.log")
    yield Job("pulls", "pulls", home / "pulls.json", logs / "pulls.log")
    if {"mg", "apo"} <= set(study.members):
        at = home / "linkage.json"
        yield Job("linkage", "dose–response", at, logs / "linkage.log")


def _separation(study: StudyConfig, results: Path) -> Iterator[Job]:
    if study.separation is None:
        return
    logs, home = results / "logs", results / "separation"
    at = home / "gathered" / "pulls.csv"
    yield Job("gather_separation", "pulls", at, logs / "gather-separation.log")
    yield Job("separation", "pulls", home / "separation.json", logs / "separation.log")
