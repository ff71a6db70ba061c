"""A run that blows up stops, says where it began, and is answered as the configuration says."""

import dataclasses
import gzip
import json

import openmm
import pytest

from lfa1_analysis.io.errors import PlatformError, SimulationError
from lfa1_analysis.trajectory import segments as completeness
from lfa1_md.box import system
from lfa1_md.files import checkpoint
from lfa1_md.run import blowup, states
from lfa1_md.run.blowup import Watch

FAST = "1000"
"""nm/ps."""


def harmed(text, atom):
    """Give one atom of a serialised state a velocity that none can have."""
    head, mark, velocities = text.partition("<Velocities>")
    rows = velocities.split("<Velocity ")
    rows[atom + 1] = f'x="{FAST}" y="{FAST}" z="0"/>' + rows[atom + 1].partition("/>")[2]
    return head + mark + "<Velocity ".join(rows)


def overlapping(text, one, other):
    """Put one atom of a serialised state onto another."""
    head, mark, positions = text.partition("<Positions>")
    rows = positions.split("<Position ")
    place, end, _ = rows[other + 1].partition("/>")
    rows[one + 1] = place + end + rows[one + 1].partition("/>")[2]
    return head + mark + "<Position ".join(rows)


@pytest.fixture
def metal(minimised):
    return system.load(minimised / "closed-mg").model.metal()


@pytest.fixture
def blown(short, metal, tmp_path):
    """A run that blew up from a start with a metal too fast: its command, output and end."""
    start, output = tmp_path / "state.xml.gz", tmp_path / "out"
    text = gzip.decompress(short.inputs["start"].read_bytes()).decode()
    start.write_bytes(gzip.compress(harmed(text, metal).encode()))
    command = short.command(output)
    command[command.index("--from") + 1] = str(start)
    return command, output, short.forks.run(command, tmp_path / "log")


def retrying(short, command, folder):
    """The command with one retry allowed."""
    config = folder / "config.yaml"
    text = short.inputs["config"].read_text() + "dynamics: {blow_up_retries: 1}\n"
    config.write_text(text)
    command = list(command)
    command[command.index("--config") + 1] = str(config)
    return command


def test_it_stops_with_a_diagnosis_that_names_the_atom(blown, short, minimised):
    _, output, ended = blown
    assert ended.status == 2 and "Traceback" not in ended.log
    folder = output / "segment-0.running"
    assert f"diagnosis in {folder / 'blow-up-1.json'}" in ended.log
    assert [p.name for p in output.iterdir()] == [folder.name]
    record = json.loads((folder / "blow-up-1.json").read_text())
    assert record["last_good"] == "the start"
    assert record["replay"]["step"] == 1
    assert record["replay"]["atoms"][0].endswith("MG401 MG")
    good = folder / record["last_good_state"]
    state = states.read(good, system.load(minimised / "closed-mg").system.getNumParticles())
    assert state.getStepCount() == 0


def test_it_names_the_force_that_an_overlap_drives(short, minimised, metal, tmp_path):
    loaded = system.load(minimised / "closed-mg")
    oxygen = int(loaded.model.waters()[-1][0])
    text = gzip.decompress(short.inputs["start"].read_bytes()).decode()
    start = tmp_path / "state.xml.gz"
    start.write_bytes(gzip.compress(overlapping(text, oxygen, metal).encode()))
    command, output = short.command(tmp_path / "out"), tmp_path / "out"
    command[command.index("--from") + 1] = str(start)
    ended = short.forks.run(command, tmp_path / "log")
    assert ended.status == 2 and "blew up" in ended.log and "Traceback" not in ended.log
    record = json.loads((output / "segment-0.running" / "blow-up-1.json").read_text())
    named = {each["atom"] for each in record["largest_forces"]} | set(record["replay"]["atoms"])
    atoms = list(loaded.model.topology.atoms())
    assert {blowup.named(atoms[metal]), blowup.named(atoms[oxygen])} & named
    energies = record["energies_kj_per_mol"]
    worst = max(energies, key=lambda k: float("inf") if energies[k] is None else energies[k])
    assert worst.startswith("NonbondedForce")


def test_it_is_not_tried_again_by_itself(blown, short, tmp_path):
    command, output, _ = blown
    diagnosis = (output / "segment-0.running" / "blow-up-1.json").read_bytes()
    again = short.forks.run(command, tmp_path / "log")
    assert again.status == 2 and again.phase == "start-up"
    assert "blew up" in again.log and "blow-up-1.json" in again.log
    assert "dynamics.blow_up_retries" in again.log
    assert [p.name for p in (output / "segment-0.running").glob("blow-up-*.json")] == [
        "blow-up-1.json"
    ]
    assert (output / "segment-0.running" / "blow-up-1.json").read_bytes() == diagnosis


def test_with_a_retry_it_goes_on_with_new_velocities(blown, short, tmp_path):
    command, output, _ = blown
    ended = short.forks.run(retrying(short, command, tmp_path), tmp_path / "log")
    assert ended.status == 0, ended.log
    record = short.record(output)
    assert completeness.problems(record, output) == []
    assert len(record["blow_ups"]) == 1
    assert sorted(p.name for p in output.iterdir()) == sorted(
        p.name for p in short.reference.iterdir()
    )


def test_it_goes_on_from_the_last_good_checkpoint(short, metal, tmp_path):
    """Killed after the blow-up, too: the new velocities are the same ones."""
    ends = []
    for number, kill in enumerate((False, True)):
        output = short.halfway()
        newest, _ = checkpoint.listed(output / "segment-0.running")
        content = checkpoint.read(newest)
        newest.unlink()
        bad = dataclasses.replace(content, state=harmed(content.state, metal))
        checkpoint.write(newest.parent, bad)
        folder = tmp_path / str(number)
        folder.mkdir()
        command = retrying(short, short.command(output), folder)
        if kill:
            fault = {"op": "^row$", "nth": 1, "when": "before", "do": "SIGKILL"}
            fault |= {"op": "^replace$", "path": "blow-up-1.json", "when": "after"}
            ended = short.forks.run(command, tmp_path / "log", fault=fault)
            assert ended.status == -9, ended.log
        ended = short.forks.run(command, tmp_path / "log")
        assert ended.status == 0, ended.log
        # Killed right after its diagnosis, the second run has nothing more to say of it.
        assert ("attempt 2 with new velocities" in ended.log) == (not kill)
        why = "not bit for bit, because it blew up and goes on with new velocities"
        assert f"goes on at step 20; {why}" in ended.log
        record = short.record(output)
        assert completeness.problems(record, output) == []
        assert len(record["blow_ups"]) == 1
        whole, reference = ((f / "segment-0.xtc").read_bytes() for f in (output, short.reference))
        before = content.files["segment-0.xtc"].bytes
        assert whole[:before] == reference[:before]
        assert whole != reference
        ends.append(whole)
    assert ends[0] == ends[1]


def test_a_second_blow_up_ends_the_retries(short, metal, tmp_path):
    """An overlap that new velocities do not cure."""
    loaded = short.inputs["system"]
    oxygen = int(system.load(loaded).model.waters()[-1][0])
    text = gzip.decompress(short.inputs["start"].read_bytes()).decode()
    start, output = tmp_path / "state.xml.gz", tmp_path / "out"
    start.write_bytes(gzip.compress(overlapping(text, oxygen, metal).encode()))
    command = short.command(output)
    command[command.index("--from") + 1] = str(start)
    ended = short.forks.run(retrying(short, command, tmp_path), tmp_path / "log")
    assert ended.status == 2, ended.log
    assert len(list((output / "segment-0.running").glob("blow-up-*.json"))) == 2


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (openmm.OpenMMException("Particle coordinate is NaN.  For more"), SimulationError),
        (
            openmm.OpenMMException("The periodic box size has decreased to less than twice"),
            SimulationError,
        ),
        (openmm.OpenMMException("Error downloading array posq: CUDA_ERROR"), PlatformError),
        (ValueError("Particle position is infinite."), SimulationError),
        (ValueError("fewer nanometres than"), ValueError),
        (OSError(28, "No space left on device"), OSError),
    ],
)
def test_what_ends_a_run_is_called_by_its_name(error, becomes, monkeypatch, tmp_path):
    class Energies:
        last_good = "0.1 ps"

    watch = Watch(None, Energies(), tmp_path)
    monkeypatch.setattr(watch, "_write", lambda problem: tmp_path / "blow-up-1.json")
    with pytest.raises(becomes) as caught, watch:
        raise error
    assert type(caught.value) is becomes
