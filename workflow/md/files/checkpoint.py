"""A checkpoint: everything a killed run needs to go on, as one file that is whole or refused.

The first line is ``lfa1-checkpoint 1 sha256:…``, the checksum of its beginning and of all that
follows: the record and the state as compressed JSON. A damaged byte anywhere makes it invalid.

What it carries of OpenMM: positions, velocities, box, time and step, in full precision and
readable on any machine. What it does not: the random number generators of the integrator and the
barostat and the barostat's step size, which OpenMM's states lack and its binary checkpoints keep
on GPUs alone. Therefore every run, killed or not, starts these anew wherever a checkpoint is due
(see `lfa1_md.run.restart`).
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import InputError
from lfa1_md.files.durable import all_or_nothing, part, sync
from lfa1_md.files.provenance import read_zipped_bytes, zipped

FORMAT = "lfa1-checkpoint 1"
KEPT = 2
"""The newest and the one before it."""


class DamagedError(Exception):
    """A checkpoint, or a file that it vouches for, is not what was written."""


@dataclass(frozen=True)
class Mark:
    """How far a growing file had come: its length, checksum and complete records."""

    bytes: int
    sha256: str
    records: int


@dataclass(frozen=True)
class Checkpoint:
    """A run at one step.

    Attributes
    ----------
    step : int
        Of the job.
    planned : bool
        Whether every run of this job has a checkpoint at this step, so that a continuation from
        here repeats the uninterrupted run.
    attempt : int
        0, or how many times the job had to start from new velocities after a blow-up.
    job, settings, started_from, system
        Label, settings and checksums of first state and parameters of the job that it belongs to.
    machine : dict
        Versions, platform and its properties: what else the bits depend on.
    files : dict of str to Mark
        The growing files, by name.
    seconds : float
        Wall-clock time spent so far.
    continuations, blow_ups : list of dict
        What happened before.
    state : str
        OpenMM's state as XML; of exchanged windows all walkers' (see `lfa1_md.biased.walkers`).
    """

    step: int
    planned: bool
    attempt: int
    job: str
    settings: dict[str, Any]
    started_from: str
    system: str
    machine: dict[str, Any]
    files: dict[str, Mark]
    seconds: float
    state: str
    continuations: list[dict[str, Any]] = field(default_factory=list)
    blow_ups: list[dict[str, Any]] = field(default_factory=list)


def listed(folder: Path) -> list[Path]:
    """Checkpoints in a folder, newest first."""
    return sorted(folder.glob("checkpoint-*.gz"), reverse=True)


def write(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write the next checkpoint of a folder, verify it, and only then drop the oldest.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OSError
        The disk refuses it or gives back something else; the checkpoints before are untouched.
    """
    before = listed(folder)
    serial = int(before[0].stem.split("-")[1]) + 1 if before else 1
    path = folder / f"checkpoint-{serial:06d}.gz"
    body = zipped(json.dumps(asdict(checkpoint), ensure_ascii=False))
    head = _sealed(FORMAT.encode(), body) + b"\n"
    with all_or_nothing(path):
        part(path).write_bytes(head + body)
        sync(part(path))
        if part(path).read_bytes() != head + body:
            raise OSError(f"{part(path)}: reads back differently from what was written")
    for old in before[KEPT - 1 :]:
        old.unlink()
    return path


def read(path: Path) -> Checkpoint:
    """Read a checkpoint.

    Raises
    ------
    DamagedError
        It is not, byte for byte, what was written.
    InputError
        It is whole, but another version of this program wrote it.
    """
    try:
        head, _, body = path.read_bytes().partition(b"\n")
    except OSError as error:
        if error.errno != errno.EIO:  # no access, say: not the checkpoint's fault
            raise
        raise DamagedError(f"{path.name} cannot be read: {error.strerror}") from None
    form = head.rpartition(b" ")[0]
    if head != _sealed(form, body):
        raise DamagedError(f"{path.name} is damaged: its checksum is wrong")
    if form != FORMAT.encode():
        raise InputError(
            f"{path}: has the format {form.decode(errors='replace')!r}, this version reads "
            f"{FORMAT!r}",
            f"finish with the version that began it, or delete {path.parent} to begin anew",
        )
    content = json.loads(read_zipped_bytes(body))
    content["files"] = {name: Mark(**mark) for name, mark in content["files"].items()}
    return Checkpoint(**content)


def _sealed(form: bytes, body: bytes) -> bytes:
    return form + b" sha256:" + hashlib.sha256(form + body).hexdigest().encode()


def valid(folder: Path, complaints: list[str]) -> Iterator[Checkpoint]:
    """Give the readable checkpoints, newest first; say of the others why not."""
    for path in listed(folder):
        try:
            yield read(path)
        except DamagedError as error:
            complaints.append(str(error))
