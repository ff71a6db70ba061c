"""When a metal site is as it should be: one set of rules for set-up, trajectories and comparison.

A rule looks at arrays of shape (F,), one value a frame. It has two limits: beyond the one it is
broken, within the other it is met. A model is accepted where every rule is met (:func:`faults`); a
trajectory's site is judged by :func:`over_time`, for which a frame between the limits stays as the
frame before it was, and what does not last is no change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lfa1_analysis.metal_site.coordination import Site
from lfa1_analysis.metal_site.shells import SHELLS
from lfa1_analysis.statistics.hysteresis import Flags, hysteresis, settled
from lfa1_analysis.trajectory.geometry import Array

NOTE, WARN, FAIL = "note", "warn", "fail"
LOST_MARGIN = 0.4
"""Å beyond the first-shell cut-off at which a donor is lost: 3.0 Å for Mg²⁺ (cut-off 2.6 Å).

In the middle of the empty gap between the first shell (2.1 Å) and the next oxygens (beyond
3.5 Å): no fluctuation of a bond at 2.1–2.3 Å with a standard deviation of 0.1 Å gets there."""
NUMBER_MARGIN = 0.75
"""By which the smooth coordination number must be off too: three quarters of a donor. A donor at
2.7 Å still counts 0.29, so that one stretched bond is no missing one."""
SECOND_SHELL = 3.5
"""Å; a carboxylate of the second shell is at least this far away, in crystals 3.9–4.4 Å (1CQP,
1MQ8, 1T0P, 4WJK, 1L5G)."""
SECOND_SHELL_REACH = 5.5
"""Å; a carboxylate of the second shell is within this of a metal that is in its place: 3.9–4.6 Å in
crystals, 5.3 Å in one of 3.2 Å resolution (1L5G)."""


@dataclass(frozen=True)
class Demand:
    """The demands on one metal site.

    Attributes
    ----------
    metal : str
        Key of `SHELLS`, or another ion's element in small letters, of which less is known.
    donors : tuple of str
        Labels of the protein's residues that must hold the metal.
    ligands : tuple of str
        Labels of other molecules' donors that must hold it.
    outer : tuple of str
        Labels of carboxylates of the second shell.
    others : tuple of str
        Labels of further residues that could hold it and should not.
    free : tuple of str
        Labels of residues that may hold it or not.
    """

    metal: str
    donors: tuple[str, ...] = ()
    ligands: tuple[str, ...] = ()
    outer: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    free: tuple[str, ...] = ()


@dataclass(frozen=True)
class Distances:
    """The measured distances of a site, in Å; arrays of shape (F,).

    Attributes
    ----------
    cutoff : float
        First shell.
    nearest : mapping of str to ndarray
        Nearest oxygen of each residue or ligand that a `Demand` names; one that the file lacks is
        not judged.
    farther : mapping of str to ndarray
        The other oxygen of a carboxylate.
    strangers : mapping of str to ndarray of bool
        Any other oxygen in the first shell: whether it is.
    foreign : frozenset of str
        Those of the strangers that belong to another molecule.
    number, smooth : ndarray or None
        Coordination number, counted and smooth; None where it cannot be told, as in a file
        without waters.
    """

    cutoff: float
    nearest: Mapping[str, Array]
    farther: Mapping[str, Array] = field(default_factory=dict)
    strangers: Mapping[str, Flags] = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()
    number: Array | None = None
    smooth: Array | None = None


Wording = tuple[str, Callable[[slice], str]]


@dataclass(frozen=True)
class Rule:
    """One rule, applied to some frames.

    Attributes
    ----------
    event : str
        What it is called when it is broken: ``donor_lost`` …
    label : str
        Of the residue that it is about, or empty.
    severity : {"fail", "warn", "note"}
    broken, met : ndarray of bool, shape (F,)
    wrong : str
        What is wrong where it is broken, in words.
    detail : callable
        Returns the same of a range of frames, with what was measured.
    """

    event: str
    label: str
    severity: str
    broken: Flags
    met: Flags
    wrong: str
    detail: Callable[[slice], str]


def rules(site: Distances, demand: Demand) -> list[Rule]:
    """Apply every rule to some frames.

    Parameters
    ----------
    site : Distances
    demand : Demand
    """
    shell = SHELLS.get(demand.metal)
    rigid = shell is not None and shell.least == shell.most
    bound, lost = site.cutoff, site.cutoff + LOST_MARGIN
    found: list[Rule] = []

    def measured(labels: tuple[str, ...]) -> list[str]:
        return [label for label in labels if label in site.nearest]

    def add(
        event: str, label: str, severity: str, broken: Flags, met: Flags, what: Wording
    ) -> None:
        found.append(Rule(event, label, severity, broken, met, *what))

    beyond, within = f"lost beyond {lost:.1f} Å", f"holds within {bound:.1f} Å"
    for label in measured(demand.donors):
        r = site.nearest[label]
        what = _at(label, "does not hold the metal", r, beyond)
        add("donor_lost", label, FAIL, ~(r <= lost), r <= bound, what)
    for label in measured(demand.ligands):
        r = site.nearest[label]
        what = _at(f"{label} of the ligand", "does not hold the metal", r, beyond)
        add("ligand_lost", label, FAIL, ~(r <= lost), r <= bound, what)
    for label in measured(demand.outer):
        r = site.nearest[label]
        what = _at(label, f"is not in the second shell, {SECOND_SHELL} Å away", r, within)
        add("inner_sphere", label, FAIL, r <= bound, ~(r < SECOND_SHELL), what)
    for label in measured(demand.others):
        r = site.nearest[label]
        what = _at(label, "holds the metal and should not", r, within)
        add("donor_gained", label, WARN, r <= bound, ~(r <= lost), what)
    for label, holds in sorted(site.strangers.items()):
        # Another molecule is a ligand: its coming or staying is no fault.
        severity = NOTE if label in site.foreign else WARN
        add("donor_gained", label, severity, holds, ~holds, _always(f"{label} holds the metal"))
    for label, r in site.farther.items():
        # Larger ions are often held so; Mg²⁺ is in no crystal of these sites.
        what = _at(f"{label} holds with both oxygens, the farther", "", r, "")
        what = (f"{label} holds the metal with both oxygens", what[1])
        add("bidentate", label, FAIL if rigid else NOTE, r <= bound, ~(r <= lost), what)
    if site.number is not None and shell is not None:
        low, high, n = shell.least, shell.most, site.number
        smooth = n if site.smooth is None else site.smooth
        off = (n < low) & (smooth < low - NUMBER_MARGIN)
        off |= (n > high) & (smooth > high + NUMBER_MARGIN)
        normal = f"{low}" if low == high else f"{low} to {high}"

        def number(span: slice) -> str:
            return f"{np.nanmean(n[span]):.1f} oxygens on average, normal {normal}"

        what = (f"the coordination number is not {normal}", number)
        add("coordination_off", "", FAIL if rigid else WARN, off, (n >= low) & (n <= high), what)
    return found


def over_time(rule: Rule, present: Flags, frames: int) -> Flags:
    """Return the frames in which a rule counts as broken.

    Parameters
    ----------
    rule : Rule
    present : ndarray of bool, shape (F,)
        Frames that hold the metal.
    frames : int
        How many a change must last; see `lfa1_analysis.statistics.hysteresis.persistence`.
    """
    on = hysteresis(rule.broken & present, rule.met | ~present)
    return settled(on, frames) & present


def faults(site: Site, demand: Demand) -> list[str]:
    """Say what is wrong with a model's site; nothing where it is accepted.

    Parameters
    ----------
    site : Site
        Its donors' residues are called as in `demand`.
    demand : Demand
        With one of the metals of `SHELLS`.
    """
    shell = SHELLS[demand.metal]
    bonds = {d.label: float(r) for d, r in zip(site.bound, site.distances, strict=False)}
    found = unmet(measure(site, demand), demand)
    found += [
        f"{label} at {r:.2f} Å, not {shell.nearest:.2f}–{shell.farthest:.2f} Å"
        for label, r in bonds.items()
        if not shell.nearest <= r <= shell.farthest
    ]
    mean = float(np.mean(list(bonds.values()))) if bonds else 0.0
    if mean > shell.farthest_mean:
        found.append(f"mean {shell.label}–O {mean:.2f} Å, more than {shell.farthest_mean:.2f} Å")
    return found


def unmet(measured: Distances, demand: Demand) -> list[str]:
    """Say which rules one frame does not meet; its single bonds are not judged."""
    found = [
        f"{rule.wrong} ({rule.detail(slice(0, 1))})"
        for rule in rules(measured, demand)
        if rule.severity != NOTE and not rule.met[0]
    ]
    return found + [
        f"{label} at {measured.nearest[label][0]:.2f} Å, not in the second shell (within "
        f"{SECOND_SHELL_REACH} Å)"
        for label in demand.outer
        if label in measured.nearest and measured.nearest[label][0] > SECOND_SHELL_REACH
    ]


def measure(site: Site, demand: Demand) -> Distances:
    """Return the distances of a classified site, as arrays of one frame.

    Parameters
    ----------
    site : Site
        Its donors' residues are called as in `demand`.
    demand : Demand
    """
    residues = {donor.residue for donor in site.donors}
    named = {*demand.donors, *demand.ligands, *demand.outer, *demand.others, *demand.free}
    nearest, farther = {}, {}
    for label in named:
        r = site.distances_to(label) if label in residues else np.array([np.inf])
        nearest[label] = r[:1]
    kinds = {residue: residue.rpartition(":")[2][:3].upper() for residue in residues}
    acids = [residue for residue, kind in kinds.items() if kind in ("ASP", "GLU")]
    for label in acids:
        own = [d.residue == label and d.name[:2] in ("OD", "OE") for d in site.donors]
        if np.count_nonzero(own) == 2:
            farther[label] = site.distances[own][1:2]
    strangers = {
        donor.label: np.ones(1, dtype=bool)
        for donor in site.bound
        if donor.kind != "water" and donor.residue not in named
    }
    number = np.array([float(site.coordination_number)])
    return Distances(site.cutoff, nearest, farther, strangers, number=number, smooth=number)


def _always(text: str) -> Wording:
    return text, lambda span: text


def _at(name: str, wrong: str, r: NDArray[np.float64], rule: str) -> Wording:
    more = f" ({rule})" if rule else ""

    def detail(span: slice) -> str:
        middle = float(np.nanmedian(r[span]))
        return f"{name} " + (f"at {middle:.2f} Å" if np.isfinite(middle) else "not near") + more

    return f"{name} {wrong}", detail
