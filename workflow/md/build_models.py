"""Computing the embedded models from their PDB entries: ``lfa1 structures build``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
from lfa1_analysis.alphal import FIRST, LAST, SHEET_CORE, STATE_DONORS
from lfa1_analysis.errors import InputError, MetalSiteError
from numpy.typing import NDArray

from lfa1_md import catalogue, fetch, models, protonation, provenance, structure
from lfa1_md.assembly import Draft, assemble
from lfa1_md.metal_site import metal_index
from lfa1_md.prepare import Compute, Prepared, Say, finish
from lfa1_md.settings import Chemistry
from lfa1_md.structure import Domain

SOURCES = {"closed": ("3F74", "1CQP"), "open": ("3HI6", "1MQ9")}
"""For each model the entry it is made from and the one it is checked against."""

_SITE_AGREEMENT = 1.5
"""Å; how far the placed metal may be from where the checking entry has it."""


def build(folder: Path, chemistry: Chemistry, compute: Compute, say: Say = print) -> list[Path]:
    """Make both models, check them, and write them with their checksums.

    Parameters
    ----------
    folder : path
        Where ``closed.cif``, ``open.cif`` and ``checksums`` are written.
    chemistry : Chemistry
        Force field, water and pH.
    compute : (Platform, properties)
        Where it runs.
    say : callable
        Told each step in a line.

    Returns
    -------
    list of path
        The files written.

    Raises
    ------
    StudyError
        An entry cannot be had, a site is not accepted, or the models' atoms differ.
    """
    files = {state: fetch.fetch(SOURCES[state][0]) for state in SOURCES}
    drafts = {}
    for state, file in files.items():
        entry = catalogue.find(SOURCES[state][0])
        say(f"{state}: repairing {entry.entry} chain {entry.chain}")
        drafts[state] = assemble(
            structure.load(file, entry.chain), state, "refuse", compute[0]
        )
    built = frozenset[int]().union(*(draft.built for draft in drafts.values()))
    variants = protonation.decide(
        [(d.topology, d.positions) for d in drafts.values()], chemistry.ph, built
    )
    prepared = {}
    for state, draft in drafts.items():
        prepared[state] = finish(
            draft, variants, chemistry, compute, state, lambda line, s=state: say(f"{s}: {line}")
        )
        prepared[state].provenance = _about(state, files[state], draft, prepared[state], chemistry)
    _check_same_atoms(prepared)
    return _write(folder, prepared)
