"""Check a model of an ion in plain water against its own paper and against experiment.

What is computed is kept part by part, so that a check that was killed goes on.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import openmm
from numpy.typing import NDArray

from lfa1_analysis.io.constants import KJ_PER_KCAL
from lfa1_analysis.io.errors import InputError
from lfa1_md.files.durable import all_or_nothing, part, write_json
from lfa1_md.files.locking import locked
from lfa1_md.files.provenance import read_json, versions, zipped
from lfa1_md.ionmodels import alchemy, shell, solvated_ion
from lfa1_md.ionmodels.alchemy import LEGS
from lfa1_md.ionmodels.free_energy import LegResult, beyond_cutoff, estimate, finite_size
from lfa1_md.ionmodels.reference import reference
from lfa1_md.ionmodels.solvated_ion import IonBox
from lfa1_md.run import states
from lfa1_md.run.progress import Progress
from lfa1_md.study.seeds import derive

RESULT = "result.json"


@dataclass(frozen=True)
class Lengths:
    """How much is simulated (ps).

    Attributes
    ----------
    settling : float
        At 1 bar, before everything else.
    shell : float
        For the first shell and the diffusion.
    window : float
        Of each window of the free energy; 0 leaves the free energy out.
    waters : int
        At least.
    """

    settling: float
    shell: float
    window: float
    waters: int


QUICK = Lengths(settling=10, shell=40, window=4, waters=300)
"""Minutes on a CPU: shows that the model is the one meant, not more."""
FULL = Lengths(settling=100, shell=2000, window=500, waters=1000)
"""An hour or so on a GPU."""


def check(
    ion: str,
    water: str,
    model: str | None,
    lengths: Lengths,
    seed: int,
    platform: Any,
    properties: dict[str, str],
    output: Path,
) -> dict[str, Any]:
    """Simulate one ion in one water by one model, or go on with it.

    Parameters
    ----------
    ion, water, model
        As for `solvated_ion.make`.
    lengths : Lengths
    seed : int
    platform, properties
        From `platform.select`.
    output : Path
        Folder of all checks; this one gets its own in it.

    Returns
    -------
    dict
        What was simulated with which settings, ``quantities``: value and standard error of each
        by name, and ``notes``: what could not be had, and why.

    Raises
    ------
    ConfigError
        The model does not belong to the ion and the water.
    InputError
        The folder holds a check with other settings.
    LockedError
        Another process runs it.
    """
    box = solvated_ion.make(ion, water, model, lengths.waters)
    folder = output / box.name
    settings = {
        "ion": ion,
        "water": water,
        "model": box.parameters.model,
        "lengths_ps": asdict(lengths),
        "waters": len(box.oxygens),
        "seed": seed,
    }
    with locked(folder, box.name):
        _same_settings(folder, settings)
        if (folder / RESULT).is_file():
            return read_json(folder / RESULT)
        run = _Check(box, lengths, derive(seed, box.name), (platform, properties), folder)
        record = {
            "settings": settings,
            "parameters": {f.name: getattr(box.parameters, f.name) for f in fields(box.parameters)},
            "cutoff_nm": box.dynamics.cutoff,
            "temperature_kelvin": solvated_ion.KELVIN,
            "quantities": run.quantities(),
            "notes": run.notes,
            "platform": {"name": platform.getName(), "properties": properties},
            "versions": versions(),
        }
        write_json(folder / RESULT, record)
    return record


@dataclass
class _Check:
    """One check, part by part."""

    box: IonBox
    lengths: Lengths
    seed: int
    compute: tuple[Any, Any]
    folder: Path
    notes: list[str] = field(default_factory=list)

    def quantities(self) -> dict[str, dict[str, float]]:
        lengths, windows = self.lengths, list(alchemy.order())
        each = (lengths.window + alchemy.SETTLE) if lengths.window else 0.0
        total = lengths.settling + lengths.shell + each * len(windows)
        with Progress(self.box.name, round(total), "ps", total / 1000) as progress:
            state = self._settled()
            done = lengths.settling
            progress.update(round(done))
            frames = self._frames(state, progress, done)
            done += lengths.shell
            found = shell.describe(frames, self.box.kind.element.symbol)
            viscosity = reference("water", self.box.parameters.water, "", "viscosity_mpa_s")
            moved = shell.diffusion(frames, viscosity.value if viscosity else None)
            if moved is None:
                self.notes.append("no diffusion coefficient: give --shell 25 ps or more")
            elif viscosity is None:
                self.notes.append(
                    "diffusion is not corrected for the size of the box: no viscosity of "
                    f"{self.box.parameters.water} is known"
                )
            if moved is not None:
                found["diffusion_1e-9_m2_per_s"] = moved[:2]
                found["diffusion_finite_size_1e-9_m2_per_s"] = (moved[2], 0.0)
            if lengths.window:
                legs = self._legs(state, progress, done, each)
                found |= self._free_energy(legs, frames.width)
            progress.update(round(total))
        return {name: {"value": value, "error": error} for name, (value, error) in found.items()}

    def _settled(self) -> openmm.State:
        path = self.folder / "settled.state.xml.gz"
        if not path.is_file():
            state = solvated_ion.settled(self.box, self.lengths.settling, self.seed, *self.compute)
            _write(path, zipped(openmm.XmlSerializer.serialize(state)))
        return states.read(path, self.box.system.getNumParticles())

    def _frames(self, state: openmm.State, progress: Progress, done: float) -> shell.ShellFrames:
        path = self.folder / "shell.npz"
        if not path.is_file():

            def report(frame: int) -> None:
                progress.update(round(done + frame * shell.INTERVAL), "first shell")

            made = shell.sample(
                self.box, state, self.lengths.shell, self.seed, *self.compute, report
            )
            _save(path, **{f.name: getattr(made, f.name) for f in fields(made)})
        kept: dict[str, Any] = dict(_load(path, *(f.name for f in fields(shell.ShellFrames))))
        return shell.ShellFrames(**kept | {"width": float(kept["width"])})

    def _legs(
        self, state: openmm.State, progress: Progress, done: float, each: float
    ) -> dict[str, LegResult]:
        energies: dict[str, dict[int, NDArray[np.float64]]] = {leg.name: {} for leg in LEGS}
        runner: alchemy.AlchemicalWindows | None = None
        for leg, index in alchemy.order():
            path = self.folder / f"{leg.name}-{index:02d}.npz"
            after = path.with_suffix(".state.xml.gz")
            if not (path.is_file() and after.is_file()):
                runner = runner or alchemy.AlchemicalWindows(self.box, self.seed, *self.compute)
                rows, ended = runner.run(leg, leg.fractions[index], state, self.lengths.window)
                _write(after, zipped(openmm.XmlSerializer.serialize(ended)))
                _save(path, energies=rows)
            state = states.read(after, self.box.system.getNumParticles())
            energies[leg.name][index] = _load(path, "energies")["energies"]
            done += each
            progress.update(round(done), f"{leg.name} {leg.fractions[index]:g}")
        return {name: estimate([rows[i] for i in sorted(rows)]) for name, rows in energies.items()}

    def _free_energy(
        self, legs: dict[str, LegResult], width: float
    ) -> dict[str, tuple[float, float]]:
        found: dict[str, tuple[float, float]] = {}
        for name, leg in legs.items():
            found[f"{name}_least_overlap"] = (leg.overlap, 0.0)
            if leg.problem:
                self.notes.append(f"no hydration free energy: {name} leg: {leg.problem}")
                continue
            parts = (leg.free_energy / KJ_PER_KCAL, leg.uncertainty / KJ_PER_KCAL)
            found[f"{name}_kcal_per_mol"] = parts
        tails = beyond_cutoff(self.box, width)
        found["dispersion_beyond_cutoff_kcal_per_mol"] = (tails.dispersion / KJ_PER_KCAL, 0.0)
        found["c4_beyond_cutoff_kcal_per_mol"] = (tails.c4 / KJ_PER_KCAL, 0.0)
        if any(leg.problem for leg in legs.values()):
            return found
        total = sum(leg.free_energy for leg in legs.values()) + tails.dispersion
        error = float(np.linalg.norm([leg.uncertainty for leg in legs.values()]))
        size = finite_size(self.box.kind.charge, width, total)
        found["hydration_free_energy_kcal_per_mol"] = (total / KJ_PER_KCAL, error / KJ_PER_KCAL)
        found["finite_size_kcal_per_mol"] = (size / KJ_PER_KCAL, 0.0)
        return found


def _same_settings(folder: Path, settings: dict[str, Any]) -> None:
    path = folder / "settings.json"
    if not path.is_file():
        write_json(path, settings)
        return
    found = read_json(path)
    if changed := [k for k in settings if found.get(k) != settings[k]]:
        raise InputError(
            f"{folder}: was begun with other settings ({', '.join(changed)})",
            "choose another --output-dir, or delete the folder",
        )


def _write(path: Path, data: bytes) -> None:
    with all_or_nothing(path):
        part(path).write_bytes(data)


def _save(path: Path, **arrays: Any) -> None:
    with all_or_nothing(path), part(path).open("wb") as file:
        np.savez_compressed(file, **arrays)


def _load(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path) as kept:
            if missing := set(names) - set(kept.files):
                raise ValueError(f"without {', '.join(sorted(missing))}")
            return {name: kept[name] for name in names}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"{path}: damaged ({error})", "delete it and run the check again"
        ) from None
