"""The crate, opened again by the library that reads crates, and judged by its validator."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
from crates import issues
from rocrate.rocrate import ROCrate


@pytest.fixture(scope="module")
def crate(deposit):
    return ROCrate(deposit)


def test_every_file_has_its_size_and_checksum(crate, deposit):
    files = [entity for entity in crate.data_entities if "File" in entity.type]
    assert len(files) > 50
    for entity in files:
        data = (deposit / entity.id).read_bytes()
        assert int(entity["contentSize"]) == len(data), entity.id
        assert entity["sha256"] == hashlib.sha256(data).hexdigest(), entity.id
        assert entity["encodingFormat"] and entity["description"]


def test_every_file_but_the_pipeline_s_is_in_it(crate, deposit):
    listed = {entity.id for entity in crate.data_entities}
    there = {p.relative_to(deposit).as_posix() for p in deposit.rglob("*") if p.is_file()}
    own = {name for name in there if not name.startswith("source/")}
    assert own - listed == {"checksums.sha256", "ro-crate-metadata.json"}
    assert {"source/", "source/Snakefile", "source/requirements.lock", "results/"} <= listed


def test_the_run_links_what_went_in_to_what_came_out(crate):
    (action,) = (e for e in crate.contextual_entities if e.type == "CreateAction")
    workflow = crate.mainEntity
    assert action["instrument"] is workflow and workflow.id == "source/Snakefile"
    inputs = {entity.id: entity for entity in action["object"]}
    assert {"results/config.yaml", "source/structures/closed.cif"} <= set(inputs)
    assert inputs["#setting-seed"]["value"] == "2022"
    assert inputs["#setting-chemistry.temperature"]["value"] == "310 kelvin"
    outputs = {entity.id for entity in action["result"]}
    assert {
        "results/report.html",
        "results/production/open-mg/replica-1/segment-0.xtc",
        "results/analysis/closed-apo/replica-0/midas.csv",
    } <= outputs
    assert not outputs & set(inputs)
    assert action["agent"]["name"] == "Carberry, Josiah"
    for side in ("input", "output"):
        for parameter in workflow[side]:
            example = parameter["workExample"]
            back = example["exampleOfWork"]
            assert parameter in (back if isinstance(back, list) else [back])
            assert example.id in (inputs if side == "input" else outputs)


def test_versions_are_those_of_the_records(crate):
    software = {e["name"]: e["softwareVersion"] for e in crate.mainEntity["softwareRequirements"]}
    assert software["openmm"] == "8.6.1" and software["python"] == "3.11.7"


def test_the_validator_finds_nothing(deposit, monkeypatch):
    assert issues(deposit, monkeypatch) == []


@pytest.mark.slow
def test_the_validator_would_find_what_is_wrong(deposit, tmp_path, monkeypatch):
    broken = tmp_path / "broken"
    shutil.copytree(deposit, broken)
    content = json.loads((broken / "ro-crate-metadata.json").read_text())
    for entity in content["@graph"]:
        if entity["@id"] == "#run":
            del entity["instrument"]
        if entity["@id"] == "#parameter-input-seed":
            del entity["additionalType"]
    (broken / "ro-crate-metadata.json").write_text(json.dumps(content))
    found = " ".join(issues(broken, monkeypatch))
    assert "FormalParameter MUST have an additionalType" in found
    assert "instrument" in found
