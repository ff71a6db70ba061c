"""``lfa1 separation``: force, work and rupture of steered separations, with and without the metal.

Definitions, formulae and what must not be concluded: ``docs/separation.md``.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lfa1_analysis.io.table import check_place, or_null, provenance, write_results
from lfa1_analysis.io.units import temperature as read_temperature
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.separation.pairs import ruptures
from lfa1_analysis.separation.separations import (
    COLUMNS,
    LEAST_PULLS,
    MOST_DISSIPATED_KT,
    SMOOTHED_NM,
    SteeredSeparation,
    jarzynski,
    read_separations,
)
from lfa1_analysis.statistics.inference import (
    CONFIDENCE,
    difference_interval,
    interval_record,
    mean_interval,
)
from lfa1_analysis.trajectory.universe import open_universe

_DESCRIPTION = """\
Force, work and rupture of pulls that take ICAM-1 off the I domain.

inputs: a table of pulls, and for each a table with time_ns (ns), separation_nm and centre_nm (nm),
its topology and its trajectory, as `lfa1 gather --separation` writes them."""
_EPILOG = """\
columns:
  force_extension.csv: time_ns, extension_nm, separation_nm, force_pn, smoothed_force_pn and
      work_kj_per_mol done until then, of each pull
  ruptures.csv: kind (metal, polar or contact), residue and ligand_residue of each pair that held
      ICAM-1, start_angstrom between them, and when it parted: rupture_time_ns and
      rupture_extension_nm of the spring, empty where it holds at the end
  separation.json: for each pull its largest force and work; for systems means and differences

example (`lfa1 example` copies these files; the pull is made up):
  lfa1 separation --pulls separations/pulls.csv --output-dir separation

Fast pulls tell in what order contacts break, not what binding costs: docs/separation.md."""
PROFILE, PAIRS, RECORD = "force_extension.csv", "ruptures.csv", "separation.json"
EXPERIMENT = {
    "low_pn_per_s": 50.0,
    "high_pn_per_s": 60_000.0,
    "source": "Wojcikiewicz et al. 2006, Biomacromolecules 7, 3188, doi:10.1021/bm060559c",
}
"""Loading rates at which single LFA-1–ICAM-1 bonds were broken by atomic force microscopy."""


def analyse(pulls: Path, output_dir: Path, temperature: float = 310.0) -> dict[str, Any]:
    """Compute every pull and the comparison of systems, and write the three files.

    Parameters
    ----------
    pulls : Path
        Table of pulls (:func:`lfa1_analysis.separation.separations.read_separations`).
    output_dir : Path
        Made if it is not there; its files are replaced all or none.
    temperature : float
        K; that of the simulations.

    Returns
    -------
    dict
        What ``separation.json`` holds.

    Raises
    ------
    StudyError
        An input cannot be used; nothing is written then.
    """
    outputs = [output_dir / name for name in (PROFILE, PAIRS, RECORD)]
    systems = read_separations(pulls)
    every = [pull for each in systems.values() for pull in each]
    files = [file for pull in every for file in (pull.topology, *pull.trajectory)]
    check_place(*outputs, inputs=[pulls, *files], option="--output-dir")
    parted = {name: [_parted(each) for each in its] for name, its in systems.items()}
    about = {
        "settings": {
            "temperature_kelvin": temperature,
            "confidence": CONFIDENCE,
            "force_smoothed_over_nm": SMOOTHED_NM,
            "least_pulls": LEAST_PULLS,
            "most_dissipated_kt": MOST_DISSIPATED_KT,
        },
        "experiment": EXPERIMENT,
    }
    content = {
        "systems": {name: _record(its, parted[name], temperature) for name, its in systems.items()},
        "differences": _differences(systems),
        **provenance([pulls, *dict.fromkeys(files)], about),
    }
    profile = pd.concat([each.profile() for its in systems.values() for each in its])
    pairs = pd.concat([table for tables in parted.values() for table in tables])
    return write_results({outputs[0]: profile, outputs[1]: pairs}, outputs[2], content, 9)


def _parted(pull: SteeredSeparation) -> pd.DataFrame:
    """Return when each residue pair of a pull let go."""
    universe = open_universe(pull.topology, [str(file) for file in pull.trajectory])
    times = np.array([frame.time for frame in universe.trajectory]) / 1000
    table = ruptures(universe, find_domain(universe), times)
    # The spring's end at that time; frames and rows are written at different intervals.
    extension = np.interp(table["rupture_time_ns"], pull.time_ns, pull.extension_nm)
    table = table.drop(columns="frame").assign(
        rupture_extension_nm=np.where(table["rupture_time_ns"].isna(), np.nan, extension)
    )
    table.insert(0, "replica", pull.replica)
    table.insert(0, "system", pull.system)
    return table


def _record(
    its: list[SteeredSeparation], parted: list[pd.DataFrame], temperature: float
) -> dict[str, Any]:
    works = np.array([each.total for each in its])
    broken = [each for each in its if each.ruptured]
    found = jarzynski(works, temperature)
    first = its[0]
    return {
        "pulls": [_pull(each, table) for each, table in zip(its, parted, strict=True)],
        "force_constant_kj_per_mol_per_nm2": first.constant,
        "speed_nm_per_ns": first.speed,
        "loading_rate_pn_per_s": its[0].loading_rate,
        "ruptured": len(broken),
        "rupture_force_pn": interval_record(mean_interval([each.largest_pn for each in broken])),
        "work_kj_per_mol": interval_record(mean_interval(works)),
        "jarzynski_kj_per_mol": {
            key: value if key == "why" else or_null(value) for key, value in asdict(found).items()
        },
    }


def _pull(each: SteeredSeparation, parted: pd.DataFrame) -> dict[str, Any]:
    metal = parted[parted["kind"] == "metal"]
    held = metal[metal["ligand_residue"] == "E34"]
    return {
        "replica": each.replica,
        "ruptured": each.ruptured,
        "largest_force_pn": each.largest_pn,
        "largest_force_time_ns": float(each.time_ns[each.peak]),
        "largest_force_extension_nm": float(each.extension_nm[each.peak]),
        "last_force_pn": float(each.smooth_pn[-1]),
        "work_kj_per_mol": each.total,
        "last_separation_nm": float(each.separation_nm[-1]),
        "first_separation_nm": float(each.separation_nm[0]),
        "pairs": len(parted),
        "pairs_parted": int(parted["rupture_time_ns"].notna().sum()),
        "glu34_on_metal_at_start": bool(len(held)),
        "glu34_rupture_time_ns": or_null(next(iter(held["rupture_time_ns"]), None)),
    }


def _differences(done: dict[str, list[SteeredSeparation]]) -> list[dict[str, Any]]:
    """Compare the systems of one state and one protocol: mean work and largest force."""
    found = []
    for one, two in combinations(done, 2):
        a, b = done[one], done[two]
        protocols = {(w.constant, w.speed) for w in (*a, *b)}
        if one.rsplit("-", 1)[0] != two.rsplit("-", 1)[0] or len(protocols) > 1:
            continue
        values = {
            "work_kj_per_mol": [[w.total for w in each] for each in (a, b)],
            "largest_force_pn": [[w.largest_pn for w in each] for each in (a, b)],
        }
        found.append(
            {
                "first": one,
                "second": two,
                **{k: interval_record(difference_interval(*pair)) for k, pair in values.items()},
            }
        )
    return found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the options of `lfa1 separation`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = _DESCRIPTION
    add = parser.add_argument
    add(
        "--pulls",
        type=Path,
        required=True,
        metavar="CSV",
        help=f"one row per pull: {', '.join(COLUMNS)} (file: with the columns time_ns, "
        "separation_nm and centre_nm), as `lfa1 gather --separation` writes it",
    )
    add("--temperature", default="310 K", metavar="T", help="default: %(default)s")
    add(
        "--output-dir",
        type=Path,
        required=True,
        metavar="DIR",
        help=f"where {PROFILE}, {PAIRS} and {RECORD} go",
    )
    parser.epilog = _EPILOG


def run(args: argparse.Namespace) -> int:
    """Run `lfa1 separation` and print what the pulls say."""
    content = analyse(
        args.pulls, args.output_dir, read_temperature(args.temperature, "--temperature")
    )
    for name, its in content["systems"].items():
        for each in its["pulls"]:
            word = "rupture at" if each["ruptured"] else "no rupture; largest force"
            print(
                f"{name}, replica {each['replica']}: {word} {each['largest_force_pn']:.0f} pN, "
                f"work {each['work_kj_per_mol']:.0f} kJ/mol, {each['pairs_parted']} of "
                f"{each['pairs']} residue pairs parted"
            )
        if why := its["jarzynski_kj_per_mol"]["why"]:
            print(f"{name}: no free energy ({why})")
    print(f"written to {args.output_dir}")
    return 0
