"""Where results come from: checksums, versions, and files that are either whole or not there."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import platform as machine
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lfa1_analysis.errors import InputError

PACKAGES = ("lfa1-study", "openmm", "pdbfixer", "numpy")
"""Distributions whose versions decide what a run computes."""
PART = ".part"
"""Suffix of a file that is still being written."""


def sha256(path: str | Path) -> str:
    """Checksum of a file, as ``sha256:`` and 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def versions() -> dict[str, str]:
    """Versions of Python and of the packages in `PACKAGES` that are installed."""
    found = {"python": machine.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def part(path: str | Path) -> Path:
    """Name under which `path` is written until it is whole."""
    path = Path(path)
    return path.with_name(path.name + PART)


def put_in_place(path: str | Path) -> None:
    """Give a finished ``.part`` file its real name, its content safely on disk before."""
    unfinished = part(path)
    with open(unfinished, "rb") as file:
        os.fsync(file.fileno())
    os.replace(unfinished, path)


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


def as_json(content: Mapping[str, Any]) -> str:
    """JSON as every file of the study writes it."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file at once."""
    write_text(path, as_json(content))


def read_json(path: str | Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    InputError
        The file is missing, unreadable or holds something else.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", "run the step that writes it first") from None
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: not a readable JSON file ({error})", "delete it and run its step again"
        ) from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: holds no JSON object", "delete it and run its step again")
    return content


def zipped(text: str) -> bytes:
    """Text compressed so that equal text gives equal bytes (no name, no time)."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0, compresslevel=4) as file:
        file.write(text.encode())
    return buffer.getvalue()


def read_zipped(path: str | Path) -> str:
    """Text of a compressed file.

    Raises
    ------
    InputError
        The file is missing, cut short or damaged.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file", "run the step that writes it first") from None
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise InputError(
            f"{path}: damaged or not gzip ({error})", "delete it and run its step again"
        ) from None
