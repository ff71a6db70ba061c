"""What lies in a deposit is what was put there, whole, and nothing else was touched."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
import yaml

from lfa1_analysis.io.errors import InputError
from lfa1_cli.main import main
from lfa1_report.deposit import crate
from lfa1_report.deposit.folder import write_deposit


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_every_file_is_in_the_checksums_and_they_are_right(deposit):
    listed = dict(
        reversed(line.split("  ", 1))
        for line in (deposit / "checksums.sha256").open().read().split("\n")
        if line
    )
    there = {p.relative_to(deposit).as_posix() for p in deposit.rglob("*") if p.is_file()}
    assert set(listed) == there - {"checksums.sha256"}
    for name, expected in listed.items():
        assert hashlib.sha256((deposit / name).read_bytes()).hexdigest() == expected, name
    subprocess.run(
        ["sha256sum", "--check", "--quiet", "--strict", "checksums.sha256"], cwd=deposit, check=True
    )


def test_the_results_are_as_they_were(deposit, results):
    for name in ("config.yaml", "report.html", "analysis/open-mg/replica-1/opening.csv"):
        assert (deposit / "results" / name).read_bytes() == (results / name).read_bytes()
    assert not (deposit / "results/logs").exists()


def test_results_are_only_read_and_nothing_is_left_beside(options, results):
    before, wanted = snapshot(results), options(link=False, stride=0)
    write_deposit(wanted)
    assert snapshot(results) == before
    assert [path.name for path in wanted.output.parent.iterdir()] == ["deposit"]
    assert not list((wanted.output / "results").rglob("*.xtc"))


def test_results_are_linked_but_sources_are_copied(deposit, results):
    linked = deposit / "results/report.html"
    assert linked.samefile(results / "report.html")
    assert (deposit / "source/Snakefile").stat().st_nlink == 1


def test_an_unfinished_study_is_refused_in_words(options):
    with pytest.raises(InputError, match="is not complete, so it is not deposited") as caught:
        write_deposit(options(incomplete=False))
    assert "--incomplete" in caught.value.remedy and "site.json" not in caught.value.remedy


def test_what_is_incomplete_says_so(deposit, results):
    readme = (deposit / "README.md").read_text()
    assert "**This study is not complete.**" in readme
    action = next(
        entity
        for entity in json.loads((deposit / crate.METADATA).read_text())["@graph"]
        if entity["@id"] == "#run"
    )
    assert "NOT COMPLETE" in action["description"] and "actionStatus" not in action
    for text in (readme, (deposit / crate.METADATA).read_text()):
        assert str(results.parent) not in text  # places on this machine are nobody's business


@pytest.mark.parametrize("place", ["there", "results/deposit", "file/deposit"])
def test_a_place_that_will_not_do_is_refused(options, results, tmp_path, place):
    (tmp_path / "there").mkdir()
    (tmp_path / "file").write_text("")
    output = results / "deposit" if place.startswith("results") else tmp_path / place
    with pytest.raises(InputError, match="--output-dir") as caught:
        write_deposit(options(output=output))
    assert str(output) in caught.value.problem
    assert not (results / "deposit").exists() and not any((tmp_path / "there").iterdir())


def test_a_failure_leaves_nothing(options, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(crate, "write", full)
    wanted = options()
    with pytest.raises(OSError, match="No space"):
        write_deposit(wanted)
    assert list(wanted.output.parent.iterdir()) == []


def test_a_disk_too_small_is_told_before_anything_is_written(options, monkeypatch):
    from lfa1_report.deposit import folder

    monkeypatch.setattr(folder.shutil, "disk_usage", lambda place: type("", (), {"free": 1000}))
    wanted = options(link=False)
    with pytest.raises(InputError, match=r"needs .* and 1 kB are free"):
        write_deposit(wanted)
    assert list(wanted.output.parent.iterdir()) == []


def test_zenodo_and_mddb_say_what_was_given(deposit):
    told = json.loads((deposit / ".zenodo.json").read_text())
    assert told["creators"] == [
        {
            "name": "Carberry, Josiah",
            "orcid": "0000-0002-1825-0097",
            "affiliation": "Brown University",
        }
    ]
    assert (told["license"], told["upload_type"]) == ("cc-by-4.0", "dataset")
    assert "10.1021/acs.jctc.9b00591" in [
        each["identifier"] for each in told["related_identifiers"]
    ]
    for path in (deposit / "mddb").iterdir():
        content = yaml.safe_load(path.read_text())
        assert (content["program"], content["version"]) == ("OpenMM", "8.6.1")
        assert content["framestep"] == 1.25 and content["temp"] == 310  # ns, K
        files = [name for run in content["mds"] for name in run["input_trajectory_filepaths"]]
        assert len(files) == 2
        for name in files:
            assert (path.parent / name).is_file()
    assert len(list((deposit / "mddb").iterdir())) == 4


def test_the_command_needs_a_folder_and_names_what_is_missing(results, capsys, tmp_path):
    assert main(["deposit", str(results)]) == 2
    assert "--output-dir: is missing" in capsys.readouterr().err
    (tmp_path / "other").mkdir()
    wrong = ["deposit", str(tmp_path / "other"), "--output-dir", str(tmp_path / "x")]
    assert main(wrong) == 2 and not (tmp_path / "x").exists()
    assert "is not the results folder of a study" in capsys.readouterr().err


def test_own_structures_and_their_places(write_study, options, tmp_path):
    """A file of one's own is put below study/, and the configuration there names it."""
    root = write_study(tmp_path / "mine" / "results", replicas=2, n_frames=40)
    (tmp_path / "elsewhere").mkdir()
    own = tmp_path / "elsewhere" / "my model.cif"
    own.write_text("data_mine\n")
    config = yaml.safe_load((root / "config.yaml").read_text())
    config["states"]["closed"]["structure"] = str(own)
    (root / "config.yaml").write_text(yaml.safe_dump(config))
    wanted = options(results=root)
    write_deposit(wanted)
    assert (wanted.output / "study/my model.cif").read_text() == "data_mine\n"
    again = yaml.safe_load((wanted.output / "study/config.yaml").read_text())
    assert again["states"]["closed"]["structure"] == "my model.cif"
    graph = json.loads((wanted.output / crate.METADATA).read_text())["@graph"]
    action = next(entity for entity in graph if entity["@id"] == "#run")
    assert {"@id": "study/my%20model.cif"} in action["object"]
