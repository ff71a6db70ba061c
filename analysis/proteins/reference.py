"""The crystal references that opening is measured on: 3F74 (closed) and 3HI6 (open).

``data/reference.csv`` keeps what the definitions need of the two entries, Cα and side-chain
centroids, and nothing else. :func:`build` makes it anew from the entries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from lfa1_analysis.io.table import write_text
from lfa1_analysis.proteins.alphal import ALPHA7_AXIS, FIRST, LAST, MOVING, RMSD_RANGE, SHEET_CORE
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.geometry import Array, principal_axis, superpose
from lfa1_analysis.trajectory.universe import open_universe

FILE = Path(__file__).parent / "data" / "reference.csv"
_POINTS = ("closed_ca", "closed_side", "open_ca", "open_side")
_HEADER = """\
# Crystal references of the integrin αL I domain, for the opening of LFA-1.
# closed: PDB entry {closed}; open: PDB entry {open} (wwPDB, CC0 1.0).
# Sources: {sources}
# ca: Cα atom; side: centroid of the heavy side-chain atoms, Cα included. Å.
# The open entry is superposed on the closed one by the Cα atoms of the β-sheet core.
# residue: mature αL number (UniProt P20701 minus 25). Made by
# lfa1_analysis.proteins.reference.build.
"""


@dataclass(frozen=True)
class Reference:
    """Cα atoms and side-chain centroids of both states, in one frame (Å), by mature number."""

    closed: dict[int, Array]
    open: dict[int, Array]
    closed_side: dict[int, Array]
    open_side: dict[int, Array]

    def closed_ca(self, numbers: Iterable[int]) -> Array:
        """Return closed Cα positions, shape (n, 3)."""
        return np.array([self.closed[n] for n in numbers])

    def open_ca(self, numbers: Iterable[int]) -> Array:
        """Return open Cα positions in the closed frame, shape (n, 3)."""
        return np.array([self.open[n] for n in numbers])

    @property
    def alpha7_axis(self) -> Array:
        """Unit vector along closed α7 (Cα 293–300), from its N- to its C-terminus."""
        return principal_axis(self.closed_ca(ALPHA7_AXIS))


@cache
def load(file: Path = FILE) -> Reference:
    """Read the shipped reference, or another one made by :func:`build`.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.proteins import reference
    >>> shift = reference.load().open_ca([297]) - reference.load().closed_ca([297])
    >>> round(float(np.linalg.norm(shift)), 1)
    10.3
    """
    table = pd.read_csv(file, comment="#", index_col="residue")
    points = (table[[f"{point}_{axis}_angstrom" for axis in "xyz"]] for point in _POINTS)
    closed, closed_side, open_, open_side = (
        dict(zip(table.index.tolist(), point.to_numpy(float), strict=True)) for point in points
    )
    return Reference(closed, open_, closed_side, open_side)


def build(closed: str | Path, open_: str | Path, output: str | Path) -> None:
    """Make the reference table from a closed and an open structure.

    Parameters
    ----------
    closed, open_ : path
        3F74 and 3HI6, in any format and numbering; residues 128–307 are used.
    output : path
        CSV to write, with its provenance in comment lines.

    Raises
    ------
    InputError
        If one of them is no αL I domain or lacks a residue that the definitions need.
    """
    points: dict[str, dict[int, Array]] = {}
    names: dict[int, str] = {}
    for state, file in (("closed", closed), ("open", open_)):
        universe = open_universe(file)
        domain = find_domain(universe)
        domain.require(sorted({*SHEET_CORE, *RMSD_RANGE, *MOVING}), f"the {state} reference")
        xyz = universe.atoms.positions.astype(float)
        modelled = [n for n in range(FIRST, LAST + 1) if domain.side_chain(n)]
        points[f"{state}_ca"] = {n: xyz[domain.atoms[n]["CA"]] for n in domain.has(modelled)}
        points[f"{state}_side"] = {n: xyz[domain.side_chain(n)].mean(axis=0) for n in modelled}
        names = names or domain.names
    core = [points[f"{state}_ca"] for state in ("open", "closed")]
    mobile, target = (np.array([ca[n] for n in SHEET_CORE]) for ca in core)
    for point in ("open_ca", "open_side"):
        points[point] = {
            n: superpose(xyz[None], mobile, target)[0] for n, xyz in points[point].items()
        }
    numbers = sorted(set.intersection(*(set(values) for values in points.values())))
    columns = [f"{point}_{axis}_angstrom" for point in _POINTS for axis in "xyz"]
    lines = [",".join(["residue", "residue_name", *columns])]
    lines += [
        ",".join([str(n), names[n], *(f"{value:.3f}" for p in _POINTS for value in points[p][n])])
        for n in numbers
    ]
    sources = "; ".join(
        f"{Path(file).name} sha256:{hashlib.sha256(Path(file).read_bytes()).hexdigest()}"
        for file in (closed, open_)
    )
    header = _HEADER.format(
        closed=Path(closed).stem.upper(), open=Path(open_).stem.upper(), sources=sources
    )
    write_text(output, header + "\n".join(lines) + "\n")
