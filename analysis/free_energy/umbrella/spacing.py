"""``lfa1 windows``: after a pilot, which windows to add, to move or to run longer.

Every window of the pilot stays in the list. New ones go where neighbours overlap too little,
between the places that these neighbours really sample: a bias softer than the barrier lets a
window slide off its centre, and then the gap is wider than the centres say.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.free_energy.umbrella.pmf import INPUTS, add_windows_arguments
from lfa1_analysis.free_energy.umbrella.verdict import Judged, judge_windows
from lfa1_analysis.free_energy.umbrella.window_checks import Pair
from lfa1_analysis.free_energy.umbrella.windows import (
    CONSTANT,
    UmbrellaSet,
    Window,
    read_windows,
    series_files,
)
from lfa1_analysis.free_energy.verdicts import LEAST_OVERLAP, MOST_OVERLAP, TARGET_OVERLAP
from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.errors import ConfigError
from lfa1_analysis.io.table import check_place, rounded_csv, write_texts
from lfa1_analysis.io.units import temperature as read_temperature

_DESCRIPTION = (
    "After a pilot, say which umbrella windows to add, to move, to extend or to run again."
)
_EPILOG = """\
columns:
  system, window, action (keep, extend, rerun, add, move), centre (unit of the coordinate),
  force_constant_kj_per_mol_per_unit2, seeded_from (closed, open, or empty: as before),
  overlap (of the neighbours between which a window is added, 0 to 1), reason

example (`lfa1 example` copies these files):
  lfa1 windows --windows windows/windows.csv --output next.csv"""
SPACING = 2.0
"""Widths √(kT/k) between new windows: for harmonic windows an overlap of 0.1 to 0.2."""
MOST_NEW = 4
"""Windows added to one gap in a round; what they show decides about more."""
SLIDING = 1.5
"""A gap between means so many times that between centres: the bias is softer than the barrier."""
COLUMNS = ["system", "window", "action", "centre", CONSTANT, "seeded_from", "overlap", "reason"]


def propose(
    umbrella: UmbrellaSet, kt: float, target: float = TARGET_OVERLAP
) -> list[dict[str, Any]]:
    """List the windows of the next round: all that there are, and those to add or to move.

    Parameters
    ----------
    umbrella : UmbrellaSet
        The pilot.
    kt : float
        kJ/mol.
    target : float
        Overlap that neighbours should have.

    Returns
    -------
    list of dict
        Rows with `COLUMNS`; ``action`` is keep, extend, rerun, add or move, ``overlap`` that of
        the neighbours between which a window is added.

    Examples
    --------
    >>> from lfa1_analysis import examples, read_windows
    >>> from lfa1_analysis.free_energy.umbrella.spacing import propose
    >>> from lfa1_analysis.io.constants import GAS_CONSTANT
    >>> rows = propose(read_windows(examples.windows())[0], GAS_CONSTANT * 310.0)
    >>> sorted({row["action"] for row in rows})
    ['extend', 'move']
    """
    judged = judge_windows(umbrella, kt)
    rows = [_old(judged, window) for window in umbrella.windows]
    samples = judged.samples
    if samples is None:
        return rows
    windows, labels = samples.windows, {window.label for window in umbrella.windows}
    means = {w: float(samples.x[samples.window == k].mean()) for k, w in enumerate(windows)}
    lost = [window for window in umbrella.windows if window not in windows]
    middle = (windows[0].centre + windows[-1].centre) / 2
    for pair in judged.pairs:
        # A window between them that was lost is run again; whether more is needed shows then.
        between = [w for w in lost if pair.first.centre <= w.centre <= pair.second.centre]
        if _overlap(judged, pair) >= target or between:
            continue
        reason = (
            f"windows {pair.first.label} and {pair.second.label} overlap by {pair.overlap:.2g}, "
            f"less than {target:g}"
        )
        for window in _between(pair, means[pair.first], means[pair.second], kt, labels):
            seed = "closed" if window.centre < middle else "open"
            rows.append(_row(umbrella.system, window, "add", reason, seed, pair.overlap))
    rows += [_moved(judged, stuck.window, stuck.reason, labels) for stuck in judged.stuck]
    return rows


def _overlap(judged: Judged, pair: Pair) -> float:
    """Overlap of a pair; of a window that has too few samples, how far these lie in the other.

    The other direction is small just because the samples are few, and they will be more.
    """
    assert judged.samples is not None and judged.solution is not None
    i, j = (judged.samples.windows.index(window) for window in (pair.first, pair.second))
    both = float(judged.solution.overlap[i, j]), float(judged.solution.overlap[j, i])
    return max(both) if {pair.first, pair.second} & judged.few.keys() else min(both)


def _old(judged: Judged, window: Window) -> dict[str, Any]:
    """Return what is to be done about a window that is there."""
    if window not in {run.window for run, _ in judged.described}:
        action, reason = "rerun", "it has no usable file"
    elif window in judged.unlike or window in judged.few:
        action, reason = "extend", judged.unlike.get(window) or judged.few[window]
    else:
        wrong = [spring.reason for spring in judged.springs if window in spring.windows]
        action, reason = "keep", "; ".join(wrong)
    return _row(judged.umbrella.system, window, action, reason)


def _between(
    pair: Pair, first_mean: float, second_mean: float, kt: float, labels: set[str]
) -> list[Window]:
    """Fill the gap between two neighbours, evenly between what they sample."""
    constant = max(pair.first.force_constant, pair.second.force_constant)
    alike = math.isclose(pair.first.force_constant, pair.second.force_constant, rel_tol=0.1)
    spacing = pair.second.centre - pair.first.centre
    gap = second_mean - first_mean
    if alike and gap > SLIDING * spacing:
        constant *= 2
    if gap <= 0:  # both slid, past each other: only the centres say where the gap is
        first_mean, gap = pair.first.centre, spacing
    width = math.sqrt(kt / constant)
    number = min(MOST_NEW, max(1, math.ceil(gap / (SPACING * width)) - 1))
    return [
        _new(first_mean + gap * i / (number + 1), constant, labels) for i in range(1, number + 1)
    ]


def _moved(judged: Judged, k: int, reason: str, labels: set[str]) -> dict[str, Any]:
    """Half-way to the neighbour that overlaps less, and from the other end."""
    assert judged.samples is not None and judged.solution is not None
    windows, overlap = judged.samples.windows, judged.solution.overlap
    near = [i for i in (k - 1, k + 1) if 0 <= i < len(windows)]
    other = windows[min(near, key=lambda i: float(overlap[k, i]))]
    centre = (windows[k].centre + other.centre) / 2
    seeds = {run.seeded_from for run in judged.samples.runs if run.window == windows[k]}
    fresh = {"closed": "open", "open": "closed"}
    seed = fresh[seeds.pop()] if len(seeds) == 1 and seeds <= fresh.keys() else ""
    new = _new(centre, windows[k].force_constant, labels)
    return _row(judged.umbrella.system, new, "move", reason, seed)


def _new(centre: float, constant: float, labels: set[str]) -> Window:
    centre, constant = float(f"{centre:.6g}"), float(f"{constant:.6g}")
    stem = label = f"at{centre:.4g}-k{constant:.4g}"
    number = 2
    while label in labels:
        label, number = f"{stem}-{number}", number + 1
    labels.add(label)
    return Window(label, centre, constant)


def _row(
    system: str,
    window: Window,
    action: str,
    reason: str,
    seed: str = "",
    overlap: float | None = None,
) -> dict[str, Any]:
    bias = (window.centre, window.force_constant)
    values = (system, window.label, action, *bias, seed, overlap, reason)
    return dict(zip(COLUMNS, values, strict=True))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `lfa1 windows`."""
    add_windows_arguments(parser)
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="CSV",
        help="windows of the next round: keep, extend, rerun, add or move, each with its reason",
    )
    parser.add_argument(
        "--overlap",
        type=float,
        default=TARGET_OVERLAP,
        metavar="X",
        help=f"that neighbours should have, {LEAST_OVERLAP:g} to {MOST_OVERLAP:g} "
        "(default: %(default)s)",
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = f"{_DESCRIPTION}\n\n{INPUTS}"
    parser.epilog = _EPILOG


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 windows`."""
    if not LEAST_OVERLAP <= args.overlap <= MOST_OVERLAP:
        raise ConfigError(
            f"--overlap: {args.overlap:g} is out of range",
            f"give {LEAST_OVERLAP:g} to {MOST_OVERLAP:g}",
        )
    temperature = read_temperature(args.temperature, "--temperature")
    check_place(args.output, inputs=[args.windows])
    sets = read_windows(args.windows)
    check_place(args.output, inputs=series_files(sets))
    proposed = [propose(found, GAS_CONSTANT * temperature, args.overlap) for found in sets]
    table = pd.DataFrame([row for rows in proposed for row in rows], columns=COLUMNS)
    write_texts({args.output: rounded_csv(table, 10)})
    for found, rows in zip(sets, proposed, strict=True):
        work = [row for row in rows if row["action"] != "keep" or row["reason"]]
        if not work:
            print(f"{found.system}: the {len(rows)} windows suffice, nothing to add or to extend")
        for row in work:
            print(f"{found.system}: {row['action']} {row['window']}: {row['reason']}")
    print(f"{args.output}: {len(table)} windows")
    return 0
