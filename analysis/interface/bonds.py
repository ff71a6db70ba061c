"""Hydrogen bonds and salt bridges between the I domain and ICAM-1, by geometry.

Hydrogen bond: donor and acceptor within 3.5 Å and hydrogen–donor–acceptor angle at most 30°
(GROMACS manual, `gmx hbond`; Luzar & Chandler 1996, 10.1038/379055a0). Where a donor has no
hydrogens in the file, the distance alone decides, which counts too many rather than too few.
Salt bridge: a carboxylate oxygen of Asp or Glu within 4.0 Å of a side-chain nitrogen of Arg, Lys
or doubly protonated His (Barlow & Thornton 1983, 10.1016/S0022-2836(83)80079-5).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from MDAnalysis import Universe
from numpy.typing import NDArray

from lfa1_analysis.interface.closeness import Near
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.proteins.species import is_hydrogen, is_oxygen, one_letter
from lfa1_analysis.trajectory.geometry import Array, nearest_images
from lfa1_analysis.trajectory.universe import usable_box

HYDROGEN_BOND, SALT_BRIDGE = 3.5, 4.0
"""Å."""
ANGLE = 30.0
"""Degree, at the donor."""
COVALENT = 1.3
"""Å; N–H and O–H are 1.0 Å long, S–H 1.3."""
PROTONS = 3
"""Most hydrogens on one donor."""
_DONORS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys("ACDEFGILMNQSTVYKRHW", ("N",)),
    "S": ("N", "OG"),
    "T": ("N", "OG1"),
    "Y": ("N", "OH"),
    "N": ("N", "ND2"),
    "Q": ("N", "NE2"),
    "K": ("N", "NZ"),
    "R": ("N", "NE", "NH1", "NH2"),
    "H": ("N", "ND1", "NE2"),
    "W": ("N", "NE1"),
}
_NEGATIVE = {"D": ("OD1", "OD2"), "E": ("OE1", "OE2")}
_POSITIVE = {"R": ("NE", "NH1", "NH2"), "K": ("NZ",)}


@dataclass
class Polar:
    """Polar groups and charges of the heavy atoms of one molecule; arrays of bool have shape (n,).

    Attributes
    ----------
    donor, acceptor, negative, positive : ndarray of bool
    hydrogens : list of int
        Indices of the polar hydrogens in the file.
    owners : ndarray of int, shape (h,)
        For each of them, the row of its donor.
    slots : ndarray of int, shape (n, PROTONS)
        For each heavy atom the hydrogens it carries, as places in `hydrogens`; −1 for none.
    """

    donor: NDArray[np.bool_]
    acceptor: NDArray[np.bool_]
    negative: NDArray[np.bool_]
    positive: NDArray[np.bool_]
    hydrogens: list[int]
    owners: NDArray[np.intp]
    slots: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        self.slots = np.full((len(self.donor), PROTONS), -1, dtype=np.intp)
        for place, owner in enumerate(self.owners.tolist()):
            free = np.flatnonzero(self.slots[owner] < 0)
            self.slots[owner, free[:1]] = place


def polar(universe: Universe, domain: Domain, row: dict[int, int]) -> Polar:
    """Find donors, acceptors, charges and polar hydrogens of a molecule.

    Hydrogens go to the nearest heavy atom of their residue in the frame at hand, so that no force
    field's names for them need be known.

    Parameters
    ----------
    universe : MDAnalysis.Universe
    domain : Domain
        αL or ICAM-1.
    row : dict of int to int
        Atom index → row among the heavy atoms.
    """
    flags = np.zeros((4, len(row)), dtype=bool)
    hydrogens: list[int] = []
    owners: list[int] = []
    positions = universe.atoms.positions
    box = usable_box(universe.trajectory.ts.dimensions)
    for number, atoms in domain.atoms.items():
        code = one_letter(domain.names[number])
        heavy = {name: i for name, i in atoms.items() if i in row}
        carried: dict[str, int] = {}
        protons = [i for name, i in atoms.items() if is_hydrogen(name)]
        if protons and heavy:
            ends, names = np.array(list(heavy.values())), list(heavy)
            vectors = (positions[protons][:, None] - positions[ends][None]).astype(float)
            flat = nearest_images(vectors.reshape(-1, 3), box)
            away = np.linalg.norm(flat, axis=1).reshape(len(protons), len(ends))
            for proton, nearest, length in zip(
                protons, away.argmin(axis=1), away.min(axis=1), strict=True
            ):
                name = names[nearest]
                if length <= COVALENT and name[:1] in "NO":
                    hydrogens.append(proton)
                    owners.append(row[heavy[name]])
                    carried[name] = carried.get(name, 0) + 1
        charged = code == "H" and carried.get("ND1", 0) > 0 and carried.get("NE2", 0) > 0
        for name, i in heavy.items():
            place = row[i]
            could = name in _DONORS.get(code, ())
            # Of a histidine's nitrogens one may be bare; any other donor without hydrogen lacks it.
            bare = not protons or code != "H" or name == "N"
            flags[0, place] = carried.get(name, 0) > 0 or (could and bare)
            ring = code == "H" and name in ("ND1", "NE2") and not flags[0, place]
            flags[1, place] = is_oxygen(name) or ring
            flags[2, place] = name in _NEGATIVE.get(code, ())
            flags[3, place] = name in _POSITIVE.get(code, ()) or (
                charged and name in ("ND1", "NE2")
            )
        if code == "H" and not protons:  # either nitrogen may have it
            for name in ("ND1", "NE2"):
                if name in heavy:
                    flags[:2, row[heavy[name]]] = True
    donor, acceptor, negative, positive = flags
    return Polar(donor, acceptor, negative, positive, hydrogens, np.array(owners, dtype=np.intp))


def salt_bridges(pairs: Near, one: Polar, other: Polar) -> Near:
    """Return the pairs that are salt bridges."""
    opposite = (one.negative[pairs.first] & other.positive[pairs.second]) | (
        one.positive[pairs.first] & other.negative[pairs.second]
    )
    return pairs.where(opposite & (pairs.distance <= SALT_BRIDGE))


def hydrogen_bonds(
    pairs: Near, one: Polar, other: Polar, xyz: tuple[Array, Array], protons: tuple[Array, Array]
) -> Near:
    """Return the pairs that are hydrogen bonds, in either direction.

    Parameters
    ----------
    pairs : Near
    one, other : Polar
    xyz : pair of ndarray, shape (n, 3, F)
        Heavy atoms (Å).
    protons : pair of ndarray, shape (h, 3, F)
        Their polar hydrogens (Å), whole with them.
    """
    pairs = pairs.where(pairs.distance <= HYDROGEN_BOND)
    ends = pairs.first, pairs.second
    bonded = np.zeros(len(pairs.frame), dtype=bool)
    for side, (giver, taker) in enumerate(((one, other), (other, one))):
        donors, acceptors = ends[side], ends[1 - side]
        can = giver.donor[donors] & taker.acceptor[acceptors]
        bare = giver.slots[donors, 0] < 0
        bonded |= can & bare
        donor = xyz[side][donors, :, pairs.frame]
        reach = xyz[1 - side][acceptors, :, pairs.frame] - donor
        for slot in range(PROTONS):
            place = giver.slots[donors, slot]
            here = np.flatnonzero(can & (place >= 0))
            bond = protons[side][place[here], :, pairs.frame[here]] - donor[here]
            along = np.einsum("ij,ij->i", bond, reach[here])
            size = np.linalg.norm(bond, axis=1) * np.linalg.norm(reach[here], axis=1)
            bonded[here] |= along >= np.cos(np.radians(ANGLE)) * size
    return pairs.where(bonded)
