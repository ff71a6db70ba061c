"""Writing what free molecular dynamics did to a shipped model's site into its provenance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml
from openmm import app, unit

from lfa1_analysis.io.errors import InputError, MetalSiteError
from lfa1_analysis.metal_site.expectation import Expected
from lfa1_analysis.metal_site.gate import events
from lfa1_analysis.metal_site.rules import NOTE
from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.segments import joined, read_record, records
from lfa1_analysis.trajectory.universe import open_universe
from lfa1_md.protein import models

SEEDS, DURATION_PS = 3, 50.0
"""A model ships after at least so many runs of at least this length without an alarm."""
CONFIG = "structures/free_runs.yaml"
DISTANCES = ("ser139", "ser141", "thr206", "asp239", "asp137")


def record(results: Path, names: list[str], folder: Path = models.FOLDER) -> list[Path]:
    """Judge the free runs of shipped models, and write what came out into their provenance.

    Parameters
    ----------
    results : path
        ``results/`` of a study with the configuration :data:`CONFIG`.
    names : list of str
        Models to record.
    folder : path
        Where the models lie.

    Returns
    -------
    list of path
        The files written, all of them or none.

    Raises
    ------
    InputError
        Runs are missing, too few, too short, or began from another model.
    MetalSiteError
        A site was not as it should be all along; nothing is written then.
    """
    made = {name: _judged(results, name, folder) for name in names}
    texts = {}
    for name, runs in made.items():
        model = models.load(name, folder)
        about = model.preparation
        about["provenance"]["free_runs"] = runs
        texts[f"{name}.cif"] = models.text(model.topology, model.positions, about)
    return models.write(texts, folder)


def _judged(results: Path, name: str, folder: Path) -> dict[str, Any]:
    """Return the record of a model's runs."""
    system = results / "systems" / f"{name}-mg"
    homes = sorted((results / "production" / system.name).glob("replica-*"))
    prepared = results / "prepared" / name / "protein.cif"
    for needed in (prepared, system / "trajectory.pdb", results / "config.yaml"):
        if not needed.is_file():
            raise InputError(f"{needed}: no such file", "run `make structures-free-runs` first")
    if len(homes) < SEEDS:
        raise InputError(
            f"{results}: {len(homes)} runs of {system.name}, not {SEEDS}",
            "run `make structures-free-runs` to its end first",
        )
    _require_same(prepared, models.load(name, folder))
    runs = [_run(system / "trajectory.pdb", home, name) for home in homes]
    config = yaml.safe_load((results / "config.yaml").read_text(encoding="utf-8"))
    return {
        "command": f"make structures-free-runs ({CONFIG})",
        "seed": config["seed"],
        "equilibration": [f"{s['name']} {s['duration']}" for s in config["equilibration"]],
        "runs": runs,
    }


def _require_same(prepared: Path, model: models.EmbeddedModel) -> None:
    with Path(prepared).open(encoding="utf-8") as stream:
        positions = app.PDBxFile(stream).getPositions(asNumpy=True)
    started = np.asarray(positions.value_in_unit(unit.angstrom))
    if started.shape != model.positions.shape or np.abs(started - model.positions).max() > 1e-3:
        raise InputError(
            f"{prepared}: is not the shipped model {model.name}",
            "run `make structures-free-runs` anew with the models as they are now",
        )


def _run(topology: Path, home: Path, name: str) -> dict[str, Any]:
    segments = [home / f"segment-{k}.xtc" for k, _ in records(home)]
    if not segments:
        raise InputError(f"{home}: no finished segment", "run the study to its end")
    joined(segments)
    length = read_record(segments[-1].with_suffix(".json"))["last_time_ps"]
    if length < DURATION_PS:
        raise InputError(
            f"{home}: {length:g} ps, less than {DURATION_PS:g} ps", f"use {CONFIG} as it is"
        )
    universe = open_universe(topology, segments)
    series = Midas(universe, find_domain(universe)).run()
    table = series.results.table
    found = events(table, Expected("Mg", name), [frozenset()] * len(table), series.occupants())
    alarms = found[found["severity"] != NOTE]
    if len(alarms):
        listed = "; ".join(
            f"{r.event} from {r.start_ns:g} ns: {r.detail}" for r in alarms.itertuples()
        )
        raise MetalSiteError(
            f"{name}, {home.name}: {listed}", "the model must not ship; look at its placement"
        )
    away = {key: table[f"{key}_angstrom"].astype(float) for key in DISTANCES}
    return {
        "replica": int(home.name.removeprefix("replica-")),
        "free_ps": round(float(length), 3),
        "frames": len(table),
        "alarms": 0,
        "angstrom": {
            key: {"mean": round(r.mean(), 2), "least": round(r.min(), 2), "most": round(r.max(), 2)}
            for key, r in away.items()
        },
    }
