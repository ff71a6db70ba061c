"""How Glu34 of ICAM-1 holds the metal of the αL I domain, and how near it is to its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.metal_site import places
from lfa1_analysis.metal_site.coordination import CUTOFF, CUTOFFS
from lfa1_analysis.metal_site.expectation import UNKNOWN
from lfa1_analysis.observables.midas import occupant, site_oxygens
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.known import CARBOXYLATE, GLU34
from lfa1_analysis.proteins.presence import note, side_chains_there
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.many_frames import images, lengths
from lfa1_analysis.trajectory.superposition import Motion


class Glu34:
    """The carboxylate and the MIDAS.

    Parameters
    ----------
    elements : list of str
        Of the ions.
    domain : Domain
        The I domain.
    row : dict of int
        Atom of the I domain → row of its coordinates.
    anchors : ndarray of int
        Rows that stand for the MIDAS where its donors are missing.
    ligand : Domain
        ICAM-1.
    ligand_row : dict of int
    """

    def __init__(
        self,
        elements: list[str],
        domain: Domain,
        row: dict[int, int],
        anchors: NDArray[np.intp],
        ligand: Domain,
        ligand_row: dict[int, int],
    ) -> None:
        self._elements, self._anchors = elements, anchors
        self._place = places.of_alpha_i("bound")
        self._loop = self._place.atoms(domain)
        if not self._loop:
            note("glu34_midas_angstrom is left out: backbone atoms around the MIDAS are missing")
        self._loop_rows = np.array(
            [row[domain.atoms[n][name]] for n, name in self._loop], dtype=np.intp
        )
        site = [row[i] for i in site_oxygens(domain)]
        # Where the site is, or whether there are ions, cannot be told: nor what is in it.
        self._nothing = "none" if elements and site else UNKNOWN
        if not site:
            note("the metal is left out: too few oxygens of the MIDAS are there to say where it is")
            self._elements = [""] * len(elements)
        self._site = np.array(site, dtype=np.intp)
        carboxylate = [ligand.index(GLU34, name) for name in CARBOXYLATE]
        there = [ligand_row[i] for i in carboxylate if i is not None]
        whole = side_chains_there(ligand, [GLU34], "what is measured on Glu34 of ICAM-1 is")
        self._glu = np.array(there if whole else [], dtype=np.intp)

    def measure(
        self, chunk: Chunk, ions: Array, core: Motion, other: Array
    ) -> tuple[Sequence[Any] | Array, ...]:
        """Return the metal, how far the carboxylate is from it, how it holds it, and its place."""
        frames = np.arange(len(chunk))
        middle = (
            chunk.rows(self._site).mean(axis=0)
            if len(self._site)
            else chunk.rows(self._anchors).mean(axis=0)
        )
        around = images(ions - middle, chunk.boxes, chunk.free)
        chosen = occupant(self._elements, lengths(around))
        there = chosen >= 0
        metals = [self._elements[i] if i >= 0 else self._nothing for i in chosen.tolist()]
        glu = other[self._glu]
        nothing = np.full(len(chunk), np.nan)
        if not len(glu):
            return metals, nothing, nothing, nothing, nothing
        to_place = nothing
        if self._loop:
            spot = self._place.locate(core.apply(chunk.rows(self._loop_rows)), self._loop)
            to_place = lengths(glu - spot).min(axis=0)
        if not there.any():
            return metals, nothing, nothing, nothing, to_place
        metal = core.apply((middle + around[chosen, :, frames].T)[None])
        away = np.where(there, lengths(glu - metal), np.nan)
        cutoffs = np.array([CUTOFFS.get(element, CUTOFF) for element in metals])
        count = np.where(there, (away <= cutoffs).sum(axis=0), np.nan)
        bound = np.where(there, count > 0, np.nan)
        return metals, away.min(axis=0), count, bound, to_place
