"""References as BibTeX: what the page's list says of a publication, in fields."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from lfa1_report.methods.references import Reference

_SHORT = re.compile(
    # Without a program first: "Cell 112, 99" is a journal and its page.
    r"^(?P<authors>.+?) (?P<year>\d{4}), (?:(?P<program>[^,.]+), )??"
    r"(?P<journal>(?=[^,]*[^\W\d])[^,]+?)(?: (?P<volume>\d+), (?P<pages>[\w–-]+))?$"
)
_FULL = re.compile(
    r"^(?P<authors>.+?) \((?P<year>\d{4})\) (?P<title>.+)\. "
    r"(?P<journal>[^.]+?) (?P<volume>\d+), (?P<pages>[\w–-]+)$"
)
_YEAR = re.compile(r"^(?P<authors>.+?)\s+(?P<year>\d{4})\b")
_SPECIAL = str.maketrans({c: f"\\{c}" for c in "&%#_$"})


def keys(references: Sequence[Reference]) -> list[str]:
    """Name each reference by its first author and year; a letter tells apart what is the same."""
    named: list[str] = []
    for reference in references:
        found = _YEAR.match(reference.text.replace("(", " "))
        author = re.split(r"[ ,&]", found["authors"].strip())[0] if found else "reference"
        plain = unicodedata.normalize("NFKD", author).encode("ascii", "ignore").decode()
        plain = re.sub(r"\W", "", plain).lower() or "reference"
        stem = f"{plain}{found['year'] if found else ''}"
        name, letters = stem, iter("bcdefghijklmnopqrstuvwxyz")
        while name in named:
            name = f"{stem}{next(letters)}"
        named.append(name)
    return named


def entry(reference: Reference, key: str) -> str:
    """Write one entry.

    Parameters
    ----------
    reference : Reference
    key : str
        From `keys`.

    Returns
    -------
    str
        An ``@article`` with the fields that are known; ``@misc`` with the text as its note where
        no journal and page are. Text is Unicode, which biber and today's BibTeX styles read.
    """
    found = _FULL.match(reference.text) or _SHORT.match(reference.text)
    fields: dict[str, str] = {}
    if found:
        parts = {name: text for name, text in found.groupdict().items() if text}
        fields["author"] = _authors(parts["authors"])
        fields["title"] = reference.title or parts.get("title", "")
        fields |= {name: parts.get(name, "") for name in ("journal", "year", "volume", "pages")}
        fields["note"] = parts.get("program", "")
    else:
        year = _YEAR.match(reference.text.replace("(", " "))
        fields = {"year": year["year"] if year else "", "title": reference.title}
        fields["note"] = reference.text
    fields = {name: text.translate(_SPECIAL) for name, text in fields.items()}
    fields["pages"] = fields.get("pages", "").replace("–", "--")
    if reference.link.startswith(("PMC", "PMID")):
        fields["url"] = reference.url
    elif reference.link:
        fields["doi"] = reference.link
    kind = "article" if fields.get("journal") else "misc"
    lines = [f"  {name} = {{{text}}}," for name, text in fields.items() if text]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"]) + "\n"


def bibliography(references: Sequence[Reference]) -> str:
    """Write all entries, in the order given."""
    named = zip(references, keys(references), strict=True)
    return "\n".join(entry(reference, key) for reference, key in named)


def _authors(text: str) -> str:
    """Turn ``Izadi, Anandakrishnan & Onufriev`` or ``Zhang H, Liu JH`` into BibTeX's names."""
    others = re.search(r" et al\.?$", text)
    text = re.sub(r" et al\.?$", "", text)
    names = [name.strip() for name in re.split(r", | & | and ", text) if name.strip()]
    names = [re.sub(r"^(.+?) ([A-Z]{1,4})$", _initials, name) for name in names]
    return " and ".join([*names, *(["others"] if others else [])])


def _initials(found: re.Match[str]) -> str:
    return f"{found[1]}, {' '.join(f'{letter}.' for letter in found[2])}"
