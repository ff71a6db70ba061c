"""The literature that the page may cite, numbered in order of first use and written as BibTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import resources

from markupsafe import Markup

_SPECIAL = str.maketrans({c: f"\\{c}" for c in "&%#_$"})


@dataclass(frozen=True)
class Publication:
    """One publication.

    Attributes
    ----------
    fields : dict
        BibTeX fields in Unicode, unescaped; of a publication that a study's records name and
        ``references.bib`` has not, only ``note``, ``year`` and ``doi``.
    """

    fields: dict[str, str]

    @property
    def text(self) -> str:
        """Return what the page shows: ``authors year, [program,] journal volume, page``."""
        its = self.fields
        if "journal" not in its:
            return its["note"]
        *first, last = (name.split(", ")[0] for name in its["author"].split(" and "))
        if last == "others":
            authors = f"{', '.join(first)} et al."
        else:
            authors = f"{', '.join(first)} & {last}" if first else last
        program = f"{its['note']}, " if "note" in its else ""
        pages = its["pages"].replace("--", "–")
        return f"{authors} {its['year']}, {program}{its['journal']} {its['volume']}, {pages}"

    @property
    def url(self) -> str:
        """Where it is found; empty where that is unknown."""
        doi = self.fields.get("doi")
        return f"https://doi.org/{doi}" if doi else self.fields.get("url", "")

    @property
    def link(self) -> str:
        """The DOI, or another address; empty where there is none."""
        return self.fields.get("doi") or self.url

    @property
    def identity(self) -> str:
        """Return what two entries of the same publication share: DOIs do not tell case apart."""
        return self.link.lower() or self.text

    def entry(self, key: str) -> str:
        """Return the BibTeX entry; Unicode, which biber and today's BibTeX styles read."""
        kind = "article" if "journal" in self.fields else "misc"
        lines = [
            f"  {name} = {{{text if name in ('doi', 'url') else text.translate(_SPECIAL)}}},"
            for name, text in self.fields.items()
        ]
        return "\n".join([f"@{kind}{{{key},", *lines, "}"]) + "\n"


def _shipped() -> dict[str, Publication]:
    """Read ``references.bib``, which has one field a line."""
    file = resources.files("lfa1_report.methods") / "data" / "references.bib"
    found = {}
    for entry in file.read_text(encoding="utf-8").split("\n@"):
        head, *lines = entry.strip().splitlines()
        parts = [line.strip().removesuffix("},").partition(" = {") for line in lines if "=" in line]
        fields = {name: text.replace("\\", "") for name, _, text in parts}
        found[head.partition("{")[2].removesuffix(",")] = Publication(fields)
    return found


LITERATURE = _shipped()
_BY_LINK = {each.identity: each for each in LITERATURE.values()}


def keys(publications: Sequence[Publication]) -> list[str]:
    """Name each publication by first author and year; a letter tells apart what is the same."""
    named: list[str] = []
    for each in publications:
        author = re.split(r"[ ,&]", each.fields.get("author", each.text))[0]
        plain = unicodedata.normalize("NFKD", author).encode("ascii", "ignore").decode()
        stem = (re.sub(r"\W", "", plain).lower() or "reference") + each.fields.get("year", "")
        name, letters = stem, iter("bcdefghijklmnopqrstuvwxyz")
        while name in named:
            name = f"{stem}{next(letters)}"
        named.append(name)
    return named


def bibtex(publications: Sequence[Publication]) -> str:
    """Return the BibTeX entries of publications, in the order given."""
    named = zip(publications, keys(publications), strict=True)
    return "\n".join(each.entry(key) for each, key in named)


def _described(text: str, doi: str) -> Publication:
    """Return the publication with a DOI, or one of which only a description is known."""
    if known := _BY_LINK.get(doi.lower()):
        return known
    year = re.search(r"\b(1[89]|20)\d{2}\b", text)
    fields = {"year": year[0] if year else "", "note": text, "doi": doi}
    return Publication({name: value for name, value in fields.items() if value})


@dataclass
class Bibliography:
    """Numbers publications in the order in which they are first cited."""

    used: list[Publication] = field(default_factory=list)

    def cite(self, *keys: str) -> Markup:
        """Return superscript links to the entries of `LITERATURE` with these keys."""
        return self._mark([LITERATURE[key] for key in keys])

    def cite_source(self, source: str) -> Markup:
        """Cite a source given as ``what: authors year, DOI``, as manifests hold it."""
        what, _, rest = source.partition(": ")
        text, _, doi = rest.rpartition(", ")
        return Markup("{}{}").format(
            what, self._mark([_described(text or source, doi if "/" in doi else "")])
        )

    def cite_text(self, citation: str) -> Markup:
        """Cite a publication given in full, its DOI at the end after ``doi:``."""
        text, _, doi = citation.partition(" doi:")
        return self._mark([_described(text.rstrip(". "), doi.strip().rstrip("."))])

    def _mark(self, publications: list[Publication]) -> Markup:
        numbers = []
        for each in publications:
            known = [other.identity for other in self.used]
            if each.identity not in known:
                self.used.append(each)
                known.append(each.identity)
            numbers.append(known.index(each.identity) + 1)
        links = Markup(", ").join(
            Markup('<a href="#ref-{0}">{0}</a>').format(number) for number in sorted(set(numbers))
        )
        return Markup('<sup class="cite">{}</sup>').format(links)
