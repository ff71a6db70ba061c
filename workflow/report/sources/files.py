"""Reading the records and tables that other programs wrote: what cannot be used is named."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ValidationError

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import read_object, read_table

AGAIN = "delete it and run the step that makes it again"


def read_record(path: Path, kind: type[BaseModel], remedy: str = AGAIN) -> dict[str, Any]:
    """Read a JSON object and check what of it is used.

    Parameters
    ----------
    path : Path
    kind : type of pydantic.BaseModel
        What it must hold at least.
    remedy : str

    Raises
    ------
    InputError
        It cannot be read, or a key is missing or impossible.
    """
    content = read_object(path, remedy)
    try:
        kind.model_validate(content, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{path}: {key}: {message}", remedy) from None
    return content


def read_columns(
    path: Path,
    columns: Iterable[str],
    numbers: Iterable[str] = (),
    remedy: str = AGAIN,
    *,
    empty_allowed: bool = True,
) -> pd.DataFrame:
    """Read a CSV table that has certain columns.

    Parameters
    ----------
    path : Path
    columns, numbers : iterable of str
        Columns that must be there; those of `numbers` become floats, NaN where there is no value.
    remedy : str
    empty_allowed : bool
        Whether a table without rows will do.

    Raises
    ------
    InputError
        It cannot be read, a column is missing or holds something else than numbers.
    """
    table = read_table(path, remedy)
    numbers = tuple(numbers)
    for column in (*columns, *numbers):
        if column not in table:
            raise InputError(f"{path}: column '{column}' is missing", remedy)
    if table.empty and not empty_allowed:
        raise InputError(f"{path}: holds no rows", remedy)
    for column in numbers:
        values = pd.to_numeric(table[column], errors="coerce")
        wrong = table[column][values.isna() & table[column].notna()]
        if len(wrong):
            problem = f"{path}: column '{column}': {wrong.iloc[0]!r} is not a number"
            raise InputError(problem, remedy)
        table[column] = values.astype(float)
    return table
