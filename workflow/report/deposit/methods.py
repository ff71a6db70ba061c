"""The Methods as text with citations, and what it cites as BibTeX: the report's own, not a copy."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from lfa1_md.study.settings import StudyConfig
from lfa1_report.methods.references import Bibliography, Publication, bibtex, keys
from lfa1_report.methods.text import methods
from lfa1_report.sources.study import Results

_CITED = re.compile(r'<sup class="cite">(.*?)</sup>')
_NUMBER = re.compile(r'href="#ref-(\d+)"')
_TAG = re.compile(r"<[^>]+>")


def methods_text(found: Results, study: StudyConfig) -> tuple[str, str, list[Publication]]:
    """Write the Methods of a study.

    Parameters
    ----------
    found : Results
        What was read of the results folder.
    study : StudyConfig

    Returns
    -------
    markdown : str
        Paragraphs that cite ``[@key]``, as Pandoc reads, then the references spelled out.
    bibtex : str
        The entries that the paragraphs cite, and no other.
    references : list of Publication
        The same.
    """
    cites = Bibliography()
    paragraphs = methods(found, study, cites)
    named = keys(cites.used)
    parts = ["# Methods", "Written from the records of what was run."]
    parts += [f"**{heading}.** {_plain(str(text), named)}" for heading, text in paragraphs]
    if found.missing:
        parts.append("Not found when this was written: " + "; ".join(found.missing) + ".")
    parts.append("# References")
    parts.append(
        "\n".join(
            f"- `{key}`: {reference.text}{f'. <{reference.url}>' if reference.url else ''}"
            for key, reference in zip(named, cites.used, strict=True)
        )
    )
    return "\n\n".join(parts) + "\n", bibtex(cites.used), cites.used


def _plain(text: str, named: Sequence[str]) -> str:
    def cited(found: re.Match[str]) -> str:
        numbers = [int(number) for number in _NUMBER.findall(found[1])]
        return " [" + "; ".join(f"@{named[number - 1]}" for number in numbers) + "]"

    return html.unescape(_TAG.sub("", _CITED.sub(cited, text)))
