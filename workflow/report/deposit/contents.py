"""Which files a deposit holds, under which name, and what kind of thing each is.

The tree of the results is kept as it is, so that records still describe their neighbours and
``lfa1 verify`` works on a deposit that has all trajectories.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import pairwise
from pathlib import Path

import lfa1_md
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory.formats.xtc import frame_ends
from lfa1_md.files.durable import PART
from lfa1_md.protein import models
from lfa1_md.study.settings import StudyConfig

RESULTS, SOURCES, STUDY = "results", "source", "study"
"""Folders of the deposit: the results, the pipeline, and what the study starts from."""
WORKFLOW, LOCK = f"{SOURCES}/Snakefile", f"{SOURCES}/requirements.lock"
ALL, NONE = 1, 0
"""Strides: every frame, and no trajectory at all."""

KINDS = {
    "settings": "the configuration, resolved",
    "structures": "fetched and prepared structures with the verdict on their metal site",
    "topologies": "boxes, topologies, parameters of the force field (OpenMM XML), manifests",
    "trajectories": "GROMACS XTC, with the atoms of the trajectory.pdb in its system's folder",
    "states": "OpenMM states that runs begin from and end in",
    "energies": "energies and coordinates over time (CSV)",
    "records": "what each run was, with versions, seeds and checksums (JSON)",
    "tables": "observables, statistics, free energies, with provenance beside them",
    "figures": "SVG and the numbers in them",
    "report": "the report, one self-contained page",
    "sources": "the pipeline that made it",
    "metadata": "methods, references, licence, metadata, checksums",
}
"""Kind → what it is."""

_LEFT_OUT = re.compile(
    r"(^|/)(logs|[^/]*\.running|delivered|\.snakemake[^/]*)(/|$)"
    rf"|(^|/)\.[^/]*$|\.damaged-\d*[^/]*$|{re.escape(PART)}$"
)
_FOLDERS = {
    "structures": "structures",
    "prepared": "structures",
    "solvated": "topologies",
    "systems": "topologies",
    "figures": "figures",
    "analysis": "tables",
    "comparison": "tables",
    "free_energy": "tables",
}
_SOURCE_FILES = (
    *("Snakefile", "Makefile", "pyproject.toml", "requirements.lock", "environment.yml"),
    *("README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE"),
)
_SOURCE_FOLDERS = ("analysis", "workflow", "config", "profiles", "structures")
_RUNS = ("equilibrated", "production", "sampling", "separation")
_SEGMENT = re.compile(r"segment-(\d+)")


@dataclass(frozen=True)
class Item:
    """One file of the deposit.

    Attributes
    ----------
    target : str
        Its path in the deposit, with slashes.
    kind : str
        Of `KINDS`.
    source : Path
        The file that it comes from.
    pieces : tuple of (int, int)
        Bytes of `source` that are taken, from and to; all where there are none.
    size : int
        Bytes.
    """

    target: str
    kind: str
    source: Path
    size: int
    pieces: tuple[tuple[int, int], ...] = ()


def kind_of(path: str) -> str | None:
    """Say what a file of the results is by its path below them; None for what is left out."""
    if _LEFT_OUT.search(path):
        return None
    top, _, name = path.partition("/")
    if not name:
        return {"config.yaml": "settings", "report.html": "report"}.get(path)
    if path.endswith(".state.xml.gz") or name.endswith(("state.xml.gz", ".states.json.gz")):
        return "states"
    if top in _RUNS and "/" not in name:
        return "tables"
    if top in _RUNS:
        endings = {".xtc": "trajectories", ".csv": "energies", ".json": "records"}
        return endings.get(Path(path).suffix)
    return _FOLDERS.get(top)


def select(results: Path, stride: int) -> list[Item]:
    """List what a deposit takes of a results folder.

    Parameters
    ----------
    results : Path
    stride : int
        Every so many frames of the trajectories; `NONE` leaves them out.

    Raises
    ------
    InputError
        A trajectory that is to be thinned is damaged.
    """
    found = []
    chains: dict[tuple[Path, str], list[Path]] = {}
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results).as_posix()
        if not path.is_file() or (kind := kind_of(name)) is None:
            continue
        if kind != "trajectories" or stride == ALL:
            found.append(Item(f"{RESULTS}/{name}", kind, path, path.stat().st_size))
        elif stride != NONE:
            # The walkers of an exchange have a folder for each segment and a chain for each walker.
            walker = path.parent.suffix == ".walkers"
            place = path.parent.parent if walker else path.parent
            chains.setdefault((place, path.name if walker else ""), []).append(path)
    for chain in chains.values():
        found += _thinned(results, sorted(chain, key=_number), stride)
    return sorted(found, key=lambda item: item.target)


def _number(path: Path) -> int:
    """Say which segment of its chain a trajectory is."""
    match = _SEGMENT.match(path.parent.name if path.parent.suffix == ".walkers" else path.name)
    return int(match[1]) if match else -1


def _thinned(results: Path, chain: list[Path], stride: int) -> Iterator[Item]:
    """Take every so many frames of a chain, evenly across its segments, as their bytes are."""
    first = stride - 1  # so that times are multiples of the new interval
    for path in chain:
        ends = frame_ends(path)
        if ends[-1] != path.stat().st_size:
            raise InputError(
                f"{path}: is cut short or no XTC trajectory", "see what lfa1 verify says of it"
            )
        taken = tuple(list(pairwise(ends))[first::stride])
        first = (first - (len(ends) - 1)) % stride
        if taken:
            name = path.relative_to(results).with_suffix(f".every-{stride}.xtc").as_posix()
            size = sum(to - begin for begin, to in taken)
            yield Item(f"{RESULTS}/{name}", "trajectories", path, size, taken)


def by_kind(items: list[Item]) -> dict[str, tuple[int, int]]:
    """Count files and bytes of each kind, in the order of `KINDS`."""
    return {
        kind: (len(sizes), sum(sizes))
        for kind in KINDS
        if (sizes := [item.size for item in items if item.kind == kind])
    }


def _pipeline_folder() -> Path:
    """Return the folder of the pipeline's sources, which an installation may lack."""
    folder = Path(lfa1_md.__file__).resolve().parents[2]
    if not (folder / "Snakefile").is_file():
        raise InputError(
            f"{folder}: the workflow that made the study is not there, so it can't be deposited",
            "run lfa1 deposit from an environment made by `make setup`",
        )
    return folder


def pipeline() -> list[Item]:
    """List the files that install and run the pipeline."""
    folder = _pipeline_folder()
    paths = [folder / name for name in _SOURCE_FILES]
    for name in _SOURCE_FOLDERS:
        paths += [path for path in sorted((folder / name).rglob("*")) if _wanted(path)]
    return [
        Item(f"{SOURCES}/{path.relative_to(folder).as_posix()}", "sources", path, _size(path))
        for path in paths
        if path.is_file()
    ]


def starting_structures(study: StudyConfig, results: Path) -> dict[str, Item | None]:
    """Find the structure that each state was started from.

    Returns
    -------
    dict
        State → the file as the deposit has it; None for an entry of the PDB, which is fetched.
    """
    found: dict[str, Item | None] = {}
    for state, source in study.states.items():
        name = source.structure
        fetched = results / "structures" / f"{name.upper()}.cif"
        if name in models.NAMES:
            path, target = models.path(name), f"{SOURCES}/structures/{models.path(name).name}"
        elif (own := _own(name, results)) is not None:
            path, target = own, f"{STUDY}/{_place(name)}"
        elif fetched.is_file():
            path, target = fetched, f"results/structures/{fetched.name}"
        else:
            found[state] = None
            continue
        found[state] = Item(target, "structures", path, _size(path))
    return found


def portable_configuration(study: StudyConfig) -> StudyConfig:
    """Return the configuration with the places that own structures have in the deposit."""
    states = {
        state: source.model_copy(update={"structure": _place(source.structure)})
        if "/" in source.structure
        else source
        for state, source in study.states.items()
    }
    return study.model_copy(update={"states": states})


def _own(name: str, results: Path) -> Path | None:
    """Find a structure of one's own: in the study's folder, where Snakemake was run."""
    for path in (results.resolve().parent / name, Path(name)):
        if path.is_file():
            return path
    return None


def _place(name: str) -> str:
    """Keep a relative place; what lies elsewhere on the machine loses its folders."""
    path = Path(name)
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def _wanted(path: Path) -> bool:
    """Leave out what Python and readers of trajectories keep beside the files."""
    kept = path.suffix == ".pyc" or fnmatch(path.name, ".*_offsets.*")
    return path.is_file() and "__pycache__" not in path.parts and not kept


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
