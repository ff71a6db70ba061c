"""The dose–response in words: what Mg²⁺ does to opening, and what has been assumed."""

from __future__ import annotations

import math

from lfa1_analysis.free_energy.linkage.constants import Constant
from lfa1_analysis.free_energy.linkage.dose_response import Band, Conditions, DoseResponse
from lfa1_analysis.free_energy.linkage.inputs import TYPED, FreeEnergies
from lfa1_analysis.free_energy.verdicts import NOT_CONVERGED, UNTESTED
from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.statistics.estimates import Estimate

NOTHING_RESOLVED = "no effect of Mg²⁺ on opening is resolved"


def verdict(energies: FreeEnergies, found: DoseResponse, conditions: Conditions) -> list[str]:
    """Return direction and size of the effect in words, or that none is resolved."""
    difference = energies.difference
    low, high = difference.interval
    size = _size(difference)
    words = []
    if energies.verdict == NOT_CONVERGED:
        words.append(
            f"NOT CONVERGED: the free energy of {' and '.join(energies.unconverged)} is not "
            "converged; nothing below is a result"
        )
    if energies.verdict == UNTESTED:
        words.append(
            "HYSTERESIS UNTESTED: nothing speaks against the free energies, but windows were not "
            "begun from both ends, so a slow motion besides the coordinate could have been missed, "
            "and all below with it"
        )
    if not found.resolved:
        flat = found.flat is not None
        shows = "the curve is flat within its uncertainty"
        exchange = "what the curve does show is Mg²⁺ taking the place of Ca²⁺"
        words.append(f"{NOTHING_RESOLVED}; {shows if flat else exchange}")
        words.append(f"{size}: includes 0")
        if flat:
            words.append(f"without an effect, {percent(found.flat or 0.0)} are open at any [Mg²⁺]")
    else:
        state = "open" if difference.value < 0 else "closed"
        times, few, many = (
            math.exp(-value / (GAS_CONSTANT * conditions.temperature))
            for value in (difference.value, high, low)
        )
        words.append(f"Mg²⁺ at the MIDAS favours the {state} state of the isolated I domain")
        words.append(
            f"{size}: bound Mg²⁺ multiplies open ÷ closed by {_number(times)} "
            f"({_number(few)} to {_number(many)})"
        )
    if (exchanged := energies.against_calcium) is not None:
        words.append(_against_calcium(exchanged))
    levels = found.levels
    words.append(
        f"fraction open at {conditions.magnesium * 1e3:.3g} mM free Mg²⁺ and "
        f"{conditions.calcium * 1e3:.3g} mM free Ca²⁺: {_fraction(levels['normal'])}"
    )
    for name, what in (("low", "half"), ("high", "twice")):
        words.append(f"at {what} that Mg²⁺ it changes by {_points(found.changes[name])}")
    words.append(
        f"dissociation constant of Mg²⁺: closed state {_micromolar(found.k_mg_closed)}, open state "
        f"{_micromolar(found.k_mg_open)}"
    )
    return [sentence.replace("-", "−") for sentence in words]


def _size(difference: Estimate) -> str:
    low, high = difference.interval
    return f"ΔΔG = {difference.value:+.2f} kJ/mol, 95 % interval {low:+.2f} to {high:+.2f}"


def _against_calcium(exchanged: Estimate) -> str:
    """Say what Mg²⁺ does in the place of Ca²⁺, which holds the site where Mg²⁺ is scarce."""
    low, high = exchanged.interval
    start = f"in place of Ca²⁺: {_size(exchanged)}"
    if low <= 0 <= high:
        return f"{start}: includes 0, no difference between the two is resolved"
    state = "open" if exchanged.value < 0 else "closed"
    return f"{start}: Mg²⁺ favours the {state} state more than Ca²⁺ does"


def assumptions(
    energies: FreeEnergies, k_mg: Constant, k_ca: Constant, conditions: Conditions
) -> list[str]:
    """List what the curve rests on, beyond its inputs."""
    words = [
        "isolated αL I domain: no ligand, no β2, no cell; nothing follows for a cell",
        "two states, closed and open, at equilibrium",
        "one metal site, the MIDAS; Mg²⁺ and Ca²⁺ act nowhere else",
        f"free energies hold at {conditions.temperature:g} K; their errors are {_errors(energies)} "
        "and independent of each other",
        _about(k_mg, "Mg²⁺"),
        _about(k_ca, "Ca²⁺"),
        "an apparent constant is that of the mixture of both states without a competitor, at the "
        "temperature of the curve",
    ]
    if energies.ca is None:
        words.append("Ca²⁺ binds both states alike (no free energy of opening with Ca²⁺ is given)")
    if energies.verdict == TYPED:
        words.append("the free energies were typed: their convergence is not known here")
    return words


def _errors(energies: FreeEnergies) -> str:
    known = [energies.apo.degrees_of_freedom, energies.mg.degrees_of_freedom]
    if all(freedom is None for freedom in known):
        return "normal, their size exactly known"
    listed = ", ".join("∞" if freedom is None else f"{freedom:.1f}" for freedom in known)
    return f"of Student's t with their degrees of freedom (apo, mg: {listed})"


def percent(fraction: float) -> str:
    """``0.01234`` → ``1.23 %``."""
    return f"{fraction * 100:.3g} %"


def _about(constant: Constant, name: str) -> str:
    where = f", {constant.species}, {constant.condition}" if constant.species else ""
    text = (
        f"apparent K of {name}: {constant.molar * 1e6:.4g} µM × or ÷ {constant.factor:g} "
        f"(one standard deviation of ln K){where}; {constant.source}"
    )
    if constant.ion == "Mg" and constant.species not in ("", "I domain"):
        text += "; affinities of the isolated αL I domain for Mg²⁺ were measured "
        text += "(Vorup-Jensen et al. 2007), but their numbers were not read"
    return text


def _number(value: float) -> str:
    """Three digits; thousands in full."""
    return f"{value:,.0f}" if 1000 <= value < 1e6 else f"{value:.3g}"


def _micromolar(band: Band) -> str:
    best, low, high = (_number(value * 1e6) for value in (band.best, band.low, band.high))
    return f"{best} µM (95 % {low} to {high} µM)"


def _fraction(band: Band) -> str:
    return (
        f"{percent(band.best)} (median {percent(band.median)}, "
        f"95 % {percent(band.low)} to {percent(band.high)})"
    )


def _points(band: Band) -> str:
    best, median, low, high = (
        f"{value * 100:+.2g}" for value in (band.best, band.median, band.low, band.high)
    )
    zero = ", includes 0" if band.low <= 0 <= band.high else ""
    return f"{best} percentage points (median {median}, 95 % {low} to {high}{zero})"
