"""What of a definition a molecule has: all of it, most of it with a note, or too little.

A value is taken without up to a tenth of what its definition names, and a note says without what;
beyond that it is left empty, and the note says so. Everywhere `what` is what is measured, with its
verb, such as ``the RMSD is``, and `share` the fraction of the definition's residues that is enough.
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
    """Return the residues that have a Cα atom, with a note on the others; none if too few have."""
    wanted = list(numbers)
    present = domain.has(wanted)
    return present if _enough(set(wanted), set(present), what, "no Cα in", share) else []


def backbones_there(domain: Domain, numbers: Sequence[int], beside: int, what: str) -> list[int]:
    """Return the residues of a stretch whose backbone is whole, with a note where not all are.

    Where the chain ends within the stretch, those that are there count. None does where more than
    a tenth of them, and of the `beside` residues on either side, is missing or lacks backbone
    atoms.
    """
    begin = max(min(numbers) - beside, min(domain.atoms))
    end = min(max(numbers) + beside, max(domain.atoms))
    region = range(begin, end + 1)
    whole = {n for n in region if domain.whole_backbone(n)}
    if not _enough(set(region), whole, what, "backbone atoms missing in", ENOUGH, set(numbers)):
        return []
    return [n for n in numbers if n in whole]


def atoms_there(
    domain: Domain,
    numbers: Iterable[int],
    what: str,
    lacking: Collection[int] = (),
    share: float = ENOUGH,
) -> bool:
    """Tell whether enough residues have all their heavy atoms, with a note on those that do not.

    `lacking` are residues that lack atoms elsewhere, as in the complex that they are compared with.
    """
    wanted = sorted(numbers)
    partial = set(domain.incomplete(wanted)) | (set(wanted) & set(lacking))
    absent = [n for n in wanted if n not in domain.atoms]
    reasons = [f"no residue {spans(absent)}"] * bool(absent)
    reasons += [f"atoms missing in {spans(partial)}"] * bool(partial)
    enough = len(wanted) - len(absent) - len(partial) >= share * len(wanted)
    if reasons:
        note(f"{what} {'taken of what is there' if enough else 'left out'}: {'; '.join(reasons)}")
    return enough


def share_there(found: int, wanted: int, what: str) -> bool:
    """Tell whether enough atoms are in both of two molecules, with a note where not all are."""
    enough = found >= ENOUGH * wanted
    if found < wanted:
        note(
            f"{what} {'taken of' if enough else 'left out: there are'} {found} of {wanted} "
            "backbone atoms"
        )
    return enough


def side_chains_there(domain: Domain, numbers: Iterable[int], what: str) -> bool:
    """Tell whether each of a few residues has its whole side chain, with a note where not."""
    lacking = [n for n in numbers if not domain.whole_side_chain(n)]
    if lacking:
        note(f"{what} left out: side-chain atoms missing in {spans(lacking)}")
    return not lacking


def atoms_named(domain: Domain, atoms: Iterable[tuple[int, str]], what: str) -> bool:
    """Tell whether atoms, by residue number and name, are all there, with a note where not."""
    lacking = [f"{name} of {number}" for number, name in atoms if not domain.has([number], name)]
    if lacking:
        note(f"{what} left out: the file has no {' and no '.join(lacking)}")
    return not lacking


def note(text: str) -> None:
    """Warn of something that changes what a result means."""
    warnings.warn(text, InputWarning, stacklevel=3)


def _enough(
    wanted: set[int],
    there: set[int],
    what: str,
    problem: str,
    share: float,
    counted: Collection[int] = (),
) -> bool:
    """Tell whether enough residues are there, with a note on those that are not."""
    lacking = wanted - there
    if len(wanted) - len(lacking) < share * len(wanted):
        warnings.warn(f"{what} left out: {problem} {spans(lacking)}", InputWarning, stacklevel=4)
        return False
    if absent := lacking | (set(counted) - wanted):
        warnings.warn(f"{what} taken without {spans(absent)}", InputWarning, stacklevel=4)
    return True
