"""Who hands a study in, and under which licence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from lfa1_analysis.io.errors import InputError

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
        """What a crate calls this person."""
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
