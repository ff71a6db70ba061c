"""What is known beforehand of αL and β2: domains and metal sites, by mature residue number.

Mature = UniProt P20701 − 25 (αL) and UniProt P05107 − 22 (β2). Every other integrin is described in
these numbers too, through an alignment with the two chains. How the limits were found, and what
they rest on: ``docs/integrin.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

ChainKind = Literal["alpha", "beta"]

SIGNAL_PEPTIDE: dict[ChainKind, int] = {"alpha": 25, "beta": 22}
"""UniProt number minus mature number: P20701 (αL) and P05107 (β2)."""

ECTODOMAIN: dict[ChainKind, tuple[int, int]] = {"alpha": (1, 1063), "beta": (1, 676)}
"""First and last residue before the transmembrane helix."""

Ranges = tuple[tuple[int, int], ...]

ALPHA_DOMAINS: dict[str, Ranges] = {
    "propeller": ((1, 127), (308, 588)),
    "alpha_i": ((128, 307),),
    "thigh": ((589, 744),),
    "calf_1": ((745, 893),),
    "calf_2": ((894, 1063),),
}
"""Domains of αL. The I domain is inserted into the β-propeller, between its blades 2 and 3."""

BETA_DOMAINS: dict[str, Ranges] = {
    "psi": ((1, 58),),
    "hybrid": ((59, 101), (343, 422)),
    "beta_i": ((102, 342),),
    "i_egf_1": ((423, 460),),
    "i_egf_2": ((461, 513),),
    "i_egf_3": ((514, 552),),
    "i_egf_4": ((553, 592),),
    "beta_tail": ((593, 676),),
}
"""Domains of β2. The βI domain is inserted into the hybrid domain; an I-EGF module begins at its
first cysteine."""

DOMAINS: dict[ChainKind, dict[str, Ranges]] = {"alpha": ALPHA_DOMAINS, "beta": BETA_DOMAINS}

I_DOMAIN = (128, 307)
"""The residues of αL that half of the human α subunits lack."""

SIDE_CHAIN = ("OD1", "OD2", "OE1", "OE2", "OG", "OG1", "OH")
"""Side-chain oxygens that hold a metal; a histidine's or asparagine's nitrogen does not."""


@dataclass(frozen=True)
class Binder:
    """A residue that holds the metal of a site.

    Attributes
    ----------
    number : int
        Mature residue number of αL or β2.
    backbone : bool
        By its carbonyl oxygen; otherwise by its side chain.
    expected : str
        One-letter codes that can hold the metal there; empty for a carbonyl, which any residue has.
    first_shell : bool
        False for a residue that only holds waters of the metal, or the metal in one state.
    outer : bool
        A carboxylate that is in the second shell in every crystal.
    """

    number: int
    backbone: bool = False
    expected: str = "DENQST"
    first_shell: bool = True
    outer: bool = False


@dataclass(frozen=True)
class MetalSite:
    """A metal site of the family.

    Attributes
    ----------
    name : str
    chain : {"alpha", "beta"}
    domain : str
        Of `DOMAINS`.
    binders : tuple of Binder
    """

    name: str
    chain: ChainKind
    domain: str
    binders: tuple[Binder, ...]


def _loop(name: str, first: int) -> MetalSite:
    """Return the site of a propeller's Ca²⁺ loop, D-x-D-x-D-G-x-x-D, from its first residue."""
    return MetalSite(
        name,
        "alpha",
        "propeller",
        (
            Binder(first),
            Binder(first + 2),
            Binder(first + 4),
            Binder(first + 6, backbone=True, expected=""),
            Binder(first + 8),
        ),
    )


SITES: tuple[MetalSite, ...] = (
    MetalSite(
        "alpha_i_midas",
        "alpha",
        "alpha_i",
        (
            Binder(137, expected="DE", first_shell=False, outer=True),
            Binder(139, expected="ST"),
            Binder(141, expected="ST"),
            Binder(206, expected="ST"),
            Binder(239, expected="DE"),
        ),
    ),
    _loop("propeller_1", 387),
    _loop("propeller_2", 443),
    _loop("propeller_3", 505),
    _loop("propeller_4", 565),
    MetalSite(
        "genu",
        "alpha",
        "calf_1",
        (
            Binder(746, backbone=True, expected=""),
            Binder(749, expected="DENQ"),
            Binder(751, backbone=True, expected=""),
            Binder(787, expected="DE"),
        ),
    ),
    MetalSite(
        "beta_i_midas",
        "beta",
        "beta_i",
        (
            Binder(112, expected="DE", first_shell=False, outer=True),
            Binder(114, expected="ST"),
            Binder(116, expected="ST"),
            Binder(212, expected="DE"),
            Binder(242, expected="DE", first_shell=False, outer=True),
        ),
    ),
    MetalSite(
        "admidas",
        "beta",
        "beta_i",
        (
            Binder(116, backbone=True, expected=""),
            Binder(119, expected="DE"),
            Binder(120, expected="DE"),
            Binder(242, expected="DE", first_shell=False),
            Binder(325, backbone=True, expected="", first_shell=False),
        ),
    ),
    MetalSite(
        "symbs",
        "beta",
        "beta_i",
        (
            Binder(151, expected="DE"),
            Binder(207, expected="DN"),
            Binder(209, expected="DN"),
            Binder(211, backbone=True, expected=""),
            Binder(212, expected="DE"),
        ),
    ),
)
"""αI MIDAS; β-propeller loops (αL has no Ca²⁺ loop in place of the first); genu; βI MIDAS, ADMIDAS
and SyMBS."""


def residues(ranges: Ranges) -> list[int]:
    """Return the residue numbers of some ranges."""
    return [n for first, last in ranges for n in range(first, last + 1)]


def domain_of(chain: ChainKind, number: int) -> str:
    """Return the domain that a residue lies in, or ``""``."""
    for name, ranges in DOMAINS[chain].items():
        if any(first <= number <= last for first, last in ranges):
            return name
    return ""


def spanned(numbers: Iterable[int], ranges: Ranges) -> int:
    """Count the numbers that lie in some ranges."""
    return sum(any(first <= n <= last for first, last in ranges) for n in numbers)
