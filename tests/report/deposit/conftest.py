"""A results folder with everything that a deposit takes, and a deposit of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_xtc import write_xtc

from lfa1_report.deposit.folder import DepositOptions, write_deposit
from lfa1_report.deposit.metadata import LICENCES, author

AUTHOR = "Carberry, Josiah; 0000-0002-1825-0097; Brown University"  # ORCID's own example


@pytest.fixture(scope="session")
def results(write_study, tmp_path_factory) -> Path:
    """Not as the workflow leaves it: its records list files that are not there."""
    root = write_study(tmp_path_factory.mktemp("a study") / "results", replicas=2, n_frames=40)
    for folder in (root / "production").glob("*/replica-*"):
        write_xtc(folder / "segment-0.xtc", [1250.0 * k for k in range(1, 41)])
    (root / "report.html").write_text("<html></html>")
    (root / "logs").mkdir()
    (root / "logs/somewhere.log").write_text("on this machine")
    return root


@pytest.fixture(scope="session")
def options(results, tmp_path_factory):
    def wanted(**choices) -> DepositOptions:
        chosen = {
            "results": results,
            "output": tmp_path_factory.mktemp("out") / "deposit",
            "stride": 1,
            "licence": LICENCES["CC-BY-4.0"],
            "authors": [author(AUTHOR)],
            "incomplete": True,
        }
        return DepositOptions(**(chosen | choices))

    return wanted


@pytest.fixture(scope="session")
def deposit(options) -> Path:
    wanted = options()
    write_deposit(wanted)
    return wanted.output
