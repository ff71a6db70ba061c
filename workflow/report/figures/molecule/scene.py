"""What the page's 3-D view holds: both crystals, and some frames of some runs laid on them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np

from lfa1_analysis.metal_site.coordination import CUTOFF
from lfa1_analysis.observables.frame_series import FrameSeries
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import ALPHA7_HELIX, MIDAS, MIDAS_DONORS, SHEET_CORE
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.geometry import Array, superpose
from lfa1_analysis.trajectory.universe import open_universe
from lfa1_report.figures.molecule.neighbours import SHELL, Around
from lfa1_report.figures.opening import SHIFT
from lfa1_report.sources.study import Results
from lfa1_report.style.style import ION_NAMES, label

RUNS, FRAMES, ALL_FRAMES = 40, 50, 1200
"""At most so many runs, with at most so many frames of each and of all: a frame takes some 2 kB."""
_ABSENT = -32768
_BOND = 2.0
"""Å; heavy atoms of a side chain nearer than this are bonded (C–C 1.54, C–O 1.43)."""


def scene(found: Results) -> dict[str, Any]:
    """Collect both crystals and the runs, all laid on the sheet core of the closed crystal.

    Returns
    -------
    dict
        ``crystals``: for each state the residue numbers and coordinates of its Cα atoms;
        ``alpha7``, ``cutoff`` (Å); ``runs``: what `_run` returns of each.

    Raises
    ------
    InputError
        A trajectory that is there cannot be read.
    """
    keys = chosen(found)
    frames = min(FRAMES, ALL_FRAMES // max(len(keys), 1))
    known = reference.load()
    numbers = sorted(set(known.closed) & set(known.open))
    return {
        "crystals": {
            "numbers": numbers,
            "closed": _packed(known.closed_ca(numbers)),
            "open": _packed(known.open_ca(numbers)),
        },
        "alpha7": [ALPHA7_HELIX[0], ALPHA7_HELIX[-1]],
        "cutoff": CUTOFF,
        "shell": SHELL,
        "runs": [_run(found, *key, frames) for key in keys],
    }


def chosen(found: Results) -> list[tuple[str, int]]:
    """Return the runs that are shown: all, or those spread evenly over where α7 stood.

    Of a system with too many, the runs with the lowest and the highest mean shift and some
    between them at equal ranks.
    """
    there = {key: files for key in found.keys if (files := _files(found, *key))}
    systems = list(dict.fromkeys(system for system, _ in there))
    kept: list[tuple[str, int]] = []
    for system in systems:
        mine = [key for key in there if key[0] == system]
        most = max(1, RUNS // len(systems))
        if len(mine) > most:
            mine.sort(key=lambda key: _mean_shift(found, key))
            ranks = np.unique(np.linspace(0, len(mine) - 1, most).round().astype(int))
            mine = sorted(mine[rank] for rank in ranks)
        kept += mine
    return kept[:RUNS]


def _files(found: Results, system: str, n: int) -> list[Path]:
    """Topology and trajectories of a run, or nothing where one of them is missing."""
    topology = found.root / "systems" / system / "trajectory.pdb"
    folder = found.root / "production" / system / f"replica-{n}"
    parts = [
        folder / f"segment-{record.get('segment', k)}.xtc"
        for k, record in enumerate(found.segments.get((system, n), []))
    ]
    files = [topology, *parts]
    return files if parts and all(file.is_file() for file in files) else []


def _mean_shift(found: Results, key: tuple[str, int]) -> float:
    table = found.tables.tables[key].get("opening")
    return float(table[SHIFT].mean()) if table is not None and SHIFT in table else 0.0


def _run(found: Results, system: str, n: int, most: int) -> dict[str, Any]:
    """Read at most so many frames of one run.

    Returns
    -------
    dict
        ``name``; ``numbers`` of the Cα atoms; ``site``: (residue, atom) of the MIDAS side chains
        and ``bonds`` between them by place; ``donors``: places that can hold the metal;
        ``frames`` and their ``times_ns``; ``xyz``: Cα atoms, side chains, the metal, `SHELL`
        oxygens and ICAM-1's Cα atoms of every frame; ``ligand``: residue numbers of the latter;
        ``metals``: the metal's name in each frame, or ""; ``others``: names of the oxygens.
    """
    topology, *trajectories = _files(found, system, n)
    universe = open_universe(topology, trajectories)
    domain = find_domain(universe)
    around = Around(universe, domain)
    series = FrameSeries(universe, domain)
    numbers = domain.has(range(min(domain.atoms), max(domain.atoms) + 1))
    names = {i: name for own in domain.atoms.values() for name, i in own.items()}
    side = [(r, names[i], i) for r in MIDAS for i in domain.side_chain(r)]
    core, goal = series.rows(SHEET_CORE), reference.load().closed_ca(SHEET_CORE)
    wanted = [*series.rows(numbers), *(series.row[i] for _, _, i in side)]
    donors = {(r, name) for r, group in MIDAS_DONORS.values() for name in group}
    holds = [place for place, (r, name, _) in enumerate(side) if (r, name) in donors]
    picked = np.unique(np.linspace(0, len(universe.trajectory) - 1, most).round().astype(int))
    frames, metals, others, times = [], [], [], []
    for frame in picked:
        whole = series.coordinates(int(frame))
        step = universe.trajectory[int(frame)]  # what `around` looks at
        site = whole[[series.row[side[place][2]] for place in holds]].mean(axis=0)
        metal, element, shell, names_held = around.metal(site)
        everything = np.vstack([whole[wanted], metal, shell, around.ligand(site)])
        frames.append(superpose(everything, whole[core], goal))
        metals.append(ION_NAMES.get(element.lower(), element))
        others.append(names_held)
        times.append(round(float(step.time) / 1000, 6))
    first = frames[0][len(numbers) : len(wanted)]
    return {
        "name": f"{label(system)}, replica {n}",
        "numbers": numbers,
        "site": [(r, domain.names[r].capitalize(), name) for r, name, _ in side],
        "bonds": _bonds(first, [r for r, _, _ in side]),
        "donors": holds,
        "times_ns": times,
        "metals": metals,
        "others": others,
        "ligand": around.numbers,
        "frames": len(frames),
        "xyz": _packed(np.stack(frames)),
    }


def _bonds(xyz: Array, residues: list[int]) -> list[tuple[int, int]]:
    return [
        (i, j)
        for i in range(len(xyz))
        for j in range(i)
        if residues[i] == residues[j] and np.linalg.norm(xyz[i] - xyz[j]) < _BOND
    ]


def _packed(xyz: Array) -> str:
    """Hundredths of Å as base64 of little-endian 16-bit integers; what is absent as −32768."""
    whole = np.where(np.isfinite(xyz), np.clip(np.round(xyz * 100), -32767, 32767), _ABSENT)
    return base64.b64encode(whole.astype("<i2").tobytes()).decode("ascii")
