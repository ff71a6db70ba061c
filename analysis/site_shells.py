"""What the shell of a metal site must look like, for each metal that an integrin's sites may hold.

Pure geometry, shared by the preparation and by the gate in production.

Mg²⁺ and Mn²⁺ are octahedral; Ca²⁺ takes six to eight oxygens, mostly seven (Ikeda, Boero & Terakura
2007, J. Chem. Phys. 127, 074503). Distances in proteins: Harding 2006, Acta Cryst. D62, 678.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lfa1_analysis.coordination import Site


@dataclass(frozen=True)
class Shell:
    """Limits of a first shell.

    Attributes
    ----------
    label : str
        For people.
    usual : float
        Metal–oxygen distance that a model is built with (Å).
    nearest, farthest : float
        No bound oxygen may be nearer, nor the mean of them farther (Å).
    least, most : int
        Coordination number.
    wanted : int
        Coordination number that a model is completed to with waters.
    cutoff : float
        Å; an oxygen within it is bound. That of `lfa1_analysis.coordination`.
    """

    label: str
    usual: float
    nearest: float
    farthest: float
    least: int
    most: int
    wanted: int
    cutoff: float


SHELLS: dict[str, Shell] = {
    "mg": Shell("Mg²⁺", 2.10, 1.80, 2.35, 6, 6, 6, 2.6),
    "mn": Shell("Mn²⁺", 2.17, 1.90, 2.40, 6, 6, 6, 2.6),
    "ca": Shell("Ca²⁺", 2.40, 2.10, 2.65, 6, 8, 7, 3.0),
}
"""By the names that the configuration uses."""


def faults(metal: str, site: Site, demanded: Collection[str]) -> list[str]:
    """Say what is wrong with a site; nothing when it is accepted.

    Parameters
    ----------
    metal : {"mg", "mn", "ca"}
    site : Site
        Classified with the metal's cut-off.
    demanded : collection of str
        Residues (``ASP130``) that must hold the metal.
    """
    shell, found = SHELLS[metal], []
    number = site.coordination_number
    if not shell.least <= number <= shell.most:
        normal = f"{shell.least}" if shell.least == shell.most else f"{shell.least}–{shell.most}"
        found.append(f"coordination number {number}, {shell.label} has {normal}")
    bound = site.distances[:number]
    found += [
        f"{donor.label} at {distance:.2f} Å, nearer than {shell.nearest:.2f} Å"
        for donor, distance in zip(site.bound, bound, strict=True)
        if distance < shell.nearest
    ]
    if number and bound.mean() > shell.farthest:
        found.append(f"mean {shell.label}–O {bound.mean():.2f} Å, more than {shell.farthest:.2f} Å")
    held = {donor.residue for donor in site.bound}
    found += [f"{residue} does not hold the metal" for residue in sorted(set(demanded) - held)]
    return found
