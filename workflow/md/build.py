"""From a prepared structure to the folders of its matched systems."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lfa1_analysis.errors import InputError, MetalSiteError
from lfa1_md import forcefield, molecules, pair, system
from lfa1_md.ions import CATION, REFERENCE
from lfa1_md.provenance import read_json, sha256
from lfa1_md.seeds import derive
from lfa1_md.settings import StudyConfig
from lfa1_md.solvate import solvate


def build(study: StudyConfig, state: str, prepared: Path, output: Path) -> Iterator[str]:
    """Solvate a state and write a system for each of the study's ions.

    Parameters
    ----------
    study : StudyConfig
    state : str
        A key of ``states``.
    prepared : Path
        Folder with ``protein.cif`` and ``site.json``.
    output : Path
        Where the folders ``{state}-{ion}`` go.

    Yields
    ------
    str
        One line for each system written.

    Raises
    ------
    InputError, MetalSiteError
        The state is unknown, a file unusable, or the metal site was not accepted.
    """
    if state not in study.states:
        raise InputError(
            f"state {state!r} is not in the configuration",
            f"choose one of {', '.join(study.states)}",
        )
    _check_accepted(prepared / "site.json")
    chemistry, dynamics = study.chemistry, study.dynamics
    chosen = forcefield.check(chemistry, dynamics)
    field = forcefield.load(chemistry)
    protein = molecules.read(str(prepared / "protein.cif"))
    box = solvate(
        protein,
        field,
        chosen.solvent,
        chemistry.padding,
        chemistry.ionic_strength,
        derive(study.seed, state, "solvent"),
    )
    facts = {
        "started_from": {"file": "protein.cif", "sha256": sha256(prepared / "protein.cif")},
        "ionic_strength_molar": chemistry.ionic_strength,
        "force_field": chemistry.force_field,
        "water": chemistry.water,
        "force_field_files": list(chosen.files),
        "metal_model": chosen.metal,
        "sources": list(chosen.sources),
        "settings": study.settings("solvate", state),
        "settings_digest": study.digest("solvate", state),
    }
    for ion in study.ions:
        member = pair.matched(box, ion)
        partner = next((f"{state}-{other}" for other in study.ions if other != ion), None)
        parameters = system.parametrise(member.model, field, chosen, dynamics)
        name = f"{state}-{ion}"
        system.write(output / name, parameters, member, state, partner, facts)
        model = member.model
        yield (
            f"{name}: {len(model.positions)} atoms, {len(model.waters())} waters, "
            f"{len(model.atoms_of(CATION))} Na⁺, box {model.box[0, 0]:.2f} nm"
            + "".join(f"; against {state}-{REFERENCE}: {d}" for d in member.differences)
        )


def _check_accepted(path: Path) -> None:
    verdict = read_json(path)
    if verdict.get("accepted") is not True:
        raise MetalSiteError(
            f"{path}: the metal site was not accepted",
            "see the donors listed there and prepare the structure again",
        )
