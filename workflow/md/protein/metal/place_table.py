"""Making the table of the metals' places from crystals that show them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from MDAnalysis import Universe

from lfa1_analysis.integrin.find import find_integrins
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import digest, write_text
from lfa1_analysis.metal_site.places import BACKBONE, ENTRIES
from lfa1_analysis.proteins.integrins.subunits import SIDE_CHAIN, SITES, MetalSite
from lfa1_analysis.proteins.ion_names import DIVALENT
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.proteins.species import WATERS, find_ions
from lfa1_analysis.trajectory.geometry import Array
from lfa1_analysis.trajectory.universe import open_universe

REACH = {"Mg": 2.9, "Mn": 3.0, "Ca": 3.1}
"""Å; an oxygen or nitrogen within it holds the ion in a crystal (1CQP, 2.6 Å resolution, has
Mg²⁺–O of 2.49 Å)."""
_HEADER = """\
# Where crystals (wwPDB, CC0 1.0) have the ions of LFA-1's metal sites, and the backbone around. Å.
# residue: mature number of αL (UniProt P20701 minus 25) or β2 (P05107 minus 22) that the residue
# stands for; 0 for the ion, its waters and other molecules on it.
# Made by `lfa1 structures build` from
"""

Numbered = dict[int, dict[str, int]]
"""Residue number → atom name → index."""


def build(entries: Mapping[str, Path], output: Path) -> None:
    """Write the table of the places from the entries that :data:`ENTRIES` names.

    Parameters
    ----------
    entries : mapping of str to path
        Entry → structure file.
    output : path
        CSV to write.

    Raises
    ------
    InputError
        An entry does not show the ion that it is the source of.
    """
    sites = {site.name: site for site in SITES}
    lines = ["place,entry,role,residue,atom,x_angstrom,y_angstrom,z_angstrom"]
    for name, entry in ENTRIES.items():
        universe = open_universe(entries[entry])
        site = sites[name.split(".")[0]]
        rows = _rows(universe, _numbered(universe, site), site, str(entries[entry]))
        for role, number, atom, xyz in rows:
            at = ",".join(f"{x:.3f}" for x in xyz)
            lines.append(f"{name},{entry},{role},{number},{atom},{at}")
    made_from = "".join(
        f"# {entries[name].name} sha256:{digest(entries[name])}\n"
        for name in dict.fromkeys(ENTRIES.values())
    )
    write_text(output, _HEADER + made_from + "\n".join(lines) + "\n")


def _numbered(universe: Universe, site: MetalSite) -> Numbered:
    """Return the atoms of the chain that a site is on, by the family's numbers."""
    if site.domain == "alpha_i":
        return {n: dict(atoms) for n, atoms in find_domain(universe).atoms.items()}
    found: Numbered = {}
    for integrin in find_integrins(universe):
        for unit in integrin.units:
            if unit.kind != site.chain:
                continue
            for resindex, number in zip(unit.residues, unit.numbers, strict=True):
                group = universe.residues[resindex].atoms
                if number:
                    names = zip(group.names, group.ix, strict=True)
                    found[int(number)] = {str(name): int(index) for name, index in names}
    return found


def _rows(
    universe: Universe, numbered: Numbered, site: MetalSite, source: str
) -> list[tuple[str, int, str, Array]]:
    atoms, xyz = universe.atoms, universe.atoms.positions.astype(float)
    names, resnames = np.asarray(atoms.names), np.asarray(atoms.resnames)
    sizes = np.bincount(atoms.resindices)[atoms.resindices]
    ions = find_ions(names, resnames, sizes)
    oxygens = {
        (binder.number, name): numbered[binder.number][name]
        for binder in site.binders
        for name in (("O",) if binder.backbone else SIDE_CHAIN)
        if name in numbered.get(binder.number, {})
    }
    inner = [i for (number, _), i in oxygens.items() if _first(site, number)]
    centre = xyz[inner].mean(axis=0)
    metals = [i for i, element in ions.items() if element in DIVALENT]
    metal = min(metals, key=lambda i: float(np.linalg.norm(xyz[i] - centre)), default=None)
    if metal is None or np.linalg.norm(xyz[metal] - xyz[inner], axis=1).min() > 3.5:
        raise InputError(f"{source} holds no ion at {site.name}", "use an entry that shows it")
    apart = np.linalg.norm(xyz - xyz[metal], axis=1)
    reach = REACH[ions[metal]]
    held = [i for i in np.argsort(apart).tolist() if apart[i] <= reach and i not in ions]
    chain = {i: (n, name) for n, group in numbered.items() for name, i in group.items()}
    rows = [("metal", 0, ions[metal], xyz[metal])]
    for i in held:
        if str(names[i])[:1] not in ("O", "N"):
            continue
        if i in chain:
            rows.append(("donor", *chain[i], xyz[i]))
        elif str(resnames[i]) in WATERS:
            rows.append(("water", 0, "O", xyz[i]))
        else:
            rows.append(("ligand", 0, str(names[i]), xyz[i]))
    around = sorted({b.number + shift for b in site.binders for shift in (-1, 0, 1)})
    rows += [
        ("backbone", n, name, xyz[numbered[n][name]])
        for n in around
        for name in BACKBONE
        if name in numbered.get(n, {})
    ]
    return rows


def _first(site: MetalSite, number: int) -> bool:
    return any(b.number == number and b.first_shell for b in site.binders)
