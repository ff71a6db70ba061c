"""``lfa1 interface``: Glu34 on the metal, contacts, area and pose of ICAM-1 on the I domain.

Definitions: ``docs/interface.md``.
"""

from __future__ import annotations

import argparse
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from MDAnalysis import Universe

from lfa1_analysis.interface.ligand import find_ligand
from lfa1_analysis.interface.pose import read_pose
from lfa1_analysis.interface.series import Interface
from lfa1_analysis.interface.verdict import sentence, verdicts
from lfa1_analysis.io.errors import InputError, InputWarning
from lfa1_analysis.io.table import check_place, sidecar
from lfa1_analysis.observables.program import (
    add_trajectory_arguments,
    describe,
    run_series,
    said,
    write_tables,
)
from lfa1_analysis.proteins.domain import Domain
from lfa1_analysis.trajectory.universe import open_universe

TABLE, PAIRS, VERDICTS = "interface.csv", "interface-pairs.csv", "interface-verdicts.csv"
COLUMNS = {
    "metal": "element in the MIDAS, or none; unknown where the file holds no ions or too little of "
    "the MIDAS",
    "glu34_metal_angstrom": "metal to the nearer Oε of ICAM-1's Glu34; empty without a metal",
    "glu34_denticity": "oxygens of Glu34 in the first shell of the metal: 0, 1 or 2",
    "metal_bound_to_ligand": "1 if there is one, else 0",
    "glu34_midas_angstrom": "nearer Oε to the place of the metal in 1MQ8, with or without a metal",
    "contacts, contacts_kept, contacts_won": "residue pairs with heavy atoms within 4.5 Å; those "
    "of the reference that are still within 6 Å; those that were beyond 6 Å in it",
    "contacts_kept_fraction": "contacts_kept by those of the reference",
    "hydrogen_bonds, hydrogen_bonds_kept": "residue pairs that share one; those of the reference",
    "salt_bridges, salt_bridges_kept": "residue pairs that form one; those of the reference",
    "buried_area_angstrom2": "SASA(αL) + SASA(ICAM-1) − SASA(both), Å², not halved",
    "interface_rmsd_angstrom": "backbone of the residues within 10 Å of the other molecule in the "
    "reference, superposed on itself",
    "ligand_rmsd_angstrom": "backbone of ICAM-1's domain 1, the I domain's sheet core superposed",
    "rotation_degree, shift_angstrom": "by how much domain 1 has turned, and its centroid moved, "
    "against the I domain since the reference",
}


def build(
    universe: Universe, domain: Domain, args: argparse.Namespace, *, needed: bool = True
) -> Interface | None:
    """Return the observable of the complex that the arguments name.

    Parameters
    ----------
    universe, domain
        What was read from ``args.topology`` and ``args.trajectory``.
    args : argparse.Namespace
        With what :func:`add_arguments` adds.
    needed : bool
        Where not, None is returned for a molecule without a complex to measure; if there is an
        ICAM-1 in it, with an `InputWarning` that says why.

    Raises
    ------
    InputError
        There is no ICAM-1, or the reference is no complex.
    """
    needed = needed or bool(args.ligand_chain or args.reference)
    ligand = find_ligand(universe, domain, args.ligand_chain)
    if ligand is None and needed:
        raise InputError(
            f"{domain.source} holds no ICAM-1 beside the αL I domain",
            "use a file with both; ICAM-1 (UniProt P05362, domain 1) is found by its sequence",
        )
    if ligand is None:
        return None
    try:
        file = args.reference or _with_coordinates(args)
        own = (args.ligand_chain, args.chain, args.numbering) if file != args.reference else ()
        pose = read_pose(file, *own) if file else None
        return Interface(universe, domain, ligand, pose, args.start or 0)
    except InputError as error:
        if needed:
            raise
        warnings.warn(
            f"the interface with ICAM-1 is not measured: {error.problem}",
            InputWarning,
            stacklevel=2,
        )
        return None


def _needed(universe: Universe, domain: Domain, args: argparse.Namespace) -> Interface:
    series = build(universe, domain, args)
    assert series is not None
    return series


def _with_coordinates(args: argparse.Namespace) -> str | None:
    """Return the topology if it holds coordinates of its own, besides those of the trajectory."""
    if not args.trajectory:
        return None
    try:
        open_universe(args.topology)
    except InputError:  # it cannot stand alone: a PRMTOP, PSF or TPR file
        return None
    return str(args.topology)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what decides about ICAM-1."""
    parser.add_argument(
        "--ligand-chain", default="", metavar="ID", help="of ICAM-1 (default: found by sequence)"
    )
    parser.add_argument(
        "--reference",
        metavar="FILE",
        help="complex to compare with (default: that of --topology where it holds coordinates, "
        "otherwise the first frame analysed)",
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `lfa1 interface` takes."""
    add_trajectory_arguments(
        parser,
        "interface",
        "Measure how the αL I domain holds ICAM-1, in every frame.",
        {
            **{f"{TABLE}: {name}": text for name, text in COLUMNS.items()},
            PAIRS: "residue pairs with their contacts, hydrogen bonds and salt bridges: the share "
            "of frames that hold each, with its 95 % interval",
            VERDICTS: "whether Glu34 stayed on the ion, and ICAM-1 on the I domain; when not",
        },
        folder=True,
        files="--topology bound.gro",
    )
    add_options(parser)


def tables(series: Interface) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the table of frames, and the others by their file."""
    table = series.results.table
    return table, {PAIRS: series.results.pairs, VERDICTS: verdicts(table)}


def files(folder: Path) -> list[Path]:
    """Return what is written into a folder."""
    return [folder / TABLE, sidecar(folder / TABLE), folder / PAIRS, folder / VERDICTS]


def record(series: Interface) -> dict[str, Any]:
    """Return what the provenance says of ICAM-1 and of the reference."""
    ligand = series.ligand
    return {
        "ligand": {
            "chain": ligand.chain,
            "numbering": ligand.scheme,
            "identity": round(ligand.identity, 4),
            "mutations": list(ligand.mutations),
            "residues": [min(ligand.atoms), max(ligand.atoms)],
        },
        "reference": series.pose.name,
        "reference_contacts": sum(key[0] == "contact" for key in series.native),
    }


def tell(series: Interface, judged: pd.DataFrame) -> None:
    """Say in a few lines what the tables show."""
    table = series.results.table
    print(f"ICAM-1: {describe(series.ligand)}; compared with {series.pose.name}")
    for _, row in judged.iterrows():
        print(f"  {sentence(row)}")
    print(
        f"contacts kept {said(table['contacts_kept_fraction'].mean(), '.0%')}, buried area "
        f"{said(table['buried_area_angstrom2'].mean(), '.0f', ' Å²')}, interface RMSD "
        f"{said(table['interface_rmsd_angstrom'].mean(), '.2f', ' Å')}"
    )


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 interface`."""
    folder = Path(args.output_dir)
    inputs = [args.topology, *args.trajectory, *filter(None, [args.reference])]
    check_place(*files(folder), inputs=inputs, option="--output-dir")
    series, domain, notes = run_series(args, partial(_needed, args=args))
    assert isinstance(series, Interface)
    table, further = tables(series)
    write_tables(
        args,
        {folder / TABLE: table},
        {folder / name: other for name, other in further.items()},
        domain,
        notes,
        {folder / TABLE: record(series)},
    )
    tell(series, further[VERDICTS])
    return 0
