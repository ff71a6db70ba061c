"""Protonation states: PROPKA's pKa at the configured pH, histidine tautomers by hydrogen bonds."""

from __future__ import annotations

import io
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_analysis.proteins.alphal import LIGAND_DONORS
from lfa1_analysis.proteins.known import PROTEINS
from lfa1_md.protein import chains

CHARGED = ("ASP137", "ASP239")
"""MIDAS aspartates: they face a metal, so they stay charged, also when the metal is taken out."""
LIGANDS = tuple(PROTEINS[key].wild(n) + str(n) for key, n, _ in LIGAND_DONORS.values())
"""Likewise the acids of ligands that hold it."""
MODEL_PKA = {"ASP": 3.8, "GLU": 4.5, "HIS": 6.5, "CYS": 9.0, "TYR": 10.0, "LYS": 10.5, "ARG": 12.5}
"""Of the free amino acids, as PROPKA uses them."""
_TITRATED = ("ASP", "GLU", "HIS", "LYS", "CYS", "TYR", "ARG")


@dataclass(frozen=True)
class Protonation:
    """Variant of one titratable residue, in OpenMM's names.

    Attributes
    ----------
    residue : str
        For example ``HIS264``; of a further protein with its chain, ``B:HIS82``; of an integrin
        with its subunit, ``beta HIS101``.
    variant : str
        For example ``HIE``.
    pka : float or None
        PROPKA's pKa (the mean of the states that were decided together).
    why : str
        The reason, where it is not the pKa alone.
    """

    residue: str
    variant: str
    pka: float | None
    why: str = ""


def pkas(
    topology: app.Topology, positions: NDArray[np.float64], labels: Sequence[str] | None = None
) -> dict[str, float]:
    """Return PROPKA's pKa values by residue (``ASP137``).

    Parameters
    ----------
    topology, positions
        Heavy atoms, Å; a metal in it counts with its charge, waters are left out.
    labels : sequence of str, optional
        What each residue is called, if not as in `chains.labels`.
    """
    import propka.run

    text = io.StringIO()
    modeller = app.Modeller(topology, positions * unit.angstrom)
    modeller.deleteWater()
    app.PDBFile.writeFile(modeller.topology, modeller.positions, text, keepIds=True)
    # PROPKA writes warnings about caps and atoms it does not know to the root logger.
    logger = logging.getLogger("propka")
    level, logger.level = logger.level, logging.ERROR
    try:
        text.seek(0)
        molecule = propka.run.single(
            "protein.pdb", optargs=["--quiet"], stream=text, write_pka=False
        )
    finally:
        logger.level = level
    called = {
        (residue.chain.id, residue.id): label
        for residue, label in zip(
            topology.residues(), labels or chains.labels(topology), strict=True
        )
    }
    values: dict[str, float] = {}
    for group in molecule.conformations["AVR"].groups:
        if group.residue_type in _TITRATED and group.pka_value is not None:
            values[called[group.atom.chain_id, str(group.atom.res_num)]] = float(group.pka_value)
    return values


def decide(
    structures: Sequence[tuple[app.Topology, NDArray[np.float64]]],
    ph: float,
    built: frozenset[str] = frozenset(),
    labels: Sequence[str] | None = None,
    charged: Collection[str] = (),
) -> list[Protonation]:
    """Choose one set of variants for all `structures`, so that their atoms are identical.

    Parameters
    ----------
    structures : sequence of (topology, positions)
        Heavy atoms (Å) of the same molecule in one or more states.
    ph : float
        The pH. A residue takes the state that its mean pKa gives there.
    built : frozenset of str
        Labels of residues whose side chains were built: their surroundings are guessed, so they
        take the state of the free amino acid.
    labels : sequence of str, optional
        What each residue is called, if not as in `chains.labels`.
    charged : collection of str
        Labels of residues on the metal sites of an integrin, also on emptied ones: acids stay
        charged, histidines neutral.

    Returns
    -------
    list of Protonation
        Every titratable residue, by number; MIDAS aspartates charged whatever their pKa.
    """
    tables = [pkas(*structure, labels) for structure in structures]
    first = structures[0][0]
    result = []
    for residue, label in zip(first.residues(), labels or chains.labels(first), strict=True):
        name = residue.name
        if name not in _TITRATED:
            continue
        known = [table[label] for table in tables if label in table]
        pka = float(np.mean(known)) if known else None
        variant, free = _variant(name, pka, ph), _variant(name, MODEL_PKA[name], ph)
        why = ""
        if label in charged and name != "LYS":
            variant, why = _variant(name, None, ph), "metal site: stays as it is with the metal"
        elif label.rpartition(":")[2] in (LIGANDS if ":" in label else CHARGED):
            variant, why = name, "MIDAS: stays charged"
        elif label in built:
            variant, why = free, "side chain built: as the free amino acid"
        elif variant != free:
            own = "PROPKA gives no pKa" if pka is None else f"PROPKA’s pKa {pka:.1f}"
            why = f"{own}, the free amino acid’s {MODEL_PKA[name]}; pH {ph:g}"
        if name == "HIS" and not variant:
            index = residue.index
            variant, why = tautomer([(list(s[0].residues())[index], *s) for s in structures])
        result.append(Protonation(label, variant, None if pka is None else round(pka, 2), why))
    return result


def _variant(name: str, pka: float | None, ph: float) -> str:
    """Return a residue's variant; empty for a neutral histidine."""
    protonated = pka is not None and pka > ph
    if name == "HIS":
        return "HIP" if protonated else ""
    if name in ("ASP", "GLU"):
        return {"ASP": "ASH", "GLU": "GLH"}[name] if protonated else name
    if name == "LYS":
        return "LYS" if protonated or pka is None else "LYN"
    return name  # Cys, Tyr, Arg: their other states are not in the force fields


_ACCEPTORS = {"O", "OD1", "OD2", "OE1", "OE2", "OG", "OG1", "OH"}
_DONORS = {"N", "NZ", "NE", "NH1", "NH2", "ND2", "NE2", "ND1", "NE1", "OG", "OG1", "OH"}
_REACH = 6.0
"""Å from a ring's Cε1; its hydrogen bonds end nearer."""


def tautomer(
    rings: Sequence[tuple[app.topology.Residue, app.Topology, NDArray[np.float64]]],
) -> tuple[str, str]:
    """Put the hydrogen on Nδ1 or Nε2: where it finds an acceptor, and the bare nitrogen a donor.

    Parameters
    ----------
    rings : sequence of (residue, topology, positions)
        One histidine in each of its structures (heavy atoms, Å).

    Returns
    -------
    variant, why : str
    """
    delta = epsilon = 0.0
    for residue, topology, positions in rings:
        own = {a.name: positions[a.index] for a in residue.atoms()}
        others = [
            (a.name, positions[a.index])
            for a in topology.atoms()
            if a.residue is not residue
            and a.residue.name != "HOH"
            and np.linalg.norm(positions[a.index] - own["CE1"]) < _REACH
        ]
        delta += _best(own, "ND1", others, _ACCEPTORS) + _best(own, "NE2", others, _DONORS)
        epsilon += _best(own, "NE2", others, _ACCEPTORS) + _best(own, "ND1", others, _DONORS)
    if delta > epsilon:
        return "HID", f"hydrogen bonds favour Nδ1–H ({delta:.1f} against {epsilon:.1f})"
    if epsilon > delta:
        return "HIE", f"hydrogen bonds favour Nε2–H ({epsilon:.1f} against {delta:.1f})"
    return "HIE", "no hydrogen bond decides; Nε2–H is the commoner tautomer in water"


def _best(
    own: dict[str, NDArray[np.float64]],
    atom: str,
    others: Sequence[tuple[str, NDArray[np.float64]]],
    names: set[str],
) -> float:
    """Quality (0 to 1) of the best hydrogen-bond partner of a ring nitrogen.

    The ring points along the bisector of its two bonds; a partner within 3.5 Å and 50° of that
    direction counts, the more the nearer and straighter.
    """
    ring = {"ND1": ("CG", "CE1"), "NE2": ("CD2", "CE1")}[atom]
    out = 2 * own[atom] - own[ring[0]] - own[ring[1]]
    out /= np.linalg.norm(out)
    best = 0.0
    for name, place in others:
        if name not in names:
            continue
        vector = place - own[atom]
        distance = float(np.linalg.norm(vector))
        if 2.4 < distance <= 3.5:
            cosine = float(vector @ out) / distance
            if cosine > np.cos(np.radians(50)):
                best = max(best, cosine * min(1.0, 3.9 - distance))
    return best
