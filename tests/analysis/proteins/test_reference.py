"""The shipped reference tables are what the code makes of the PDB entries."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.observables import crystals
from lfa1_analysis.proteins import reference
from lfa1_analysis.proteins.alphal import ALPHA7, MOVING, SHEET_CORE
from lfa1_analysis.trajectory.geometry import superpose

ROOT = Path(__file__).parents[3]


def test_reference_is_rebuilt_from_the_entries(entry, tmp_path):
    reference.build(entry("3F74"), entry("3HI6"), tmp_path / "again.csv")
    again, shipped = reference.load(tmp_path / "again.csv"), reference.load()
    for name in ("closed", "open", "closed_side", "open_side"):
        new, old = getattr(again, name), getattr(shipped, name)
        assert new.keys() == old.keys()
        difference = np.array([new[n] - old[n] for n in old])
        assert np.abs(difference).max() < 0.0015, name


def test_crystal_table_is_rebuilt_from_the_entries(entry, tmp_path):
    files = {name: entry(name) for name in crystals.STATES}
    crystals.build(files, tmp_path / "again.csv")
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "again.csv"), crystals.load(), check_exact=False, atol=0.002
    )


def test_header_says_where_it_comes_from():
    header = reference.FILE.read_text(encoding="utf-8").split("residue,")[0]
    for word in (
        "3F74",
        "3HI6",
        "CC0",
        "sha256",
        "P20701",
        "lfa1_analysis.proteins.reference.build",
    ):
        assert word in header


def test_references_share_one_frame():
    known = reference.load()
    core_closed, core_open = known.closed_ca(SHEET_CORE), known.open_ca(SHEET_CORE)
    again = superpose(core_open, core_open, core_closed)
    assert np.abs(again - core_open).max() < 0.002
    assert np.sqrt(((core_open - core_closed) ** 2).sum(axis=1).mean()) < 0.6
    moving = np.linalg.norm(known.open_ca(MOVING) - known.closed_ca(MOVING), axis=1)
    assert moving.max() > 7


def test_axis_runs_the_way_alpha7_goes():
    known = reference.load()
    axis = known.alpha7_axis
    assert np.linalg.norm(axis) == pytest.approx(1)
    assert (known.closed[300] - known.closed[293]) @ axis > 9
    shift = (known.open_ca(ALPHA7) - known.closed_ca(ALPHA7)).mean(axis=0) @ axis
    assert shift == pytest.approx(7.6, abs=0.1)


def test_a_relative_makes_no_reference(entry, tmp_path):
    with pytest.raises(InputError, match="no αL I domain"):
        reference.build(entry("4WJK"), entry("3HI6"), tmp_path / "bad.csv")
    assert not list(tmp_path.iterdir())


def test_the_document_quotes_the_table():
    text = (ROOT / "docs" / "observables.md").read_text(encoding="utf-8")
    lines = [line.replace("*", "").replace("−", "-") for line in text.splitlines()]
    for row in crystals.load().to_dict("records"):
        quoted = [line for line in lines if line.startswith(f"| {row['entry']} |")]
        opening = quoted[0]
        for column, form in {
            "alpha7_shift_angstrom": "+.1f",
            "opening_fraction": "+.2f",
            "rmsd_closed_angstrom": ".2f",
            "midas_alpha7_angstrom": ".1f",
            "pocket_leu295_angstrom": ".1f",
            "glu241cd_ser139og_angstrom": ".1f",
        }.items():
            number = format(row[column], form)
            # Nothing is written without a sign.
            number = number.removeprefix("+") if float(number) == 0 else number
            assert number in opening, (row["entry"], column)
        if row["metal"] != "unknown":
            assert f"| {row['ser139_angstrom']:.2f} | {row['ser141_angstrom']:.2f} |" in quoted[1]
