"""``lfa1 linkage``: from the free energy of opening to the fraction open against [Mg²⁺].

Formulae, assumptions and what must not be concluded: ``docs/linkage.md``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from lfa1_analysis.free_energy.linkage import affinity
from lfa1_analysis.free_energy.linkage.constants import SERUM_LEVELS, Constant, constant, published
from lfa1_analysis.free_energy.linkage.dose_response import (
    LEVELS,
    Conditions,
    DoseResponse,
    dose_response,
)
from lfa1_analysis.free_energy.linkage.inputs import (
    FreeEnergies,
    UnconvergedError,
    from_file,
    from_text,
)
from lfa1_analysis.free_energy.linkage.occupancy import Occupancy, occupancy, sentences
from lfa1_analysis.free_energy.linkage.wording import assumptions, verdict
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import (
    check_place,
    provenance,
    sidecar,
    write_results,
)
from lfa1_analysis.io.units import concentration, temperature
from lfa1_analysis.statistics.estimates import Estimate

_DESCRIPTION = """\
From the free energy of opening the isolated I domain, with and without Mg²⁺ at the MIDAS, to the
fraction open against [Mg²⁺], with a 95 % band and a verdict in words.

inputs: both free energies with their standard errors, typed (kJ/mol or kcal/mol) or from the
free_energy.json of `lfa1 pmf`; dissociation constants and concentrations with their unit (M, mM,
uM, nM)."""
_EPILOG = """\
columns of the table:
  mg_molar (mol/l, free Mg²⁺), fraction_open with median, low and high (95 %) of the draws,
  occupancy_mg and occupancy_ca (fractions of all sites), free_energies (where they come from)
Inputs, constants, verdict and assumptions are in the JSON file beside it.

example:
  lfa1 linkage --apo '12.3 +- 1.2 kJ/mol' --mg '11 +- 1.5 kJ/mol' --output linkage.csv

Formulae, assumptions and what must not be concluded: docs/linkage.md."""


@dataclass(frozen=True)
class LinkageResult:
    """Inputs and results of one call.

    Examples
    --------
    >>> from lfa1_analysis import link
    >>> from lfa1_analysis.free_energy.linkage.inputs import from_text
    >>> found = link(from_text("12 +- 0.2 kJ/mol", "9 +- 0.2 kJ/mol", None))
    >>> found.conditions.temperature, found.found.resolved
    (310.0, True)
    """

    energies: FreeEnergies
    k_mg: Constant
    k_ca: Constant
    conditions: Conditions
    found: DoseResponse
    verdict: list[str]
    assumptions: list[str]
    occupant: list[str]
    """What the site holds at the serum's Mg²⁺ and Ca²⁺."""
    experiment: list[str]
    """What experiment says of the metal's affinity for both states, and which sign follows."""


def link(
    energies: FreeEnergies,
    k_mg: Constant | None = None,
    k_ca: Constant | None = None,
    conditions: Conditions | None = None,
) -> LinkageResult:
    """Compute the dose–response and put it into words.

    Parameters
    ----------
    energies : FreeEnergies
        ΔG of opening (kJ/mol).
    k_mg, k_ca : Constant, optional
        Apparent dissociation constants (mol/l); by default the published ones.
    conditions : Conditions, optional

    Examples
    --------
    >>> from lfa1_analysis import link
    >>> from lfa1_analysis.free_energy.linkage.inputs import from_text
    >>> found = link(from_text("12.3 +- 1.2 kJ/mol", "11 +- 1.5 kJ/mol", None))
    >>> found.found.resolved
    False
    >>> found.found.table[["mg_molar", "fraction_open", "low", "high"]].round(4).tail(1)
         mg_molar  fraction_open     low    high
    ...
    """
    k_mg, k_ca = k_mg or constant("Mg"), k_ca or constant("Ca")
    conditions = conditions or Conditions()
    found = dose_response(energies, k_mg, k_ca, conditions)
    return LinkageResult(
        energies,
        k_mg,
        k_ca,
        conditions,
        found,
        verdict(energies, found, conditions),
        assumptions(energies, k_mg, k_ca, conditions),
        sentences(*_occupancies(k_mg, k_ca, conditions)),
        affinity.sentences(conditions.temperature, energies.difference.interval),
    )


def _occupancies(k_mg: Constant, k_ca: Constant, conditions: Conditions) -> list[Occupancy]:
    """Compute what the site holds at the normal and at the low level of Mg²⁺."""
    return [
        occupancy(
            k_mg, k_ca, LEVELS[level] * conditions.magnesium, conditions.calcium, conditions.seed
        )
        for level in ("normal", "low")
    ]


def run(
    args: argparse.Namespace, draw: Callable[[LinkageResult], dict[Path, str]] | None = None
) -> int:
    """Compute, write table, record and whatever `draw` makes (all or none), and print what follows.

    Parameters
    ----------
    args : argparse.Namespace
        From :func:`add_arguments`.
    draw : callable, optional
        Returns further files, a figure, with their text.
    """
    output = Path(args.output)
    if output.suffix.lower() == ".json":
        raise InputError(f"--output {output} is the name of the record", "end it in .csv")
    record = Path(args.record) if args.record else sidecar(output)
    figure = [Path(args.figure)] if getattr(args, "figure", None) else []
    places = [output, record, *figure]
    if len({place.absolute() for place in places}) < len(places):
        raise InputError(f"{record}: one name is given to two outputs", "give each its own file")
    source = Path(args.free_energies) if args.free_energies else None
    check_place(*places, inputs=[source] if source else [])
    try:
        energies = _energies(args, source)
    except UnconvergedError as error:
        if not args.if_converged:
            raise
        return _left_out(error, output, record, source)
    linkage = link(
        energies,
        constant("Mg", args.k_mg, args.k_mg_factor, args.k_mg_source),
        constant("Ca", args.k_ca, args.k_ca_factor, args.k_ca_source),
        _conditions(args),
    )
    content = _record(linkage, source)
    write_results({output: linkage.found.table}, record, content, 6, draw(linkage) if draw else {})
    for sentence in linkage.verdict:
        print(sentence)
    for heading, lines in (
        ("what the site holds", linkage.occupant),
        ("experiment", linkage.experiment),
        ("assumed", linkage.assumptions),
    ):
        print(f"{heading}:")
        for line in lines:
            print(f"  {line}")
    print(f"written to {', '.join(map(str, places))}")
    return 0


def _left_out(error: UnconvergedError, output: Path, record: Path, source: Path | None) -> int:
    """Write that nothing was computed, so that a workflow may go on to its report."""
    words = f"No dose–response: {error.problem.split(': ', 1)[-1]}."
    about = {"computed": False, "verdict": [words], "assumptions": []}
    content = provenance([source] if source else [], about)
    write_results({}, record, content, texts={output: "mg_molar,fraction_open,low,high\n"})
    print(words)
    return 0


def _energies(args: argparse.Namespace, source: Path | None) -> FreeEnergies:
    typed = [name for name in ("apo", "mg", "ca") if getattr(args, name) is not None]
    if source is None:
        return from_text(args.apo, args.mg, args.ca)
    if typed:
        raise InputError(
            f"--free-energies and --{typed[0]} are both given", "give the file or the values"
        )
    return from_file(source, args.allow_unconverged)


def _conditions(args: argparse.Namespace) -> Conditions:
    if not 4000 <= args.draws <= 100_000:
        raise InputError(f"--draws {args.draws} is not sensible", "give 4000 to 100000")
    if args.seed < 0:
        raise InputError(f"--seed {args.seed} is negative", "give 0 or more")
    return Conditions(
        temperature=temperature(args.temperature, "--temperature"),
        calcium=concentration(args.calcium, "--calcium", zero=True),
        magnesium=concentration(args.magnesium, "--magnesium"),
        draws=args.draws,
        seed=args.seed,
    )


def _record(linkage: LinkageResult, source: Path | None) -> dict[str, object]:
    found, energies = linkage.found, linkage.energies
    occupied = _occupancies(linkage.k_mg, linkage.k_ca, linkage.conditions)
    about = {
        "computed": True,
        "verdict": linkage.verdict,
        "resolved": found.resolved,
        "free_energies": {
            "unit": "kJ/mol",
            "verdict": energies.verdict,
            "not_converged": list(energies.unconverged),
            "apo": asdict(energies.apo),
            "mg": asdict(energies.mg),
            "ca": asdict(energies.ca) if energies.ca else None,
            "mg_minus_apo": _difference(energies.difference),
            "mg_minus_ca": _difference(energies.against_calcium),
        },
        "apparent_constants": [asdict(linkage.k_mg), asdict(linkage.k_ca)],
        "published_constants": published().to_dict("records"),
        "conditions": asdict(linkage.conditions),
        "k_mg_closed_molar": asdict(found.k_mg_closed),
        "k_mg_open_molar": asdict(found.k_mg_open),
        "fraction_open_at_serum_levels": {n: asdict(band) for n, band in found.levels.items()},
        "change_from_normal": {name: asdict(band) for name, band in found.changes.items()},
        "flat_fraction_open": found.flat,
        "site_occupancy": dict(zip(("normal", "low"), map(asdict, occupied), strict=True)),
        "occupant": linkage.occupant,
        "metal_affinity_by_state": [
            found.record(linkage.conditions.temperature) for found in affinity.measured()
        ],
        "experiment": linkage.experiment,
        "serum_intervals": [level._asdict() for level in SERUM_LEVELS],
        "assumptions": linkage.assumptions,
    }
    return provenance([source] if source else [], about)


def _difference(found: Estimate | None) -> dict[str, object] | None:
    """Return a ΔΔG with its interval; None where it is not known."""
    if found is None:
        return None
    return asdict(found) | dict(zip(("low", "high"), found.interval, strict=True))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _DESCRIPTION
    parser.epilog = _EPILOG
    add = parser.add_argument_group("free energies of opening (a file, or typed)").add_argument
    add("--free-energies", metavar="JSON", help="of an earlier analysis: apo, mg, perhaps ca")
    add(
        "--if-converged",
        action="store_true",
        help="where they are not, write that, and end well: for workflows",
    )
    add("--allow-unconverged", action="store_true", help="take and mark values not converged")
    for ion, what in (("apo", "without metal"), ("mg", "with Mg²⁺"), ("ca", "with Ca²⁺")):
        add(f"--{ion}", metavar="ENERGY", help=f"{what}, such as '12.3 +- 1.2 kJ/mol'")
    add = parser.add_argument_group("binding and conditions").add_argument
    for ion, name, default in (("mg", "Mg²⁺", "160 uM"), ("ca", "Ca²⁺", "55 uM")):
        add(f"--k-{ion}", metavar="MOLAR", help=f"apparent K of {name} (published: {default})")
        add(f"--k-{ion}-factor", type=float, metavar="X", help="its uncertainty, × or ÷ X")
        add(f"--k-{ion}-source", metavar="TEXT", help="where it comes from")
    add("--calcium", default="1.2 mM", metavar="MOLAR", help="free Ca²⁺ (default: %(default)s)")
    add(
        "--magnesium",
        default="0.55 mM",
        metavar="MOLAR",
        help="free Mg²⁺ that counts as normal; half and twice are compared (default: %(default)s)",
    )
    add("--temperature", default="310 K", metavar="T", help="default: %(default)s")
    add("--draws", type=int, default=10_000, metavar="N", help="default: %(default)s")
    add("--seed", type=int, default=2022, metavar="N", help="default: %(default)s")
    add = parser.add_argument_group("output").add_argument
    add("--output", default="linkage.csv", metavar="CSV", help="table (default: %(default)s)")
    add("--record", metavar="JSON", help="inputs, constants, verdict (default: beside the table)")
