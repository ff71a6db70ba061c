"""The site is made without a warning, complete, and needs nothing from elsewhere."""

import re
import subprocess
import sys

import pytest

from .conftest import ROOT, tracked


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site; --strict stops at a broken link, anchor or a page not in the nav."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_in_the_nav(site):
    named = (ROOT / "mkdocs.yml").read_text("utf-8").split("\nnav:")[1]
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in tracked("docs/*.md")]
    left_out = [name for name in pages if not re.search(rf"(^|\s){re.escape(name)}$", named, re.M)]
    assert {name.split("/")[0] for name in left_out} <= {"mdakit"}
    for name in set(pages) - set(left_out):
        assert (site / name).with_suffix(".html").is_file()


def test_pages_outside_docs_are_taken_in_and_linked(site):
    start = (site / "index.html").read_text("utf-8")
    for name in ("repository/config/index.html", "repository/CONTRIBUTING.html"):
        assert f'href="{name}"' in start
        assert (site / name).is_file()
    assert "sampling.exchange" in (site / "repository/config/index.html").read_text("utf-8")


def test_nothing_is_loaded_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert pages
    for page in pages:
        text = page.read_text("utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]+src="([^"]+)"', text)
        loaded += re.findall(r'<link[^>]+rel="stylesheet"[^>]*href="([^"]+)"', text)
        loaded += re.findall(r'<link[^>]+href="([^"]+)"[^>]*rel="stylesheet"', text)
        assert loaded
        assert not [source for source in loaded if "//" in source], page


def test_pictures_are_small():
    drawn = tracked("docs/*.svg")
    assert drawn
    assert all(picture.stat().st_size < 150_000 for picture in drawn)
