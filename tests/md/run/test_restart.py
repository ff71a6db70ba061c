"""Runs that are killed, stopped or refused by the disk go on as if nothing had happened."""

import dataclasses
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from faults import BIAS, PHASES

from lfa1_analysis.trajectory import segments as completeness
from lfa1_md.box import system
from lfa1_md.files import checkpoint
from lfa1_md.run.stopping import Stop

HALVED = ("write", "frame", "row")
CLEARING = {"op": "^(unlink|rmdir)$", "phase": "clearing up"}


def points(short, leave_out=()):
    """Every kind of call that writes, in order; those that write bytes in their middle."""
    for op, name, phase in short.points():
        if op not in leave_out and phase not in leave_out:
            path = re.escape(name).replace("000002", "\\d+") + "$"
            path = "" if name == short.reference.name else path
            where = {"op": f"^{op}$", "path": path, "phase": f"^{phase}$"}
            yield where | ({"when": "half"} if op in HALVED else {})


def one_message(ended):
    """Whether a run failed, said once why and what to do, and showed no traceback."""
    said = ended.log.count("lfa1 simulate: "), ended.log.count("\n  → ")
    return ended.status == 2 and said == (1, 1) and "Traceback" not in ended.log


def test_the_points_cover_every_phase(short):
    missing = set(PHASES) - {phase for _, _, phase in short.trace}
    # Those write nothing when nothing went wrong, and production has no bias.
    assert missing == {"taking up", "stepping", BIAS}
    assert len(short.points()) > 25


def each(short, where, do):
    """Give outputs and how the run ended with a fault at each point; finish what is full."""
    output = short.output()
    for point in where:
        ended = short.fail(output, do(point), **point)
        if ended.status == 0:  # it had got beyond the point; another job begins at its beginning
            short.finish(output)
            output = short.output()
            ended = short.fail(output, do(point), **point)
        yield point, ended
    short.finish(output)


def test_killed_at_every_point_that_writes(short):
    """Each run goes on where the last kill left the job."""
    for point, ended in each(short, points(short), lambda _: "SIGKILL"):
        assert ended.status == -signal.SIGKILL, (point, ended.log)


def test_killed_again_and_again_in_delivery_nothing_is_left(short):
    """A rename between two links to one file does nothing: the part must go all the same."""
    output = short.halfway()
    for path in ("xtc.part$", "csv.part$", "json.part$"):
        ended = short.fail(output, "SIGKILL", op="^replace$", path=path, when="after")
        assert (ended.status, ended.phase) == (-signal.SIGKILL, "delivery")
    short.finish(output)


def test_a_frame_is_written_only_after_its_energies_proved_sound(short):
    grown = [op for op, _, _ in short.trace if op in ("row", "frame")]
    assert grown == ["row"] + ["row", "frame"] * 6  # the table's first row is its heading


def test_checkpoints_go_first_when_a_job_is_cleared_up(short):
    """Otherwise one could be taken up without the diagnoses of the blow-ups before it."""
    calls = [(op, name) for op, name, _ in short.trace]
    end = len(calls) - calls[::-1].index(("replace", "segment-0.json.part"))
    gone = [name for op, name in calls[end:] if op == "unlink" and not name.endswith(".part")]
    assert [name.startswith("checkpoint-") for name in gone[:3]] == [True, True, False]


def test_killed_while_it_takes_up_what_was_there(short):
    output = short.halfway()
    for nth in (1, 2, 3, 4):
        ended = short.fail(output, "SIGKILL", phase="taking up", nth=(nth + 1) // 2, when="after")
        assert (ended.status, ended.phase) == (-signal.SIGKILL, "taking up")
    short.finish(output)


def error(point):
    return {"fsync": "EIO", "replace": "EACCES", "unlink": "EROFS"}.get(
        point["op"].strip("^$"), "ENOSPC"
    )


@pytest.mark.slow
def test_the_disk_refuses_at_every_point_that_writes(short):
    """One message, and the same command ends the job when the disk is well again."""
    for point, ended in each(short, points(short, ("link", "clearing up")), error):
        assert one_message(ended), (point, ended.status, ended.log)


@pytest.mark.parametrize("op", ["^frame$", "^row$", "^write$"])
def test_a_disk_that_loses_bytes_in_silence_is_noticed(short, op):
    """As a full disk does below the C library that writes XTC."""
    output = short.halfway(6)
    ended = short.fail(output, "lie", op=op, when="half", path="(segment|checkpoint)-[0-9.]+")
    assert one_message(ended), ended.log
    short.finish(output)


def test_a_disk_that_stays_full_damages_nothing(short):
    output = short.halfway()
    before = {path: path.read_bytes() for path in checkpoint.listed(output / "segment-0.running")}
    for _ in range(2):
        assert one_message(short.fail(output, "ENOSPC", op="^(row|frame|write)$", lasting=True))
        assert {path: path.read_bytes() for path in before} == before
    short.finish(output)


def test_links_refused_are_copies(short):
    output = short.output()
    ended = short.fail(output, "EPERM", op="^link$", lasting=True)
    assert ended.status == 0, ended.log
    short.finish(output)


def test_a_folder_that_cannot_be_removed_does_not_fail_a_finished_job(short):
    """NFS keeps a folder whose lock is open."""
    output = short.output()
    ended = short.fail(output, "EBUSY", lasting=True, **CLEARING)
    assert ended.status == 0, ended.log
    assert (output / "segment-0.running").is_dir()
    short.finish(output)


@pytest.mark.parametrize("beyond", [0.5, 3])
def test_a_limit_that_the_kernel_enforces(short, beyond):
    """Beyond half a frame the C library that writes XTC fails, beyond three a checkpoint."""
    output = short.halfway(6)
    trajectory = output / "segment-0.running" / "segment-0.xtc"
    marks = checkpoint.read(checkpoint.listed(trajectory.parent)[0]).files
    frame = marks[trajectory.name].bytes / marks[trajectory.name].records
    limit = int(marks[trajectory.name].bytes + beyond * frame)
    ended = short.run(output, file_size=limit)
    assert one_message(ended), ended.log
    assert ("did not take" in ended.log) == (beyond < 1)
    short.finish(output)


@pytest.mark.slow
def test_a_disk_that_is_really_full(short, tmp_path):
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"]).returncode:
        pytest.skip("needs the right to mount a small disk: unshare -rm")
    small, kept = tmp_path / "small", short.output()
    small.mkdir()
    command = [sys.executable, "-m", "lfa1_cli.main", *short.command(small / "out")]
    size = (short.reference / "segment-0.state.xml.gz").stat().st_size * 2
    script = (
        f'mount -t tmpfs -o size={size} none {small} || exit 99; "$@"; status=$?; '
        f"cp -a {small}/out {kept}; exit $status"
    )
    run = ["unshare", "-rm", "sh", "-c", script, "sh", *command]
    ended = subprocess.run(run, capture_output=True, text=True)
    if ended.returncode == 99:
        pytest.skip(f"cannot mount a small disk: {ended.stderr.strip()}")
    assert ended.returncode == 2, ended.stderr
    assert "No space left on device" in ended.stderr and "Traceback" not in ended.stderr
    assert checkpoint.listed(kept / "segment-0.running")
    short.finish(kept)


@pytest.mark.slow
def test_nobody_reads_its_messages_any_more(short):
    output = short.output()
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "lfa1_cli.main", *short.command(output)]
    ended = subprocess.run(command, stderr=writing, stdout=writing)
    os.close(writing)
    assert ended.returncode == 0
    short.finish(output)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGUSR1"])
def test_stopped_by_a_signal_it_goes_on(short, name):
    output = short.output()
    ended = short.fail(output, name, op="^row$", nth=6)  # the header, then step 25
    assert ended.status == 75
    assert f"received {name}" in ended.log and "→ run it again" in ended.log
    ended = short.run(output)
    assert ended.status == 0, ended.log
    assert "not bit for bit, because it was stopped between two planned checkpoints" in ended.log
    record = short.record(output)
    assert completeness.problems(record, output) == []
    assert [c["exact"] for c in record["continuations"]] == [False]
    assert sorted(p.name for p in output.iterdir()) == sorted(
        p.name for p in short.reference.iterdir()
    )


def test_stopped_from_outside_within_seconds(short, tmp_path):
    """A new process, and a segment that is long enough not to be over."""
    config, output = tmp_path / "config.yaml", tmp_path / "out"
    long = short.inputs["config"].read_text().replace("0.12 ps", "120 ps")
    config.write_text(long)
    command = short.command(output)
    command[command.index("--config") + 1] = str(config)
    run = subprocess.Popen(
        [sys.executable, "-m", "lfa1_cli.main", *command], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not checkpoint.listed(output / "segment-0.running") and time.monotonic() < deadline:
        time.sleep(0.05)
    asked = time.monotonic()
    run.terminate()
    _, log = run.communicate(timeout=30)
    assert run.returncode == 75, log
    assert time.monotonic() - asked < 15
    assert "received SIGTERM" in log
    assert checkpoint.listed(output / "segment-0.running")


def test_stopped_before_it_began_nothing_is_left(short):
    output = short.output()
    command = [*short.command(output), "--max-hours", "1e-9"]
    ended = short.forks.run(command, short.log(output))
    assert ended.status == 75
    assert "--max-hours 1e-09 is nearly over" in ended.log
    assert list(output.iterdir()) == []
    short.finish(output)


def test_hours_count_from_the_start(monkeypatch):
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    stop = Stop(2.0)
    now = 1.97 * 3600
    assert not stop.reason
    now = 1.99 * 3600
    assert stop.reason


def test_a_second_process_is_refused_and_disturbs_nothing(short):
    output = short.output()
    fault = {"op": "^row$", "nth": 5, "do": "SIGSTOP"}
    first = short.forks.start(short.command(output), short.folder / "first.log", fault=fault)
    state = Path(f"/proc/{first}/stat")
    deadline = time.monotonic() + 60
    while state.read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    second = short.run(output)
    os.kill(first, signal.SIGCONT)
    ended = short.forks.wait(first, short.folder / "first.log")
    assert one_message(second), second.log
    assert f"another process runs it (process {first} on " in second.log
    assert ended.status == 0, ended.log
    short.finish(output)


def test_other_settings_are_refused_by_name(short, tmp_path):
    output = short.halfway()
    config = tmp_path / "config.yaml"
    config.write_text(short.inputs["config"].read_text().replace("seed: 7", "seed: 8"))
    command = short.command(output)
    command[command.index("--config") + 1] = str(config)
    ended = short.forks.run(command, short.log(output))
    assert one_message(ended)
    assert "was begun with other settings: seed: 7 → 8" in ended.log
    short.finish(output)


def test_another_first_state_is_refused(short, equilibrated, tmp_path):
    output = short.halfway()
    other = tmp_path / "state.xml.gz"
    shutil.copy(short.inputs["start"], other)
    with other.open("ab") as file:  # gzip allows zeros at the end
        file.write(b"\0")
    command = short.command(output)
    command[command.index("--from") + 1] = str(other)
    ended = short.forks.run(command, short.log(output))
    assert one_message(ended)
    assert "begun from another state" in ended.log
    short.finish(output)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m["platform"].update(name="CUDA"), "platform.name: CUDA → CPU"),
        (lambda m: m["platform"]["properties"].update(Threads="4"), "Threads: 4 → 1"),
        (lambda m: m["versions"].update(openmm="7.0"), "versions.openmm: 7.0 → "),
    ],
)
def test_another_machine_goes_on_but_not_bit_for_bit(short, change, words):
    output = short.halfway()
    for path in checkpoint.listed(output / "segment-0.running"):
        content = checkpoint.read(path)
        machine = json.loads(json.dumps(content.machine))
        change(machine)
        rewrite(path, dataclasses.replace(content, machine=machine))
    ended = short.run(output)
    assert ended.status == 0, ended.log
    assert "not bit for bit, because " in ended.log and words in ended.log
    (continuation,) = short.record(output)["continuations"]
    assert continuation["exact"] is False and words in continuation["because"][0]


def rewrite(path, content):
    """Write a checkpoint in place of another."""
    folder = path.parent / "rewritten"
    folder.mkdir()
    checkpoint.write(folder, content).replace(path)
    folder.rmdir()


def test_equilibration_killed_in_each_stage_is_repeated(short, equilibrated, minimised, tmp_path):
    home, output = minimised / "closed-mg", tmp_path / "out"
    command = [
        *("equilibrate", "--config", str(short.inputs["config"]), "--system-dir", str(home)),
        *("--state", str(home / system.MINIMISED), "--replica", "0", "--threads", "1"),
        *("--output-dir", str(output)),
    ]
    faults = [
        {"op": "^row$", "nth": 3, "when": "half"},
        {"phase": "writing a checkpoint", "op": "^write$", "when": "half"},
        {"op": "^row$", "nth": 6},
        {"op": "^row$", "nth": 2, "when": "after"},
        {"path": "state.xml.gz.part$", "op": "^replace$", "when": "after"},
        {"op": "^rmdir$"},
    ]
    for fault in faults:
        ended = short.forks.run(command, tmp_path / "log", fault=fault | {"do": "SIGKILL"})
        assert ended.status == -signal.SIGKILL, (fault, ended.log)
    ended = short.forks.run(command, tmp_path / "log")
    assert ended.status == 0, ended.log
    reference = equilibrated / "closed-mg"
    assert sorted(p.name for p in output.iterdir()) == sorted(p.name for p in reference.iterdir())
    for name in ("state.xml.gz", "equilibration.csv"):
        assert (output / name).read_bytes() == (reference / name).read_bytes()
    one, other = (json.loads((f / "equilibration.json").read_text()) for f in (output, reference))
    assert one["stages"] == other["stages"]
    assert [c["exact"] for c in one["continuations"]] == [True, True]
