"""Reading a CSV table or JSON record whole, or saying why it cannot be trusted.

pandas fills up rows that are too short and renames columns that are there twice; a table that a
full disk or a killed program has cut short would pass for a sound one with missing values.
"""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from lfa1_analysis.io.errors import InputError


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
