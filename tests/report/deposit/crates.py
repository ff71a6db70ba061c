"""Runs the validator of RO-Crates without a network.

Its profiles lie beside it; the JSON-LD contexts that a crate names it would fetch. Here that of
RO-Crate is the one that the library `rocrate` ships, of a later version: it has all terms of 1.1,
but gives those of Bioschemas newer addresses than 1.1 and the profiles do. Of the workflow-run
context it is the terms that our crates take from it.
"""

from __future__ import annotations

import json
import tempfile
from importlib import resources
from pathlib import Path

import pytest

_BIOSCHEMAS = "https://bioschemas.org"
OF_1_1 = {
    "ComputationalWorkflow": f"{_BIOSCHEMAS}/ComputationalWorkflow",
    "FormalParameter": f"{_BIOSCHEMAS}/FormalParameter",
    "input": f"{_BIOSCHEMAS}/ComputationalWorkflow#input",
    "output": f"{_BIOSCHEMAS}/ComputationalWorkflow#output",
}
TERMS = {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}


class Answer:
    status_code = 200
    headers = {"Content-Type": "application/ld+json"}  # noqa: RUF012
    url = ""

    def __init__(self, content: dict) -> None:
        self.content, self.text = content, json.dumps(content)

    def json(self) -> dict:
        return self.content


def answer(url: str, *args: object, **kwargs: object) -> Answer:
    if url == "https://w3id.org/ro/crate/1.1/context":
        shipped = json.loads((resources.files("rocrate") / "data/ro-crate.jsonld").read_text())
        return Answer({"@context": shipped["@context"] | OF_1_1})
    if url == "https://w3id.org/ro/terms/workflow-run/context":
        return Answer({"@context": TERMS})
    raise ConnectionError(f"no network here, and {url} was asked for")


def issues(folder: Path, monkeypatch: pytest.MonkeyPatch, severity: str = "REQUIRED") -> list[str]:
    """What the Workflow Run Crate profile and those below it say against a crate."""
    pytest.importorskip("rocrate_validator", reason="roc-validator is not installed")
    from rocrate_validator.services import validate
    from rocrate_validator.utils.http import HttpRequester

    monkeypatch.setattr(HttpRequester, "get", staticmethod(answer), raising=False)
    monkeypatch.setattr(HttpRequester, "head", staticmethod(answer), raising=False)
    # The validator makes an address of the path and does not encode blanks in it.
    plain = Path(tempfile.mkdtemp()) / "crate"
    plain.symlink_to(folder.resolve(), target_is_directory=True)
    settings = {
        "rocrate_uri": str(plain),
        "profile_identifier": "workflow-run-crate",
        "requirement_severity": severity,
        "skip_availability_check": True,
        "no_cache": True,
    }
    result = validate(settings)
    return [f"{i.check.identifier} {i.severity.name}: {i.message}" for i in result.get_issues()]
