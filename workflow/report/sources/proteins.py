"""What a study is of: the I domain, with ICAM-1, or an integrin; and which site is titrated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lfa1_md.study.sections import StateSource
from lfa1_md.study.settings import StudyConfig
from lfa1_report.sources.study import Results

SITES = {
    "alpha_i_midas": "αI MIDAS",
    "beta_i_midas": "βI MIDAS",
    "admidas": "ADMIDAS",
    "symbs": "SyMBS",
    "genu": "genu",
    "propeller": "β-propeller",
}
"""Names of an integrin's metal sites for people."""
LFA1 = ("P20701", "P05107")
"""UniProt accessions of αL and β2."""
_NEAREST = re.compile(r"nearest to (\S+), (\d+)% identical")
_SURE = 95
"""Percent identical from which on a chain is called by the name of its nearest relative."""


def integrin(site: Mapping[str, Any], source: StateSource | None) -> dict[str, str] | None:
    """Tell whether a state is an integrin rather than an I domain.

    Parameters
    ----------
    site : mapping
        Its ``site.json``; empty where there is none.
    source : StateSource or None
        What the configuration says of it.

    Returns
    -------
    dict or None
        ``site``, the key of `SITES` of the site that is titrated, and ``span``, what is kept of the
        integrin (``headpiece``, ``ectodomain`` or ``chosen domains``).
    """
    construct = source.integrin if source else None
    titrated = site.get("titrated")
    if construct is None:
        return {"site": str(titrated), "span": "part"} if titrated else None
    span = "chosen domains" if construct.domains else construct.span
    return {"site": str(titrated or construct.titrate), "span": span}


def integrins(found: Results, study: StudyConfig) -> dict[str, dict[str, str]]:
    """Find the states that are integrins; see `integrin`."""
    known = {s: integrin(found.sites.get(s, {}), study.states.get(s)) for s in found.states}
    return {state: its for state, its in known.items() if its is not None}


def titrated(found: Results, study: StudyConfig) -> str:
    """Name the site that the study is about: the MIDAS, or an integrin's."""
    whole = integrins(found, study)
    names = {SITES.get(its["site"], its["site"]) for its in whole.values()}
    alone = len(whole) < len(found.states)
    return " or ".join(sorted(names | ({"αI MIDAS"} if alone else set()))) if names else "MIDAS"


def protein(site: Mapping[str, Any], source: StateSource | None) -> str:
    """Name the protein of a state; arguments as in `integrin`."""
    its = integrin(site, source)
    return f"{its['span']} of {integrin_name(site)}" if its else "αL I domain of LFA-1"


def site_name(site: str) -> str:
    """Name a metal site for people: ``propeller_2`` → ``β-propeller 2``."""
    group, _, number = site.partition("propeller_")
    return SITES.get(site, site) if group or not number else f"{SITES['propeller']} {number}"


def integrin_name(site: Mapping[str, Any]) -> str:
    """Name an integrin by what its chains were recognised as."""
    names = site.get("nearest_family_members", {})
    known = [match for kind in ("alpha", "beta") if (match := _NEAREST.match(str(names.get(kind))))]
    if len(known) < 2:
        return "an integrin"
    both = "".join(each[1] for each in known)
    if both != "αLβ2" or any(int(each[2]) < _SURE for each in known):
        return f"an integrin (nearest in the family alignment: {both})"
    return f"LFA-1 (αLβ2; UniProt {', '.join(LFA1)})"


def box_shape(manifest: Mapping[str, Any]) -> str:
    """Tell the shape of a box from its vectors: what `chemistry.box` says, in fact.

    Returns
    -------
    str
        ``rectangular``, ``rhombic-dodecahedral``, or ``periodic`` for any other and for none.
    """
    try:
        a, b, c = ([float(x) for x in row] for row in manifest["box_vectors_nm"])
        size = a[0]
        if max(abs(x) for x in (*a[1:], b[0], b[2], c[0], c[1])) < 1e-6 * size:
            return "rectangular"
        # Reduced vectors of a dodecahedron: (a, 0, 0), (0, a, 0), (a/2, a/2, a/√2).
        wanted = (size, 0, 0, 0, size, 0, size / 2, size / 2, size / 2**0.5)
        apart = max(abs(x - y) for x, y in zip((*a, *b, *c), wanted, strict=True))
    except (KeyError, TypeError, ValueError, IndexError):
        return "periodic"
    return "rhombic-dodecahedral" if apart < 0.01 * size else "periodic"
