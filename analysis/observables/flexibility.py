"""Flexibility of the αL I domain: size, α7 helicity, contacts, fluctuation of each residue.

Definitions: ``docs/observables.md``. All distances are in Å.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, ClassVar

import gemmi
import numpy as np
import pandas as pd
from MDAnalysis import Universe
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from lfa1_analysis.observables.contacts import Contacts
from lfa1_analysis.observables.frame_series import FrameSeries
from lfa1_analysis.observables.helicity import Helicity
from lfa1_analysis.observables.program import (
    add_trajectory_arguments,
    run_observable,
    said,
    standalone,
)
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import ALPHA7_HELIX, RMSD_RANGE, SHEET_CORE
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.presence import alphas_there, atoms_there
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import squares
from lfa1_analysis.trajectory.superposition import Motion, rmsds


@dataclass
class Moments:
    """Running mean and sum of squared deviations of positions.

    Of some frames at a time, joined pairwise with what was found before or by another process
    (Chan, Golub & LeVeque 1983, 10.1080/00031305.1983.10483115): exact, one pass, constant memory.

    Examples
    --------
    >>> import numpy as np
    >>> from lfa1_analysis.observables.flexibility import Moments
    >>> first, second = (Moments.of(np.full((1, 3, 2), x)) for x in (0.0, 2.0))
    >>> both = first.join(second)
    >>> both.count, both.mean.tolist(), both.rmsf.round(3).tolist()
    (4, [[1.0, 1.0, 1.0]], [1.732])
    """

    count: int = 0
    mean: Array = field(default_factory=lambda: np.zeros((0, 3)))
    squares: Array = field(default_factory=lambda: np.zeros((0, 3)))

    @classmethod
    def of(cls, xyz: Array) -> Moments:
        """Return those of some frames, shape (n, 3, F), superposed by the caller."""
        mean = xyz.mean(axis=2)
        deviation = xyz - mean[:, :, None]
        return cls(xyz.shape[2], mean, np.einsum("icf,icf->ic", deviation, deviation))

    def join(self, other: Moments) -> Moments:
        """Return the moments of both samples together."""
        if not (self.count and other.count):
            return self if self.count else other
        count = self.count + other.count
        gap = other.mean - self.mean
        return Moments(
            count,
            self.mean + gap * (other.count / count),
            self.squares + other.squares + gap**2 * (self.count * other.count / count),
        )

    @property
    def rmsf(self) -> Array:
        """Fluctuation (root mean square) of each point about its mean, shape (n,)."""
        return np.asarray(np.sqrt(self.squares.sum(axis=1) / max(self.count, 1)))


class Flexibility(FrameSeries):
    """Size and shape of the I domain, frame by frame, and the fluctuation of each residue.

    The columns are described in ``columns``; they are of residues 130–300, so that structures with
    longer and shorter ends compare, and the helicity of α7 (292–303).

    Parameters
    ----------
    universe : MDAnalysis.Universe
        Topology and trajectory.
    domain : Domain
        The I domain in it.
    first : int
        The frame that the others are compared with.

    Attributes
    ----------
    results.rmsf : pandas.DataFrame
        ``residue``, ``residue_name``, ``rmsf_angstrom`` (Cα about its mean position, after the
        sheet core is superposed on 3F74) and ``n_frames``.

    Raises
    ------
    InputError
        If a Cα atom of the sheet core is missing.

    Examples
    --------
    >>> from lfa1_analysis import examples
    >>> from lfa1_analysis.proteins.numbering import find_domain
    >>> from lfa1_analysis.observables.flexibility import Flexibility
    >>> universe = examples.universe()
    >>> series = Flexibility(universe, find_domain(universe)).run()
    >>> series.results.table[["radius_of_gyration_angstrom", "alpha7_helicity"]].round(2).tail(2)
       radius_of_gyration_angstrom  alpha7_helicity
    4                        15.16             0.92
    5                        15.20             0.83
    >>> series.results.rmsf.round(2).head(2)
       residue residue_name  rmsf_angstrom  n_frames
    0      128          GLY           0.53         6
    1      129          ASN           0.30         6
    """

    columns: ClassVar = {
        "radius_of_gyration_angstrom": "heavy atoms of residues 130–300, mass-weighted",
        "longest_extent_angstrom": "largest Cα–Cα distance in 130–300",
        "alpha7_helicity": "fraction of residues 292–303 that DSSP calls helical",
        "contacts_lost": "residue contacts (|i − j| ≥ 4, heavy atoms within 4.5 Å) of the first "
        "frame analysed that are beyond 6 Å now",
        "contacts_won": "contacts now that were beyond 6 Å in the first frame analysed",
        "rmsd_first_angstrom": "Cα 130–300 from the first frame analysed",
    }
    integers = ("contacts_lost", "contacts_won")

    def __init__(self, universe: Universe, domain: Domain, first: int = 0, **kwargs: Any) -> None:
        domain.require(SHEET_CORE, "the superposition")
        super().__init__(universe, domain, **kwargs)
        self._core, self._core_goal = self.rows(SHEET_CORE), reference.load().closed_ca(SHEET_CORE)
        self._residues = domain.has(sorted(domain.atoms))
        self._all_alphas = self.rows(self._residues)
        compared = alphas_there(
            domain, RMSD_RANGE, "longest_extent_angstrom and rmsd_first_angstrom are"
        )
        self._compared = self.rows(compared)
        self._solid = atoms_there(
            domain, RMSD_RANGE, "radius_of_gyration_angstrom, contacts_lost and contacts_won are"
        )
        body = [
            (self.row[i], name, number)
            for number in RMSD_RANGE
            for name, i in domain.atoms.get(number, {}).items()
            if i in self.row
        ]
        self._body = np.array([row for row, _, _ in body], dtype=np.intp)
        masses = np.array([_mass(name) for _, name, _ in body])
        self._weights = masses / masses.sum()
        self._helix = Helicity(domain, self.row, ALPHA7_HELIX)
        xyz = self.coordinates(first)
        self._first = xyz[self._compared]
        self._contacts = Contacts(np.array([n for _, _, n in body]), xyz[self._body])

    def _prepare(self) -> None:
        super()._prepare()
        self.results.moments = Moments()

    def merges(self) -> dict[str, Callable[[list[Any]], Any]]:
        """Join the moments that worker processes have gathered."""
        return {"moments": lambda parts: reduce(Moments.join, parts)}

    def measure(self, chunk: Chunk) -> tuple[Sequence[Any] | NDArray[Any], ...]:
        """Return the values of some frames; see the class for what they are."""
        core = chunk.once("core", lambda: Motion(chunk.rows(self._core), self._core_goal))
        moments = Moments.of(core.apply(chunk.rows(self._all_alphas)))
        self.results.moments = self.results.moments.join(moments)
        missing = np.full(len(chunk), np.nan)
        size, lost, won, extent, deviation = (missing,) * 5
        if self._solid:
            body = chunk.xyz[self._body]
            size, single = self._radius_of_gyration(body), body.astype(np.float32)
            lost, won = self._contacts.compare(single, core.apply(single))
        if len(self._compared):
            alphas = chunk.rows(self._compared)
            extent, (deviation,) = longest(alphas), rmsds(alphas, self._first)
        helicity = self._helix.fractions(chunk.rows(self._helix.rows))
        return (
            size,
            extent,
            helicity,
            lost,
            won,
            deviation,
        )

    def _radius_of_gyration(self, body: Array) -> Array:
        centre = np.einsum("i,icf->cf", self._weights, body)
        return np.asarray(np.sqrt(np.einsum("i,if->f", self._weights, squares(body - centre))))

    def _conclude(self) -> None:
        super()._conclude()
        moments = self.results.moments
        self.results.rmsf = pd.DataFrame(
            {
                "residue": self._residues,
                "residue_name": [self.domain.names[n] for n in self._residues],
                "rmsf_angstrom": moments.rmsf,
                "n_frames": moments.count,
            }
        )


def longest(points: Array) -> Array:
    """Return the largest distance between two points, shape (n, 3, F) → (F,)."""
    frames = np.ascontiguousarray(np.moveaxis(points, 2, 0))
    return np.sqrt([pdist(frame, "sqeuclidean").max() for frame in frames])


def _mass(atom_name: str) -> float:
    """Return the mass of a protein heavy atom (C, N, O, S, Se) in Da."""
    symbol = "Se" if atom_name.upper().startswith("SE") else atom_name.lstrip("0123456789")[0]
    return float(gemmi.Element(symbol).weight)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `lfa1 flexibility` takes."""
    add_trajectory_arguments(
        parser,
        "flexibility",
        "Measure size, α7 helicity and contacts of the αL I domain in every frame, and the\n"
        "fluctuation of each residue.",
        {
            **Flexibility.columns,
            "--rmsf-output: residue, residue_name, rmsf_angstrom, n_frames": "fluctuation of each "
            "Cα about its mean position, sheet core superposed on 3F74",
        },
    )
    parser.add_argument("--rmsf-output", metavar="CSV", help="table of fluctuations to write")


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 flexibility`."""
    rmsf = {args.rmsf_output: lambda series: series.results.rmsf} if args.rmsf_output else {}
    tell(run_observable(args, Flexibility, rmsf, first=args.start or 0).results.table)
    return 0


def tell(table: pd.DataFrame) -> None:
    """Say in a line what the table shows."""
    means = {
        "radius of gyration": said(table["radius_of_gyration_angstrom"].mean(), ".2f", " Å"),
        "α7 helicity": said(table["alpha7_helicity"].mean(), ".2f"),
        "last frame's RMSD from the first": said(
            table["rmsd_first_angstrom"].iloc[-1], ".2f", " Å"
        ),
    }
    print(", ".join(f"{name} {value}" for name, value in means.items()))


if __name__ == "__main__":
    raise SystemExit(standalone(add_arguments, run))
