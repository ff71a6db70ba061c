"""``lfa1 <verb>``: a table of verbs; each is loaded only when it is called."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from typing import NamedTuple

from lfa1_analysis.io.errors import StudyError
from lfa1_analysis.io.printing import guard, lost
from lfa1_cli.missing import missing


class Verb(NamedTuple):
    """Where a verb is, and its line in the overview."""

    module: str
    """Has ``add_arguments`` and ``run``; ``module:name`` has ``name_arguments`` and ``name``."""
    help: str
    prints: bool = False
    """What it is called for is what it prints, and no file."""

    def load(self) -> tuple[Callable[[argparse.ArgumentParser], None], Callable[..., int | None]]:
        """Import its module, and return what describes its options and what runs it."""
        path, _, name = self.module.partition(":")
        module = importlib.import_module(path)
        if not name:
            return module.add_arguments, module.run
        return getattr(module, f"{name}_arguments"), getattr(module, name)


VERBS: dict[str, Verb] = {
    "config": Verb(
        "lfa1_cli.config", "check a configuration, show it resolved or document it", prints=True
    ),
    "doctor": Verb(
        "lfa1_cli.doctor",
        "whether this machine is ready, and how long the study takes here",
        prints=True,
    ),
    "structures": Verb("lfa1_cli.structures", "list, fetch or rebuild the study's structures"),
    "prepare": Verb(
        "lfa1_cli.systems:prepare",
        "repair, protonate and judge the metal site of a state",
    ),
    "solvate": Verb(
        "lfa1_cli.systems:solvate",
        "put a prepared state into its box of water and salt",
    ),
    "build": Verb(
        "lfa1_cli.systems:build",
        "make one of the matched systems from the box of its state",
    ),
    "minimise": Verb("lfa1_cli.systems:minimise", "minimise a system's energy"),
    "equilibrate": Verb("lfa1_cli.dynamics:equilibrate", "run a replica's equilibration stages"),
    "simulate": Verb(
        "lfa1_cli.dynamics:simulate",
        "run one segment of production, of a pull or of an umbrella window",
    ),
    "exchange": Verb(
        "lfa1_cli.dynamics:exchange",
        "run one segment of all umbrella windows with exchange among them",
    ),
    "adapt": Verb(
        "lfa1_cli.sampling:adapt",
        "after a study's pilot, add windows to all its systems",
    ),
    "gather": Verb(
        "lfa1_cli.sampling:gather",
        "collect the coordinate of all umbrella windows or pulls",
    ),
    "example": Verb(
        "lfa1_analysis.trajectory.examples", "copy example data to try the analysis on"
    ),
    "observe": Verb("lfa1_analysis.observe", "all observables of a replica in one pass"),
    "opening": Verb(
        "lfa1_analysis.observables.opening", "how far α7 and the MIDAS have opened, per frame"
    ),
    "midas": Verb("lfa1_analysis.observables.midas", "the metal's distances and donors, per frame"),
    "flexibility": Verb(
        "lfa1_analysis.observables.flexibility", "RMSF, helicity, size and contacts"
    ),
    "interface": Verb(
        "lfa1_analysis.interface.program", "how ICAM-1 is held: Glu34, contacts, buried area, pose"
    ),
    "integrin": Verb(
        "lfa1_analysis.integrin.program", "big motions and metal sites of any integrin, per frame"
    ),
    "compare": Verb("lfa1_analysis.comparison.compare", "statistics across replicas and verdicts"),
    "pmf": Verb(
        "lfa1_analysis.free_energy.umbrella.pmf", "free energy of opening from umbrella windows"
    ),
    "windows": Verb(
        "lfa1_analysis.free_energy.umbrella.spacing",
        "which umbrella windows to add, move or extend",
    ),
    "pulls": Verb(
        "lfa1_analysis.free_energy.pulling.program",
        "speed and work of pulls; forward and backward compared",
    ),
    "separation": Verb(
        "lfa1_analysis.separation.program", "force, work and rupture where ICAM-1 is pulled off"
    ),
    "linkage": Verb("lfa1_cli.linkage", "from the free energy of opening to a dose–response"),
    "ion-check": Verb("lfa1_cli.ion_check", "check a model of an ion in plain water"),
    "status": Verb("lfa1_cli.status", "how far a study is, while it runs or after", prints=True),
    "look": Verb(
        "lfa1_cli.look", "measure the last frames of a replica, also while it runs", prints=True
    ),
    "verify": Verb(
        "lfa1_cli.verify", "re-check a whole study's files against their records", prints=True
    ),
    "figures": Verb("lfa1_report.figures.catalogue", "draw the figures"),
    "report": Verb("lfa1_cli.report", "draw the figures and write the report page"),
    "deposit": Verb(
        "lfa1_cli.deposit", "hand in a finished study: folder for Zenodo, RO-Crate, methods"
    ),
}

FAILURE = 2
"""Exit status of everything a user can mend; `StudyError.status` of the special cases differs."""


def main(argv: list[str] | None = None) -> int:
    """Run the verb in `argv` and return its exit status."""
    guard()
    argv = sys.argv[1:] if argv is None else argv
    status = _run(argv)
    if reason := lost():
        verb = argv[0]
        _tell(f"lfa1 {verb}: some of what it printed is lost: {reason}\n  → make room there")
        return status or (FAILURE if VERBS[verb].prints else 0)
    return status


def _run(argv: list[str]) -> int:
    overview = argparse.ArgumentParser(
        prog="lfa1",
        description="Magnesium and the integrin LFA-1: prepare, simulate, analyse, report.",
        epilog="`lfa1 VERB --help` explains a verb.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    overview.add_argument("--version", action="version", version=_version())
    verbs = overview.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        # Adding the help of the called verb alone keeps `lfa1 --help` instant.
        chosen = bool(argv) and argv[0] == name
        parser = verbs.add_parser(
            name,
            help=verb.help,
            description=verb.help[0].upper() + verb.help[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if chosen:
            try:
                add_arguments, run = verb.load()
                add_arguments(parser)
            except ModuleNotFoundError as error:
                return _lacking(name, error)
            parser.set_defaults(run=run)
    arguments = overview.parse_args(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except ModuleNotFoundError as error:
        return _lacking(arguments.verb, error)
    except StudyError as error:
        _tell(f"lfa1 {arguments.verb}: {error}")
        return error.status
    except OSError as error:  # a full or read-only disk, a folder that may not be entered
        where = f"{error.filename}: " if error.filename else ""
        _tell(
            f"lfa1 {arguments.verb}: {where}{error.strerror or error}\n"
            f"  → make room, or give a place that this user may read and write, and run it again"
        )
        return FAILURE
    except KeyboardInterrupt:
        _tell(f"lfa1 {arguments.verb}: interrupted")
        return 130


def _lacking(verb: str, error: ModuleNotFoundError) -> int:
    """Say what a verb needs that is not installed; anything else that is not found is raised."""
    sentence = missing(verb, error)
    if not sentence:
        raise error
    _tell(f"lfa1 {verb}: {sentence}")
    return FAILURE


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _version() -> str:
    from importlib.metadata import version

    return f"lfa1 {version('lfa1-study')}"


if __name__ == "__main__":
    raise SystemExit(main())
