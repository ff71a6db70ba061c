"""``lfa1 verify`` finds whatever is done to a finished study, names it, and touches nothing."""

import json
import random
import shutil
from pathlib import Path

import damages
import pytest
from MDAnalysis.lib.formats.libmdaxdr import XTCFile

from lfa1_cli.main import main
from lfa1_md.files.provenance import sha256

PRODUCTION = "production/closed-apo/replica-1"


@pytest.fixture(scope="module")
def copied(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("copied") / "results"
    shutil.copytree(study / "results", folder)
    return folder


@pytest.fixture
def results(copied, study):
    """Give the copy; what a test did to it is undone."""
    yield copied
    for path in (study / "results").rglob("*"):
        if path.is_file():
            there = copied / path.relative_to(study / "results")
            there.parent.mkdir(parents=True, exist_ok=True)
            if not there.is_file() or there.read_bytes() != path.read_bytes():
                shutil.copy2(path, there)


def verify(results: Path, capsys, *options: str) -> tuple[int, str, str]:
    status = main(["verify", str(results), *options])
    out, err = capsys.readouterr()
    return status, out, err


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def shorter(data: bytes) -> bytes:
    return data[:-1]


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def middle(data: bytes) -> bytes:
    return flipped(data, len(data) // 2)


def without_last_line(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[:-1])


def without_last_frame(path: Path) -> None:
    with XTCFile(str(path)) as file:
        begin = int(file.offsets[-1])
    path.write_bytes(path.read_bytes()[:begin])


def test_a_sound_study_is_sound(results, capsys):
    before = {p: p.stat().st_mtime_ns for p in results.rglob("*")}
    status, out, err = verify(results, capsys, "--complete")
    assert (status, err) == (0, "")
    assert "DAMAGED" not in out and "incomplete, 0 damaged" in out
    assert "2 of 2 segments, 10 frames, 0.0004 ns" in out
    assert {p: p.stat().st_mtime_ns for p in results.rglob("*")} == before


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (f"{PRODUCTION}/segment-0.xtc", shorter),
        (f"{PRODUCTION}/segment-0.xtc", middle),
        (f"{PRODUCTION}/segment-1.xtc", lambda data: data + data),
        (f"{PRODUCTION}/segment-1.xtc", lambda data: b""),
        (f"{PRODUCTION}/segment-1.csv", without_last_line),
        (f"{PRODUCTION}/segment-1.csv", lambda data: data.replace(b"1", b"2", 1)),
        (f"{PRODUCTION}/segment-0.state.xml.gz", middle),
        (f"{PRODUCTION}/segment-0.json", half),
        (f"{PRODUCTION}/segment-0.json", lambda data: b"{}"),
        (f"{PRODUCTION}/segment-0.json", lambda data: b"\x00\xff"),
        ("equilibrated/open-mg/replica-0/state.xml.gz", middle),
        ("equilibrated/open-mg/replica-0/equilibration.csv", without_last_line),
        ("equilibrated/open-mg/replica-0/equilibration.json", half),
        ("systems/open-apo/system.xml.gz", middle),
        ("systems/open-apo/trajectory.pdb", shorter),
        ("prepared/closed/protein.cif", middle),
        ("analysis/closed-mg/replica-0/opening.csv", without_last_line),
        ("analysis/closed-mg/replica-0/midas.json", half),
        ("comparison/summary.json", half),
        ("comparison/effects.csv", lambda data: b""),
        (
            f"{PRODUCTION}/segment-1.json",
            lambda data: data.replace(b'"files": {', b'"files": {}, "was": {'),
        ),
        (
            f"{PRODUCTION}/segment-1.json",
            lambda data: data.replace(b'"files": {', b'"files": null, "was": {'),
        ),
        (
            f"{PRODUCTION}/segment-1.json",
            lambda data: data.replace(b'"310 kelvin"', b'"311 kelvin"'),
        ),
        (
            f"{PRODUCTION}/segment-1.json",
            lambda data: data.replace(b'"frames": 5', b'"frames": "5"'),
        ),
        ("report.html", half),
        ("report.html", middle),
        ("report.html", shorter),
        ("config.yaml", lambda data: data.replace(b"310 kelvin", b"311 kelvin")),
        ("config.yaml", shorter),
    ],
)
def test_damage_is_named(results, capsys, name, change):
    path = results / name
    path.write_bytes(change(path.read_bytes()))
    status, out, err = verify(results, capsys)
    assert status == 1
    assert "DAMAGED" in out
    assert Path(name).name in err and "→" in err


def test_pages_and_settings_of_an_earlier_version_are_no_damage(results, capsys):
    for name in ("report.html", "config.yaml"):
        lines = (results / name).read_bytes().splitlines(keepends=True)
        (results / name).write_bytes(b"".join(lines[:-1]))
    status, out, err = verify(results, capsys)
    assert (status, err) == (0, "")
    assert out.count("no checksum of its own") == 2


DAMAGED = (".xtc", ".csv", ".json", ".gz", ".cif", ".pdb")


@pytest.mark.parametrize(
    "seed", [*range(12), *(pytest.param(n, marks=pytest.mark.slow) for n in range(12, 200))]
)
def test_random_damage_is_found(results, tmp_path, seed):
    """Whatever file of a study it is in: its checksum is compared before anything is decoded."""
    rng = random.Random(seed)
    suffix = DAMAGED[seed % len(DAMAGED)]
    paths = [
        path
        for path in sorted(results.rglob(f"*{suffix}"))
        if "logs" not in path.parts and not path.name.startswith(".") and path.stat().st_size > 3
    ]
    path = rng.choice(paths)
    kind = damages.KINDS[seed // len(DAMAGED) % len(damages.KINDS)]
    path.write_bytes(damages.damage(path.read_bytes(), kind, rng))
    ended = damages.run("verify", results, said=tmp_path / "said")
    assert ended.status == 1, ended
    assert path.name.split(".")[0] in ended.said and "→" in ended.said
    assert "Traceback" not in ended.said


def test_a_look_at_a_damaged_segment(results, tmp_path):
    path = results / "production/closed-mg/replica-0/segment-1.xtc"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 512] = bytes(512)
    path.write_bytes(data)
    ended = damages.run("look", "closed-mg", "0", "--results", results, said=tmp_path / "said")
    assert ended.status == 2, ended
    assert str(path) in ended.said and "is not what segment-1.json describes" in ended.said


def test_a_frame_less_with_a_matching_checksum_is_found(results, capsys):
    path = results / PRODUCTION / "segment-0.xtc"
    without_last_frame(path)
    record = path.with_suffix(".json")
    content = json.loads(record.read_text())
    content["files"][path.name] = sha256(path)
    record.write_text(json.dumps(content))
    status, _, err = verify(results, capsys)
    assert status == 1 and "holds 4 frames, not 5" in err


def test_segments_in_each_other_s_place_are_found(results, capsys):
    folder = results / PRODUCTION
    for kind in ("xtc", "csv", "state.xml.gz", "json"):
        one, other = folder / f"segment-0.{kind}", folder / f"segment-1.{kind}"
        data = one.read_bytes()
        one.write_bytes(other.read_bytes())
        other.write_bytes(data)
    status, _, err = verify(results, capsys)
    assert status == 1 and "segment-0.json" in err


def test_a_hole_is_damage_and_an_end_is_not(results, capsys):
    folder = results / PRODUCTION
    for path in folder.glob("segment-1.*"):
        path.unlink()
    for path in (results / "analysis/closed-apo/replica-1").iterdir():
        path.unlink()
    status, out, err = verify(results, capsys)
    assert (status, err) == (0, "")
    assert "1 of 2 segments" in out and "2 incomplete, 0 damaged" in out
    assert verify(results, capsys, "--complete")[0] == 1
    (folder / "segment-1.json").write_bytes((folder / "segment-0.json").read_bytes())
    (folder / "segment-0.json").unlink()
    status, _, err = verify(results, capsys)
    assert status == 1 and "segment-0.json: is missing, though later segments are there" in err


def test_a_lost_equilibration_is_damage(results, capsys):
    shutil.rmtree(results / "equilibrated/closed-mg")
    status, _, err = verify(results, capsys)
    assert status == 1
    assert "equilibrated/closed-mg/replica-0/state.xml.gz: is missing" in err


def test_runs_of_another_system_are_found(results, capsys):
    """A system that was built anew, its manifest and all, is not the one that ran."""
    system, other = results / "systems/closed-mg", results / "systems/open-mg"
    manifest = json.loads((system / "manifest.json").read_text())
    (system / "system.xml.gz").write_bytes((other / "system.xml.gz").read_bytes())
    manifest["files"]["system.xml.gz"] = sha256(system / "system.xml.gz")
    (system / "manifest.json").write_text(json.dumps(manifest))
    status, _, err = verify(results, capsys)
    assert status == 1
    assert "closed-mg replica 1: was made with another" in err


def test_tables_of_other_trajectories_are_found(results, capsys):
    folder = results / "analysis"
    for name in ("opening.csv", "opening.json"):
        shutil.copy(folder / "closed-mg/replica-0" / name, folder / "closed-mg/replica-1" / name)
    status, _, err = verify(results, capsys)
    assert status == 1
    assert "closed-mg/replica-1/opening.csv: was made from other trajectories" in err


def test_what_is_no_results_folder_is_refused(tmp_path, capsys):
    status, _, err = verify(tmp_path, capsys)
    assert status == 2 and "config.yaml" in err and err.count("→") == 1
    (tmp_path / "config.yaml").write_bytes(b"\xff\xfe\x00: [")
    status, _, err = verify(tmp_path, capsys)
    assert status == 2 and "config.yaml" in err and err.count("→") == 1
