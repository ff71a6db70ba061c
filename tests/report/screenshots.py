"""Pictures of a report for the documentation: ``python tests/report/screenshots.py PAGE FOLDER``.

Needs Chromium (Debian: ``apt install chromium``).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from browser import CHROMIUM, Tab, browser

MOST_BYTES = 300_000
WIDE, NARROW = (1280, 800), (390, 844)


def main(page: Path, folder: Path) -> int:
    """Write report-first, -section, -molecule, -dark and -narrow."""
    if CHROMIUM is None:
        print("no chromium here: apt install chromium", file=sys.stderr)
        return 1
    if not page.is_file():
        print(f"{page} is not there: make study", file=sys.stderr)
        return 1
    with browser() as tab:
        tab.size(*WIDE)
        tab.open(page)
        _take(tab, folder / "report-first.png")
        _show(tab, "opening")
        _take(tab, folder / "report-section.png")
        _show(tab, "view")
        tab.wait("document.querySelector('#canvas')?._fullLayout", 60)
        time.sleep(3)
        _take(tab, folder / "report-molecule.png")
        tab.run("document.getElementById('theme').click()")
        _show(tab, "midas")
        _take(tab, folder / "report-dark.png")
        tab.run("document.getElementById('theme').click()")
        tab.size(*NARROW)
        tab.run("scrollTo({top: 0, behavior: 'instant'})")
        _take(tab, folder / "report-narrow.png")
        for error in tab.errors:
            print(error, file=sys.stderr)
        return 1 if tab.errors else 0


def _show(tab: Tab, section: str) -> None:
    """Scroll to a section and let what comes into view be drawn."""
    tab.run(f"document.getElementById('{section}').scrollIntoView({{behavior: 'instant'}})")
    time.sleep(2)


def _take(tab: Tab, file: Path) -> None:
    time.sleep(1)
    tab.picture(file)
    size = file.stat().st_size
    print(f"{file}: {size / 1000:.0f} kB")
    assert size <= MOST_BYTES, f"{file} is larger than {MOST_BYTES} bytes"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
