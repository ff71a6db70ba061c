"""The Methods' paragraphs on ICAM-1: how its hold is measured, and how it was pulled off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from lfa1_analysis.observables.contacts import BROKEN, FORMED
from lfa1_analysis.proteins.known import ICAM1
from lfa1_analysis.separation.separations import (
    FALLEN,
    LEAST_PULLS,
    MOST_DISSIPATED_KT,
    SMOOTHED_NM,
)
from lfa1_report.methods.references import Bibliography
from lfa1_report.sources.separation import Separation
from lfa1_report.sources.study import Results


def ligands(found: Results, config: Mapping[str, Any]) -> dict[str, str]:
    """Return how much of ICAM-1 each state has: ``D1`` or ``D1–D2``, or that it is not recorded."""
    states = config.get("states")
    held = {}
    for state in found.states:
        source = states.get(state) if isinstance(states, Mapping) else None
        ligand = source.get("ligand") if isinstance(source, Mapping) else None
        if ligand or state.split("_")[0] == "bound":
            held[state] = str(ligand or "extent unrecorded").replace("-", "–")
    return held


def interface(
    found: Results, config: Mapping[str, Any], cites: Bibliography
) -> list[tuple[str, Markup]]:
    """Write the paragraph on how ICAM-1 is held; nothing in a study without it."""
    held = ligands(found, config)
    if not held:
        return []
    return [
        (
            "ICAM-1 and the interface",
            Markup(
                "ICAM-1 (UniProt {}, numbered as the mature protein; {}) is on the I domain, and "
                "its Glu34 is a donor of the metal. Measured in every frame against the complex "
                "that was built, and corrected by Holm’s method among themselves: the distance of "
                "the nearer carboxylate oxygen of Glu34 from the place that the metal has in the "
                "crystal 1MQ8{}, the same with and without metal (the site’s backbone superposed); "
                "the share of residue contacts kept (heavy atoms within {} Å; lost beyond {} Å); "
                "the buried surface{} (of both proteins less that of the complex, not halved; "
                "probe 1.4 Å); and the interface’s backbone RMSD{} (residues with a heavy atom "
                "within 10 Å of the other protein). Besides: hydrogen bonds{}, donor and acceptor "
                "within 3.5 Å and hydrogen–donor–acceptor at most 30°; salt bridges{}, a "
                "carboxylate oxygen within 4.0 Å of a side-chain nitrogen of Arg, Lys or doubly "
                "protonated His."
            ).format(
                ICAM1.accession,
                "; ".join(f"{state}: {extent}" for state, extent in held.items()),
                cites.cite("complex"),
                f"{FORMED:g}",
                f"{BROKEN:g}",
                cites.cite("sasa", "radii"),
                cites.cite("irmsd"),
                cites.cite("hydrogen_bond"),
                cites.cite("salt_bridge"),
            ),
        )
    ]


def separation(
    found: Separation | None, config: Mapping[str, Any], cites: Bibliography
) -> list[tuple[str, Markup]]:
    """Write the paragraph on steered separation; nothing where nothing was pulled.

    Parameters
    ----------
    found : Separation or None
    config : mapping
        The study's settings; where they have no ``separation``, what was computed serves.
    """
    if found is None:
        return []
    said = Markup(
        "ICAM-1 was pulled off by a harmonic spring k/2 (d − d₀)² between the centroids of the Cα "
        "atoms of the two proteins. {} All systems of a state were pulled by the same protocol; d₀ "
        "began at the distance in their common box and grew in steps at which rows were written, "
        "and no other restraint acted. Force: k (d₀ − d), averaged over {} nm of the spring’s way; "
        "its maximum is called a rupture where it falls below {:g} of that again. Work: the "
        "change of the spring’s energy at the steps of d₀{}. ΔF between the ends by Jarzynski’s "
        "equality only from {} pulls on that lose at most {:g} kT{}. Means have 95 % intervals by "
        "Student’s t, differences between systems by Welch’s. Loading rates are compared with "
        "those of atomic force microscopy{}."
    ).format(
        _protocol(found, config),
        f"{SMOOTHED_NM:g}",
        FALLEN,
        cites.cite("work"),
        LEAST_PULLS,
        MOST_DISSIPATED_KT,
        cites.cite("work", "dissipation"),
        cites.cite("experiment"),
    )
    return [("Steered separation", said)]


def _protocol(found: Separation, config: Mapping[str, Any]) -> str:
    systems = found.systems
    counts = ", ".join(f"{len(its['pulls'])} of {name}" for name, its in systems.items())
    plan = config.get("separation")
    keys = ("distance", "speed", "force_constant", "segment", "frame_interval", "force_interval")
    if not isinstance(plan, Mapping) or any(key not in plan for key in keys):
        speeds = sorted({float(its["speed_nm_per_ns"]) for its in systems.values()})
        springs = {its.get("force_constant_kj_per_mol_per_nm2") for its in systems.values()}
        strength = " and ".join(f"{k:g}" for k in sorted(k for k in springs if k is not None))
        return (
            f"k was {strength or 'of unrecorded strength,'} kJ/mol/nm² and d₀ was lengthened at "
            f"{' and '.join(f'{speed:g}' for speed in speeds)} nm/ns; pulls: {counts}; how far, "
            "and in what segments, was not recorded."
        )
    return (
        f"k was {_squared(plan['force_constant'])}; d₀ was lengthened by {plan['distance']} at "
        f"{plan['speed']}, in segments of {plan['segment']} that continue one another, with rows "
        f"every {plan['force_interval']} and frames every {plan['frame_interval']}. Independent "
        f"pulls, each from an equilibration of its own: {counts}. The box is wider by half of that "
        "distance on each side."
    )


def _squared(constant: object) -> str:
    return str(constant).replace("^2", "²")
