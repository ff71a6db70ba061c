"""The embedded models: where they lie, and whether they are intact."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
from numpy.typing import NDArray
from openmm import app, unit

from lfa1_analysis.io.errors import InputError
from lfa1_md.files import durable
from lfa1_md.files import provenance as records
from lfa1_md.protein import chains
from lfa1_md.protein.assembly import relaxation
from lfa1_md.protein.assembly.draft import Draft
from lfa1_md.protein.input.residues import Decision
from lfa1_md.protein.metal import judgement
from lfa1_md.study.embedded import NAMES as NAMES

FOLDER = Path(__file__).resolve().parents[3] / "structures"
CHECKSUMS = "checksums"
_REMEDY = "restore structures/ from the repository, or rebuild with `lfa1 structures build`"


@dataclass(frozen=True)
class EmbeddedModel:
    """An embedded model: topology, positions in Å, and its preparation as in ``site.json``."""

    name: str
    topology: app.Topology
    positions: NDArray[np.float64]
    preparation: dict[str, Any]

    def draft(self, state: str) -> Draft:
        """Return the heavy atoms, to be given other hydrogens and judged as `state`."""
        modeller = app.Modeller(self.topology, self.positions * unit.angstrom)
        modeller.delete([a for a in self.topology.atoms() if a.element == app.element.hydrogen])
        topology = modeller.topology
        site = judgement.alpha_i(topology, state, self.preparation["source"])
        return Draft(
            topology,
            np.array(modeller.positions.value_in_unit(unit.angstrom), dtype=float),
            [site],
            relaxation.springs(topology, [replace(site, residues=())]),
            chains.labels(topology),
            repairs=[Decision(**record) for record in self.preparation["repairs"]],
            decisions=[Decision(**record) for record in self.preparation["decisions"]],
        )


def path(name: str, folder: Path = FOLDER) -> Path:
    """Return the file of an embedded model, its checksum verified.

    Raises
    ------
    InputError
        The file or its checksum is missing, or they disagree.
    """
    file, listed = folder / f"{name}.cif", folder / CHECKSUMS
    if not file.is_file() or not listed.is_file():
        missing = file if not file.is_file() else listed
        raise InputError(f"{missing}: no such file", _REMEDY)
    lines = (line.split() for line in listed.read_text(encoding="utf-8").splitlines())
    sums = {name: digest for digest, name in lines}
    if f"sha256:{sums.get(file.name)}" != records.sha256(file):
        raise InputError(f"{file}: differs from its checksum in {listed}", _REMEDY)
    return file


def load(name: str, folder: Path = FOLDER) -> EmbeddedModel:
    """Read an embedded model.

    Raises
    ------
    InputError
        As :func:`path`.
    """
    file = path(name, folder)
    with file.open(encoding="utf-8") as stream:  # whatever the locale says
        content = app.PDBxFile(stream)
    positions = np.array(content.positions.value_in_unit(unit.angstrom), dtype=float)
    return EmbeddedModel(name, content.topology, positions, preparation(file))


def preparation(file: Path) -> dict[str, Any]:
    """Return what a model's header says about how it was made (``site.json``'s content)."""
    value = gemmi.cif.read(str(file)).sole_block().find_value("_lfa1.preparation")
    return dict(json.loads(gemmi.cif.as_string(value))) if value else {}


def text(topology: app.Topology, positions: NDArray[np.float64], about: dict[str, Any]) -> str:
    """Return a model as mmCIF with its provenance as JSON in the item ``_lfa1.preparation``."""
    stream = io.StringIO()
    app.PDBxFile.writeFile(topology, positions * unit.angstrom, stream, keepIds=True)
    made = "# Created with OpenMM"
    lines = [line for line in stream.getvalue().splitlines() if not line.startswith(made)]
    start = next(i for i, line in enumerate(lines) if line.startswith("data_"))
    body = json.dumps(about, indent=1, ensure_ascii=False)
    header = [f"data_{about['state']}", "#", "_lfa1.preparation", ";", body, ";", "#"]
    # The date that OpenMM puts at the head would make two equal models differ.
    return "\n".join(header + lines[start + 1 :]) + "\n"


def write(texts: dict[str, str], folder: Path) -> list[Path]:
    """Write models and the checksums of all of them, or nothing.

    Parameters
    ----------
    texts : dict of str to str
        File name → content; models that are not among them stay as they are.
    folder : path

    Raises
    ------
    InputError
        A model that stays as it is is not there.
    """
    contents = dict(texts)
    for name in NAMES:
        if f"{name}.cif" not in contents:
            contents[f"{name}.cif"] = path(name, folder).read_text(encoding="utf-8")
    sums = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in contents.items()}
    listed = "".join(f"{sums[f'{name}.cif']}  {name}.cif\n" for name in NAMES)
    files = {folder / name: text for name, text in {**texts, CHECKSUMS: listed}.items()}
    with durable.all_or_nothing(*files):
        for file, content in files.items():
            durable.part(file).write_text(content, encoding="utf-8")
    return list(files)
