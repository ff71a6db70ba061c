"""What was found, as tables: domains with their residues, and every residue's number."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from MDAnalysis import Universe

from lfa1_analysis.integrin.find import in_file
from lfa1_analysis.integrin.pairs import TOO_MANY, Integrin, carried, spans_of
from lfa1_analysis.proteins.integrins.subunits import DOMAINS, domain_of, residues


def domains_table(universe: Universe, integrins: Sequence[Integrin]) -> pd.DataFrame:
    """Return a row for each domain of αL and β2.

    Returns
    -------
    pandas.DataFrame
        ``integrin``, ``subunit`` (α or β), ``closest_to`` (member of the family alignment) with
        ``identity_fraction``, ``chain``, ``domain``, ``residues`` (numbers of the file),
        ``n_found``, ``n_expected`` (in αL or β2) and ``status``: found, partial, absent, or
        overfull where something that is no part of it is counted in it.
    """
    rows = []
    for integrin in integrins:
        units = {unit.kind: unit for unit in integrin.units}
        for kind, domains in DOMAINS.items():
            unit = units.get(kind)
            for name, ranges in domains.items():
                numbers = in_file(universe, integrin.residues_of(name))
                found = integrin.found.get(name, 0)
                rows.append(
                    {
                        "integrin": integrin.number,
                        "subunit": kind,
                        "closest_to": unit.name if unit else "",
                        "identity_fraction": unit.identity if unit else None,
                        "chain": unit.chain if unit else "",
                        "domain": name,
                        "residues": spans_of(numbers),
                        "n_found": found,
                        "n_expected": len(residues(ranges)),
                        "status": "absent"
                        if not found
                        else "overfull"
                        if found > TOO_MANY * len(residues(ranges))
                        else "partial"
                        if integrin.why_not(name)
                        else "found",
                    }
                )
    return pd.DataFrame(rows)


def chains_table(universe: Universe, integrins: Sequence[Integrin]) -> pd.DataFrame:
    """Return a row for each residue.

    Returns
    -------
    pandas.DataFrame
        ``integrin``, ``subunit``, ``chain``, ``residue`` (number in the file),
        ``insertion_code`` (of the file; empty for none), ``residue_name``, ``domain``,
        ``reference_residue`` (mature number of the αL or β2 residue it stands for; empty for an
        insertion) and ``mature_residue`` (its own number in the mature subunit, where that
        is one of the family alignment's).
    """
    rows = []
    for integrin in integrins:
        for unit in integrin.units:
            places = carried(unit.numbers)
            there = universe.residues[unit.residues]
            names = there.resnames
            codes = there.icodes if hasattr(there, "icodes") else [""] * len(there)
            for i, number in enumerate(in_file(universe, unit.residues)):
                rows.append(
                    {
                        "integrin": integrin.number,
                        "subunit": unit.kind,
                        "chain": unit.chain,
                        "residue": number,
                        "insertion_code": str(codes[i]).strip(),
                        "residue_name": str(names[i]),
                        "domain": domain_of(unit.kind, int(places[i])),
                        "reference_residue": int(unit.numbers[i]) or None,
                        "mature_residue": int(unit.own[i]) or None,
                    }
                )
    table = pd.DataFrame(rows)
    for column in ("reference_residue", "mature_residue"):
        table[column] = table[column].astype("Int64")
    return table
