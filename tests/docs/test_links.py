"""Every link of every page leads somewhere: files and headings always, the web with `network`."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import markdown
import pytest
import requests

from .conftest import ROOT, tracked

PAGES = tracked("*.md")
BLOCKED = {401, 403, 405, 406, 418, 429, 503}
"""What hosts answer that want no programs: the page may well be there."""


class Links(HTMLParser):
    """Where a page leads to, and the anchors that its headings make on GitHub."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self._heading: str | None = None

    def handle_starttag(self, tag, attrs):
        known = dict(attrs)
        self.targets += [known[name] for name in ("href", "src") if known.get(name)]
        self.anchors |= {known["id"]} if known.get("id") else set()
        if re.fullmatch("h[1-6]", tag):
            self._heading = ""

    def handle_data(self, data):
        if self._heading is not None:
            self._heading += data

    def handle_endtag(self, tag):
        if re.fullmatch("h[1-6]", tag) and self._heading is not None:
            kept = re.sub(r"[^\w\- ]", "", self._heading.strip().lower())
            self.anchors.add(kept.replace(" ", "-"))
            self._heading = None


def read(page: Path) -> Links:
    links = Links()
    links.feed(markdown.markdown(page.read_text("utf-8"), extensions=["tables", "fenced_code"]))
    return links


def broken(page: Path) -> list[str]:
    """Return the links of a page to files or headings that are not there."""
    found = []
    for target in read(page).targets:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc:
            continue
        file = page if not parts.path else page.parent / unquote(parts.path)
        titled = parts.fragment and file.suffix == ".md" and file.exists()
        if not file.exists() or (titled and parts.fragment not in read(file).anchors):
            found.append(target)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_within_the_repository(page):
    assert not broken(page)


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "other.md").write_text("# Who holds the *metal*?\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Title\n[a](other.md#who-holds-the-metal) [b](#title) ![c](none.svg)\n[d](other.md#who)\n"
        "\n```\n[not a link](nowhere.md)\n```\n"
    )
    assert broken(page) == ["none.svg", "other.md#who"]


def outside() -> list[str]:
    found = {target for page in PAGES for target in read(page).targets if "://" in target}
    return sorted(target for target in found if "localhost" not in target)


@pytest.mark.network
@pytest.mark.parametrize("address", outside())
def test_links_to_the_web(address):
    """Of a DOI, that it is registered; of a page, that its host does not say it is gone."""
    doi = urlsplit(address).netloc == "doi.org"
    answer = requests.get(
        address,
        allow_redirects=not doi,
        timeout=60,
        stream=True,
        headers={"User-Agent": "Mozilla/5.0 (link check)"},
    )
    if doi:
        assert answer.is_redirect, f"{address}: {answer.status_code}"
    else:
        assert answer.ok or answer.status_code in BLOCKED, f"{address}: {answer.status_code}"
