"""Example data that come with the package: small, and far too short to conclude from.

Where they come from: ``README.md`` beside them. Every example of the docstrings, of the notebook
and of ``lfa1 VERB --help`` runs on them; ``lfa1 example`` copies them into a folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

from MDAnalysis import Universe

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import check_place
from lfa1_analysis.trajectory.universe import open_universe

FOLDER = Path(__file__).parent / "example"
TOPOLOGIES = {"closed-mg": "closed-mg.pdb", "closed-apo": "closed-apo.gro"}
"""The system with Mg²⁺ at the MIDAS, as PDB, and its twin without, as GRO."""
REPLICAS = 2


def topology(system: str = "closed-mg") -> Path:
    """Return the topology of a system.

    Parameters
    ----------
    system : {"closed-mg", "closed-apo"}

    Raises
    ------
    InputError
        If there is no such system.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> examples.topology().name, examples.topology("closed-apo").name
    ('closed-mg.pdb', 'closed-apo.gro')
    """
    if system not in TOPOLOGIES:
        raise InputError(f"{system} is not among the examples", f"take {' or '.join(TOPOLOGIES)}")
    return FOLDER / TOPOLOGIES[system]


def trajectory(system: str = "closed-mg", replica: int = 0) -> Path:
    """Return the trajectory of a replica: 6 frames, 0.5 ps apart.

    Parameters
    ----------
    system : {"closed-mg", "closed-apo"}
    replica : {0, 1}

    Raises
    ------
    InputError
        If there is no such system or replica.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> examples.trajectory(replica=1).name
    'closed-mg-1.xtc'
    """
    topology(system)
    if replica not in range(REPLICAS):
        raise InputError(f"{system} has no replica {replica}", f"give 0 to {REPLICAS - 1}")
    return FOLDER / f"{system}-{replica}.xtc"


def universe(system: str = "closed-mg", replica: int = 0) -> Universe:
    """Open a replica.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> examples.universe().trajectory.n_frames
    6
    """
    return open_universe(topology(system), [trajectory(system, replica)])


def tables() -> Path:
    """Return the folder of the tables that `lfa1 compare` reads.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> sorted(folder.name for folder in examples.tables().iterdir())
    ['closed-apo', 'closed-mg']
    """
    return FOLDER / "analysis"


def bound() -> Path:
    """Return a structure of the open I domain with Mg²⁺ and ICAM-1, one frame.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> examples.bound().name
    'bound.gro'
    """
    return FOLDER / "bound.gro"


def windows() -> Path:
    """Return the table of umbrella windows that `lfa1 pmf` and `lfa1 windows` read.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> examples.windows().name
    'windows.csv'
    """
    return FOLDER / "windows" / "windows.csv"


def pulls() -> Path:
    """Return the table of pulls that `lfa1 pulls` reads.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> examples.pulls().name
    'pulls.csv'
    """
    return FOLDER / "pulls" / "pulls.csv"


def separations() -> Path:
    """Return the table of made-up pulls of ICAM-1 that `lfa1 separation` reads.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> examples.separations().name
    'pulls.csv'
    """
    return FOLDER / "separations" / "pulls.csv"


def copy(folder: str | Path) -> list[Path]:
    """Copy all examples into a new folder.

    Parameters
    ----------
    folder : path
        Must not be there yet, unless it is empty.

    Returns
    -------
    list of Path
        The copies.

    Raises
    ------
    InputError
        If the folder holds something, or cannot be made; nothing is copied then.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> examples.copy("tryout")[0].name
    'README.md'
    """
    target = Path(folder)
    another = "give --output-dir a new folder"
    if os.path.lexists(target) and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} is there already", another)
    check_place(target / "README.md", option="--output-dir")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as made:
            whole = Path(made) / "example"
            # Hidden files are what MDAnalysis keeps beside trajectories, not examples.
            shutil.copytree(FOLDER, whole, ignore=shutil.ignore_patterns(".*"))
            whole.rename(target)
    except OSError as error:
        raise InputError(f"{target} cannot be made: {error.strerror}", another) from error
    return sorted(file for file in target.rglob("*") if file.is_file())


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `lfa1 example`."""
    parser.description = (
        "Copy the example data into a folder: topologies and trajectories of the closed αL I\n"
        "domain with and without Mg²⁺ (6 frames each), the tables that `lfa1 observe` makes of\n"
        "them, umbrella windows, pulls, and a made-up pull of ICAM-1. The examples of every\n"
        "--help run in that folder."
    )
    parser.add_argument(
        "--output-dir",
        type=Path,
        default=Path("lfa1-example"),
        metavar="DIR",
        help="a new folder for them (default: %(default)s)",
    )
    parser.epilog = "example:\n  lfa1 example --output-dir lfa1-example"


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 example`."""
    files = copy(args.output_dir)
    print(f"{args.output_dir}: {len(files)} files; README.md says what they are")
    return 0
