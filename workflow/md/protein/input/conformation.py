"""Whether a structure is in the state that the study says it is in, by where its α7 helix stands.

A metal site alone does not tell: the MIDAS of an open domain can be made to hold its metal as a
closed one does.
"""

from __future__ import annotations

import math

import numpy as np

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import ALPHA7, SHEET_CORE
from lfa1_analysis.trajectory.geometry import superpose
from lfa1_md.protein.input.i_domain import ProteinDomain
from lfa1_md.study.sections import State

CLOSED_MOST, OPEN_LEAST = 6.0, 2.2
"""Å; α7 shift beyond which a structure is not closed, and below which it is not open. Half-way
from intermediate crystals (+4.5) to the nearest open (+7.6) and to the closed one (0); see
docs/observables.md.
A `bound` one may be either: with ICAM-1 on the metal α7 is half-way (1MQ8)."""


def alpha7_shift(domain: ProteinDomain) -> float:
    """Return how far α7 stands from that of the closed crystal 3F74 along its axis (Å).

    As `lfa1 opening` defines it; NaN where Cα atoms of the sheet core or of α7 are missing.
    """
    there = {
        residue.seqid.num: np.array(atom.pos.tolist())
        for residue in domain.chain
        if (atom := residue.find_atom("CA", "*"))
    }
    if not all(n in there for n in (*SHEET_CORE, *ALPHA7)):
        return math.nan
    known = reference.load()
    xyz = np.array([there[n] for n in ALPHA7])
    core = np.array([there[n] for n in SHEET_CORE])
    laid = superpose(xyz, core, known.closed_ca(SHEET_CORE))
    return float(known.alpha7_axis @ (laid.mean(axis=0) - known.closed_ca(ALPHA7).mean(axis=0)))


def require(domain: ProteinDomain, state: State) -> float:
    """Refuse a structure that is in the other state.

    Returns
    -------
    float
        The α7 shift (Å); NaN where it cannot be told.

    Raises
    ------
    InputError
        It is open where `state` says closed, or the other way round.
    """
    shift = alpha7_shift(domain)
    wrong = {"closed": shift > CLOSED_MOST, "open": shift < OPEN_LEAST}.get(state, False)
    if wrong:
        other = "open" if state == "closed" else "closed"
        raise InputError(
            f"{domain.name}: helix α7 stands {shift:+.1f} Å from that of the closed crystal 3F74, "
            f"as in {other} structures, but the state is `{state}`",
            f"give its name or its `state` as `{other}`, or use {_a(state)} structure "
            "(`lfa1 structures list`)",
        )
    return shift


def _a(state: str) -> str:
    return f"{'an' if state == 'open' else 'a'} {state}"
