"""The umbrella windows of a study: those of the configuration and those added after a pilot."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_analysis.io.table import read_table

if TYPE_CHECKING:
    from lfa1_md.study.sampling import Sampling


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

    window: int
    centre: float
    force_constant: float
    start: int
    round: int = 0
    reason: str = ""

    @property
    def bias(self) -> dict[str, float]:
        """Its harmonic bias, as records name it."""
        return {"last_centre": self.centre, "force_constant_kj_per_mol": self.force_constant}


LOWEST, HIGHEST = -1.5, 2.5
"""Half a unit beyond where the configuration may put centres."""
COLUMNS = tuple(field.name for field in fields(Place))


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
        places = [
            Place(_whole(window), float(centre), float(k), _whole(start), _whole(of), str(reason))
            for window, centre, k, start, of, reason in found.itertuples(index=False)
        ]
    except ValueError as error:
        raise InputError(f"{path}: {error}", remedy) from None
    if [place.window for place in places] != list(range(len(places))):
        raise InputError(f"{path}: its windows are not numbered from 0", remedy)
    own = configured(sampling)
    if [place.bias for place in places[: len(own)]] != [place.bias for place in own]:
        raise InputError(f"{path}: lists other windows than the configuration's `sampling`", remedy)
    for place in places[len(own) :]:
        if not (
            LOWEST <= place.centre <= HIGHEST
            and 0 < place.force_constant < math.inf
            and 0 <= place.start < len(own)
            and place.round > 0
        ):
            raise InputError(f"{path}: window {place.window} is not possible", remedy)
    return places


def _whole(value: object) -> int:
    number = float(str(value))
    if not number.is_integer():
        raise ValueError(f"{value} is no whole number")
    return int(number)
