"""The pipeline itself and what a study was started from, as files of the deposit."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

import lfa1_md
from lfa1_analysis.io.errors import InputError
from lfa1_md.protein import models
from lfa1_md.study.settings import StudyConfig
from lfa1_report.deposit.contents import Item

SOURCES, STUDY = "source", "study"
"""Folders of the deposit: the pipeline, and what the study starts from."""
WORKFLOW, LOCK = f"{SOURCES}/Snakefile", f"{SOURCES}/requirements.lock"

_FILES = (
    *("Snakefile", "Makefile", "pyproject.toml", "requirements.lock", "environment.yml"),
    *("README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE"),
)
_FOLDERS = ("analysis", "workflow", "config", "profiles", "structures")


def root() -> Path:
    """Return the folder of the pipeline's sources.

    Raises
    ------
    InputError
        The programs were installed without them.
    """
    folder = Path(lfa1_md.__file__).resolve().parents[2]
    if not (folder / "Snakefile").is_file():
        raise InputError(
            f"{folder}: the workflow that made the study is not there, so it can't be handed in",
            "run lfa1 deposit from an environment made by `make setup`",
        )
    return folder


def pipeline() -> list[Item]:
    """List the files that install and run the pipeline."""
    folder = root()
    paths = [folder / name for name in _FILES]
    for name in _FOLDERS:
        paths += [path for path in sorted((folder / name).rglob("*")) if _wanted(path)]
    return [
        Item(f"{SOURCES}/{path.relative_to(folder).as_posix()}", "sources", path, _size(path))
        for path in paths
        if path.is_file()
    ]


def given(study: StudyConfig, results: Path) -> dict[str, Item | None]:
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


def configuration(study: StudyConfig) -> StudyConfig:
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
