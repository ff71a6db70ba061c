"""The jobs of a study, in the order in which they can be done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lfa1_md.box import build
from lfa1_md.protein import fetch, models
from lfa1_md.run import equilibrate
from lfa1_md.status import targets
from lfa1_md.status.conclusions import conclusions
from lfa1_md.status.job import Job
from lfa1_md.study import umbrella_windows as windows
from lfa1_md.study.plan import names, working_folder
from lfa1_md.study.sections import StateSource
from lfa1_md.study.settings import StudyConfig


def jobs(study: StudyConfig, results: Path, target: str = "") -> list[Job]:
    """Name all jobs that a target of the workflow needs, in the order in which they can be done.

    Windows that a later round of adaptation may add are not among them.

    Parameters
    ----------
    study : StudyConfig
    results : Path
    target : {"", "all", "integrins"}
        "" is the one that this study can reach (`targets.reachable`).
    """
    target = target or targets.reachable(study, results)
    if target == targets.INTEGRINS:
        study = targets.integrins_alone(study)
    return [
        *_systems(study, results),
        *_production(study, results),
        *_sampling(study, results),
        *_adaptation(study, results),
        *_separation(study, results),
        *conclusions(study, results, target),
    ]


def _systems(study: StudyConfig, results: Path) -> Iterator[Job]:
    logs = results / "logs"
    for entry in dict.fromkeys(filter(None, (_entry(s, results) for s in study.states.values()))):
        at = results / "structures" / f"{entry}.cif"
        yield Job("fetch_structure", entry, at, logs / "fetch" / f"{entry}.log")
    for state in study.states:
        at = results / "prepared" / state / "site.json"
        yield Job("prepare", state, at, logs / "prepare" / f"{state}.log")
    for state in study.states:
        at = results / "solvated" / state / build.BOX_RECORD
        yield Job("solvate", state, at, logs / "solvate" / f"{state}.log")
    for system in study.systems:
        at = results / "systems" / system / "manifest.json"
        yield Job("build", system, at, logs / "build" / f"{system}.log")
    for system in study.systems:
        at = results / "systems" / system / "minimised.state.xml.gz"
        yield Job("minimise", system, at, logs / "minimise" / f"{system}.log")


def _entry(source: StateSource, results: Path) -> str:
    """Name the entry that the workflow fetches for a state; "" for a model or one's own file."""
    name = source.structure
    # Snakemake was run in the folder of the results, or somewhere else with --directory.
    own = any((folder / name).is_file() for folder in (results.resolve().parent, Path()))
    return "" if own or name in models.NAMES or not fetch.is_entry(name) else name.upper()


def _production(study: StudyConfig, results: Path) -> Iterator[Job]:
    logs, stages = results / "logs", sum(stage.duration for stage in study.equilibration)
    begun = [(system, n) for system in study.systems for n in range(study.equilibrated(system))]
    for system, n in begun:
        home = results / "equilibrated" / system / f"replica-{n}"
        yield Job(
            "equilibrate",
            f"{system} replica {n}",
            home / equilibrate.RECORD,
            logs / "equilibrate" / f"{system}-replica-{n}.log",
            home / equilibrate.WORKING,
            stages / 1000,
        )
    replicas = [(system, n) for system in study.systems for n in range(study.replicas)]
    for system, n in replicas:
        home = results / "production" / system / f"replica-{n}"
        for k in range(study.production.n_segments):
            yield Job(
                "simulate",
                f"{system} replica {n} segment {k}",
                home / names(k)["json"],
                logs / "simulate" / f"{system}-replica-{n}-segment-{k}.log",
                working_folder(home, k),
                study.production.segment / 1000,
            )


def _sampling(study: StudyConfig, results: Path) -> Iterator[Job]:
    sampling, logs = study.sampling, results / "logs"
    if sampling is None:
        return
    pulls = [(system, n) for system in study.systems for n in range(sampling.replicas)]
    for system, n in pulls:
        home = results / "sampling" / system / f"replica-{n}" / "pull"
        for k in range(len(sampling.order(system.rsplit("-", 1)[0]))):
            yield Job(
                "pull",
                f"{system} replica {n} pull {k}",
                home / names(k)["json"],
                logs / "pull" / f"{system}-replica-{n}-segment-{k}.log",
                working_folder(home, k),
                sampling.pull.per_window / 1000,
            )
    own = sampling.window.n_segments if sampling.exchange is None else 1
    for system, n in pulls:
        for place in windows.latest(sampling, results):
            name = f"{system}-replica-{n}-window-{place.window}"
            home = results / "sampling" / system / f"replica-{n}" / f"window-{place.window}"
            for k in range(own):
                yield Job(
                    "window",
                    f"{system} replica {n} window {place.window} segment {k}",
                    home / names(k)["json"],
                    logs / "window" / f"{name}-segment-{k}.log",
                    working_folder(home, k),
                    sampling.window.segment / 1000,
                )
        if sampling.exchange is None:
            continue
        home = results / "sampling" / system / f"replica-{n}" / "exchange"
        for k in range(1, sampling.window.n_segments):
            yield Job(
                "exchange",
                f"{system} replica {n} exchange {k}",
                home / names(k)["json"],
                logs / "exchange" / f"{system}-replica-{n}-segment-{k}.log",
                working_folder(home, k),
                sampling.window.segment / 1000 * len(windows.latest(sampling, results)),
            )


def _adaptation(study: StudyConfig, results: Path) -> Iterator[Job]:
    rounds = study.sampling.adapt.rounds if study.sampling is not None else 0
    for number in range(1, rounds + 1):
        at = windows.plan_file(results, number)
        log = results / "logs" / "adapt" / f"round-{number}.log"
        yield Job("adapt", f"round {number}", at, log)


def _separation(study: StudyConfig, results: Path) -> Iterator[Job]:
    asked, logs = study.separation, results / "logs"
    if asked is None:
        return
    for system in study.pulled_systems:
        for n in range(asked.replicas):
            home = results / "separation" / system / f"replica-{n}"
            for k in range(asked.n_segments):
                yield Job(
                    "separate",
                    f"{system} replica {n} separation {k}",
                    home / names(k)["json"],
                    logs / "separate" / f"{system}-replica-{n}-segment-{k}.log",
                    working_folder(home, k),
                    asked.segment / 1000,
                )
