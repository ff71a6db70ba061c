"""How sure a predicted model is of its domains: mean pLDDT, where its file says it is a prediction.

pLDDT: Jumper et al. 2021, 10.1038/s41586-021-03819-2; below 70 a region counts as of low
confidence (Varadi et al. 2022, 10.1093/nar/gkab1061).
"""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.integrins.chains import find_subunits
from lfa1_analysis.proteins.integrins.subunits import DOMAINS, domain_of
from lfa1_md.protein.input import coordinates
from lfa1_md.protein.input.integrin import SMALLEST, residue_universe
from lfa1_md.protein.input.residues import is_amino_acid

LOW = 70.0
"""Of a domain's mean pLDDT; below it the domain is named."""


def is_prediction(file: Path) -> bool:
    """Whether an mmCIF file says that its B-factors are a model's confidence."""
    data = file.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return b"_ma_qa_metric" in data


def by_domain(file: Path) -> dict[str, float]:
    """Return the mean pLDDT of each domain of the integrin chains in a file."""
    structure = coordinates.read(file)
    residues = [(c.name, r) for c in structure[0] for r in c if is_amino_acid(r)]
    found: dict[str, float] = {}
    for unit in find_subunits(*residue_universe(residues)):
        values: dict[str, list[float]] = {}
        for i, number in zip(unit.residues.tolist(), unit.numbers.tolist(), strict=True):
            place = domain_of(unit.kind, int(number)) if number else ""
            b = next((a.b_iso for a in residues[i][1] if a.name == "CA"), None)
            if place and b is not None:
                values.setdefault(place, []).append(float(b))
        for name, ranges in DOMAINS[unit.kind].items():
            full = sum(b - a + 1 for a, b in ranges)
            if len(values.get(name, [])) >= SMALLEST * full:
                found[name] = float(np.mean(values[name]))
    return found


def told(file: Path) -> list[str]:
    """Return the confidence of a prediction by domain, in lines."""
    try:
        domains = by_domain(file)
    except InputError as error:
        return [str(error)]
    lines = [
        f"  {name}: mean pLDDT {value:.0f}{' (low)' if value < LOW else ''}"
        for name, value in domains.items()
    ]
    return [
        *(lines or ["  no domain of an integrin"]),
        "  a model of one chain is no system, and chains are not docked here: give a file of the "
        "complex",
    ]
