"""Write results so that a reader never sees half a file: tidy CSV and its provenance beside it."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

from lfa1_analysis.errors import InputError

_LIBRARIES = ("lfa1-study", "MDAnalysis", "mdtraj", "gemmi", "numpy", "scipy", "pandas")


def write_text(file: str | Path, text: str) -> None:
    """Write a text file in one stroke: a temporary file in the same folder, then a rename.

    Raises
    ------
    InputError
        If the folder cannot be made or written.
    """
    target = Path(file)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror}", "choose another --output"
        ) from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        os.replace(name, target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise InputError(
            f"{target} cannot be written: {error.strerror}", "choose another --output"
        ) from error
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_table(file: str | Path, table: pd.DataFrame) -> None:
    """Write plain CSV: times to 1 fs, fractions to 10⁻⁴, Å to 10⁻³, missing values empty."""
    decimals = {
        name: 6 if name.endswith("_ns") else 4 if name.endswith(("fraction", "helicity")) else 3
        for name in table.columns
    }
    rounded = table.round(decimals)
    floats = rounded.select_dtypes("float").columns
    rounded[floats] += 0.0  # no "-0.0"
    write_text(file, rounded.to_csv(index=False, lineterminator="\n"))


def sidecar(output: str | Path) -> Path:
    """Return the path of a table's provenance: ``opening.csv`` → ``opening.json``."""
    return Path(output).with_suffix(".json")


def provenance(inputs: Iterable[str | Path], settings: Mapping[str, object]) -> dict[str, object]:
    """Describe what a result was made from.

    Parameters
    ----------
    inputs : iterable of paths
        Files read; each is listed with its SHA-256 and size.
    settings : mapping
        Whatever else decided the result.
    """
    return {
        "inputs": [
            {
                "file": str(file),
                "sha256": digest(file),
                "bytes": Path(file).stat().st_size,
            }
            for file in inputs
        ],
        **settings,
        "versions": {"python": platform.python_version(), **_versions()},
    }


def write_json(file: str | Path, content: Mapping[str, object]) -> None:
    """Write a mapping as readable JSON in one stroke."""
    write_text(file, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def digest(file: str | Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _versions() -> dict[str, str]:
    found = {}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return found
