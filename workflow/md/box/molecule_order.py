"""The order of residues in the study's boxes, and the chains that they are in."""

from __future__ import annotations

from collections.abc import Iterator

from openmm import app

from lfa1_md.box.bulk import Names
from lfa1_md.box.molecules import METALS, Model
from lfa1_md.study.ions import ANION, CATION, FIXED_CHAIN, WATER


def in_order(boxed: Model, renamed: dict[app.Residue, Names]) -> Iterator[tuple[app.Residue, str]]:
    """Residues of a box in the study's order, with the chain of each.

    Parameters
    ----------
    boxed : Model
        A box whose only divalent ion is the metal at the site.
    renamed : dict
        Waters that become ions, with their new names.

    Yields
    ------
    tuple of Residue and str
        Protein (with sugars and the metals of an integrin's other sites), waters, Na⁺, Cl⁻, Mg²⁺
        of the solvent, and the metal. The ions of the solvent share a chain, which tells its Mg²⁺
        from the metal; what has no metal numbers all else the same.
    """
    residues = list(boxed.topology.residues())
    solvent = {WATER, CATION, ANION} | METALS
    kept = {r for r in residues if r.name not in solvent or _fixed(r)}
    taken = {r.chain.id for r in residues if r.name not in solvent}
    free = iter(c for c in "WIMXYZ" if c not in taken)
    water_chain, ion_chain, metal_chain = next(free), next(free), next(free)
    becomes = {r: renamed[r][0] if r in renamed else r.name for r in residues}
    for residue in residues:
        if residue in kept:
            yield residue, residue.chain.id
    for names, chain in (
        ({WATER}, water_chain),
        ({CATION}, ion_chain),
        ({ANION}, ion_chain),
        (METALS, ion_chain),
    ):
        for residue in residues:
            if becomes[residue] in names and residue.name not in METALS:
                yield residue, chain
    for residue in residues:
        if residue.name in METALS and residue not in kept:
            yield residue, metal_chain


def _fixed(residue: app.Residue) -> bool:
    """Whether a residue is a metal that all systems of a state hold alike."""
    return residue.chain.id == FIXED_CHAIN and residue.name in METALS
