"""``lfa1 integrin``: the big motions and the metal sites of any integrin, per frame."""

from __future__ import annotations

import argparse
import sys
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from MDAnalysis import Universe

from lfa1_analysis.integrin.definitions import COLUMNS as MOTIONS
from lfa1_analysis.integrin.find import find_integrins, in_file
from lfa1_analysis.integrin.motions import Motions
from lfa1_analysis.integrin.pairs import TOO_MANY, Integrin, carried, spans_of
from lfa1_analysis.integrin.sites import COLUMNS as SITES
from lfa1_analysis.integrin.sites import Sites
from lfa1_analysis.io.errors import InputError, InputWarning
from lfa1_analysis.io.table import (
    as_csv,
    as_json,
    check_place,
    checksums,
    provenance,
    sidecar,
    write_texts,
)
from lfa1_analysis.observables.frame_series import FrameSeries
from lfa1_analysis.observables.program import add_inputs, standalone
from lfa1_analysis.proteins.integrins.subunits import DOMAINS, domain_of, residues
from lfa1_analysis.trajectory import notes as warned
from lfa1_analysis.trajectory.times import parse_interval
from lfa1_analysis.trajectory.universe import open_universe, select_frames


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


FURTHER = ("sites", "domains", "chains")
"""Tables besides the first: ``integrin-sites.csv`` …"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `lfa1 integrin` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (
        "Find the integrins in a structure or trajectory, and measure their big motions and metal\n"
        "sites in every frame. Chains and domains are found by aligning with αL and β2, whatever\n"
        "the file calls and counts them; several copies are all measured. What a domain that is\n"
        "not there would be needed for stays empty, and the reason is reported.\n\n"
        "inputs: any topology (PDB, mmCIF, GRO, PRMTOP …) and trajectories (XTC, TRR, DCD,\n"
        "NetCDF …): a single structure is one frame. Distances in Å, angles in degrees,\n"
        "times in ns."
    )
    tables = {
        "OUTPUT.csv: frame, time_ns, integrin, and": {n: text for n, (_, text) in MOTIONS.items()},
        "OUTPUT-sites.csv: frame, time_ns, and": SITES,
        "OUTPUT-domains.csv": {"": "domains, their residues, and whether they are found"},
        "OUTPUT-chains.csv": {"": "every residue with its number in αL or β2, and its own"},
        "OUTPUT.json": {"": "inputs, settings, what is missing and why, versions"},
    }
    lines = []
    for head, columns in tables.items():
        lines.append(head)
        for name, text in columns.items():
            lines += [f"  {name}"] * bool(name)
            lines.append(textwrap.indent(textwrap.fill(text, 86), " " * 6))
    parser.epilog = (
        "tables and their columns:\n" + "\n".join(lines) + "\n\n"
        "example (`lfa1 example` copies these files; an I domain alone leaves most empty):\n"
        "  lfa1 integrin --topology closed-mg.pdb --trajectory closed-mg-0.xtc "
        "--output integrin.csv\n\nDefinitions, figure and the values of "
        "crystals: docs/integrin.md."
    )
    add_inputs(parser)
    parser.add_argument("--output", required=True, metavar="CSV", help="table to write")


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 integrin`."""
    output = Path(args.output)
    if output.suffix.lower() == ".json":
        raise InputError(f"--output {output} is the name of the provenance", "end it in .csv")
    if args.workers < 1:
        raise InputError(f"--workers {args.workers} is not a number of processes", "give 1 or more")
    files = {name: output.with_name(f"{output.stem}-{name}.csv") for name in FURTHER}
    check_place(output, sidecar(output), *files.values(), inputs=[args.topology, *args.trajectory])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", InputWarning)
        interval = parse_interval(args.frame_interval)
        universe = open_universe(args.topology, args.trajectory, interval)
        frames = select_frames(universe, args.start, args.stop, args.step)
        integrins = find_integrins(universe)
        motions = Motions(universe, integrins, first=frames[0])
        sites = Sites(universe, integrins)
        for series in (motions, sites):
            _run(series, frames, args.workers)
    notes = warned.notes(caught)
    tables = {
        output: motions.results.table,
        files["sites"]: sites.results.table,
        files["domains"]: domains_table(universe, integrins),
        files["chains"]: chains_table(universe, integrins),
    }
    texts = {file: as_csv(table) for file, table in tables.items()}
    record = {"files": checksums(texts)} | _record(
        args, integrins, motions.missing, len(frames), notes
    )
    write_texts(texts | {sidecar(output): as_json(record)})
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    tell(output, integrins, motions, sites, len(frames))
    return 0


def _run(series: FrameSeries, frames: range, workers: int) -> None:
    workers = min(workers, len(frames))
    parallel = {"backend": "multiprocessing", "n_workers": workers} if workers > 1 else {}
    series.run(
        start=frames.start,
        stop=frames.stop,
        step=frames.step,
        verbose=sys.stderr.isatty(),
        **parallel,
    )


def _record(
    args: argparse.Namespace,
    integrins: Sequence[Integrin],
    missing: dict[int, dict[str, str]],
    n_frames: int,
    notes: list[str],
) -> dict[str, object]:
    settings = {
        name: value
        for name, value in sorted(vars(args).items())
        if isinstance(value, str | int | float | list | None) and name not in {"verb", "command"}
    }
    molecules = [
        {
            "integrin": one.number,
            "chains": [
                {
                    "subunit": unit.kind,
                    "chain": unit.chain,
                    "closest_to": unit.name,
                    "identity": round(unit.identity, 4),
                    "score": round(unit.score, 1),
                }
                for unit in one.units
            ],
            "missing": missing[one.number],
        }
        for one in integrins
    ]
    return provenance(
        [args.topology, *args.trajectory],
        {"settings": settings, "molecules": molecules, "frames": n_frames, "notes": notes},
    )


def tell(
    output: Path, integrins: Sequence[Integrin], motions: Motions, sites: Sites, n_frames: int
) -> None:
    """Say what was found and measured."""
    print(f"{output}: {n_frames} frame{'s' * (n_frames != 1)}")
    for one in integrins:
        print(f"integrin {one.number}: {one.label}")
        table = motions.results.table
        table = table[table["integrin"] == one.number]
        for column in MOTIONS:
            reason = motions.missing[one.number].get(column)
            if reason:
                print(f"  {column}: missing, {reason}")
            else:
                values = table[column]
                spread = f" ({values.min():.1f}…{values.max():.1f})" if n_frames > 1 else ""
                print(f"  {column}: {values.mean():.1f}{spread}")
        _tell_sites(sites.results.table, one)
    alone = sites.results.table
    alone = alone[alone["site"] == "unassigned"]
    if not alone.empty:
        metals = alone.drop_duplicates("occupant_atom")
        print(f"metals in no known site: {len(metals)} ({', '.join(sorted(set(metals.occupant)))})")


def _tell_sites(table: pd.DataFrame, integrin: Integrin) -> None:
    own = table[table["integrin"] == integrin.number]
    for name, rows in own.groupby("site", sort=False):
        counts = rows["occupant"].replace("", "not resolved").value_counts()
        changed = rows["changed"].iloc[0]
        print(
            f"  {name}: "
            + ", ".join(
                f"{what} {n}" if len(counts) > 1 else f"{what}" for what, n in counts.items()
            )
            + (f"; changed: {changed}" if changed else "")
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run this module as a program."""
    return standalone(add_arguments, run, argv)


if __name__ == "__main__":
    raise SystemExit(main())
