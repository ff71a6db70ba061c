"""The whole study, shrunk to seconds of dynamics: run once, then looked at from every side."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import gemmi
import pandas as pd
import pytest
import yaml

from .conftest import snakemake

LFA1 = Path(sys.executable).parent / "lfa1"


def test_ends_with_a_self_contained_report(study):
    page = (study / "results/report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 5
    assert "demonstration" in page.lower()
    assert not re.findall(r"""(?:src|href)=["']https?://[^"']+\.(?:js|css|png|svg|woff2?)""", page)


def test_running_again_does_nothing(study):
    run = snakemake(study, "--cores", "2", config=study / "study.yaml")
    assert "Nothing to be done" in run.stdout + run.stderr


def test_a_lost_table_redoes_only_what_depends_on_it(study, tmp_path):
    shutil.copytree(study, tmp_path / "copy", symlinks=True)
    (tmp_path / "copy/results/analysis/open-apo/replica-1/opening.csv").unlink()
    run = snakemake(tmp_path / "copy", "--dry-run", config=study / "study.yaml")
    planned = set(re.findall(r"^(?:local)?rule (\w+):", run.stdout + run.stderr, re.M))
    assert planned == {"observe", "compare", "report", "all"}


@pytest.mark.parametrize("state", ["closed", "open"])
def test_pair_differs_only_as_listed(study, state):
    boxes, atoms, manifests = [], [], []
    for ion in ("mg", "apo"):
        folder = study / f"results/systems/{state}-{ion}"
        manifests.append(json.loads((folder / "manifest.json").read_text()))
        structure = gemmi.read_structure(str(folder / "topology.cif"))
        boxes.append(manifests[-1]["box_vectors_nm"])
        atoms.append(
            {
                (residue.name, atom.name, *(round(x, 3) for x in atom.pos.tolist()))
                for chain in structure[0]
                for residue in chain
                for atom in residue
            }
        )
    assert boxes[0] == boxes[1]
    only_mg, only_apo = atoms[0] - atoms[1], atoms[1] - atoms[0]
    assert sorted(name for name, *_ in only_mg) == ["CL", "MG"]
    assert [name for name, *_ in only_apo] == ["NA"]
    assert [xyz for name, _, *xyz in only_mg if name == "CL"] == [xyz for _, _, *xyz in only_apo]
    for manifest in manifests:
        assert manifest["charge_e"] == 0
    assert len(manifests[1]["pair"]["differences"]) == 2


def test_every_frame_is_there_and_the_clock_runs_on(study):
    for system in ("closed-mg", "open-apo"):
        table = pd.read_csv(study / f"results/analysis/{system}/replica-0/opening.csv")
        assert table.time_ns.tolist() == pytest.approx([0.00004 * k for k in range(1, 11)])
        assert table.frame.tolist() == list(range(10))
        assert table.alpha7_shift_angstrom.notna().all()


def test_metal_keeps_its_neighbours(study):
    for state in ("closed", "open"):
        for replica in (0, 1):
            folder = study / f"results/analysis/{state}-mg/replica-{replica}"
            table = pd.read_csv(folder / "midas.csv")
            # A third of a picosecond of equilibration shakes the site; it must not come apart.
            assert (table.metal == "Mg").all()
            assert (table.coordination_number >= 5).mean() >= 0.9
            assert (table.pattern == state).mean() > 0.7
            assert not (table[["asp137_denticity", "asp239_denticity"]] > 1).any().any()


def test_replicas_of_a_pair_share_seeds_and_differ_from_each_other(study):
    def seeds(system, replica):
        path = study / f"results/production/{system}/replica-{replica}/segment-0.json"
        return json.loads(path.read_text())["seeds"]

    assert seeds("closed-mg", 0) == seeds("closed-apo", 0)
    assert seeds("closed-mg", 0) != seeds("closed-mg", 1)
    assert seeds("closed-mg", 0) != seeds("open-mg", 0)


def test_results_can_be_traced(study):
    import hashlib

    folder = study / "results/production/closed-mg/replica-0"
    for k in (0, 1):
        record = json.loads((folder / f"segment-{k}.json").read_text())
        for name, checksum in record["files"].items():
            found = hashlib.sha256((folder / name).read_bytes()).hexdigest()
            assert checksum == f"sha256:{found}"
        assert record["versions"]["openmm"]
    started = json.loads((folder / "segment-1.json").read_text())["started_from"]["sha256"]
    ended = json.loads((folder / "segment-0.json").read_text())["files"]["segment-0.state.xml.gz"]
    assert started.removeprefix("sha256:") == ended.removeprefix("sha256:")


def test_another_study_does_not_take_its_place(study, tmp_path):
    content = yaml.safe_load((study / "study.yaml").read_text())
    content["chemistry"]["padding"] = "0.7 nm"
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump(content))
    run = snakemake(study, "--dry-run", config=other)
    shown = run.stdout + run.stderr
    assert run.returncode != 0
    assert "chemistry.padding: 0.6 nm → 0.7 nm" in shown and "--directory" in shown


def test_fewer_replicas_use_no_leftovers(study, tmp_path):
    command = [LFA1, "compare", "--analysis", study / "results/analysis", "--replicas", "1"]
    command += ["--systems", "closed-mg", "closed-apo", "--output-dir", tmp_path]
    subprocess.run(command, check=True, capture_output=True)
    effects = pd.read_csv(tmp_path / "effects.csv")
    assert set(effects.n_pairs) == {1} and set(effects.state) == {"closed"}
    assert (effects.verdict == "cannot tell").all()


def test_extension_keeps_what_is_there(study, tmp_path):
    shutil.copytree(study, tmp_path / "copy", symlinks=True)
    content = yaml.safe_load((study / "study.yaml").read_text())
    content["production"]["duration"] = "0.6 ps"
    content["replicas"] = 3
    longer = tmp_path / "longer.yaml"
    longer.write_text(yaml.safe_dump(content))
    run = snakemake(tmp_path / "copy", "--dry-run", config=longer)
    jobs = re.findall(r"^\s+output: (results/(?:equil|prod|prep|sys)\S+)", run.stdout, re.M)
    assert jobs, run.stdout[-2000:] + run.stderr[-2000:]
    for path in jobs:
        assert "replica-2" in path or "segment-2" in path, path


def test_another_system_computes_only_itself(study, tmp_path):
    """A study that began without the apo systems, or without a state, gains them."""
    copy = tmp_path / "copy"
    shutil.copytree(study, copy, symlinks=True)
    for folder in ("systems", "equilibrated", "production", "analysis"):
        shutil.rmtree(copy / "results" / folder / "open-apo")
    for folder in ("prepared", "solvated"):
        assert (copy / "results" / folder / "open").is_dir()
    resolved = copy / "results/config.yaml"
    before = yaml.safe_load(resolved.read_text())
    resolved.write_text(yaml.safe_dump(before | {"ions": ["mg"]}))
    run = snakemake(copy, "--dry-run", config=copy / "study.yaml")
    outputs = re.findall(
        r"^\s+output: (results/(?!analysis|comp|report|figures)\S+)", run.stdout, re.M
    )
    assert outputs, run.stdout[-2000:] + run.stderr[-2000:]
    assert all("/open-apo/" in path for path in outputs), outputs


def test_a_result_of_the_study_is_read_by_the_programs_alone(study, tmp_path):
    """The analysis verbs on the trajectory, as an outsider would call them."""
    folder = study / "results"
    command = [
        *(LFA1, "opening", "--topology", folder / "systems/closed-mg/trajectory.pdb"),
        *("--trajectory", folder / "production/closed-mg/replica-0/segment-0.xtc"),
        *("--output", tmp_path / "mine.csv"),
    ]
    subprocess.run(command, check=True, capture_output=True)
    ours = pd.read_csv(folder / "analysis/closed-mg/replica-0/opening.csv")
    mine = pd.read_csv(tmp_path / "mine.csv")
    assert mine.alpha7_shift_angstrom.tolist() == pytest.approx(
        ours.alpha7_shift_angstrom[: len(mine)].tolist()
    )
