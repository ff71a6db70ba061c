"""What mkdocs needs to be told: pages and files outside ``docs/`` that its pages link to.

They are taken into the site below ``repository/`` as they lie in the repository, pages with what
they link to in turn; so the same links hold in a checkout, where the pages are read as files, and
in the site. A link to a folder stays a text.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(!?\[(?:[^\]\\]|\\.)*\])\((?!\w+:|#)([^)#\s]+)(#[^)\s]+)?\)")
"""[text](file#anchor), not to another host and not within the page."""
ELSEWHERE = "repository"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what the pages link to and what the nav names outside ``docs/``."""
    waiting = [Path(config.docs_dir) / file.src_uri for file in files.documentation_pages()]
    waiting += [ROOT / "CONTRIBUTING.md", ROOT / "config/README.md", ROOT / "CHANGELOG.md"]
    seen: set[Path] = set()
    while waiting:
        path = Path(os.path.normpath(waiting.pop()))
        if path in seen or not path.is_file():
            continue
        seen.add(path)
        if not path.is_relative_to(config.docs_dir):
            uri = f"{ELSEWHERE}/{path.relative_to(ROOT).as_posix()}"
            files.append(File.generated(config, uri, abs_src_path=str(path)))
        if path.suffix == ".md":
            waiting += [path.parent / link[1] for link in LINK.findall(path.read_text("utf-8"))]
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point the links that lead out of ``docs/`` to what :func:`on_files` took in."""
    source = Path(page.file.abs_src_path or "").resolve()
    here = PurePosixPath(page.file.src_uri).parent

    def pointed(link: re.Match[str]) -> str:
        target = Path(os.path.normpath(source.parent / link[2]))
        if target.is_dir():
            return link[1].lstrip("!")[1:-1]
        if target.is_relative_to(config.docs_dir):
            uri = target.relative_to(config.docs_dir).as_posix()
        elif target.is_file():
            uri = f"{ELSEWHERE}/{target.relative_to(ROOT).as_posix()}"
        else:
            return link[0]  # mkdocs says that it leads nowhere
        return f"{link[1]}({os.path.relpath(uri, here)}{link[3] or ''})"

    return LINK.sub(pointed, markdown)
