"""Preparing a state: repair → wild type → metal site → protonation → minimise → judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import openmm
from lfa1_analysis.errors import InputError
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_md import forcefield as forcefields
from lfa1_md import metal_site, relaxation, stereo
from lfa1_md.assembly import Draft
from lfa1_md.metal_site import Verdict
from lfa1_md.protonation import Protonation
from lfa1_md.randomness import reproducible
from lfa1_md.settings import Chemistry
from lfa1_md.structure import Decision

Compute = tuple[openmm.Platform, dict[str, str]]
Say = Callable[[str], None]

_HYDROGEN_FORCE_FIELD = ("amber19/protein.ff19SB.xml", "amber19/opc3.xml")
"""Only for where hydrogens start; the minimisation that follows uses the configured one."""


@dataclass
class Prepared:
    """A prepared state.

    Attributes
    ----------
    topology : openmm.app.Topology
        Protein ACE–…–NME, then MG, then the first-shell waters; mature numbering.
    positions : ndarray, shape (n, 3)
        Å.
    verdict : Verdict
        The judged metal site.
    source : {"entry", "placed"}
        Where the metal came from.
    """

    topology: app.Topology
    positions: NDArray[np.float64]
    verdict: Verdict
    source: str
    decisions: list[Decision] = field(default_factory=list)
    repairs: list[Decision] = field(default_factory=list)
    protonation: list[Protonation] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """Return the content of ``site.json``."""
        return {
            **self.verdict.as_dict(),
            "source": self.source,
            "decisions": metal_site.summary(self.decisions),
            "repairs": metal_site.summary(self.repairs),
            "protonation": metal_site.summary(self.protonation),
            "provenance": self.provenance,
        }


def finish(
    draft: Draft,
    protonation: list[Protonation],
    chemistry: Chemistry,
    compute: Compute,
    name: str,
    say: Say = lambda line: None,
) -> Prepared:
    """Add hydrogens, minimise in water and judge.

    Parameters
    ----------
    draft : Draft
        Heavy atoms with metal and shell waters.
    protonation : list of Protonation
        Variants by residue.
    chemistry : Chemistry
        Force field and water of the minimisation.
    compute : (Platform, properties)
        Passed to everything that computes.
    name : str
        Of the structure, for messages.
    say : callable
        Told each step in a line.

    Raises
    ------
    MetalSiteError
        The minimised site is not accepted.
    InputError
        A residue came out with the wrong configuration.
    """
    say("adding hydrogens")
    topology, positions = add_hydrogens(draft.topology, draft.positions, protonation, compute[0])
    free = frozenset(
        a.index for a in topology.atoms() if (a.residue.id, a.name) in draft.free
    )
    chosen = forcefields.choose(chemistry)
    say("minimising in a temporary box of water")
    relaxed = relaxation.relax(
        topology,
        positions,
        forcefields.load(chemistry),
        chosen,
        free,
        draft.guide(topology, positions),
        compute,
    )
    wrong = stereo.d_amino_acids(topology, relaxed) + stereo.wrong_side_chains(topology, relaxed)
    if wrong:
        raise InputError(
            f"{name}: {', '.join(wrong)} came out with the wrong configuration",
            "correct these residues in the structure before preparing it",
        )
    verdict = metal_site.examine(topology, relaxed, draft.state)
    metal_site.require(verdict, name)
    say(f"metal site accepted: {', '.join(d.label for d in verdict.site.bound)}")
    decisions = list(draft.decisions)
    cis = stereo.cis_peptides(topology, relaxed)
    if cis:
        decisions.append(Decision(f"cis peptide bonds before {', '.join(cis)} kept", "as given"))
    return Prepared(
        topology, relaxed, verdict, draft.source, decisions, list(draft.repairs), protonation
    )


def add_hydrogens(
    topology: app.Topology,
    positions: NDArray[np.float64],
    protonation: list[Protonation],
    platform: openmm.Platform,
) -> tuple[app.Topology, NDArray[np.float64]]:
    """Add hydrogens in the given variants (Å); the heavy atoms stay where they are."""
    variants = {(p.residue[:3], p.number): p.variant for p in protonation}
    chosen = [
        variants.get((r.name, int(r.id))) if r.name in ("ASP", "GLU", "HIS", "LYS") else None
        for r in topology.residues()
    ]
    modeller = app.Modeller(topology, positions * unit.angstrom)
    with reproducible():
        modeller.addHydrogens(
            app.ForceField(*_HYDROGEN_FORCE_FIELD), variants=chosen, platform=platform
        )
    added = np.array(modeller.positions.value_in_unit(unit.angstrom), dtype=float)
    return modeller.topology, added
