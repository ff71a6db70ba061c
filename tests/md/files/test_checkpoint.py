"""Damaged checkpoints and damaged files are never taken up; what is taken up is whole."""

import json
import random
import shutil
from dataclasses import replace

import pytest
from short import differences

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.trajectory.formats.xtc import frame_ends
from lfa1_md.files import checkpoint
from lfa1_md.files.checkpoint import Checkpoint, DamagedError, Mark
from lfa1_md.files.provenance import sha256
from lfa1_md.run.job import RunningJob

CUTS, FLIPS = 50, 200


@pytest.fixture
def written(tmp_path):
    """A checkpoint with a state of some length."""
    chance = random.Random(1)
    state = "".join(chance.choice("0123456789.- ") for _ in range(20000))
    made = Checkpoint(
        step=10,
        planned=True,
        attempt=0,
        job="closed-mg replica 0 segment 0",
        settings={"seed": 7, "chemistry": {"ph": 7.4}},
        started_from="sha256:1",
        system="sha256:2",
        machine={"versions": {"openmm": "8"}},
        files={"segment-0.xtc": Mark(100, "ab", 2)},
        seconds=1.5,
        state=state,
    )
    return checkpoint.write(tmp_path, made), made


def test_what_is_read_is_what_was_written(written):
    path, made = written
    assert checkpoint.read(path) == made


def test_cut_anywhere_it_is_refused(written):
    path, _ = written
    whole, chance = path.read_bytes(), random.Random(2)
    sizes = {0, 1, len(whole) - 1, whole.index(b"\n"), whole.index(b"\n") + 1}
    while len(sizes) < CUTS:
        sizes.add(chance.randrange(len(whole)))
    for size in sizes:
        path.write_bytes(whole[:size])
        with pytest.raises(DamagedError, match=path.name):
            checkpoint.read(path)


def test_with_any_bit_flipped_it_is_refused(written):
    path, _ = written
    whole, chance = path.read_bytes(), random.Random(3)
    bits = {chance.randrange(8 * len(whole)) for _ in range(FLIPS - 60)}
    bits |= {chance.randrange(8 * (whole.index(b"\n") + 30)) for _ in range(60)}
    while len(bits) < FLIPS:
        bits.add(chance.randrange(8 * len(whole)))
    for bit in bits:
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(DamagedError, match=path.name):
            checkpoint.read(path)


@pytest.mark.parametrize("more", [b"\0", b"\n", b"lfa1"])
def test_with_something_behind_it_it_is_refused(written, more):
    path, _ = written
    path.write_bytes(path.read_bytes() + more)
    with pytest.raises(DamagedError):
        checkpoint.read(path)


def test_another_versions_is_kept(written, monkeypatch):
    path, _ = written
    monkeypatch.setattr(checkpoint, "FORMAT", "lfa1-checkpoint 2")
    with pytest.raises(InputError, match="finish with the version that began it"):
        list(checkpoint.valid(path.parent, []))
    assert path.is_file()


def test_one_that_may_not_be_read_is_kept(written, monkeypatch):
    """A disk that is away for a moment must not cost the run."""
    path, _ = written

    def away(self):
        raise OSError(116, "Stale file handle", str(self))

    monkeypatch.setattr(type(path), "read_bytes", away)
    with pytest.raises(OSError, match="Stale"):
        list(checkpoint.valid(path.parent, []))
    assert path.is_file()


def test_the_newest_two_are_kept(written):
    path, made = written
    for _ in range(3):
        checkpoint.write(path.parent, made)
    assert [p.name for p in checkpoint.listed(path.parent)] == [
        "checkpoint-000004.gz",
        "checkpoint-000003.gz",
    ]


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def flip(path):
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 3] ^= 4
    path.write_bytes(damaged)


@pytest.mark.parametrize("harm", [cut, flip])
def test_the_one_before_is_taken_up(short, harm):
    output = short.halfway()
    newest, _ = checkpoint.listed(output / "segment-0.running")
    harm(newest)
    ended = short.finish(output)
    assert f"{newest.name} is damaged" in ended.log
    assert "going back to the checkpoint before" in ended.log
    assert "goes on at step 10" in ended.log
    assert [c["step"] for c in short.record(output)["continuations"]] == [10]


def test_without_a_valid_one_it_starts_again_and_says_so(short):
    output = short.halfway()
    for path in checkpoint.listed(output / "segment-0.running"):
        flip(path)
    ended = short.finish(output)
    assert "checkpoint-000001.gz is damaged" in ended.log
    assert "checkpoint-000002.gz is damaged" in ended.log
    assert "no checkpoint is left to go on from, so it starts again" in ended.log
    (told,) = short.record(output)["continuations"]
    assert told["started_again"] and len(told["warnings"]) == 2


def test_a_checkpoint_half_written_is_not_one(short):
    output = short.halfway()
    newest, _ = checkpoint.listed(output / "segment-0.running")
    part = newest.with_name("checkpoint-000003.gz.part")
    part.write_bytes(newest.read_bytes()[:1000])
    assert "goes on at step 20" in short.finish(output).log


def lines(path, chosen):
    path.write_bytes(b"".join(chosen(path.read_bytes().splitlines(keepends=True))))


def without_a_frame(path):
    """Take the second of equal frames out, as nearly as bytes allow."""
    _, first, second, *_ = frame_ends(path)
    data = path.read_bytes()
    path.write_bytes(data[:first] + data[second:])


HARM = {
    "trajectory cut before the checkpoint": ("xtc", cut),
    "trajectory with a flipped bit": ("xtc", flip),
    "trajectory without a frame": ("xtc", without_a_frame),
    "trajectory missing": ("xtc", lambda p: p.unlink()),
    "trajectory emptied": ("xtc", lambda p: p.write_bytes(b"")),
    "table cut before the checkpoint": ("csv", cut),
    "table with a flipped bit": ("csv", flip),
    "table without a row": ("csv", lambda p: lines(p, lambda x: x[:2] + x[3:])),
    "table with two rows exchanged": (
        "csv",
        lambda p: lines(p, lambda x: [x[0], x[2], x[1], *x[3:]]),
    ),
    "table missing": ("csv", lambda p: p.unlink()),
}


@pytest.mark.parametrize("what", HARM)
def test_a_damaged_file_is_not_continued(short, what):
    """Damage in what both checkpoints vouch for: from the beginning; else the one before."""
    kind, harm = HARM[what]
    output = short.halfway()
    path = output / "segment-0.running" / f"segment-0.{kind}"
    newest, before = (
        checkpoint.read(p).files[path.name].bytes for p in checkpoint.listed(path.parent)
    )
    assert newest > before
    with path.open("r+b") as file:
        file.truncate(newest)
    harm(path)
    ended = short.run(output)
    assert ended.status == 0 and path.name in ended.log
    spared = path.name in ended.log and "going back to the checkpoint before" in ended.log
    assert spared == (harm is cut)
    if harm is cut:
        assert "goes on at step 10" in ended.log
    else:
        assert "starts again from its first state" in ended.log
        # The checkpoints were sound, and whatever is missing may come back.
        aside = output / "segment-0.damaged-1"
        assert str(aside) in ended.log
        assert [checkpoint.read(p).step for p in checkpoint.listed(aside)] == [20, 10]
        shutil.rmtree(aside)
    assert differences(output, short.reference) == []


def test_several_folders_are_set_aside(short):
    output = short.halfway()
    trajectory = output / "segment-0.running/segment-0.xtc"
    trajectory.unlink()
    assert short.fail(output, "SIGKILL", op="^(row|frame)$", nth=11).status == -9
    assert (output / "segment-0.damaged-1").is_dir()
    trajectory.unlink()
    assert short.run(output).status == 0
    for number in (1, 2):
        assert len(checkpoint.listed(output / f"segment-0.damaged-{number}")) == 2


def continuation(folder, found, machine):
    """Give the job that a checkpoint is of, on some machine."""
    return RunningJob(
        label=found.job,
        folder=folder,
        names=tuple(found.files),
        settings=found.settings,
        started_from=found.started_from,
        machine=machine,
        system=found.system,
    )


def test_another_system_is_refused(short):
    """Settings alike, other charges: half a trajectory of each is none."""
    folder = short.halfway() / "segment-0.running"
    newest = checkpoint.read(checkpoint.listed(folder)[0])
    assert newest.system == sha256(short.inputs["system"] / "system.xml.gz")
    job = continuation(folder, newest, newest.machine)
    with (
        pytest.raises(InputError, match=r"begun with another system\.xml\.gz"),
        replace(job, system="sha256:other") as other,
    ):
        other.resume()
    with job:
        assert job.resume() == newest


@pytest.mark.parametrize("threads", ["1", "2"])
def test_only_one_thread_is_called_exact(short, threads):
    folder = short.halfway() / "segment-0.running"
    newest = checkpoint.read(checkpoint.listed(folder)[0])
    machine = json.loads(json.dumps(newest.machine))
    machine["platform"]["properties"]["Threads"] = threads
    checkpoint.write(folder, replace(newest, machine=machine))
    with continuation(folder, newest, machine) as job:
        job.resume()
        assert job.continuations[-1]["exact"] == (threads == "1")


@pytest.mark.parametrize("kind", ["xtc", "csv"])
def test_what_came_after_the_checkpoint_is_cut_off(short, kind):
    """Frames and rows of the killed run, half ones, and anything else."""
    for more in (lambda data: data, lambda data: data[:100], lambda data: b"\0" * 77):
        output = short.halfway()
        path = output / "segment-0.running" / f"segment-0.{kind}"
        with path.open("ab") as file:
            file.write(more(path.read_bytes()))
        assert "goes on at step 20" in short.finish(output).log


def test_a_damaged_finished_segment_is_refused_not_overwritten(short):
    output = short.output()
    shutil.copytree(short.reference, output)
    flip(output / "segment-0.xtc")
    damaged = (output / "segment-0.xtc").read_bytes()
    ended = short.run(output)
    assert ended.status == 2 and "is damaged: segment-0.xtc" in ended.log
    assert (output / "segment-0.xtc").read_bytes() == damaged
    assert differences(output, short.reference)
