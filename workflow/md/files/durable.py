"""Files that are either whole or not there, whatever happens while they are written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lfa1_md.files.provenance import as_json

PART = ".part"
"""Suffix of a file that is still being written."""


def part(path: str | Path) -> Path:
    """Name under which `path` is written until it is whole."""
    path = Path(path)
    return path.with_name(path.name + PART)


def put_in_place(path: str | Path) -> None:
    """Give a finished ``.part`` file its real name, its content safely on disk before."""
    unfinished = part(path)
    sync(unfinished)
    os.replace(unfinished, path)
    unfinished.unlink(missing_ok=True)  # two links to one file: the kernel has replaced nothing
    sync_folder(Path(path).parent)


def sync(path: str | Path) -> None:
    """Bring a file's content to the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: str | Path) -> None:
    """Bring a folder's list of names to the disk, so that a rename outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def set_time(path: str | Path, moment: float) -> None:
    """Set when a file was last changed (s since 1970), as well as its owner lets us.

    Of somebody else's file that may be written it becomes now; of others it stays as it is.
    """
    for times in ((moment, moment), None):
        try:
            os.utime(path, times, follow_symlinks=False)
            os.utime(path, times)
            return
        except OSError:
            continue


def cut(path: str | Path, size: int) -> None:
    """Cut a file back to its first `size` bytes."""
    with open(path, "r+b") as file:
        file.truncate(size)
        os.fsync(file.fileno())


@contextmanager
def all_or_nothing(*paths: str | Path) -> Iterator[None]:
    """Put the ``.part`` files of `paths` in place, in that order, when the block ends well.

    When it does not, they are removed and nothing that was there before is touched.
    """
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        part(path).unlink(missing_ok=True)
    try:
        yield
        for path in paths:
            put_in_place(path)
    finally:
        for path in paths:
            part(path).unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a text file at once."""
    with all_or_nothing(path):
        part(path).write_text(text, encoding="utf-8")


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file at once."""
    write_text(path, as_json(content))
