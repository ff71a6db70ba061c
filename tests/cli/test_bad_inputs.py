"""Bad input gives one message with its remedy, status 2, and leaves nothing behind."""

import subprocess
import sys
from pathlib import Path

import gemmi
import openmm
import pytest
import yaml

ROOT = Path(__file__).parents[2]
LFA1 = Path(sys.executable).parent / "lfa1"


def model() -> gemmi.Structure:
    """The embedded closed model's heavy atoms, as a structure to spoil."""
    structure = gemmi.read_structure(str(ROOT / "structures/closed.cif"))
    structure.remove_hydrogens()
    structure.setup_entities()
    return structure


def residue(structure: gemmi.Structure, number: int) -> gemmi.Residue:
    return next(r for r in structure[0][0] if r.seqid.num == number)


def wrong_protein(structure):
    for r in structure[0][0]:
        if gemmi.find_tabulated_residue(r.name).is_amino_acid():
            r.name = "ALA"
            for name in [a.name for a in r if a.name not in ("N", "CA", "C", "O", "CB")]:
                r.remove_atom(name, "*")


def unknown_residue(structure):
    residue(structure, 200).name = "QQQ"


def missing_backbone(structure):
    residue(structure, 200).remove_atom("CA", "*")


def gap(structure):
    chain = structure[0][0]
    for index in reversed([i for i, r in enumerate(chain) if 190 <= r.seqid.num <= 196]):
        del chain[index]


def far_metal(structure):
    for chain in structure[0]:
        for r in chain:
            if r.name == "MG":
                r[0].pos += gemmi.Position(3, 3, 3)


def write(structure: gemmi.Structure, path: Path) -> Path:
    path.write_text(structure.make_pdb_string())
    return path


def nan_coordinate(path: Path) -> Path:
    lines = path.read_text().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if line.startswith("ATOM"))
    lines[at] = lines[at][:30] + "     nan" + lines[at][38:]
    path.write_text("".join(lines))
    return path


def lfa1(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LFA1), *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=120
    )


def assert_one_clear_message(run, *mentioned: str) -> None:
    assert run.returncode == 2, (run.returncode, run.stderr)
    assert "Traceback" not in run.stderr
    assert run.stderr.count("→") == 1, run.stderr
    for text in mentioned:
        assert text in run.stderr, run.stderr


@pytest.fixture
def study(tmp_path):
    """Write a configuration whose closed state is the given file, with further changes."""

    def write_study(structure: object = "closed", chain: str | None = None, **changes) -> Path:
        content = yaml.safe_load((ROOT / "config/config.yaml").read_text())
        content["states"] = {"closed": {"structure": str(structure)}}
        if chain:
            content["states"]["closed"]["chain"] = chain
        content |= changes
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True))
        return path

    return write_study


def prepare(config: Path, folder: Path):
    run = lfa1(
        "prepare", "--config", config, "--state", "closed", "--output-dir", "out", folder=folder
    )
    assert not list(folder.glob("out/*")), "half-written output"
    return run


@pytest.mark.parametrize(
    ("spoil", "mentioned"),
    [
        (wrong_protein, ["I domain"]),
        (unknown_residue, ["QQQ", "200"]),
        (missing_backbone, ["200", "CA"]),
        (gap, ["190", "196"]),
        (far_metal, ["MG"]),
    ],
)
def test_spoilt_structure(tmp_path, study, spoil, mentioned):
    structure = model()
    spoil(structure)
    path = write(structure, tmp_path / "mine.pdb")
    assert_one_clear_message(prepare(study(path), tmp_path), "mine.pdb", *mentioned)


def test_nan_coordinate(tmp_path, study):
    path = nan_coordinate(write(model(), tmp_path / "mine.pdb"))
    assert_one_clear_message(prepare(study(path), tmp_path), "mine.pdb", "coordinate")


def test_missing_file(tmp_path, study):
    run = prepare(study(tmp_path / "absent.pdb"), tmp_path)
    assert_one_clear_message(run, "absent.pdb")


def test_wrong_chain(tmp_path, study):
    path = write(model(), tmp_path / "mine.pdb")
    assert_one_clear_message(prepare(study(path, chain="Q"), tmp_path), "mine.pdb", "Q")


def test_no_such_entry(tmp_path):
    run = lfa1("structures", "fetch", "9ZZZ9", "--output", "x.cif", folder=tmp_path)
    assert_one_clear_message(run, "9ZZZ9")
    assert not (tmp_path / "x.cif").exists()


@pytest.mark.parametrize(
    ("changes", "mentioned"),
    [
        ({"replica": 3}, ["study.yaml", "replica", "replicas"]),
        ({"chemistry": {"padding": "1 ps"}}, ["study.yaml", "chemistry.padding", "1 ps", "nm"]),
        (
            {
                "production": {
                    "duration": "5 ps",
                    "segment": "2 ps",
                    "frame_interval": "0.1 ps",
                    "energy_interval": "0.1 ps",
                }
            },
            ["study.yaml", "duration", "5 ps", "segment", "2 ps"],
        ),
    ],
)
def test_configuration(tmp_path, study, changes, mentioned):
    assert_one_clear_message(prepare(study(**changes), tmp_path), *mentioned)


def test_cuda_is_not_there(tmp_path, study):
    names = [
        openmm.Platform.getPlatform(i).getName() for i in range(openmm.Platform.getNumPlatforms())
    ]
    if "CUDA" in names:
        pytest.skip("CUDA is installed here")
    run = prepare(study(platform="CUDA"), tmp_path)
    assert_one_clear_message(run, "CUDA", "openmm-cuda")


@pytest.mark.parametrize("verb", ["opening", "midas", "flexibility"])
def test_analysis_of_another_protein(tmp_path, verb):
    structure = model()
    wrong_protein(structure)
    path = write(structure, tmp_path / "mine.pdb")
    run = lfa1(verb, "--topology", path, "--output", "out.csv", folder=tmp_path)
    assert_one_clear_message(run, "mine.pdb", "I domain")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("verb", ["opening", "flexibility"])
def test_analysis_without_an_atom_that_the_superposition_needs(tmp_path, verb):
    structure = model()
    residue(structure, 235).remove_atom("CA", "*")
    path = write(structure, tmp_path / "mine.pdb")
    run = lfa1(verb, "--topology", path, "--output", "out.csv", folder=tmp_path)
    assert_one_clear_message(run, "mine.pdb")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("verb", ["opening", "midas", "flexibility"])
def test_analysis_of_missing_and_mismatched_files(tmp_path, verb):
    run = lfa1(verb, "--topology", "absent.pdb", "--output", "out.csv", folder=tmp_path)
    assert_one_clear_message(run, "absent.pdb")
    (tmp_path / "empty.xtc").touch()
    write(model(), tmp_path / "mine.pdb")
    run = lfa1(
        *(verb, "--topology", "mine.pdb", "--trajectory", "empty.xtc", "--output", "out.csv"),
        folder=tmp_path,
    )
    assert_one_clear_message(run, "empty.xtc")
    assert not (tmp_path / "out.csv").exists()
