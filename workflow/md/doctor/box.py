"""The system that `lfa1 doctor` measures with: the study's own, or one like it made in a moment.

Nothing is ever written into the study's results.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import StudyError
from lfa1_md.box import build, system
from lfa1_md.files.provenance import as_json, read_json
from lfa1_md.protein import models, prepare
from lfa1_md.run import equilibrate, states
from lfa1_md.run.job import log
from lfa1_md.run.minimise import minimise
from lfa1_md.study.sections import Minimisation
from lfa1_md.study.settings import StudyConfig, state_of

SETTLING = Minimisation.model_validate({"max_iterations": 60, "restraint": "0 kJ/mol/nm^2"})
"""Enough that dynamics does not blow up; speed does not depend on how well it is minimised."""


@dataclass(frozen=True)
class MeasuredSystem:
    """A system and a state of it.

    Attributes
    ----------
    name : str
        Of the system.
    folder, state : Path
        The system's folder, and a state to start from.
    atoms : int
    basis : str
        Where they come from.
    """

    name: str
    folder: Path
    state: Path
    atoms: int
    basis: str

    @property
    def folder_bytes(self) -> int:
        """Return the size of what the study writes into the system's folder (bytes)."""
        return sum(path.stat().st_size for path in self.folder.iterdir() if path.is_file())


def find(
    study: StudyConfig, results: Path, scratch: Path, compute: tuple[Any, Any]
) -> MeasuredSystem:
    """Take the study's first system from its results, or make one.

    Parameters
    ----------
    study : StudyConfig
    results : Path
        Read only; it need not be there.
    scratch : Path
        An empty folder for what has to be made.
    compute : tuple
        Platform and properties for the minimisation, from `platform.select`.

    Raises
    ------
    StudyError
        It can't be made.
    """
    name = study.systems[0]
    state = state_of(name)
    folder = results / "systems" / name
    if _belongs(folder, study.digest("solvate", state)):
        basis = f"{folder} of this study"
    else:
        folder, basis = _made(study, name, state, results, scratch, compute)
    atoms = int(read_json(folder / system.MANIFEST)["n_atoms"])
    equilibrated = results / "equilibrated" / name / "replica-0" / equilibrate.STATE
    for path in (equilibrated, folder / system.MINIMISED):
        if folder.is_relative_to(results) and _readable(path, atoms):
            return MeasuredSystem(name, folder, path, atoms, f"{basis}, from {path.name}")
    start = scratch / system.MINIMISED
    minimise(system.load(folder), SETTLING, *compute, start)
    return MeasuredSystem(name, folder, start, atoms, f"{basis}, minimised for a moment")


def _made(
    study: StudyConfig,
    name: str,
    state: str,
    results: Path,
    scratch: Path,
    compute: tuple[Any, Any],
) -> tuple[Path, str]:
    prepared, structure = results / "prepared" / state, study.states[state].structure
    if _accepted(prepared):
        basis = f"built from {prepared}"
    elif study.states[state].integrin is not None:
        log(f"{state}: preparing {structure}, some minutes")
        prepared = scratch / "prepared"
        made = prepare.prepare(study.states[state], study.chemistry, compute)
        prepared.mkdir()
        prepare.write(made, prepared)
        basis = f"built from {structure}"
    else:
        kind = str(study.states[state].state)
        prepared = scratch / "prepared"
        prepared.mkdir()
        shutil.copy(models.path(kind), prepared / "protein.cif")
        (prepared / "site.json").write_text(as_json({"accepted": True}), encoding="utf-8")
        basis = f"built from the embedded model '{kind}'"
        if structure != kind:
            basis += f" in place of {structure}, which is not prepared yet"
    log(f"{name}: building the box, about half a minute")
    build.solvate_state(study, state, prepared, scratch / "solvated")
    build.build(study, name, scratch / "solvated", scratch / name)
    return scratch / name, basis


def _belongs(folder: Path, digest: str) -> bool:
    """Return whether a system's folder is sound and made with the study's settings."""
    with suppress(StudyError, OSError, ValueError):
        if read_json(folder / system.MANIFEST).get("settings_digest") == digest:
            system.load(folder)
            return True
    return False


def _accepted(prepared: Path) -> bool:
    with suppress(StudyError):
        accepted = read_json(prepared / "site.json").get("accepted") is True
        return accepted and (prepared / "protein.cif").is_file()
    return False


def _readable(path: Path, atoms: int) -> bool:
    with suppress(StudyError):
        states.read(path, atoms)
        return True
    return False
