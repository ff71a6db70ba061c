"""Which residues are missing between two that a structure shows."""

from __future__ import annotations

import re
from functools import cache

import gemmi

from lfa1_analysis.proteins.integrins.profile import DATA
from lfa1_analysis.proteins.integrins.subunits import ChainKind
from lfa1_md.protein.input.integrin import IntegrinStructure, KeptResidue


def between(
    integrin: IntegrinStructure, before: KeptResidue, after: KeptResidue
) -> list[str] | None:
    """Return the missing residues' names, or None where they are not known.

    The file's own full sequence (SEQRES, ``_entity_poly_seq``) decides; without one the family
    alignment's member that the chain is, if it shows them all.
    """
    return _by_entity(integrin, before, after) or _by_family(integrin, before, after)


def _by_entity(
    integrin: IntegrinStructure, before: KeptResidue, after: KeptResidue
) -> list[str] | None:
    structure = integrin.structure
    chain = integrin.chains[before.kind]
    ends: list[int] = []
    sequence: list[str] = []
    structure.assign_label_seq_id()
    for subchain in structure[0].subchains():
        entity = structure.get_entity_of(subchain)
        if entity is None or not entity.full_sequence:
            continue
        for residue in subchain:
            label = f"{chain} {residue.name} {residue.seqid}"
            if label in (before.label, after.label) and residue.label_seq is not None:
                ends.append(int(residue.label_seq))
                sequence = [gemmi.Entity.first_mon(item) for item in entity.full_sequence]
    if len(ends) != 2 or ends[1] - ends[0] < 2:
        return None
    return _standard(sequence[ends[0] : ends[1] - 1])


def _by_family(
    integrin: IntegrinStructure, before: KeptResidue, after: KeptResidue
) -> list[str] | None:
    name, identity = _member(integrin.names[before.kind])
    if identity < 90 or after.number - before.number < 2:
        return None
    codes = _numbered(before.kind).get(name, {})
    flanks = [(p, codes.get(p.number)) for p in (before, after)]
    for place, code in flanks:
        if code != gemmi.find_tabulated_residue(place.residue.name).one_letter_code.upper():
            return None
    missing = [codes.get(n, "X") for n in range(before.number + 1, after.number)]
    return _standard(
        [str(gemmi.expand_one_letter(c, gemmi.ResidueKind.AA)) if c != "X" else "" for c in missing]
    )


def _standard(names: list[str]) -> list[str] | None:
    parents = []
    for name in names:
        info = gemmi.find_tabulated_residue(name)
        code = info.one_letter_code.upper().strip() if info.found() else ""
        if code in ("", "X"):
            return None
        parents.append(str(gemmi.expand_one_letter(code, gemmi.ResidueKind.AA)))
    return parents or None


def _member(words: str) -> tuple[str, float]:
    match = re.fullmatch(r"nearest to (\S+), (\d+)% identical", words)
    return (match[1], float(match[2])) if match else ("", 0.0)


@cache
def _numbered(kind: ChainKind) -> dict[str, dict[int, str]]:
    """Return each member of the family alignment as mature number → one-letter code."""
    found: dict[str, dict[int, str]] = {}
    text = (DATA / f"{kind}.a3m").read_text(encoding="utf-8")
    for entry in text.split(">")[1:]:
        head, *lines = entry.splitlines()
        number = int(head.split("first=")[1].split()[0])
        codes = {}
        for code in "".join(lines):
            if code != "-":
                codes[number] = code.upper()
                number += 1
        found[head.split()[0]] = codes
    return found
