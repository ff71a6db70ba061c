"""What is compared, which answers were named beforehand, and how large an effect would matter.

A difference that is not zero need not mean anything: the sizes below are fixed before any run and
come from the crystal structures themselves (``data/crystals.csv``, ``docs/statistics.md``). An
interval inside ± the relevant size supports "no effect"; observables without a sourced size
can differ, but are never declared equal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Tier = Literal["primary", "holding", "exploratory"]


@dataclass(frozen=True)
class Observable:
    """One number per frame that is averaged per replica and compared across systems.

    Attributes
    ----------
    name : str
        Column of the analysis table; ``pocket_*_fraction`` are made from ``pocket_occupant``.
    table : str
        File that holds it, without ``.csv``.
    unit : str
        ``Å``, ``fraction`` or ``count``.
    subject : str
        What it measures, as the subject of a sentence.
    more, less : str
        What a positive and a negative difference mean, after "is".
    relevant : float
        Smallest difference that would matter, in `unit`; NaN where no source names one.
    reason : str
        Where `relevant` comes from.
    tier : {"primary", "holding", "exploratory"}
        Primary observables were named beforehand and share Holm's correction; so were those of
        holding ICAM-1, which share one of their own.
    compared : bool
        False for quantities of the metal itself, which have no counterpart without it.
    """

    name: str
    table: str
    unit: str
    subject: str
    more: str
    less: str
    relevant: float = math.nan
    reason: str = "no source names a size that matters: never declared equal"
    tier: Tier = "exploratory"
    compared: bool = True


_HALF_WAY = "half of the smallest step between neighbouring crystal states"

OBSERVABLES: tuple[Observable, ...] = (
    Observable(
        "alpha7_shift_angstrom",
        "opening",
        "Å",
        "helix α7",
        "further down, towards open",
        "further up, towards closed",
        2.5,
        "closed crystals alone span 2.0 Å along this axis (1CQP −1.95, 3F74 0), the intermediate "
        "lies at 4.5 Å and the open ones at 7.6 and 9.1 Å: a shift of 1–2 Å is not opening",
        "primary",
    ),
    Observable(
        "opening_fraction",
        "opening",
        "fraction",
        "the opening fraction",
        "larger, towards open",
        "smaller, towards closed",
        0.3,
        "the same share of the way as 2.5 Å is of the 7.6–9.1 Å α7 moves between the crystals; "
        "closed crystals span 0.16, the intermediate lies at 0.50",
        "primary",
    ),
    Observable(
        "ser139og_thr206og1_angstrom",
        "opening",
        "Å",
        "the gap between Ser139 and Thr206 at the MIDAS",
        "wider, towards closed",
        "narrower, towards open",
        0.5,
        "closed crystals span 0.4 Å (3.67–4.06 Å); closed and open ones (2.85–3.10 Å) are 0.57 Å "
        "apart at the nearest",
        "primary",
    ),
    Observable(
        "glu241cd_ser139og_angstrom",
        "opening",
        "Å",
        "the distance from Glu241 to Ser139 at the MIDAS",
        "longer, towards closed",
        "shorter, towards open",
        1.5,
        "closed crystals have 12.0–12.1 Å, the nearest open one 10.5 Å",
    ),
    Observable(
        "midas_alpha7_angstrom",
        "opening",
        "Å",
        "the distance from the MIDAS to the end of α7",
        "longer, towards open",
        "shorter, towards closed",
        1.8,
        f"{_HALF_WAY} (closed 20.3 Å, intermediate 23.9 Å)",
    ),
    Observable(
        "rmsd_closed_angstrom",
        "opening",
        "Å",
        "the deviation from the closed crystal",
        "larger",
        "smaller",
        0.7,
        "two closed crystals (3F74, 1CQP) differ by 0.69 Å",
    ),
    Observable(
        "rmsd_open_angstrom",
        "opening",
        "Å",
        "the deviation from the open crystal",
        "larger",
        "smaller",
        0.7,
        "two crystals of one state (3F74, 1CQP) differ by 0.69 Å",
    ),
    *(
        Observable(
            f"pocket_{residue}_angstrom",
            "opening",
            "Å",
            f"the distance of {residue.capitalize()} from the ratchet pocket",
            "larger",
            "smaller",
            size,
            f"{_HALF_WAY} ({detail})",
        )
        for residue, size, detail in (
            ("leu289", 1.1, "6.2–6.3 Å closed, 3.4–3.9 Å open, 8.5 Å intermediate"),
            ("phe292", 2.1, "7.4 Å closed, 3.2 Å intermediate"),
            ("leu295", 2.3, "4.4 Å closed, 9.0–12.7 Å open and intermediate"),
        )
    ),
    *(
        Observable(
            f"pocket_{state}_fraction",
            "opening",
            "fraction",
            f"the share of frames with {residue} in the ratchet pocket ({state})",
            "larger",
            "smaller",
        )
        for state, residue in (
            ("closed", "Leu295"),
            ("intermediate", "Phe292"),
            ("open", "Leu289"),
        )
    ),
    Observable(
        "alpha7_helicity", "flexibility", "fraction", "the helicity of α7", "higher", "lower"
    ),
    Observable(
        "radius_of_gyration_angstrom",
        "flexibility",
        "Å",
        "the radius of gyration",
        "larger",
        "smaller",
    ),
    Observable(
        "longest_extent_angstrom", "flexibility", "Å", "the longest extent", "larger", "smaller"
    ),
    Observable(
        "contacts_lost", "flexibility", "count", "the number of contacts lost", "larger", "smaller"
    ),
    Observable(
        "contacts_won", "flexibility", "count", "the number of contacts won", "larger", "smaller"
    ),
    Observable(
        "rmsd_first_angstrom",
        "flexibility",
        "Å",
        "the deviation from the first frame",
        "larger",
        "smaller",
    ),
    Observable(
        "glu34_midas_angstrom",
        "interface",
        "Å",
        "the distance of ICAM-1's Glu34 from the metal's place",
        "longer, towards letting go",
        "shorter, towards the crystal",
        0.6,
        "half of the step from the first shell (2.23 Å in 1MQ8) to where the next oxygens of the "
        "crystals are (beyond 3.5 Å)",
        "holding",
    ),
    Observable(
        "contacts_kept_fraction",
        "interface",
        "fraction",
        "the share of ICAM-1's contacts that is kept",
        "larger",
        "smaller",
        tier="holding",
    ),
    Observable(
        "buried_area_angstrom2",
        "interface",
        "Å²",
        "the area buried between the I domain and ICAM-1",
        "larger",
        "smaller",
        tier="holding",
    ),
    Observable(
        "interface_rmsd_angstrom",
        "interface",
        "Å",
        "the deviation of the interface from the starting complex",
        "larger",
        "smaller",
        tier="holding",
    ),
    *(
        Observable(name, "interface", unit, subject, "larger", "smaller")
        for name, unit, subject in (
            ("ligand_rmsd_angstrom", "Å", "the deviation of ICAM-1 from the starting pose"),
            ("rotation_degree", "°", "the turn of ICAM-1 against the I domain"),
            ("shift_angstrom", "Å", "the shift of ICAM-1 against the I domain"),
            ("hydrogen_bonds_kept", "count", "the number of hydrogen bonds with ICAM-1 kept"),
            ("salt_bridges_kept", "count", "the number of salt bridges with ICAM-1 kept"),
        )
    ),
    *(
        Observable(name, "midas", unit, subject, "larger", "smaller", compared=False)
        for name, unit, subject in (
            ("ser139_angstrom", "Å", "metal to Ser139"),
            ("ser141_angstrom", "Å", "metal to Ser141"),
            ("thr206_angstrom", "Å", "metal to Thr206"),
            ("asp239_angstrom", "Å", "metal to Asp239"),
            ("asp137_angstrom", "Å", "metal to Asp137"),
            ("coordination_number", "count", "oxygens around the metal"),
            ("n_waters", "count", "waters around the metal"),
        )
    ),
    Observable(
        "glu34_metal_angstrom",
        "interface",
        "Å",
        "the metal to Glu34 of ICAM-1",
        "larger",
        "smaller",
        compared=False,
    ),
)

BY_NAME: dict[str, Observable] = {item.name: item for item in OBSERVABLES}
HOLDING: tuple[str, ...] = tuple(item.name for item in OBSERVABLES if item.tier == "holding")
PRIMARY: tuple[str, ...] = tuple(item.name for item in OBSERVABLES if item.tier == "primary")

MINIMUM_TIME_NS = 10.0
"""Simulated time per replica below which "no effect" is never claimed.

Replicas of a pair start from the same coordinates. Before they have had time to part, agreement
only shows that they started together; loops and side chains of a protein rearrange over
nanoseconds. A choice of this study, on the lenient side: α7 itself moves in µs–ms.
"""

MOTION_NS = 1000.0
MOTION_END_NS = 1e6
"""α7 exchange takes µs–ms: 1 µs and 1 ms, the ends of that range, in ns (Nunes et al. 2018, of the
related α1 I domain, PMID 29937357)."""

INTACT_FRACTION = 0.9
"""Share of frames in which the metal site must be as its state demands to be called intact."""
