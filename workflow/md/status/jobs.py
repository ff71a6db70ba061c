"""The jobs of a study, and the files by which one sees from outside how far each is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lfa1_md.biased import windows
from lfa1_md.box import build
from lfa1_md.files.locking import NAME as LOCK
from lfa1_md.run import equilibrate
from lfa1_md.study.plan import names, working_folder
from lfa1_md.study.settings import StudyConfig


@dataclass(frozen=True)
class Job:
    """One job of the workflow.

    Attributes
    ----------
    step : str
        What all jobs of its kind are called.
    label : str
        Which of them it is.
    marker : Path
        The output that is delivered last: the job is done when it is there.
    log : Path
        Where the job writes what it says.
    working : Path or None
        Where everything lies while it runs, with its lock.
    ns : float
        Simulated time (ns); 0 where none is simulated.
    """

    step: str
    label: str
    marker: Path
    log: Path
    working: Path | None = None
    ns: float = 0.0

    @property
    def lock(self) -> Path | None:
        """The file that says which process runs it."""
        return self.working / LOCK if self.working else None


def jobs(study: StudyConfig, results: Path) -> list[Job]:
    """Name all jobs of a study, in the order in which they can be done.

    Windows that a later round of adaptation may add are not among them.
    """
    return [
        *_systems(study, results),
        *_production(study, results),
        *_sampling(study, results),
        *_separation(study, results),
        *_conclusions(study, results),
    ]


def _systems(study: StudyConfig, results: Path) -> Iterator[Job]:
    logs = results / "logs"
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


def _conclusions(study: StudyConfig, results: Path) -> Iterator[Job]:
    logs = results / "logs"
    for system in study.systems:
        for n in range(study.replicas):
            at = results / "analysis" / system / f"replica-{n}" / "flexibility.json"
            log = logs / "analyse" / f"{system}-replica-{n}.log"
            yield Job("observe", f"{system} replica {n}", at, log)
    at = results / "comparison" / "summary.json"
    yield Job("compare", "replicas", at, logs / "compare.log")
    if study.sampling is not None:
        home = results / "free_energy"
        yield Job("pmf", "free energy", home / "free_energy.json", logs / "pmf.log")
    if study.separation is not None:
        home = results / "separation"
        at = home / "gathered" / "pulls.csv"
        yield Job("gather_separation", "pulls", at, logs / "gather-separation.log")
        at = home / "separation.json"
        yield Job("separation", "pulls", at, logs / "separation.log")
    yield Job("report", "page", results / "report.html", logs / "report.log")
