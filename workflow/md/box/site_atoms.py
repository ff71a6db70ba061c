"""Which atoms of a box are an integrin's metal sites, for its records and trajectories."""

from __future__ import annotations

from typing import Any

from lfa1_md.box.molecules import Model
from lfa1_md.study.ions import SITE_IONS

Site = dict[str, Any]
"""Keys: ``name``; ``metal`` (``mg`` …, ``na``, ``none``); ``metal_atom`` (index or None);
``residues``: list of ``label``, ``atoms`` (indices of the oxygens that can hold the metal) and
``demanded`` (whether it must)."""


def located(box: Model, verdict: dict[str, Any]) -> list[Site]:
    """Return the sites of a solvated box from the record of its preparation.

    The protein comes first in every file, so that its atoms have the same indices in all.
    """
    fixed = iter(box.fixed_metals().tolist())
    found = []
    for name, site in verdict["sites"].items():
        atom: int | None = None
        if site["metal"] != "none":
            atom = box.metal() if name == verdict["titrated"] else next(fixed)
        found.append(
            {
                "name": name,
                "metal": key_of(site["metal"]),
                "metal_atom": atom,
                "residues": site["oxygens"],
            }
        )
    return found


def of_member(model: Model, sites: list[Site], titrated: str) -> list[Site]:
    """Return the sites of one of the matched systems: the titrated one holds what it holds there.

    Na⁺ at the site is known by the place where the metal was: it has the last index but no name of
    its own, as in `lfa1_md.box.matched_systems`.
    """
    metal = model.metal()
    atoms = list(model.topology.atoms())
    found = []
    for site in sites:
        if site["name"] == titrated:
            kind = "none" if metal is None else key_of(atoms[metal].residue.name)
            if metal is None and atoms[-1].residue.name == "NA" and site["metal_atom"] is not None:
                last = atoms[-1]
                if last.residue.chain.id != _salt_chain(model):
                    kind, metal = "na", last.index
            found.append({**site, "metal": kind, "metal_atom": metal})
        else:
            found.append(site)
    return found


def _salt_chain(model: Model) -> str:
    """Return the chain of the solvent's ions."""
    return next(
        (c.id for c in model.topology.chains() if any(r.name == "CL" for r in c.residues())), ""
    )


def fixed(model: Model) -> dict[int, str]:
    """Return the fixed metals: index → key of `SITE_IONS`."""
    atoms = list(model.topology.atoms())
    return {int(i): key_of(atoms[int(i)].residue.name) for i in model.fixed_metals()}


def key_of(residue: str) -> str:
    """Return the key of `SITE_IONS` of an ion's residue name; ``none`` stays what it is."""
    return next((k for k, ion in SITE_IONS.items() if ion and ion.residue == residue), "none")
