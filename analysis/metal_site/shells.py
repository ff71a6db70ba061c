"""What the first shell of each ion looks like, whichever metal site it is in.

Mg²⁺ and Mn²⁺ are octahedral; Ca²⁺ takes six to eight oxygens, mostly seven (Ikeda, Boero & Terakura
2007, J. Chem. Phys. 127, 074503). Distances in proteins: Harding 2006, Acta Cryst. D62, 678.
"""

from __future__ import annotations

from dataclasses import dataclass

VISITOR_ANGSTROM = 4.0
"""Another ion this near the centre of the site counts as in it: two cations that share a donor
oxygen are at most that far apart."""


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
        Within which every bond of a model must be (Å).
    farthest_mean : float
        The mean of them may not be more (Å).
    least, most : int
        Coordination number.
    wanted : int
        Coordination number that a model is completed to with waters.
    cutoff : float
        Å; an oxygen within it is bound. That of `lfa1_analysis.metal_site.coordination`.
    """

    label: str
    usual: float
    nearest: float
    farthest: float
    farthest_mean: float
    least: int
    most: int
    wanted: int
    cutoff: float


SHELLS: dict[str, Shell] = {
    "mg": Shell("Mg²⁺", 2.10, 1.85, 2.35, 2.25, 6, 6, 6, 2.6),
    "mn": Shell("Mn²⁺", 2.17, 1.90, 2.45, 2.32, 6, 6, 6, 2.6),
    "ca": Shell("Ca²⁺", 2.40, 2.10, 3.00, 2.65, 6, 8, 7, 3.0),
    "na": Shell("Na⁺", 2.40, 2.10, 3.00, 2.70, 5, 6, 6, 3.0),
}
"""By the names that the configuration uses. Na⁺ is judged over time alone."""
