"""A study that was copied, touched or unpacked is what its records say, whatever times say.

The studies are made up: files with a few bytes each, and records that fit them. What is tested is
that Snakemake takes them for finished; `test_study_is_copied_in_ten_ways` copies a real one.
"""

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from lfa1_cli.main import main
from lfa1_md.files.provenance import as_json, read_json, sha256
from lfa1_md.study.settings import StudyConfig
from lfa1_md.verification.proof import LEDGER

from .conftest import short_study, snakemake
from .test_plan import planned

SEGMENTS = 3


def made_up(folder: Path, segments: int = SEGMENTS, other: str = "") -> Path:
    """Write a study of two systems as if it had been run up to so many segments.

    With `other`, every file of it has other bytes.
    """
    content = short_study() | {"replicas": 1}
    del content["states"]["open"]
    content["production"] |= {"duration": f"{0.2 * SEGMENTS:g} ps"}
    (folder / "study.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    study, results = StudyConfig.model_validate(content), folder / "results"

    def write(home: Path, record: str, step: str, began: Path | None, *names: str, **more: str):
        home.mkdir(parents=True, exist_ok=True)
        for name in names:
            (home / name).write_text(f"{home.relative_to(results)}/{name}{other}\n")
        about = {"started_from": {"file": began.name, "sha256": sha256(began)}} if began else {}
        files = {name: sha256(home / name) for name in names}
        digest = {"settings_digest": study.digest(step, "closed")} if began else {}
        (home / record).write_text(as_json({"files": files} | about | digest | more))

    prepared, solvated = results / "prepared/closed", results / "solvated/closed"
    write(prepared, "site.json", "prepare", None, "protein.cif")
    write(solvated, "box.json", "solvate", prepared / "protein.cif", "box.cif")
    for system in study.systems:
        home = results / "systems" / system
        files = ("system.xml.gz", "topology.cif", "trajectory.pdb")
        write(home, "manifest.json", "solvate", solvated / "box.cif", *files)
        state = home / "minimised.state.xml.gz"
        state.write_text(system + other)
        its = {"system_sha256": sha256(home / "system.xml.gz")}
        home = results / "equilibrated" / system / "replica-0"
        files = ("state.xml.gz", "equilibration.csv")
        write(home, "equilibration.json", "equilibrate", state, *files, **its)
        state = home / "state.xml.gz"
        home = results / "production" / system / "replica-0"
        for k in range(segments):
            files = tuple(f"segment-{k}.{suffix}" for suffix in ("xtc", "csv", "state.xml.gz"))
            write(home, f"segment-{k}.json", "simulate", state, *files, **its)
            state = home / files[-1]
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "results").rglob("*") if path.is_file())


def set_times(folder: Path, when: Callable[[Path], float]) -> None:
    for path in files(folder):
        os.utime(path, (when(path),) * 2)


def bytes_of(folder: Path) -> dict[str, bytes]:
    # The ledger is of the workflow, not of the study.
    return {str(p.relative_to(folder)): p.read_bytes() for p in files(folder) if p.name != LEDGER}


def backwards(folder: Path) -> None:
    """What is made last is the oldest."""
    order = ("production", "equilibrated", "systems", "solvated", "prepared")
    set_times(folder, lambda path: 1e9 + 1000 * order.index(path.relative_to(folder).parts[1]))


def shuffled(folder: Path) -> None:
    draw = random.Random(17)
    set_times(folder, lambda path: time.time() - 1e6 * draw.random())


def equal(folder: Path) -> None:
    set_times(folder, lambda path: 1e9)


def in_the_future(folder: Path) -> None:
    draw = random.Random(18)
    set_times(folder, lambda path: time.time() + 1e8 * draw.random())


def run(
    folder: Path, *options: str, target: str = "trajectories", first: Sequence[Path] = ()
) -> tuple[int, str]:
    options = (target, "--cores", "1", "--quiet", "host", *options)
    done = snakemake(folder, *options, config=folder / "study.yaml", first=first)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "change",
    [
        shuffled,
        *(pytest.param(c, marks=pytest.mark.slow) for c in (backwards, equal, in_the_future)),
    ],
)
def test_nothing_of_a_copy_is_run_again(tmp_path, change):
    folder = made_up(tmp_path)
    change(folder)
    before, times = bytes_of(folder), {p: p.stat().st_mtime_ns for p in files(folder)}
    status, said = run(folder, "--dry-run")
    assert status == 0 and "Nothing to be done" in said, said
    assert {p: p.stat().st_mtime_ns for p in files(folder)} == times  # a dry run writes none
    status, said = run(folder)
    assert status == 0 and "Nothing to be done" in said, said
    after = bytes_of(folder)
    after.pop("results/config.yaml")  # of which the study had none
    assert after == before
    assert all(p.stat().st_mtime < time.time() + 1 for p in files(folder))
    # From now on the times alone say so.
    status, said = run(folder, "--dry-run")
    assert "Nothing to be done" in said and "records" not in said, said


def test_of_half_a_study_only_the_rest_is_planned(tmp_path):
    folder = made_up(tmp_path, segments=1)
    shuffled(folder)
    status, said = run(folder, "--dry-run")
    assert status == 0, said
    counts = planned(said)
    assert counts == {"simulate": 2 * (SEGMENTS - 1), "trajectories": 1, "total": 5}, said


@pytest.mark.parametrize(
    "name",
    [
        "production/closed-mg/replica-0/segment-0.xtc",
        pytest.param("equilibrated/closed-mg/replica-0/state.xml.gz", marks=pytest.mark.slow),
        pytest.param("systems/closed-mg/system.xml.gz", marks=pytest.mark.slow),
        pytest.param("systems/closed-mg/minimised.state.xml.gz", marks=pytest.mark.slow),
    ],
)
def test_damage_is_named_and_nothing_is_deleted(tmp_path, name):
    folder = made_up(tmp_path)
    path = folder / "results" / name
    path.write_bytes(path.read_bytes()[:-1])
    backwards(folder)
    before = bytes_of(folder)
    for options in (("--dry-run",), ()):
        status, said = run(folder, *options)
        assert status == 1 and f"results/{name}" in said and said.count("→") == 1, said
        assert "Traceback" not in said
    assert bytes_of(folder) == before


def test_what_began_from_something_else_is_not_deleted_either(tmp_path):
    folder = made_up(tmp_path)
    home = folder / "results/equilibrated/closed-mg/replica-0"
    (home / "state.xml.gz").write_text("equilibrated anew")
    record = read_json(home / "equilibration.json")
    record["files"]["state.xml.gz"] = sha256(home / "state.xml.gz")
    (home / "equilibration.json").write_text(as_json(record))
    status, said = run(folder)
    assert status == 1, said
    assert "segment-0.json: was made from another results/equilibrated" in said


def test_an_edited_structure_is_prepared_again(tmp_path):
    """What is not simulated yet follows its input as ever."""
    folder = made_up(tmp_path, segments=0)
    shutil.rmtree(folder / "results/equilibrated")
    (folder / "own.pdb").write_text("ATOM\n")
    content = yaml.safe_load((folder / "study.yaml").read_text())
    content["states"]["closed"]["structure"] = "own.pdb"
    (folder / "study.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    site = folder / "results/prepared/closed/site.json"
    record = read_json(site) | {"provenance": {"source_sha256": sha256(folder / "own.pdb")}}
    site.write_text(as_json(record))
    os.utime(folder / "own.pdb", (time.time() + 5,) * 2)
    status, said = run(folder, "--dry-run", target="prepared")
    assert status == 0 and "Nothing to be done" in said, said
    (folder / "own.pdb").write_text("ATOM  \n")
    os.utime(folder / "own.pdb", (time.time() + 5,) * 2)
    status, said = run(folder, "--dry-run", target="prepared")
    assert status == 0 and "Nothing to be done" not in said, said
    assert "was made from another own.pdb" in said


def test_a_job_whose_end_nobody_saw_is_not_run_again(tmp_path):
    """Snakemake marks what it has begun, and deletes it where it was killed before the end."""
    from base64 import urlsafe_b64encode

    folder = made_up(tmp_path)
    marks = folder / ".snakemake/incomplete"
    (folder / ".snakemake/metadata").mkdir(parents=True)
    marks.mkdir()
    home = "results/production/closed-mg/replica-0"
    for k in range(SEGMENTS):
        (marks / urlsafe_b64encode(f"{home}/segment-{k}.xtc".encode()).decode()).write_text(
            '{"external_jobid": null}'
        )
    damaged = folder / home / f"segment-{SEGMENTS - 1}.xtc"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    status, said = run(folder, "--dry-run")
    assert status == 0, said
    counts = planned(said)
    assert counts["simulate"] == 1, said


HOME = "production/closed-mg/replica-0"
LOST = {
    "a trajectory": ([f"{HOME}/segment-1.xtc"], {"simulate": 1}),
    "a segment": ([f"{HOME}/segment-0.*"], {"simulate": 1}),
    "two segments": ([f"{HOME}/segment-0.*", f"{HOME}/segment-1.*"], {"simulate": 2}),
    "an equilibration": (["equilibrated/closed-mg"], {"equilibrate": 1}),
    "it and what it began from": (
        ["equilibrated/closed-mg", "systems/closed-mg/minimised.state.xml.gz"],
        {"equilibrate": 1, "minimise": 1},
    ),
    "a minimised state": (["systems/closed-mg/minimised.state.xml.gz"], {"minimise": 1}),
    "a box": (["solvated/closed/box.cif"], {"solvate": 1}),
    "a protein": (["prepared/closed"], {"prepare": 1}),
}


def tables_of(folder: Path) -> None:
    """Write the tables of a made-up study."""
    for system in ("closed-mg", "closed-apo"):
        home = folder / "results/analysis" / system / "replica-0"
        home.mkdir(parents=True)
        run_in = folder / "results/production" / system / "replica-0"
        trajectories = [run_in / f"segment-{k}.xtc" for k in range(SEGMENTS)]
        inputs = [{"file": p.name, "sha256": sha256(p)} for p in trajectories]
        topology = folder / "results/systems" / system / "trajectory.pdb"
        inputs = [{"file": topology.name, "sha256": sha256(topology)}, *inputs]
        for name in ("opening", "midas", "flexibility", "midas-events", "rmsf"):
            (home / f"{name}.csv").write_text(f"{name} {sha256(trajectories[0])}")
            files = {f"{name}.csv": sha256(home / f"{name}.csv")}
            if name in ("opening", "midas", "flexibility"):
                (home / f"{name}.json").write_text(as_json({"inputs": inputs, "files": files}))


@pytest.mark.parametrize("change", [pytest.param(None, marks=pytest.mark.slow), shuffled])
@pytest.mark.parametrize("what", LOST)
def test_what_records_name_and_is_missing_is_planned_and_nothing_else(tmp_path, what, change):
    """Though tables are there, for which Snakemake itself needs none of it."""
    folder = made_up(tmp_path)
    tables_of(folder)
    patterns, wanted = LOST[what]
    for path in [p for pattern in patterns for p in (folder / "results").glob(pattern)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if change:
        change(folder)
    status, said = run(folder, "--dry-run", target="tables")
    assert status == 0, said
    counts = planned(said)
    assert counts == wanted | {"total": sum(wanted.values())}, said
    assert "missing, though made once" in said


PROGRAM = """#!/bin/bash
verb=$1
while [ $# -gt 0 ]; do
  case $1 in
    --output-dir) folder=$2 ;;
    --output) folder=${2%/*} ; name=${2##*/} ;;
    --segment) name="segment-$2.*" ;;
  esac
  shift
done
echo "$verb $folder ${name%.*}" >> calls
cp {source}/$folder/${name:-*} $folder/
"""


def made_by_copying(folder: Path, source: Path) -> Path:
    """Write an `lfa1` whose verbs take what they make from another folder's study."""
    home = folder / "bin"
    home.mkdir()
    (home / "lfa1").write_text(PROGRAM.replace("{source}", str(source)))
    (home / "lfa1").chmod(0o755)
    return home


@pytest.fixture
def twice(tmp_path):
    """Give a made-up study with tables, and one of the same or other bytes to take files from."""

    def make(other: str) -> tuple[Path, Path]:
        folder, source = tmp_path / "study", tmp_path / "source"
        for home, text in ((folder, ""), (source, other)):
            home.mkdir()
            made_up(home, other=text)
            tables_of(home)
        return folder, made_by_copying(folder, source)

    return make


def calls(folder: Path) -> list[str]:
    """Return what the made-up program was called for, and forget it."""
    said = (folder / "calls").read_text().replace("results/", "").splitlines()
    (folder / "calls").unlink()
    return [" ".join(line.split()) for line in said]


@pytest.mark.parametrize(
    ("lost", "made"),
    [
        (f"{HOME}/segment-0.*", [f"simulate {HOME} segment-0"]),
        (f"{HOME}/segment-1.xtc", [f"simulate {HOME} segment-1"]),
        ("prepared/closed/*", ["prepare prepared/closed"]),
    ],
)
def test_what_comes_out_the_same_has_nothing_else_made_again(twice, lost, made):
    folder, program = twice("")
    before = bytes_of(folder)
    for path in (folder / "results").glob(lost):
        path.unlink()
    status, said = run(folder, target="tables", first=[program])
    assert status == 0 and calls(folder) == made, said
    after = bytes_of(folder)
    assert {name: after[name] for name in before} == before
    status, said = run(folder, "--dry-run", target="tables")
    assert status == 0 and "Nothing to be done" in said, said


def test_what_comes_out_otherwise_has_its_chain_made_again(twice):
    folder, program = twice(" (another machine)")
    before = bytes_of(folder)
    for path in (folder / "results" / HOME).glob("segment-1.*"):
        path.unlink()
    status, said = run(folder, target="tables", first=[program])
    assert status == 0, said
    table = HOME.replace("production", "analysis")
    assert calls(folder) == [
        f"simulate {HOME} segment-1",
        f"simulate {HOME} segment-2",
        f"observe {table}",
    ], said
    kept = {name: data for name, data in before.items() if "closed-mg/replica-0" not in name}
    kept |= {name: data for name, data in before.items() if "segment-0" in name}
    after = bytes_of(folder)
    assert {name: after[name] for name in kept} == kept
    status, said = run(folder, "--dry-run", target="tables")
    assert status == 0 and "Nothing to be done" in said, said


def test_no_simulation_is_deleted_for_a_protein_that_comes_out_otherwise(twice):
    folder, program = twice(" (another version)")
    shutil.rmtree(folder / "results/prepared")
    before = bytes_of(folder)
    status, said = run(folder, target="tables", first=[program])
    assert status == 0 and calls(folder) == ["prepare prepared/closed"], said
    assert "made from another results/prepared/closed/protein.cif" in said
    assert "nothing simulated is deleted" in said
    after = bytes_of(folder)
    assert {name: after[name] for name in before} == before
    status, said = run(folder, target="tables", first=[program])
    assert status == 1 and "made from another results/prepared/closed/protein.cif" in said
    after = bytes_of(folder)
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize(
    ("lost", "wanted"),
    [
        ("segment-2.*", {"simulate": 1, "observe": 1, "tables": 1, "total": 3}),
        # Its record is there, and may be what it was when it is made again.
        ("segment-2.xtc", {"simulate": 1, "total": 1}),
    ],
)
def test_a_last_segment_is_made_again(tmp_path, lost, wanted):
    folder = made_up(tmp_path)
    tables_of(folder)
    for path in (folder / "results" / HOME).glob(lost):
        path.unlink()
    status, said = run(folder, "--dry-run", target="tables")
    assert status == 0 and planned(said) == wanted, said


@pytest.mark.parametrize("keep", [pytest.param(True, marks=pytest.mark.slow), False])
def test_other_settings_replace_what_they_change(tmp_path, keep):
    """Without Snakemake's memory the records tell; with `results/config.yaml` it is refused."""
    folder = made_up(tmp_path)
    status, said = run(folder)
    assert status == 0, said
    content = yaml.safe_load((folder / "study.yaml").read_text())
    content["production"]["frame_interval"] = "0.02 ps"
    (folder / "study.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    shutil.rmtree(folder / ".snakemake")
    if not keep:
        (folder / "results/config.yaml").unlink()
    status, said = run(folder, "--dry-run")
    if keep:
        assert status == 1 and "production.frame_interval" in said, said
        return
    assert status == 0, said
    assert planned(said) == {"simulate": 2 * SEGMENTS, "trajectories": 1, "total": 7}, said
    assert "other settings" in said


def test_other_minimisation_replaces_what_follows(tmp_path):
    """A minimised state has no record; that of the equilibration tells."""
    folder = made_up(tmp_path)
    content = yaml.safe_load((folder / "study.yaml").read_text())
    content["minimisation"] = {"max_iterations": 41}
    (folder / "study.yaml").write_text(yaml.safe_dump(content, allow_unicode=True))
    status, said = run(folder, "--dry-run")
    assert status == 0, said
    counts = planned(said)
    assert counts["minimise"] == counts["equilibrate"] == 2, said
    assert counts["simulate"] == 2 * SEGMENTS and "build" not in counts, said


COPIES = {
    "cp -r": "cp -r {study}/results {study}/.snakemake {study}/study.yaml .",
    "cp -r, results alone": "cp -r {study}/results {study}/study.yaml .",
    "cp -a": "cp -a {study}/results {study}/.snakemake {study}/study.yaml .",
    "tar without times": "tar c -C {study} results study.yaml | tar xm",
    "touch everything": "cp -a {study}/results {study}/study.yaml . && find . -exec touch {{}} +",
    "touch the systems": "cp -a {study}/results {study}/study.yaml . && touch results/systems/*/*",
}
CHANGES = {"shuffled": shuffled, "equal": equal, "in the future": in_the_future}


@pytest.mark.slow
@pytest.mark.parametrize("way", [*COPIES, *CHANGES, "shuffled, with .snakemake"])
def test_study_is_copied_in_ten_ways(study, tmp_path, way):
    where = f"'{study}'"
    if way in COPIES:
        command = COPIES[way].format(study=where)
    else:
        command = COPIES["cp -r" if "with" in way else "cp -r, results alone"].format(study=where)
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)
    if way not in COPIES:
        CHANGES[way.split(",")[0]](tmp_path)
    before = bytes_of(tmp_path)
    for options in (("--dry-run",), (), ("--dry-run",)):
        status, said = run(tmp_path, *options, target="all")
        assert status == 0 and "Nothing to be done" in said, said
    assert bytes_of(tmp_path) == before


@pytest.mark.slow
def test_what_verify_names_is_deleted_and_made_again(study, tmp_path, capsys):
    """The remedy in its own situation: a damaged segment of a study that has its report."""
    subprocess.run(f"cp -a '{study}'/. .", shell=True, cwd=tmp_path, check=True)
    before = bytes_of(tmp_path)
    results = tmp_path / "results"
    damaged = results / f"{HOME}/segment-0.xtc"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert main(["verify", str(results)]) == 1
    said = capsys.readouterr().err
    assert "segment-0.xtc" in said and "delete the named files and run snakemake" in said
    damaged.unlink()
    status, said = run(tmp_path, target="all")
    assert status == 0, said
    assert main(["verify", "--complete", str(results)]) == 0, capsys.readouterr().err
    after = bytes_of(tmp_path)
    changed = {name for name in before if after[name] != before[name]}
    # One thread gives the same frames and states; record and page tell when it was.
    told = {f"results/{HOME}/segment-0.json", "results/report.html"}
    assert {name for name in changed - told if "/logs/" not in name} == set()
