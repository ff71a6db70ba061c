"""What of a definition a molecule has: all of it, most of it with a note, or too little.

A value is taken without up to a tenth of what its definition names, and a note says without what;
beyond that it is left empty, and the note says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Sequence

from lfa1_analysis.io.errors import InputWarning
from lfa1_analysis.proteins.domain import Domain, spans

ENOUGH = 0.9
"""Fraction of a definition's residues that must be there; below it the value is missing."""


def alphas_there(
    domain: Domain, numbers: Iterable[int], what: str, share: float = ENOUGH
) -> list[int]:
    """Return the residues that have a Cα atom, with a note on the others; none if too few have.

    Parameters
    ----------
    domain : Domain
    numbers : iterable of int
        Residues of the definition.
    what : str
        What is measured on them, with its verb: ``the RMSD is``.
    share : float
        Fraction of the residues that is enough.
    """
    wanted = list(numbers)
    present = domain.has(wanted)
    if absent := spans(set(wanted) - set(present)):
        if len(present) < share * len(wanted):
            note(f"{what} left out: no Cα in {absent}")
            return []
        note(f"{what} taken without {absent}")
    return present


def atoms_there(
    domain: Domain,
    numbers: Iterable[int],
    what: str,
    lacking: Collection[int] = (),
    share: float = ENOUGH,
) -> bool:
    """Tell whether enough residues have all their heavy atoms, with a note on those that do not.

    Parameters
    ----------
    domain : Domain
    numbers : iterable of int
        Residues of the definition.
    what : str
        What is measured on them, with its verb: ``the contacts are``.
    lacking : collection of int
        Residues that lack atoms elsewhere, as in the complex that they are compared with.
    share : float
        Fraction of the residues that is enough.
    """
    wanted = sorted(numbers)
    partial = set(domain.incomplete(wanted)) | (set(wanted) & set(lacking))
    absent = [n for n in wanted if n not in domain.atoms]
    said = "; ".join(
        f"{reason} {spans(found)}"
        for reason, found in (("no residue", absent), ("atoms missing in", partial))
        if found
    )
    if not said:
        return True
    enough = len(wanted) - len(absent) - len(partial) >= share * len(wanted)
    note(f"{what} {'taken of what is there' if enough else 'left out'}: {said}")
    return enough


def share_there(found: int, wanted: int, what: str) -> bool:
    """Tell whether enough of a number of atoms is there, with a note where not all are.

    Parameters
    ----------
    found, wanted : int
        Atoms that both a molecule and the one that it is compared with have, and all.
    what : str
        What is measured on them, with its verb: ``the RMSD is``.
    """
    enough = found >= ENOUGH * wanted
    if found < wanted:
        note(
            f"{what} {'taken of' if enough else 'left out: there are'} {found} of {wanted} "
            "backbone atoms"
        )
    return enough


def backbones_there(domain: Domain, numbers: Sequence[int], beside: int, what: str) -> list[int]:
    """Return the residues of a stretch whose backbone is whole, with a note where not all are.

    Where the chain ends within the stretch, those that are there count. None does where more than
    a tenth of them, and of their neighbours, is missing or lacks backbone atoms.

    Parameters
    ----------
    domain : Domain
    numbers : sequence of int
        Residues of the stretch, without a gap.
    beside : int
        Residues on either side that decide as well.
    what : str
        What is measured on them, with its verb: ``the helicity is``.
    """
    begin = max(min(numbers) - beside, min(domain.atoms))
    end = min(max(numbers) + beside, max(domain.atoms))
    region = range(begin, end + 1)
    lacking = {n for n in region if not domain.whole_backbone(n)}
    if len(region) - len(lacking) < ENOUGH * len(region):
        note(f"{what} left out: backbone atoms missing in {spans(lacking)}")
        return []
    if absent := lacking | (set(numbers) - set(region)):
        note(f"{what} taken without {spans(absent)}")
    return [n for n in numbers if n in region and n not in lacking]


def side_chains_there(domain: Domain, numbers: Iterable[int], what: str) -> bool:
    """Tell whether each of a few residues has its whole side chain, with a note where not.

    Parameters
    ----------
    domain : Domain
    numbers : iterable of int
        Residues that the definition cannot do without.
    what : str
        What is measured on them, with its verb: ``the pocket is``.
    """
    lacking = [n for n in numbers if not domain.whole_side_chain(n)]
    if lacking:
        note(f"{what} left out: side-chain atoms missing in {spans(lacking)}")
    return not lacking


def atoms_named(domain: Domain, atoms: Iterable[tuple[int, str]], what: str) -> bool:
    """Tell whether single atoms are all there, with a note where not.

    Parameters
    ----------
    domain : Domain
    atoms : iterable of (int, str)
        Residue number and atom name.
    what : str
        What is measured on them, with its verb: ``the distance is``.
    """
    lacking = [f"{name} of {number}" for number, name in atoms if not domain.has([number], name)]
    if lacking:
        note(f"{what} left out: the file has no {' and no '.join(lacking)}")
    return not lacking


def note(text: str) -> None:
    """Say something that changes what a result means."""
    warnings.warn(text, InputWarning, stacklevel=3)
