"""What every bad input must lead to, asserted once; and good files to spoil."""

from __future__ import annotations

import hashlib
import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path

import gemmi
import numpy as np
import pytest
import yaml

from lfa1_cli.main import main
from lfa1_md.protein.input import i_domain as structures

ROOT = Path(__file__).parents[2]
LONGEST = 1500
"""Characters; a message beyond that is a dump, not a message."""


def listing(folder: Path) -> dict[str, str]:
    """Return every file and folder below `folder` with a checksum of its content.

    MDAnalysis keeps an index of frames in a hidden file beside XTC and TRR files; it is left out.
    """
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
        if "_offsets." not in path.name
    }


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """Work in an empty folder, with a cache of entries of its own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def refused(here, capsys) -> Callable[..., str]:
    """Run `lfa1 …` and assert what holds for every refusal; give back the message."""

    def run(*arguments: object, mentions: list[str]) -> str:
        before = listing(here)
        capsys.readouterr()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            status = main([str(argument) for argument in arguments])
        message = capsys.readouterr().err
        assert status == 2, (status, message)
        assert listing(here) == before, "something was left behind or damaged"
        assert message.startswith(f"lfa1 {arguments[0]}: "), message
        assert message.count(f"lfa1 {arguments[0]}: ") == 1, message
        remedies = [line for line in message.splitlines() if line.startswith("  → ")]
        assert len(remedies) == message.count("→") == 1, message
        assert len(remedies[0]) > len("  → ") + 5, message
        assert "Traceback" not in message
        assert len(message) < LONGEST, message
        assert not caught, [str(warning.message) for warning in caught]
        for text in mentions:
            assert text in message, (text, message)
        return message

    return run


@pytest.fixture(scope="session")
def embedded() -> gemmi.Structure:
    """Heavy atoms of the embedded closed model, as crystallographers deposit them."""
    structure = gemmi.read_structure(str(ROOT / "structures/closed.cif"))
    structure.remove_hydrogens()
    for cap in ("ACE", "NME"):
        chain = structure[0]["A"]
        del chain[next(i for i, residue in enumerate(chain) if residue.name == cap)]
    for chain in structure[0]:
        for residue in chain:
            for atom in residue:
                atom.occ = 1.0
                atom.pos = gemmi.Position(*(round(x, 3) for x in atom.pos.tolist()))
    structure.connections.clear()
    structure.setup_entities()
    return structure


@pytest.fixture
def model(embedded) -> gemmi.Structure:
    """Give a copy of `embedded` to spoil."""
    return embedded.clone()


@pytest.fixture(scope="session")
def write() -> Callable[[gemmi.Structure, Path], Path]:
    """Write a structure in the format that the file's name says."""

    def write_structure(structure: gemmi.Structure, path: Path) -> Path:
        if path.suffix == ".pdb":
            structure.write_pdb(str(path))
        else:
            structure.make_mmcif_document().write_file(str(path))
        return path

    return write_structure


@pytest.fixture
def pdb(model, write, here) -> Path:
    """Give the file `mine.pdb` of the intact model."""
    return write(model, here / "mine.pdb")


def atoms(domain: structures.Domain) -> dict[tuple[int, str], tuple[float, ...]]:
    """Return the heavy atoms' places, by residue number and name."""
    return {
        (residue.seqid.num, a.name): tuple(np.round(a.pos.tolist(), 3).tolist())
        for residue in domain.chain
        for a in residue
    }


@pytest.fixture
def same(pdb, here):
    """Assert that a file gives the domain of `mine.pdb` and says why it chose what it chose."""
    intact = structures.load(pdb)

    def check(name: str, *said: str) -> structures.Domain:
        domain = structures.load(here / name)
        assert domain.numbers == list(range(128, 308))
        assert atoms(domain) == atoms(intact)
        assert [m.xyz.tolist() for m in domain.metals] == [m.xyz.tolist() for m in intact.metals]
        assert domain.waters.tolist() == intact.waters.tolist()
        decisions = " | ".join(f"{d.what}: {d.why}" for d in domain.decisions)
        for text in said:
            assert text in decisions, decisions
        return domain

    return check


@pytest.fixture
def study(here) -> Callable[..., Path]:
    """Write `study.yaml`, whose closed state is the given structure, with further changes."""

    def write(structure: object = "closed", **changes: object) -> Path:
        content = yaml.safe_load((ROOT / "config/config.yaml").read_text(encoding="utf-8"))
        content["states"] = {"closed": {"structure": str(structure)}}
        content["platform"] = "CPU"
        content |= changes
        path = here / "study.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def study_tables(tmp_path_factory) -> Path:
    """Write the results of a small study, compared."""
    path = ROOT / "tests/report/synthetic.py"
    spec = importlib.util.spec_from_file_location("lfa1_synthetic", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    root = module.write_study(
        tmp_path_factory.mktemp("tables") / "results", replicas=2, n_frames=20
    )
    compared = ["--analysis", str(root / "analysis"), "--output-dir", str(root / "comparison")]
    assert main(["compare", *compared]) == 0
    return root


@pytest.fixture
def prepare_refused(refused, study, monkeypatch) -> Callable[..., str]:
    """Prepare a state from the given structure and assert that it is refused at once."""

    def too_late(*_: object) -> None:
        pytest.fail("not refused before hydrogens are added")

    monkeypatch.setattr("lfa1_md.protein.assembly.draft.Draft.hydrogenated", too_late)

    def run(structure: object, *mentions: str, **source: object) -> str:
        config = study(states={"closed": {"structure": str(structure), **source}})
        command = ("prepare", "--config", config, "--state", "closed", "--output-dir", "out")
        return refused(*command, mentions=list(mentions))

    return run
