"""The texts of a deposit: README, licence, authors, seeds, and what Zenodo asks for."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lfa1_analysis.io.errors import InputError
from lfa1_md.files.provenance import read_json
from lfa1_report.deposit.contents import KINDS, Item
from lfa1_report.methods.references import Publication
from lfa1_report.style.inline import environment

CHECKSUMS = "checksums.sha256"
AGAIN = (
    'cd source && make setup && PATH="$PWD/.venv/bin:$PATH" snakemake --cores 8 '
    "--directory ../study --configfile ../study/config.yaml"
)
"""Makes the study again, in the deposit's folder."""
MDPOSIT_LACKS = (
    "`groups`, `contact`, `citation` and `thanks` (only you know them); a topology with charges in "
    "a format it reads (the parameters are here as OpenMM XML; `no` stands for a structure instead)"
)
_ORCID = re.compile(r"^(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])$")


@dataclass(frozen=True)
class Licence:
    """A licence by its SPDX identifier."""

    spdx: str
    name: str
    url: str


LICENCES = {
    licence.spdx: licence
    for licence in (
        Licence(
            "CC-BY-4.0",
            "Creative Commons Attribution 4.0 International",
            "https://creativecommons.org/licenses/by/4.0/",
        ),
        Licence(
            "CC0-1.0",
            "Creative Commons Zero 1.0 Universal",
            "https://creativecommons.org/publicdomain/zero/1.0/",
        ),
    )
}


@dataclass(frozen=True)
class Author:
    """One author; `orcid` and `affiliation` may be empty."""

    name: str
    orcid: str = ""
    affiliation: str = ""

    @property
    def identifier(self) -> str:
        """Return what a crate calls this person."""
        return f"https://orcid.org/{self.orcid}" if self.orcid else f"#{quote(self.name)}"


def author(text: str) -> Author:
    """Read ``Family, Given; ORCID; affiliation``, of which only the name is needed.

    Raises
    ------
    InputError
        There is no name, or an ORCID whose check digit is wrong.
    """
    remedy = "write --author 'Family, Given; 0000-0000-0000-0000; affiliation'"
    name, *rest = (part.strip() for part in text.split(";"))
    if not name or _ORCID.match(name):
        raise InputError(f"--author {text!r}: has no name", remedy)
    orcid, affiliation = "", []
    for part in rest:
        if found := _ORCID.match(part):
            orcid = found[1]
            if not sound(orcid):
                raise InputError(f"--author {text!r}: {orcid} is no ORCID", "check its digits")
        elif part:
            affiliation.append(part)
    return Author(name, orcid, "; ".join(affiliation))


def sound(orcid: str) -> bool:
    """Check the last digit of an ORCID (ISO 7064 MOD 11-2)."""
    total = 0
    for digit in orcid.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return orcid[-1] == ("X" if check == 10 else str(check))


def size(number: float) -> str:
    """Write a number of bytes for people, in powers of ten as repositories count."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= factor:
            return f"{number / factor:.3g} {unit}"
    return f"{number:.0f} B"


def readme(
    title: str,
    description: str,
    kinds: Mapping[str, tuple[int, int]],
    stride: int,
    authors: Sequence[Author],
    licence: Licence,
    shortcomings: Sequence[str],
    fetched: Sequence[str],
    advice: Sequence[str],
) -> str:
    """Write README.md, whose words are in ``templates/deposit.md``."""
    template = environment().get_template("deposit.md")
    return template.render(
        title=title,
        description=description,
        kinds=kinds,
        descriptions=KINDS,
        stride=stride,
        authors=authors,
        licence=licence,
        shortcomings=shortcomings,
        fetched=fetched,
        advice=advice,
        again=AGAIN,
        size=size,
        mdposit_lacks=MDPOSIT_LACKS,
    )


def licence_text(licence: Licence, authors: Sequence[Author], year: str) -> str:
    """Write LICENSE, which names the licence and says where its text is."""
    holders = ", ".join(author.name for author in authors) or "the authors of this data set"
    return (
        f"SPDX-License-Identifier: {licence.spdx}\n\n{year} {holders}\n\n"
        f"The data of this folder are under {licence.name}.\nFull text: {licence.url}legalcode\n\n"
        "The programs in source/ are under the MIT licence; see source/LICENSE.\n"
    )


def zenodo(
    title: str,
    description: str,
    authors: Sequence[Author],
    licence: Licence,
    references: Sequence[Publication],
    version: str,
) -> str:
    """Write .zenodo.json: fields of Zenodo's deposit interface."""
    people = [
        {"name": each.name}
        | ({"orcid": each.orcid} if each.orcid else {})
        | ({"affiliation": each.affiliation} if each.affiliation else {})
        for each in authors
    ]
    content: dict[str, Any] = {
        "title": title,
        "upload_type": "dataset",
        "description": f"<p>{description}</p>",
        **({"creators": people} if people else {}),
        "access_right": "open",
        "license": licence.spdx.lower(),
        "keywords": ["molecular dynamics", "integrin LFA-1", "magnesium", "MIDAS"],
        "notes": f"Made by the LFA-1 · Mg²⁺ study pipeline {version}.",
        "references": [f"{each.text}{f'. {each.url}' if each.url else ''}" for each in references],
        "related_identifiers": [
            {"identifier": each.link, "relation": "cites", "scheme": "doi"}
            for each in references
            if each.link.startswith("10.")
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def seeds(items: Sequence[Item], study_seed: int) -> str:
    """Collect the seeds that the runs' records name: a row for each use."""
    rows = [("run", "part", "use", "seed"), ("study", "", "all others derive from it", study_seed)]
    for item in items:
        if item.kind == "records":
            rows += [
                (item.target.removeprefix("results/").removesuffix(".json"), *row)
                for row in _seeds(item.source)
            ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _seeds(path: Path) -> list[tuple[str, str, int]]:
    found = read_json(path).get("seeds")
    if not isinstance(found, Mapping):
        return []
    rows = []
    for part, used in found.items():
        uses = used if isinstance(used, Mapping) else {"": used}
        rows += [(str(part), str(use), seed) for use, seed in uses.items()]
    return rows
