"""The PDB entries that the study knows, from ``structures/catalogue.yaml`` and the user's own."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_analysis.proteins.alphal import WILD_TYPE
from lfa1_md.protein.input.i_domain import ProteinDomain
from lfa1_md.study.embedded import ENTRY

FILE = Path(__file__).resolve().parents[3] / "structures" / "catalogue.yaml"
OWN = "LFA1_CATALOGUE"
"""Environment variable that names further catalogue files, separated as in PATH."""


class Entry(BaseModel):
    """One chain of one PDB entry.

    Attributes
    ----------
    range : tuple of int
        First and last residue of the chain in the entry, mature numbering.
    mutations : tuple of str
        All differences from P20701 in that range, ``R189W``.
    resolution : float
        Å.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    entry: str
    chain: str = Field(min_length=1)
    range: tuple[int, int]
    state: Literal["closed", "open"]
    metal: Literal["MG", "MN", "CA", "ZN", "none"] = "none"
    mutations: tuple[str, ...] = ()
    resolution: float | None = Field(None, gt=0)
    what: str = ""
    citation: str = Field(min_length=1)

    @field_validator("entry")
    @classmethod
    def _identifier(cls, value: str) -> str:
        if not ENTRY.match(value):
            raise ValueError("is no PDB identifier such as 3F74")
        return value.upper() if len(value) == 4 else value

    @field_validator("metal", mode="before")
    @classmethod
    def _metal(cls, value: object) -> object:
        return "none" if value is None else value

    @model_validator(mode="after")
    def _sensible(self) -> Entry:
        first, last = self.range
        if not (first < last and first in WILD_TYPE and last in WILD_TYPE):
            raise ValueError(f"range {first}–{last} is not within 128–309")
        for mutation in self.mutations:
            match = re.match(r"^([A-Z])(\d+)([A-Z])$", mutation)
            if not match or WILD_TYPE.get(int(match[2])) != match[1]:
                raise ValueError(f"mutation {mutation!r} does not start from P20701")
        return self


def load(files: list[Path] | None = None) -> dict[str, Entry]:
    """Read the catalogue and the user's further files; later files overrule earlier ones.

    Parameters
    ----------
    files : list of path, optional
        By default the shipped catalogue and those that ``LFA1_CATALOGUE`` names.

    Raises
    ------
    ConfigError
        A file cannot be read or an entry is wrong; the message names file, entry and key.
    """
    if files is None:
        own = [Path(p) for p in os.environ.get(OWN, "").split(os.pathsep) if p]
        files = [FILE, *own]
    known: dict[str, Entry] = {}
    for file in files:
        for raw in _read(file):
            try:
                entry = Entry.model_validate(raw)
            except ValidationError as error:
                problem = error.errors()[0]
                key = ".".join(str(part) for part in problem["loc"]) or "entry"
                name = raw.get("entry", "?") if isinstance(raw, Mapping) else raw
                raise ConfigError(
                    f"{file}: entry {name}: {key}: {problem['msg'].removeprefix('Value error, ')}",
                    "write it like the entries of structures/catalogue.yaml",
                ) from None
            known[entry.entry] = entry
    return known


def _read(file: Path) -> list[object]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such catalogue", f"correct {OWN}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}", "correct the YAML file") from None
    entries = content.get("entries") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        raise ConfigError(f"{file}: has no list `entries`", "write it like the shipped catalogue")
    return entries


def is_identifier(name: str) -> bool:
    """Whether `name` looks like a PDB identifier."""
    return bool(ENTRY.match(name))


def find(name: str, known: Mapping[str, Entry] | None = None) -> Entry:
    """Return the entry of a PDB identifier, in capitals or not.

    Raises
    ------
    InputError
        The catalogue has no such entry.
    """
    known = load() if known is None else known
    entry = known.get(name.upper(), known.get(name.lower()))
    if entry is None:
        raise InputError(
            f"{name}: no such entry in the catalogue (it has {', '.join(sorted(known))})",
            f"add it to a file like structures/catalogue.yaml and name that in {OWN}, or give "
            "the path of a coordinate file",
        )
    return entry


def check(entry: Entry, domain: ProteinDomain) -> None:
    """Check that what was read is what the catalogue describes.

    Raises
    ------
    InputError
        Sequence, mutations or range differ.
    """
    inside = range(max(entry.range[0], min(WILD_TYPE)), min(entry.range[1], 307) + 1)
    first, last = domain.numbers[0], domain.numbers[-1]
    if (first, last) != (inside[0], inside[-1]):
        raise InputError(
            f"{domain.name}: chain {entry.chain} has residues {first}–{last}, the catalogue says "
            f"{inside[0]}–{inside[-1]} for {entry.entry}",
            "fetch the entry again, or correct the catalogue",
        )
    expected = {m for m in entry.mutations if int(m[1:-1]) in inside}
    if set(domain.mutations) != expected:
        raise InputError(
            f"{domain.name}: the sequence differs from P20701 by "
            f"{', '.join(domain.mutations) or 'nothing'}, the catalogue says "
            f"{', '.join(sorted(expected)) or 'nothing'} for {entry.entry}",
            "fetch the entry again, or correct the catalogue",
        )
