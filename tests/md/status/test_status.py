"""How far a study is, seen from outside: folders as running, stopped and ended jobs leave them."""

import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml
from MDAnalysis import Universe, Writer

from lfa1_analysis.io.errors import InputError
from lfa1_cli.main import main
from lfa1_md.protein import models
from lfa1_md.status import tail as glimpse
from lfa1_md.status.running import (
    DONE,
    INTERRUPTED,
    RUNNING,
    WAITING,
    Overview,
    integrins_alone,
    jobs,
    look,
)
from lfa1_md.status.text import announce, job_lines, study_line
from lfa1_md.study.configfile import load

ROOT = Path(__file__).parents[3]


@pytest.fixture
def results(tmp_path):
    """The demonstration as planned; nothing is there yet."""
    folder = tmp_path / "results"
    folder.mkdir()
    content = load(ROOT / "config/config.yaml").model_dump(mode="json")
    (folder / "config.yaml").write_text(yaml.safe_dump(content))
    return folder


@pytest.fixture
def study():
    return load(ROOT / "config/config.yaml")


def first(study, results, step):
    return next(job for job in jobs(study, results) if job.step == step)


def put(path, text=""):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def seen(study, results, job, now=time.time):
    (found,) = (each for each in look(jobs(study, results), now) if each.job == job)
    return found


def test_a_planned_study_waits(study, results):
    """That its jobs are those that Snakemake plans: tests/workflow/test_plan.py."""
    overview = Overview(look(found := jobs(study, results)))
    assert overview.counts == {WAITING: len(found)} and len(found) > 40


def test_separation_is_among_the_jobs(results):
    """2 systems, 3 pulls of 2 segments, 2 replicas: a third one is equilibrated for the pulls."""
    study = load(ROOT / "config/bound.yaml")
    asked = study.separation.model_copy(update={"replicas": 3})
    study = study.model_copy(update={"separation": asked})
    found = jobs(study, results)
    counts = Counter(job.step for job in found)
    assert counts == {
        "prepare": 1,
        "solvate": 1,
        "build": 2,
        "minimise": 2,
        "equilibrate": 2 * 3,
        "simulate": 2 * 2 * 2,
        "separate": 2 * 3 * 2,
        "gather_separation": 1,
        "separation": 1,
        "observe": 4,
        "compare": 1,
        "report": 1,
    }
    rules = "\n".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    assert all(f"rule {step}:" in rules for step in counts)
    pull = next(job for job in found if job.step == "separate")
    assert pull.ns == 0.001 and pull.working.name == "segment-0.running"
    put(pull.marker)
    put(results / "separation/separation.json", "{}")
    done = [each.job.step for each in look(found) if each.condition == DONE]
    assert done == ["separate", "separation"]


@pytest.fixture
def headpiece():
    return load(ROOT / "config/headpiece.yaml")


def prepared(results, alpha):
    """Leave what `lfa1 prepare` says of the chains."""
    content = {"nearest_family_members": {"alpha": f"nearest to {alpha}, 99% identical"}}
    put(results / "prepared/closed/site.json", json.dumps(content))


@pytest.mark.parametrize("alpha", ["", "αL"])
def test_a_headpiece_with_alpha_l_ends_with_the_report(headpiece, results, alpha):
    """One entry is fetched; 3 systems of 4 replicas; nothing of it is known before `prepare`."""
    if alpha:
        prepared(results, alpha)
    counts = Counter(job.step for job in jobs(headpiece, results))
    assert (counts["fetch_structure"], counts["observe"], counts["integrin"]) == (1, 12, 12)
    assert counts["compare"] == counts["report"] == 1


@pytest.mark.parametrize("way", ["another α chain", "αI left out", "--target"])
def test_an_integrin_without_the_i_domain_ends_with_its_own_tables(headpiece, results, way, capsys):
    study = headpiece
    if way == "another α chain":
        prepared(results, "αX")
    if way == "αI left out":
        closed = study.states["closed"]
        construct = closed.integrin.model_copy(update={"domains": ["propeller", "beta_i"]})
        closed = closed.model_copy(update={"integrin": construct})
        study = study.model_copy(update={"states": {"closed": closed}})
    target = "integrins" if way == "--target" else ""
    found = jobs(study, results, target)
    steps = {job.step for job in found}
    assert "integrin" in steps and not steps & {"observe", "compare", "report"}
    (results / "config.yaml").write_text(yaml.safe_dump(study.model_dump(mode="json")))
    for job in found:
        if not job.marker.exists():
            put(job.marker)
    options = ["--target", target] if target else []
    assert main(["status", str(results), "--watch", *options]) == 0
    assert f"{len(found)} of {len(found)} jobs done" in capsys.readouterr().out


def test_only_integrins_are_jobs_of_their_target(headpiece, study, results):
    states = {"alone": study.states["closed"], **headpiece.states}
    both = headpiece.model_copy(update={"states": states})
    assert list(integrins_alone(both).systems) == ["closed-mg", "closed-ca", "closed-apo"]
    with pytest.raises(InputError, match="no state has the section `integrin`"):
        jobs(study, results, "integrins")


def test_a_structure_of_ones_own_is_not_fetched(headpiece, results):
    (results.parent / "5E6R").touch()
    assert "fetch_structure" not in {job.step for job in jobs(headpiece, results)}


def test_a_job_with_a_living_owner_runs(study, results):
    job = first(study, results, "simulate")
    owner = {"pid": os.getpid(), "host": socket.gethostname()}
    put(job.working / "lock", json.dumps(owner))
    put(job.log, f"{job.label}: 150/375 steps, 2.5 ns/day, 0:01:30 left\n")
    os.utime(job.log, (0, 0))  # an owner that lives counts more than a silent log
    found = seen(study, results, job)
    assert (found.condition, found.ns_per_day) == (RUNNING, 2.5)
    assert found.fraction == pytest.approx(0.4)
    overview = Overview([found])
    assert overview.ns_done == pytest.approx(0.4 * 0.0015)
    assert overview.days_left == pytest.approx(0.6 * 0.0015 / 2.5)
    assert "0:00:31 of dynamics left" in study_line(overview)  # 0.0009 ns at 2.5 ns/day


def test_a_job_whose_owner_died_is_interrupted(study, results):
    job = first(study, results, "equilibrate")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    put(job.working / "lock", json.dumps({"pid": ended.pid, "host": socket.gethostname()}))
    put(job.log, f"{job.label} equilibration: 10/1000 steps, 2.5 ns/day, 0:01:30 left\n")
    found = seen(study, results, job)
    assert (found.condition, found.ns_per_day) == (INTERRUPTED, 0.0)
    (line,) = job_lines(Overview([found]))
    assert "interrupted; run snakemake again" in line and "10/1000 steps" in line


@pytest.mark.parametrize(("age", "condition"), [(30, RUNNING), (600, INTERRUPTED)])
def test_on_another_machine_the_log_tells(study, results, age, condition):
    job = first(study, results, "simulate")
    put(job.working / "lock", json.dumps({"pid": 1, "host": "node17.elsewhere"}))
    log = put(job.log, f"{job.label}: 1/375 steps, 9 ns/day, 0:01:30 left\n")
    now = log.stat().st_mtime + age
    assert seen(study, results, job, lambda: now).condition == condition


def test_a_job_that_failed_says_why(study, results):
    job = first(study, results, "prepare")
    put(job.log, "lfa1 prepare: x.cif: no αL I domain in it\n  → give one\n")
    found = seen(study, results, job)
    assert found.condition == INTERRUPTED and "no αL I domain" in found.line


def test_a_log_of_bytes_that_are_no_text_is_no_trouble(study, results):
    job = first(study, results, "simulate")
    put(job.log).write_bytes(b"\xff\xfe\x00" * 5000)
    assert seen(study, results, job).condition == RUNNING


def test_all_done(study, results, capsys):
    for job in jobs(study, results):
        put(job.marker)
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
    assert main(["status", str(results), "--watch"]) == 0
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*")} == before
    assert "46 of 46 jobs done; 0.036 of 0.036 ns" in capsys.readouterr().out
    assert Overview(look(jobs(study, results))).counts == {DONE: 46}


def test_no_results_folder(tmp_path, capsys):
    assert main(["status", str(tmp_path)]) == 2
    assert "is not the results folder of a study" in capsys.readouterr().err


def test_announced_while_it_runs(study, results, capsys):
    job = first(study, results, "prepare")
    put(job.log)
    stop = announce(study, results, every=0.1)
    deadline = time.monotonic() + 20
    told = ""
    while "jobs done" not in told and time.monotonic() < deadline:
        time.sleep(0.1)
        told += capsys.readouterr().err
    stop.set()
    assert "0 of 46 jobs done, 1 running, 45 waiting" in told


@pytest.fixture
def running(results):
    """A replica with a finished segment of 3 frames, and one cut inside its third frame."""
    universe = _model("closed")
    top = results / "systems" / "closed-mg" / "trajectory.pdb"
    top.parent.mkdir(parents=True)
    universe.atoms.write(str(top))
    home = results / "production" / "closed-mg" / "replica-0"
    (home / "segment-1.running").mkdir(parents=True)
    start = universe.atoms.positions
    for place, number in ((home, 0), (home / "segment-1.running", 1)):
        with Writer(str(place / f"segment-{number}.xtc"), universe.atoms.n_atoms) as writer:
            for frame in range(3):
                shift = np.array([0.0, 0.0, 1.0 + 3 * number + frame])
                universe.atoms.positions = start + shift
                universe.trajectory.ts.time = 1 + 3 * number + frame
                writer.write(universe.atoms)
    grown = home / "segment-1.running" / "segment-1.xtc"
    grown.write_bytes(grown.read_bytes()[:-100])
    return results


def _model(name):
    import io

    from openmm.app import PDBFile, PDBxFile

    model, text = PDBxFile(str(models.path(name))), io.StringIO()
    PDBFile.writeFile(model.topology, model.positions, text, keepIds=True)
    text.seek(0)
    return Universe(text, format="PDB", topology_format="PDB")


def test_the_last_whole_frames_are_copied(study, running, tmp_path):
    paths = glimpse.pieces(study, running, "closed-mg", 0)
    before = sorted(running.rglob("*"))
    copy = tmp_path / "copy.xtc"
    assert glimpse.copy_last(paths, 4, copy) == 4
    copied = Universe(str(running / "systems/closed-mg/trajectory.pdb"), str(copy))
    assert [ts.time for ts in copied.trajectory] == [2, 3, 4, 5]
    assert glimpse.copy_last(paths, 100, copy) == 5
    assert sorted(running.rglob("*")) == before  # no index files beside a running segment


def test_a_look_at_a_running_replica(running, capsys):
    assert main(["look", "closed-mg", "0", "--results", str(running)]) == 0
    told = capsys.readouterr().out
    assert "closed-mg replica 0, 0.001 to 0.005 ns" in told and "still running" in told
    assert "ratchet pocket now: closed" in told
    (shift,) = (line.split() for line in told.splitlines() if line.startswith("alpha7_shift"))
    values = [float(value) for value in shift[1:]]
    assert max(values) - min(values) <= 0.03  # moved as a whole, and rounded as XTC does


def test_a_look_at_a_bound_replica_shows_glu34(tmp_path, capsys):
    """Two frames: as the model is, and with ICAM-1 moved off by 30 Å along x."""
    folder, universe = tmp_path / "results", _model("bound")
    folder.mkdir()
    content = load(ROOT / "config/bound.yaml").model_dump(mode="json")
    (folder / "config.yaml").write_text(yaml.safe_dump(content))
    top = folder / "systems/bound-mg/trajectory.pdb"
    frames = folder / "production/bound-mg/replica-0/segment-0.xtc"
    for path in (top, frames):
        path.parent.mkdir(parents=True)
    universe.atoms.write(str(top))
    ligand, metal = universe.select_atoms("segid B"), universe.select_atoms("resname MG")
    glu = ligand.select_atoms("resid 34 and name OE1 OE2").positions - metal.positions
    with Writer(str(frames), universe.atoms.n_atoms) as writer:
        writer.write(universe.atoms)
        ligand.positions += np.array([30.0, 0.0, 0.0])
        writer.write(universe.atoms)
    assert main(["look", "bound-mg", "0", "--results", str(folder)]) == 0
    told = capsys.readouterr().out.splitlines()
    first, last, *_ = next(line.split()[1:] for line in told if line.startswith("glu34_midas_"))
    moved = np.linalg.norm(glu + np.array([30.0, 0.0, 0.0]), axis=1).min()
    assert float(first) == pytest.approx(np.linalg.norm(glu, axis=1).min(), abs=0.5)
    assert float(last) == pytest.approx(moved, abs=0.5)
    kept = next(line.split()[1:3] for line in told if line.startswith("contacts_kept "))
    assert float(kept[0]) > 20 and float(kept[1]) == 0


def test_a_look_at_an_integrin_without_the_i_domain(tmp_path, headpiece, entry, capsys):
    """α5β1: its motions and sites, and why there is nothing of the αL I domain."""
    folder = tmp_path / "results"
    frames = folder / "production/closed-mg/replica-0/segment-0.xtc"
    top = folder / "systems/closed-mg/trajectory.pdb"
    for path in (frames, top):
        path.parent.mkdir(parents=True)
    content = headpiece.model_dump(mode="json")
    (folder / "config.yaml").write_text(yaml.safe_dump(content))
    universe = Universe(str(entry("4WJK")))
    universe.atoms.write(str(top))
    with Writer(str(frames), universe.atoms.n_atoms) as writer:
        writer.write(universe.atoms)
    assert main(["look", "closed-mg", "0", "--results", str(folder)]) == 0
    told = capsys.readouterr().out
    assert "an integrin without αL I domain: no observable of that domain" in told
    assert "beta_i_midas Mg" in told and "alpha7_shift" not in told


@pytest.mark.parametrize(
    ("system", "replica", "complaint"),
    [("closed-zn", 0, "no system"), ("closed-mg", 7, "no replica"), ("open-mg", 0, "no frame")],
)
def test_nothing_to_look_at(study, running, system, replica, complaint):
    with pytest.raises(InputError, match=complaint):
        glimpse.pieces(study, running, system, replica)
