import gzip
import json

import MDAnalysis
import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.io.errors import InputError
from lfa1_cli.main import main
from lfa1_md.box import system
from lfa1_md.files.provenance import read_json, sha256
from lfa1_md.run import states
from lfa1_md.run.segment import simulate
from lfa1_md.study.plan import Plan, names
from lfa1_md.study.sections import Production


def run(folder, name, start, segment, output, study, cpu, production=None):
    if production is not None:
        study = study.model_copy(update={"production": production})
    simulate(system.load(folder / name), start, study, 0, segment, *cpu, output)


@pytest.fixture(scope="module")
def chained(minimised, equilibrated, make_study, cpu, tmp_path_factory):
    """Two chained segments of closed-mg."""
    output = tmp_path_factory.mktemp("production")
    start = equilibrated / "closed-mg" / "state.xml.gz"
    for segment in (0, 1):
        run(minimised, "closed-mg", start, segment, output, make_study(), cpu)
        start = output / names(segment)["state"]
    return output


def test_frames_and_times_are_exact_across_segments(chained, minimised):
    universe = MDAnalysis.Universe(
        minimised / "closed-mg" / "trajectory.pdb",
        [str(chained / f"segment-{k}.xtc") for k in (0, 1)],
        continuous=False,
    )
    times = [frame.time for frame in universe.trajectory]
    assert times == pytest.approx(np.arange(1, 9) * 0.1, abs=1e-6)
    energies = pd.concat(pd.read_csv(chained / f"segment-{k}.csv") for k in (0, 1))
    assert energies.time_ps.tolist() == pytest.approx(np.arange(1, 21) * 0.04, abs=1e-12)
    assert np.isfinite(energies).all(axis=None)


def test_record_tells_what_was_run(chained):
    first, second = (read_json(chained / f"segment-{k}.json") for k in (0, 1))
    assert (first["steps"], first["frames"]) == (100, 4)
    assert (first["first_time_ps"], first["last_time_ps"]) == (0.1, 0.4)
    assert (second["first_time_ps"], second["last_time_ps"]) == (0.5, 0.8)
    assert second["started_from"]["sha256"] == first["files"]["segment-0.state.xml.gz"]
    assert first["seeds"] != second["seeds"]
    assert second["platform"] == {
        "name": "CPU",
        "properties": {"Threads": "1", "DeterministicForces": "true"},
    }
    for name, digest in first["files"].items():
        assert sha256(chained / name) == digest
    assert not list(chained.glob("*.part"))


def test_energy_has_no_jump_between_segments(chained):
    energies = [pd.read_csv(chained / f"segment-{k}.csv") for k in (0, 1)]
    total = [e.total_energy_kj_per_mol for e in energies]
    usual = np.abs(np.diff(np.concatenate(total))).mean()
    assert abs(total[1].iloc[0] - total[0].iloc[-1]) < 5 * usual


def test_final_state_carries_time_step_and_box(chained, minimised):
    n = system.load(minimised / "closed-mg").system.getNumParticles()
    state = states.read(chained / "segment-1.state.xml.gz", n)
    assert state.getStepCount() == 200
    assert state.getTime()._value == pytest.approx(0.8)
    volume = state.getPeriodicBoxVolume()._value
    last = pd.read_csv(chained / "segment-1.csv").volume_nm3.iloc[-1]
    assert volume == pytest.approx(last, rel=1e-4)


def test_trajectory_keeps_metal_waters_and_whole_protein(chained, minimised):
    universe = MDAnalysis.Universe(
        minimised / "closed-mg" / "trajectory.pdb", str(chained / "segment-1.xtc")
    )
    metal = universe.select_atoms("resname MG")
    oxygens = universe.select_atoms("resname HOH and element O")
    protein = universe.select_atoms("protein or resname ACE NME")
    assert len(universe.trajectory) > 0
    for _ in universe.trajectory:
        distances = np.linalg.norm(oxygens.positions - metal.positions, axis=1)
        assert (np.diff(distances) > -0.02).all()  # XTC rounds to 0.01 Å
        assert (distances < 2.6).sum() >= 2  # the crystal waters
        assert np.ptp(protein.positions, axis=0).max() < 20


@pytest.mark.parametrize("segment", [1, 2])
def test_segment_must_continue_the_one_before(
    minimised, equilibrated, make_study, cpu, tmp_path, segment
):
    start = equilibrated / "closed-mg" / "state.xml.gz"
    with pytest.raises(InputError, match=f"segment {segment} continues from step"):
        run(minimised, "closed-mg", start, segment, tmp_path, make_study(), cpu)
    assert list(tmp_path.iterdir()) == []


def test_state_that_its_record_disowns_is_refused(chained, minimised, make_study, cpu, tmp_path):
    for kind in ("state", "json"):
        name = names(0)[kind]
        (tmp_path / name).write_bytes((chained / name).read_bytes())
    record = json.loads((tmp_path / "segment-0.json").read_text())
    record["files"]["segment-0.state.xml.gz"] = "sha256:" + "0" * 64
    (tmp_path / "segment-0.json").write_text(json.dumps(record))
    with pytest.raises(InputError, match=r"differs from what segment-0\.json"):
        start = tmp_path / "segment-0.state.xml.gz"
        run(minimised, "closed-mg", start, 1, tmp_path / "out", make_study(), cpu)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda data: b"", "not an OpenMM state|damaged"),
        (lambda data: gzip.compress(b"<State>"), "not an OpenMM state"),
        (
            lambda data: gzip.compress(gzip.decompress(data).replace(b'x="', b'x="nan" y2="', 1)),
            "not a number|not an OpenMM state",
        ),
    ],
)
def test_damaged_state_is_refused(
    equilibrated, minimised, make_study, cpu, tmp_path, damage, message
):
    whole = (equilibrated / "closed-mg" / "state.xml.gz").read_bytes()
    start = tmp_path / "state.xml.gz"
    start.write_bytes(damage(whole))
    with pytest.raises(InputError, match=message):
        run(minimised, "closed-mg", start, 0, tmp_path / "out", make_study(), cpu)
    assert not (tmp_path / "out").exists()


def test_failure_leaves_what_was_there_before(
    minimised, equilibrated, make_study, cpu, tmp_path, monkeypatch
):
    (tmp_path / "segment-0.csv").write_text("the old table")
    monkeypatch.setattr(states, "place", lambda *args: 1 / 0)
    start = equilibrated / "closed-mg" / "state.xml.gz"
    with pytest.raises(ZeroDivisionError):
        run(minimised, "closed-mg", start, 0, tmp_path, make_study(), cpu)
    assert [path.name for path in tmp_path.iterdir()] == ["segment-0.csv"]
    assert (tmp_path / "segment-0.csv").read_text() == "the old table"


def test_plan_counts_in_whole_steps():
    production = Production(
        duration="0.9 ps", segment="0.3 ps", frame_interval="0.1 ps", energy_interval="0.02 ps"
    )
    plan = Plan.of(production, 2.5, 2)
    assert (plan.first_step, plan.steps, plan.frame_steps, plan.energy_steps) == (240, 120, 40, 8)
    assert plan.checkpoint_steps == 40
    assert plan.time(240) == 0.6


@pytest.mark.slow
def test_temperature_is_within_its_expected_error(
    minimised, equilibrated, make_study, cpu, tmp_path
):
    """The mean over 4 ps of the small box."""
    production = Production(
        duration="4 ps", segment="4 ps", frame_interval="4 ps", energy_interval="0.1 ps"
    )
    start = equilibrated / "closed-mg" / "state.xml.gz"
    run(minimised, "closed-mg", start, 0, tmp_path, make_study(), cpu, production)
    table = pd.read_csv(tmp_path / "segment-0.csv")
    later = table[table.time_ps > 1]
    n_free = read_json(minimised / "closed-mg" / "manifest.json")["degrees_of_freedom"]
    sd = 300 * np.sqrt(2 / n_free)  # canonical fluctuation of the kinetic temperature
    assert later.temperature_kelvin.std() == pytest.approx(sd, rel=0.5)
    # Friction 1/ps leaves about one independent value in 0.5 ps: six of them.
    assert abs(later.temperature_kelvin.mean() - 300) < 4 * sd / np.sqrt(6)
    assert later.density_g_per_ml.mean() == pytest.approx(1.02, abs=0.04)


def test_command_line_runs_the_whole_chain(prepared, tmp_path, capsys):
    config = tmp_path / "config.yaml"
    config.write_text(
        """\
states: {closed: {structure: closed}}
platform: CPU
chemistry: {padding: 0.6 nm, ionic_strength: 300 mM}
minimisation: {max_iterations: 10}
equilibration: [{name: release, ensemble: NPT, duration: 0.02 ps}]
production: {duration: 0.02 ps, segment: 0.02 ps, frame_interval: 0.02 ps,
  energy_interval: 0.02 ps}
"""
    )
    common = ["--config", str(config)]
    home = tmp_path / "systems" / "closed-apo"
    state = str(home / "minimised.state.xml.gz")
    threads = ["--threads", "1"]
    run_one = [*common, "--system-dir", str(home), "--replica", "0", *threads]
    calls = [
        [
            "solvate",
            *common,
            "--state",
            "closed",
            "--prepared",
            str(prepared),
            "--output-dir",
            str(tmp_path / "box"),
            *threads,
        ],
        [
            *("build", *common, "--system", "closed-apo", "--solvated", str(tmp_path / "box")),
            *("--output-dir", str(home)),
        ],
        ["minimise", *common, "--system-dir", str(home), "--output", state, *threads],
        ["equilibrate", *run_one, "--state", state, "--output-dir", str(tmp_path / "eq")],
        [
            "simulate",
            *run_one,
            "--from",
            str(tmp_path / "eq" / "state.xml.gz"),
            "--segment",
            "0",
            "--output-dir",
            str(tmp_path / "prod"),
        ],
    ]
    for call in calls:
        assert main(call) == 0, capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "prod").iterdir()) == sorted(names(0).values())
    capsys.readouterr()
    assert (
        main(
            [
                "simulate",
                *run_one,
                "--from",
                str(tmp_path / "no.xml.gz"),
                "--segment",
                "0",
                "--output-dir",
                str(tmp_path / "none"),
            ]
        )
        == 2
    )
    error = capsys.readouterr().err
    assert "no.xml.gz: no such file" in error and "→" in error
    assert not (tmp_path / "none").exists()
