"""The deposit as a Workflow Run RO-Crate: what went in, what ran, what came out.

Profile: Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5). It describes the run of
the workflow as a whole. The next finer profile, Provenance Run Crate, wants an action for each
step with its times; the study's records hold no times of day, so it is not claimed.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model.contextentity import ContextEntity
from rocrate.model.person import Person
from rocrate.rocrate import ROCrate

from lfa1_md.study.settings import StudyConfig
from lfa1_report.deposit.contents import KINDS, LOCK, RESULTS, SOURCES, WORKFLOW
from lfa1_report.deposit.metadata import Author, Licence
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
class DepositedFile:
    """A file as it lies in the deposit: path, kind, bytes and SHA-256 in hexadecimal."""

    target: str
    kind: str
    size: int
    sha256: str


def write(
    folder: Path,
    study: StudyConfig,
    files: Sequence[DepositedFile],
    authors: Sequence[Author],
    licence: Licence,
    references: Sequence[Publication],
    *,
    description: str,
    ended: datetime,
    shortcomings: Sequence[str],
    structures: Mapping[str, str],
    software: Mapping[str, Sequence[str]],
) -> None:
    """Write ``ro-crate-metadata.json`` into a folder that holds `files`.

    Parameters
    ----------
    folder : Path
    study : StudyConfig
    files : sequence of DepositedFile
    authors, licence, references
        Of the deposit.
    description : str
        Of the study.
    ended : datetime
        When the newest file of the results was written.
    shortcomings : sequence of str
        What is unfinished or damaged.
    structures : mapping
        State → path in the deposit of the structure that it was started from.
    software : mapping
        Name → versions that the records name.
    """
    builder = _Builder(folder)
    # The pipeline is one data set, and checksums.sha256 has its files.
    named = {WORKFLOW, LOCK, *structures.values()}
    listed = [file for file in files if file.kind != "sources" or file.target in named]
    incomplete = " NOT COMPLETE; see README.md." if shortcomings else ""
    builder.root(study.title, description + incomplete, authors, licence, references)
    builder.add_files(listed)
    builder.describe_workflow(software)
    inputs = list(builder.inputs(study, structures))
    outputs = builder.outputs(listed, inputs)
    builder.action(study.title, ended, shortcomings, inputs, outputs)
    builder.crate.metadata.write(folder)


class _Builder:
    """A crate in the making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.crate = ROCrate(version=VERSION)
        self.crate.metadata.extra_contexts.append(TERMS)
        self.workflow: Any = None

    def root(
        self,
        title: str,
        description: str,
        authors: Sequence[Author],
        licence: Licence,
        references: Sequence[Publication],
    ) -> None:
        """Say what the deposit is, whose, and under which licence."""
        crate, root = self.crate, self.crate.root_dataset
        crate.name, crate.description = title, description
        crate.datePublished = datetime.now(UTC).date().isoformat()
        root["license"] = self.entity(
            licence.url, "CreativeWork", name=licence.name, identifier=licence.spdx
        )
        root["conformsTo"] = [
            self.entity(url, "CreativeWork", name=name, version=number)
            for url, (name, number) in PROFILES.items()
        ]
        people = [self.person(author) for author in authors]
        if people:
            root["author"] = people if len(people) > 1 else people[0]
        cited = [
            self.entity(each.url, "ScholarlyArticle", name=each.text)
            for each in references
            if each.url
        ]
        if cited:
            root["citation"] = cited if len(cited) > 1 else cited[0]

    def person(self, author: Author) -> Any:
        """Add an author."""
        properties: dict[str, Any] = {"name": author.name}
        if author.affiliation:
            place = f"#{quote(author.affiliation)}"
            properties["affiliation"] = self.entity(place, "Organization", name=author.affiliation)
        return self.crate.add(Person(self.crate, author.identifier, properties=properties))

    def add_files(self, files: Sequence[DepositedFile]) -> None:
        """Add every file; the Snakefile is the workflow."""
        for file in files:
            properties: dict[str, Any] = {
                "name": file.target,
                "description": KINDS[file.kind],
                "contentSize": str(file.size),
                "sha256": file.sha256,
                "encodingFormat": encoding(file.target),
            }
            place = self.folder / file.target
            if file.target == WORKFLOW:
                self.workflow = self.crate.add_workflow(
                    place, file.target, main=True, lang="snakemake", properties=properties
                )
                continue
            if file.target == "README.md":
                properties["about"] = {"@id": "./"}
            self.crate.add_file(place, file.target, properties=properties)

    def describe_workflow(self, software: Mapping[str, Sequence[str]]) -> None:
        """Name the pipeline, its version and what it needs."""
        workflow, own = self.workflow, version(DISTRIBUTION)
        workflow["name"] = "LFA-1 · Mg²⁺ study pipeline"
        workflow["version"] = own
        workflow["conformsTo"] = self.entity(
            f"{_BIOSCHEMAS}/ComputationalWorkflow/1.0-RELEASE",
            "CreativeWork",
            name="ComputationalWorkflow",
            version="1.0-RELEASE",
        )
        needed = []
        for name, versions in software.items():
            home = _HOMES.get(name.lower(), "")
            for number in versions:
                if (name, number) == (DISTRIBUTION, own):
                    continue  # the workflow itself
                place = f"{home or '#'}{'#' if home else ''}{name}-{number}"
                known = {"name": name, "softwareVersion": number} | ({"url": home} if home else {})
                needed.append(self.entity(place, "SoftwareApplication", **known))
        if needed:
            workflow["softwareRequirements"] = needed
        source = {
            "name": "the pipeline",
            "description": KINDS["sources"],
            "hasPart": workflow,
        }
        self.crate.add_dataset(dest_path=f"{SOURCES}/", properties=source)

    def inputs(self, study: StudyConfig, structures: Mapping[str, str]) -> Iterator[Any]:
        """Link configuration, structures and every setting to the workflow's parameters."""
        yield self.bound("input", "config", "File", self.file(f"{RESULTS}/config.yaml"))
        for state, path in structures.items():
            yield self.bound("input", f"structure-{state}", "File", self.file(path))
        for key, value in flat(study.model_dump(mode="json")):
            # Python's bool is an int, so it comes first.
            kinds = {bool: "Boolean", int: "Integer", float: "Float"}
            kind = next((name for cls, name in kinds.items() if isinstance(value, cls)), "Text")
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            given = self.entity(f"#setting-{key}", "PropertyValue", name=key, value=text)
            yield self.bound("input", key, kind, given)

    def outputs(self, files: Sequence[DepositedFile], inputs: Sequence[Any]) -> list[Any]:
        """Link the report and the results as a whole; every file of the results is the run's."""
        taken = {entity.id for entity in inputs}
        found = [
            self.file(file.target)
            for file in files
            if file.target.startswith(f"{RESULTS}/") and quote(file.target) not in taken
        ]
        results = self.crate.add_dataset(
            dest_path=f"{RESULTS}/", properties={"name": "the results"}
        )
        results["description"] = "The study's results folder as the workflow left it."
        results["hasPart"] = found
        self.bound("output", "results", "Dataset", results)
        if (page := self.file(f"{RESULTS}/report.html")) is not None:
            self.bound("output", "report", "File", page)
        return [results, *found]

    def action(
        self,
        title: str,
        ended: datetime,
        shortcomings: Sequence[str],
        inputs: list[Any],
        outputs: list[Any],
    ) -> None:
        """Describe the run of the workflow as a whole."""
        description = (
            "The run of the workflow that made the results. endTime is when the newest file of the "
            "results was written; seeds.csv has the random seeds of each run."
        )
        properties: dict[str, Any] = {
            "name": f"Run of {title}",
            "endTime": ended.isoformat(timespec="seconds"),
        }
        if shortcomings:
            description += f" NOT COMPLETE: {'; '.join(shortcomings)}."
        else:
            properties["actionStatus"] = "http://schema.org/CompletedActionStatus"
        properties["description"] = description
        action = self.crate.add_action(
            self.workflow, "#run", object=inputs, result=outputs, properties=properties
        )
        if people := self.crate.root_dataset.get("author"):
            action["agent"] = people
        self.crate.root_dataset["mentions"] = action

    def bound(self, side: str, name: str, kind: str, example: Any) -> Any:
        """Add a parameter of the workflow and tie it to what it was in this run."""
        required = side == "input" and name == "config"
        parameter = self.crate.add_formal_parameter(
            name, kind, f"#parameter-{side}-{name}", valueRequired=required
        )
        parameter["workExample"] = example
        self.workflow.append_to(side, parameter)
        example.append_to("exampleOfWork", parameter, compact=True)
        return example

    def file(self, target: str) -> Any:
        """Find a file; its identifier is a relative URI."""
        return self.crate.get(quote(target))

    def entity(self, at: str, kind: str, **properties: Any) -> Any:
        """Add an entity, or find the one that is there."""
        entity = ContextEntity(self.crate, at, properties={"@type": kind, **properties})
        return self.crate.get(entity.id) or self.crate.add(entity)


def encoding(path: str) -> str:
    """Name the media type of a file."""
    suffix = Path(path).suffix
    return _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "text/plain"


def flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Name every setting by its path, ``chemistry.temperature``; what is not set is left out."""
    for key, value in settings.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{name}.")
        elif value is not None and value != []:
            yield name, value
