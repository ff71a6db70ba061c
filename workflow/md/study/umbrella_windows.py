"""The umbrella windows of a study: those of the configuration and those added after a pilot."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_analysis.io.table import read_table

if TYPE_CHECKING:
    from lfa1_md.study.sampling import Sampling


LOWEST, HIGHEST = -1.5, 2.5
"""Half a unit beyond where the configuration may put centres."""


@dataclass(frozen=True)
class Place:
    """Where a window is, and where its run begins.

    Attributes
    ----------
    window : int
        Its number; those of the configuration come first, from the closed end.
    centre : float
        On the opening coordinate.
    force_constant : float
        KJ/mol.
    start : int
        Window of the configuration at which the pull had arrived when this one begins.
    round : int
        Of adaptation, in which it was added; 0 if the configuration has it.
    reason : str
        Why it was added.
    """

    window: Annotated[int, Field(ge=0)]
    centre: Annotated[float, Field(ge=LOWEST, le=HIGHEST)]
    force_constant: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    start: Annotated[int, Field(ge=0)]
    round: Annotated[int, Field(ge=0)] = 0
    reason: str = ""

    @property
    def bias(self) -> dict[str, float]:
        """Its harmonic bias, as records name it."""
        return {"last_centre": self.centre, "force_constant_kj_per_mol": self.force_constant}


COLUMNS = tuple(field.name for field in fields(Place))
_PLACES = TypeAdapter(list[Place])


def configured(sampling: Sampling) -> list[Place]:
    """List the windows of the configuration, from the closed end."""
    return [
        Place(number, centre, sampling.force_constant, number)
        for number, centre in enumerate(sampling.centres)
    ]


def plan_file(results: Path, number: int) -> Path:
    """Name the table that lists the windows after a round of adaptation."""
    return results / "sampling" / f"round-{number}" / "plan.csv"


def after_round(sampling: Sampling, results: Path, number: int) -> list[Place]:
    """List the windows after a round of adaptation; round 0 leaves those of the configuration."""
    return configured(sampling) if number == 0 else read(plan_file(results, number), sampling)


def latest(sampling: Sampling, results: Path, number: int | None = None) -> list[Place]:
    """List the windows after the last round that has been done, or the last up to a number."""
    rounds = range(sampling.adapt.rounds if number is None else number, 0, -1)
    done = (each for each in rounds if plan_file(results, each).is_file())
    return after_round(sampling, results, next(done, 0))


def find(places: list[Place], number: int) -> Place:
    """Find a window by its number.

    Raises
    ------
    ConfigError
        There is none.
    """
    if number >= len(places):
        raise ConfigError(
            f"--window {number}: there are {len(places)}",
            f"give 0 to {len(places) - 1}, or with --plan the table that lists it",
        )
    return places[number]


def table(places: list[Place]) -> str:
    """Write windows as CSV, for `read`."""
    content = pd.DataFrame([asdict(place) for place in places], columns=list(COLUMNS))
    return str(content.to_csv(index=False, lineterminator="\n"))


def read(path: Path, sampling: Sampling) -> list[Place]:
    """Read the windows that a round of adaptation left.

    Raises
    ------
    InputError
        The table is missing or damaged, or belongs to other windows than the configuration's.
    """
    remedy = "delete it and run snakemake again: it is made from the pilot"
    found = read_table(path, remedy, keep_default_na=False)
    if tuple(found.columns) != COLUMNS:
        raise InputError(f"{path}: has not the columns {', '.join(COLUMNS)}", remedy)
    try:
        places = _PLACES.validate_python(found.to_dict("records"))
    except ValidationError as error:
        row, *key = error.errors()[0]["loc"]
        problem = f"{'.'.join(map(str, key))} of window {row}: {error.errors()[0]['msg']}"
        raise InputError(f"{path}: {problem}", remedy) from None
    if [place.window for place in places] != list(range(len(places))):
        raise InputError(f"{path}: its windows are not numbered from 0", remedy)
    own = configured(sampling)
    if [place.bias for place in places[: len(own)]] != [place.bias for place in own]:
        raise InputError(f"{path}: lists other windows than the configuration's `sampling`", remedy)
    for place in places[len(own) :]:
        if place.start >= len(own) or not place.round:
            raise InputError(f"{path}: window {place.window} is not possible", remedy)
    return places
