"""A whole study, handed in: the rule does it, and what it makes stands by itself."""

import shutil

import pytest
from crates import issues
from MDAnalysis.lib.formats.libmdaxdr import XTCFile
from rocrate.rocrate import ROCrate

from lfa1_cli.main import main

from .conftest import snakemake


@pytest.fixture(scope="module")
def copied(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed in") / "study"
    shutil.copytree(study, folder)
    return folder


@pytest.fixture(scope="module")
def deposit(copied):
    run = snakemake(copied, "--cores", "1", "deposit", config=copied / "study.yaml")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    return copied / "results-deposit"


@pytest.mark.slow
def test_a_deposit_is_a_study_that_verifies_and_a_crate_that_validates(
    deposit, monkeypatch, capsys
):
    assert main(["verify", str(deposit / "results"), "--complete"]) == 0
    crate = ROCrate(deposit)
    (action,) = (e for e in crate.contextual_entities if e.type == "CreateAction")
    assert action["actionStatus"] == "http://schema.org/CompletedActionStatus"
    assert "not complete" not in (deposit / "README.md").read_text()
    seeds = (deposit / "seeds.csv").read_text().splitlines()
    assert seeds[1] == "study,,all others derive from it,2022"
    assert any(line.startswith("production/open-apo/replica-1/segment-1,") for line in seeds)
    assert issues(deposit, monkeypatch) == []


@pytest.mark.slow
def test_the_deposit_starts_the_same_study_again(deposit):
    run = snakemake(
        deposit / "study",
        "--dry-run",
        "--snakefile",
        str(deposit / "source/Snakefile"),
        config=deposit / "study/config.yaml",
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert "simulate" in run.stdout


@pytest.mark.slow
def test_thinned_trajectories_are_even_across_segments(copied, tmp_path):
    """Two segments of five frames, 0.04 ps apart: every fourth is at 0.16 and 0.32 ps."""
    target = tmp_path / "thin"
    command = ["deposit", str(copied / "results"), "--output-dir", str(target)]
    assert main([*command, "--trajectories", "every-4"]) == 0
    times = []
    for path in sorted((target / "results/production/open-mg/replica-0").glob("*.xtc")):
        with XTCFile(str(path)) as file:
            times += [frame.time for frame in file]
    assert times == pytest.approx([0.16, 0.32])


@pytest.mark.slow
def test_a_damaged_study_is_refused_and_named(copied, tmp_path, capsys):
    results = tmp_path / "results"
    shutil.copytree(copied / "results", results)
    path = results / "production/closed-mg/replica-0/segment-1.xtc"
    path.write_bytes(path.read_bytes()[:-4])
    assert main(["deposit", str(results), "--output-dir", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "segment-1.xtc" in said and "damaged" in said and "--incomplete" in said
    assert not (tmp_path / "out").exists()
