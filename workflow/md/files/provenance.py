"""Where results come from: checksums, versions, and how records and states are read."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform as machine
import zlib
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.sealed_record import sealed

PACKAGES = ("lfa1-study", "openmm", "pdbfixer", "numpy")
"""Distributions whose versions decide what a run computes."""
BUILDING = (*PACKAGES, "propka", "gemmi", "scipy", "snakemake")
"""Distributions that records of preparation and boxes name; no run depends on those added here, so
another version of one makes no continuation inexact."""


def sha256(path: str | Path) -> str:
    """Checksum of a file, as ``sha256:`` and 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def sha256_of(data: bytes) -> str:
    """Checksum of bytes, as `sha256` writes it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def changed(record: Mapping[str, Any], folder: Path) -> list[str]:
    """Compare the files that a record lists with those in a folder; say what is wrong."""
    files = record.get("files")
    if not isinstance(files, dict):
        return ["its record lists no files"]
    found = []
    for name, expected in files.items():
        if not (folder / name).is_file():
            found.append(f"{folder / name} is missing")
        elif sha256(folder / name) != expected:
            found.append(f"{folder / name} is not what its record describes")
    return found


def versions(names: Sequence[str] = PACKAGES) -> dict[str, str]:
    """Versions of Python and of those of these distributions that are installed."""
    found = {"python": machine.python_version()}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def as_json(content: Mapping[str, Any]) -> str:
    """JSON as every file of the study writes it, with a checksum of its own."""
    return json.dumps(sealed(content), indent=2, ensure_ascii=False) + "\n"


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


def read_zipped_bytes(data: bytes) -> str:
    """Text of what `zipped` gave."""
    return gzip.decompress(data).decode()


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
