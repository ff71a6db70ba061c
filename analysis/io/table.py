"""Write and read tables and records whole: tidy CSV, its provenance beside it, or an error.

A reader never sees half a file. What is read is checked: pandas fills up rows that are too short
and renames columns that are there twice, so that a table that a full disk or a killed program has
cut short would pass for a sound one with missing values.
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import os
import platform
import tempfile
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.sealed_record import sealed

_LIBRARIES = ("lfa1-study", "MDAnalysis", "mdtraj", "gemmi", "numpy", "scipy", "pandas", "pymbar")


def check_place(
    *outputs: str | Path, inputs: Iterable[str | Path] = (), option: str = "--output"
) -> None:
    """Check, before anything is computed, that files can be written and are not read.

    Parameters
    ----------
    *outputs : paths
        Files to write.
    inputs : iterable of paths
        Files that are read.
    option : str
        Of the command line, for the remedy.

    Raises
    ------
    InputError
        One is a folder, lies below something that is no folder or may not be written, or is one
        of the inputs.
    """
    remedy = f"choose another {option}"
    for output in map(Path, outputs):
        if output.is_dir():
            raise InputError(f"{output} cannot be written: it is a folder", remedy)
        for file in map(Path, inputs):
            if output.exists() and file.exists() and output.samefile(file):
                raise InputError(f"{output} cannot be written: it is the input {file}", remedy)
        above = next(folder for folder in output.absolute().parents if os.path.lexists(folder))
        if not above.is_dir():
            raise InputError(f"{output} cannot be written: {above} is no folder", remedy)
        if not os.access(above, os.W_OK | os.X_OK):
            raise InputError(f"{output} cannot be written: no permission in {above}", remedy)


def write_texts(texts: Mapping[Path, str]) -> None:
    """Write text files, all or none: temporary files in the same folders, then renames.

    Raises
    ------
    InputError
        If a folder cannot be made or written; the message names the file.
    """
    parts: dict[Path, Path] = {}
    target = Path()
    try:
        for target, text in texts.items():
            target.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
            parts[target] = Path(name)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            parts[target].chmod(0o644)
        for target, part in parts.items():
            os.replace(part, target)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror}",
            "make room there, or choose another place for it",
        ) from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def write_text(file: str | Path, text: str) -> None:
    """Write one text file as :func:`write_texts` does."""
    write_texts({Path(file): text})


def as_csv(table: pd.DataFrame) -> str:
    """Return plain CSV: times to 1 fs, fractions to 10⁻⁴, Å to 10⁻³, missing values empty."""
    decimals = {
        name: 6 if name.endswith("_ns") else 4 if name.endswith(("fraction", "helicity")) else 3
        for name in table.columns
    }
    rounded = table.round(decimals)
    floats = rounded.select_dtypes("float").columns
    rounded[floats] += 0.0  # no "-0.0"
    return str(rounded.to_csv(index=False, lineterminator="\n"))


def rounded_csv(table: pd.DataFrame, digits: int | None = None) -> str:
    """Return plain CSV with so many significant digits, or all of them."""
    form = None if digits is None else f"%.{digits}g"
    return str(table.to_csv(index=False, float_format=form, lineterminator="\n"))


def or_null(number: float | None) -> float | None:
    """Return a number as JSON can hold it: null for one that is not finite."""
    return float(number) if number is not None and math.isfinite(number) else None


def write_table(file: str | Path, table: pd.DataFrame) -> None:
    """Write a table as :func:`as_csv` has it."""
    write_text(file, as_csv(table))


def read_text(path: Path, remedy: str) -> str:
    """Return the text of a UTF-8 file that is not empty.

    Raises
    ------
    InputError
        It cannot be read, is not text, or is empty; with `remedy`.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", remedy) from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text", remedy) from None
    if "\0" in text:
        raise InputError(f"{path}: is binary, not text", remedy)
    if not text.strip():
        raise InputError(f"{path}: is empty", remedy)
    return text


def read_table(path: Path, remedy: str, **options: Any) -> pd.DataFrame:
    """Read a CSV table with a header and as many values in every line.

    Parameters
    ----------
    path : Path
    remedy : str
        What to do about a table that cannot be used.
    **options
        Of :func:`pandas.read_csv`.

    Raises
    ------
    InputError
        As :func:`read_text`; or the table is cut short, has a column twice or a ragged row.
    """
    text = read_text(path, remedy)
    if not text.endswith("\n"):
        raise InputError(f"{path}: is cut short: its last line does not end", remedy)
    rows = csv.reader(StringIO(text, newline=""))
    header = next(rows)
    for name in header:
        if header.count(name) > 1:
            raise InputError(f"{path}: column '{name}' is there twice", remedy)
    for row in rows:
        if row and len(row) != len(header):
            raise InputError(
                f"{path}: line {rows.line_num} has {len(row)} values for {len(header)} columns",
                remedy,
            )
    try:
        return pd.read_csv(StringIO(text), **options)
    except ValueError as error:
        problem = " ".join(str(error).split())
        raise InputError(f"{path}: cannot be read as CSV: {problem}", remedy) from None


def read_object(path: Path, remedy: str) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    InputError
        As :func:`read_text`; or it is not JSON, or not an object.
    """
    try:
        content = json.loads(read_text(path, remedy))
    except ValueError as error:
        raise InputError(f"{path}: cannot be read as JSON: {error}", remedy) from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: is not a JSON object", remedy)
    return content


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
        "versions": versions(),
    }


def write_results(
    tables: Mapping[Path, pd.DataFrame],
    record: Path,
    content: Mapping[str, object],
    digits: int | None = None,
    texts: Mapping[Path, str] | None = None,
) -> dict[str, Any]:
    """Write tables and the record that lists their checksums, all or none, and return the record.

    Parameters
    ----------
    tables : mapping
        By file.
    record : Path
        The JSON file.
    content : mapping
        What else it says.
    digits : int, optional
        Significant digits of the tables; all by default.
    texts : mapping, optional
        Further files.
    """
    written = {path: rounded_csv(table, digits) for path, table in tables.items()}
    written |= texts or {}
    content = {"files": checksums(written), **content}
    write_texts({**written, record: as_json(content)})
    return content


def as_json(content: Mapping[str, object]) -> str:
    """Return readable JSON with a checksum of its own, as `sealed_record` says."""
    return json.dumps(sealed(content), indent=1, ensure_ascii=False) + "\n"


def checksums(texts: Mapping[Path, str]) -> dict[str, str]:
    """Return the checksum of each text by the name of its file, as records list them."""
    return {
        file.name: f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        for file, text in texts.items()
    }


def digest(file: str | Path) -> str:
    """Return the SHA-256 of a file, read in pieces."""
    with Path(file).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that results are computed with."""
    found = {"python": platform.python_version()}
    for library in _LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return found
