"""Which protein each chain of a model is, and what its residues are called.

Residue numbers are those of the mature proteins, so those of two proteins may coincide: what is
looked up is looked up by protein, number and name.
"""

from __future__ import annotations

from openmm import app

from lfa1_analysis.proteins.known import ALPHA_L, recognise

Key = tuple[str, str, str]
"""Of an atom: its protein's key (empty where it is none), residue number and name."""


def proteins(topology: app.Topology) -> dict[int, str]:
    """Return the key of each chain's protein by chain index; empty for what is none."""
    found = {}
    for chain in topology.chains():
        residues = [(int(r.id), r.name) for r in chain.residues() if r.id.lstrip("-").isdigit()]
        protein = recognise(residues)
        found[chain.index] = protein.key if protein else ""
    return found


def keys(topology: app.Topology) -> list[Key]:
    """Return the key of every atom."""
    whose = proteins(topology)
    return [(whose[a.residue.chain.index], a.residue.id, a.name) for a in topology.atoms()]


def labels(topology: app.Topology) -> list[str]:
    """Return what every residue is called: ``ASP239``; of further proteins ``B:GLU34``."""
    whose = proteins(topology)
    return [
        f"{'' if whose[r.chain.index] in ('', ALPHA_L.key) else r.chain.id + ':'}{r.name}{r.id}"
        for r in topology.residues()
    ]
