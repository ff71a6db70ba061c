"""The deposit as a Workflow Run RO-Crate: what went in, what ran, what came out.

Profile: Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5). It describes the run of
the workflow as a whole. The next finer profile, Provenance Run Crate, wants an action for each
step with its times; the study's records hold no times of day, so it is not claimed.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model.contextentity import ContextEntity
from rocrate.model.person import Person
from rocrate.rocrate import ROCrate

from lfa1_report.deposit.contents import KINDS, RESULTS
from lfa1_report.deposit.people import Author, Licence
from lfa1_report.deposit.sources import LOCK, SOURCES, WORKFLOW
from lfa1_report.methods.references import Publication

METADATA = "ro-crate-metadata.json"
DISTRIBUTION = "lfa1-study"
VERSION = "1.1"
"""Of RO-Crate, on which the profiles below are built."""
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
TERMS = "https://w3id.org/ro/terms/workflow-run/context"
_BIOSCHEMAS = "https://bioschemas.org/profiles"
_HOMES = {
    "python": "https://www.python.org/",
    "openmm": "https://openmm.org/",
    "pdbfixer": "https://github.com/openmm/pdbfixer",
    "numpy": "https://numpy.org/",
    "scipy": "https://scipy.org/",
    "pandas": "https://pandas.pydata.org/",
    "mdanalysis": "https://www.mdanalysis.org/",
    "mdtraj": "https://www.mdtraj.org/",
    "gemmi": "https://gemmi.readthedocs.io/",
    "rocrate": "https://github.com/ResearchObject/ro-crate-py",
    "propka": "https://github.com/jensengroup/propka",
    "snakemake": "https://snakemake.readthedocs.io/",
    "pymbar": "https://pymbar.readthedocs.io/",
}
_TYPES = {
    ".bib": "application/x-bibtex",
    ".cif": "chemical/x-mmcif",
    ".gz": "application/gzip",
    ".md": "text/markdown",
    ".pdb": "chemical/x-pdb",
    ".xtc": "application/octet-stream",
    ".yaml": "application/yaml",
}


@dataclass(frozen=True)
class Written:
    """A file as it lies in the deposit: path, kind, bytes and SHA-256 in hexadecimal."""

    target: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Run:
    """What the crate says of the study.

    Attributes
    ----------
    title, description : str
    ended : str
        ISO 8601: when the newest file of the results was written.
    today : str
        Date of the deposit.
    shortcomings : list of str
        What is unfinished or damaged.
    settings : mapping
        The resolved configuration, quantities as text with their unit.
    structures : mapping
        State → path in the deposit of the structure that it was started from.
    config : str
        Path of the configuration that the run took.
    software : mapping
        Name → versions that the records name.
    version : str
        Of the pipeline.
    """

    title: str
    description: str
    ended: str
    today: str
    settings: Mapping[str, Any]
    structures: Mapping[str, str]
    config: str
    software: Mapping[str, Sequence[str]]
    version: str
    shortcomings: Sequence[str] = field(default_factory=list)


def write(
    folder: Path,
    run: Run,
    files: Sequence[Written],
    authors: Sequence[Author],
    licence: Licence,
    references: Sequence[Publication],
) -> None:
    """Write ``ro-crate-metadata.json`` into a folder that holds `files`."""
    crate = ROCrate(version=VERSION)
    crate.metadata.extra_contexts.append(TERMS)
    # The pipeline is one data set, and checksums.sha256 has its files.
    named = {WORKFLOW, LOCK, *run.structures.values()}
    listed = [file for file in files if file.kind != "sources" or file.target in named]
    workflow = _files(crate, folder, listed)
    _root(crate, run, authors, licence, references)
    _workflow(crate, workflow, run)
    source = {"name": "the pipeline", "description": KINDS["sources"], "hasPart": workflow}
    crate.add_dataset(dest_path=f"{SOURCES}/", properties=source)
    inputs = list(_inputs(crate, workflow, run))
    outputs = _outputs(crate, workflow, listed, inputs)
    _action(crate, workflow, run, inputs, outputs)
    crate.metadata.write(folder)


def _files(crate: ROCrate, folder: Path, files: Sequence[Written]) -> Any:
    """Add every file, and return the workflow."""
    workflow = None
    for file in files:
        properties: dict[str, Any] = {
            "name": file.target,
            "description": KINDS[file.kind],
            "contentSize": str(file.size),
            "sha256": file.sha256,
            "encodingFormat": encoding(file.target),
        }
        place = folder / file.target
        if file.target == WORKFLOW:
            workflow = crate.add_workflow(
                place, file.target, main=True, lang="snakemake", properties=properties
            )
        else:
            if file.target == "README.md":
                properties["about"] = {"@id": "./"}
            crate.add_file(place, file.target, properties=properties)
    assert workflow is not None  # the pipeline's sources are always there
    return workflow


def encoding(path: str) -> str:
    """Name the media type of a file."""
    suffix = Path(path).suffix
    return _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "text/plain"


def _root(
    crate: ROCrate,
    run: Run,
    authors: Sequence[Author],
    licence: Licence,
    references: Sequence[Publication],
) -> None:
    root = crate.root_dataset
    crate.name, crate.description, crate.datePublished = run.title, run.description, run.today
    root["license"] = _entity(
        crate, licence.url, "CreativeWork", name=licence.name, identifier=licence.spdx
    )
    root["conformsTo"] = [
        _entity(crate, url, "CreativeWork", name=name, version=version)
        for url, (name, version) in PROFILES.items()
    ]
    people = [_person(crate, author) for author in authors]
    if people:
        root["author"] = people if len(people) > 1 else people[0]
    cited = [
        _entity(crate, reference.url, "ScholarlyArticle", name=reference.text)
        for reference in references
        if reference.url
    ]
    if cited:
        root["citation"] = cited if len(cited) > 1 else cited[0]


def _person(crate: ROCrate, author: Author) -> Any:
    properties: dict[str, Any] = {"name": author.name}
    if author.affiliation:
        place = f"#{quote(author.affiliation)}"
        properties["affiliation"] = _entity(crate, place, "Organization", name=author.affiliation)
    return crate.add(Person(crate, author.identifier, properties=properties))


def _workflow(crate: ROCrate, workflow: Any, run: Run) -> None:
    workflow["name"] = "LFA-1 · Mg²⁺ study pipeline"
    workflow["version"] = run.version
    workflow["conformsTo"] = _entity(
        crate,
        f"{_BIOSCHEMAS}/ComputationalWorkflow/1.0-RELEASE",
        "CreativeWork",
        name="ComputationalWorkflow",
        version="1.0-RELEASE",
    )
    needed = []
    for name, versions in run.software.items():
        home = _HOMES.get(name.lower(), "")
        for version in versions:
            if (name, version) == (DISTRIBUTION, run.version):
                continue  # the workflow itself
            place = f"{home or '#'}{'#' if home else ''}{name}-{version}"
            known = {"name": name, "softwareVersion": version}
            known |= {"url": home} if home else {}
            needed.append(_entity(crate, place, "SoftwareApplication", **known))
    if needed:
        workflow["softwareRequirements"] = needed


def _inputs(crate: ROCrate, workflow: Any, run: Run) -> Iterator[Any]:
    """Link the configuration, the structures and every setting to the workflow's parameters."""
    yield _bound(crate, workflow, "input", "config", "File", _file(crate, run.config))
    for state, path in run.structures.items():
        yield _bound(crate, workflow, "input", f"structure-{state}", "File", _file(crate, path))
    for key, value in flat(run.settings):
        # Python's bool is an int, so it comes first.
        kinds = {bool: "Boolean", int: "Integer", float: "Float"}
        kind = next((name for cls, name in kinds.items() if isinstance(value, cls)), "Text")
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        given = _entity(crate, f"#setting-{key}", "PropertyValue", name=key, value=text)
        yield _bound(crate, workflow, "input", key, kind, given)


def _outputs(
    crate: ROCrate, workflow: Any, files: Sequence[Written], inputs: Sequence[Any]
) -> list[Any]:
    """Link the report and the results as a whole; every file of the results is one of the run's."""
    taken = {entity.id for entity in inputs}
    found = [
        _file(crate, file.target)
        for file in files
        if file.target.startswith(f"{RESULTS}/") and quote(file.target) not in taken
    ]
    results = crate.add_dataset(dest_path=f"{RESULTS}/", properties={"name": "the results"})
    results["description"] = "The study's results folder as the workflow left it."
    results["hasPart"] = found
    _bound(crate, workflow, "output", "results", "Dataset", results)
    if (page := _file(crate, f"{RESULTS}/report.html")) is not None:
        _bound(crate, workflow, "output", "report", "File", page)
    return [results, *found]


def _action(
    crate: ROCrate, workflow: Any, run: Run, inputs: Sequence[Any], outputs: Sequence[Any]
) -> None:
    said = "The run of the workflow that made the results. endTime is when the newest file of the "
    said += "results was written; seeds.csv has the random seeds of each run."
    properties: dict[str, Any] = {"name": f"Run of {run.title}", "endTime": run.ended}
    if run.shortcomings:
        said += " NOT COMPLETE: " + "; ".join(run.shortcomings) + "."
    else:
        properties["actionStatus"] = "http://schema.org/CompletedActionStatus"
    properties["description"] = said
    action = crate.add_action(
        workflow, "#run", object=list(inputs), result=list(outputs), properties=properties
    )
    if people := crate.root_dataset.get("author"):
        action["agent"] = people
    crate.root_dataset["mentions"] = action


def _bound(crate: ROCrate, workflow: Any, side: str, name: str, kind: str, example: Any) -> Any:
    """Add a parameter of the workflow and tie it to what it was in this run."""
    parameter = crate.add_formal_parameter(
        name, kind, f"#parameter-{side}-{name}", valueRequired=side == "input" and name == "config"
    )
    parameter["workExample"] = example
    workflow.append_to(side, parameter)
    example.append_to("exampleOfWork", parameter, compact=True)
    return example


def flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Name every setting by its path, ``chemistry.temperature``; what is not set is left out."""
    for key, value in settings.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}.")
        elif value is not None and value != []:
            yield name, value


def _file(crate: ROCrate, target: str) -> Any:
    """Find a file; its identifier is a relative URI."""
    return crate.get(quote(target))


def _entity(crate: ROCrate, at: str, kind: str, **properties: Any) -> Any:
    entity = ContextEntity(crate, at, properties={"@type": kind, **properties})
    return crate.get(entity.id) or crate.add(entity)
