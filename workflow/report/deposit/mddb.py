"""Input files for the workflow that fills MDposit, the database of MDDB: one for each system.

Fields as its documentation names them (github.com/mmb-irb/MDDB-workflow, docs/source/input.rst).
What the study's records do not know is left out, and README.md says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from lfa1_md.protein import fetch
from lfa1_md.study.sections import StateSource
from lfa1_md.study.settings import StudyConfig
from lfa1_report.deposit.contents import RESULTS, Item
from lfa1_report.deposit.metadata import Author, Licence
from lfa1_report.sources import proteins

FOLDER = "mddb"
UNIPROT = "P20701"
"""The αL chain, of which a system has at least the I domain; others are searched for there."""
_BOXES = {"rhombic-dodecahedral": "Dodecahedron"}
"""MDposit's names of boxes; others are left out, as its documentation has no name for them."""


def inputs(
    study: StudyConfig,
    items: Sequence[Item],
    sites: Mapping[str, Mapping[str, Any]],
    manifests: Mapping[str, Mapping[str, Any]],
    stride: int,
    authors: Sequence[Author],
    licence: Licence,
) -> dict[str, str]:
    """Write the input file of each system that has trajectories here.

    Parameters
    ----------
    study : StudyConfig
    items : sequence of Item
        Of the deposit.
    sites, manifests : mapping
        State → ``site.json``, system → ``manifest.json``.
    stride : int
        Every so many frames.
    authors, licence
        Of the deposit.

    Returns
    -------
    dict
        Path in the deposit → text.
    """
    there = [item.target for item in items if item.kind == "trajectories"]
    found = {}
    for system, manifest in manifests.items():
        runs = []
        for n in range(study.replicas):
            home = f"{RESULTS}/production/{system}/replica-{n}/"
            frames = sorted((t for t in there if t.startswith(home)), key=_segment)
            if frames:
                paths = [f"../{path}" for path in frames]
                name = f"replica {n}"
                runs.append(
                    {"name": name, "mdir": f"replica_{n}", "input_trajectory_filepaths": paths}
                )
        if not runs:
            continue
        state, _, ion = system.rpartition("-")
        site = sites.get(state, {})
        source = study.states[state]
        entry = _entry(site)
        partner = " with ICAM-1" if state in study.bound_states else ""
        content: dict[str, Any] = {
            "name": f"{study.title}: {state} {proteins.protein(site, source)}{partner}, {ion}",
            "description": "Written by lfa1 deposit; methods.md beside it says how it was made.",
            "authors": [author.name for author in authors],
            "program": "OpenMM",
            "version": str(manifest.get("versions", {}).get("openmm", "")),
            "type": "trajectory",
            "method": "Classical MD",
            "license": f"This dataset is released under {licence.name}",
            "linkcense": licence.url,
            "pdb_ids": [entry] if entry else [],
            "forced_references": _references(site, source),
            "framestep": round(study.production.frame_interval * stride / 1000, 9),
            "timestep": study.dynamics.timestep,
            "temp": study.chemistry.temperature,
            "ensemble": "NPT",
            "ff": [str(manifest.get("force_field", study.chemistry.force_field))],
            "wat": str(manifest.get("water", study.chemistry.water)),
            "boxtype": _BOXES.get(proteins.box_shape(manifest), ""),
            "input_topology_filepath": "no",
            "input_structure_filepath": f"../{RESULTS}/systems/{system}/trajectory.pdb",
            "mds": runs,
            "mdref": 0,
        }
        known = {key: value for key, value in content.items() if value not in ("", [])}
        found[f"{FOLDER}/{system}.yaml"] = yaml.safe_dump(
            known, sort_keys=False, allow_unicode=True, width=1000
        )
    return found


def _entry(site: Mapping[str, Any]) -> str | None:
    """Return the PDB entry that a state was prepared from, if it was one."""
    about = site.get("provenance", {})
    given = str(about.get("entry") or about.get("structure") or "")
    return given.upper() if fetch.is_entry(given) and len(given) == 4 else None


def _references(site: Mapping[str, Any], source: StateSource) -> list[str]:
    """Return the UniProt entries that are sure to be in a system."""
    if proteins.integrin(site, source) is None:
        return [UNIPROT]
    return list(proteins.LFA1) if proteins.integrin_name(site).startswith("LFA-1") else []


def _segment(path: str) -> int:
    return int(path.rsplit("segment-", 1)[1].split(".", 1)[0])
