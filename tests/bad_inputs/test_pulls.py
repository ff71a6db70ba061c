"""Tables of pulls, spoilt, for `lfa1 pulls`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lfa1_cli.main import main

TABLE, SERIES = Path("pulls.csv"), Path("up.csv")
WAY = np.linspace(0, 1, 11)


@pytest.fixture
def table(here) -> Path:
    for name, way in (("up", WAY[:-1]), ("down", WAY[:0:-1])):
        content = {"time_ns": 0.1 * np.arange(1, 11).round(1), "cv": way, "centre": way}
        pd.DataFrame(content).round(6).to_csv(f"{name}.csv", index=False)
    TABLE.write_text(
        "system,replica,direction,force_constant_kj_per_mol_per_unit2,first_centre,last_centre,"
        "file\nmg,0,forward,100,0,1,up.csv\nmg,0,backward,100,1,0,down.csv\n"
    )
    return TABLE


def replaced(old: str, new: str):
    def spoil(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return spoil


def line(number: int, new: str | None):
    def spoil(text: str) -> str:
        lines = text.splitlines()
        lines[number - 1 : number] = [] if new is None else [new]
        return "\n".join(lines) + "\n"

    return spoil


def edited(change):
    """Return what changes a series as a table."""

    def spoil(text: str) -> str:
        frame = pd.read_csv(SERIES)
        return str(change(frame).to_csv(index=False))

    return spoil


CASES = {
    "empty": (TABLE, lambda text: "", ["empty"]),
    "header alone": (TABLE, lambda text: text.splitlines()[0] + "\n", ["lists no pull"]),
    "no directions": (TABLE, replaced("direction", "way"), ["direction"]),
    "cut short": (TABLE, lambda text: text[:-3], ["cut short"]),
    "another direction": (TABLE, replaced("forward", "up"), ["line 2", "direction is 'up'"]),
    "directions exchanged": (TABLE, replaced("forward", "backward"),
                             ["line 2", "direction is 'backward'", "goes up, from 0 to 1"]),
    "ends exchanged": (TABLE, replaced(",1,0,", ",0,1,"),
                       ["line 3", "direction is 'backward'", "goes up"]),
    "no way to go": (TABLE, replaced(",0,1,", ",1,1,"), ["stays where it is"]),
    "replica as text": (TABLE, replaced("mg,0,b", "mg,x,b"), ["line 3", "replica is 'x'"]),
    "no constant": (TABLE, replaced(",100,", ",,"), ["line 2", "force_constant"]),
    "constant of zero": (TABLE, replaced(",100,", ",0,"), ["line 2", "force_constant"]),
    "infinite centre": (TABLE, replaced(",0,1,", ",0,inf,"), ["last_centre is 'inf'"]),
    "no file": (TABLE, replaced("up.csv", ""), ["'file' is empty"]),
    "absent file": (TABLE, replaced("up.csv", "gone.csv"), ["gone.csv"]),
    "a pull twice": (TABLE, lambda text: text + text.splitlines()[1] + "\n", ["line 4", "twice"]),
    "another constant": (TABLE, replaced("backward,100", "backward,200"), ["line 3", "200"]),
    "other end": (TABLE, replaced(",0,1,", ",0,1.1,"), ["line 3", "between the centres 0 and 1"]),
    "other beginning": (TABLE, replaced(",0,1,", ",0.1,1,"), ["up.csv", "begins at 0"]),
    "no centre": (SERIES, edited(lambda t: t.drop(columns="centre")), ["lacks the column centre"]),
    "no coordinate": (SERIES, edited(lambda t: t.drop(columns="cv")), ["lacks the column cv"]),
    "NaN coordinate": (SERIES, line(5, "0.4,nan,0.3"), ["up.csv", "cv", "line 5"]),
    "NaN centre": (SERIES, line(5, "0.4,0.3,"), ["up.csv", "values of centre", "line 5"]),
    "centre as text": (SERIES, line(5, "0.4,0.3,far"), ["up.csv", "values of centre", "line 5"]),
    "a row lost": (SERIES, line(5, None), ["up.csv", "line 5"]),
    "time back": (SERIES, line(5, "0.1,0.3,0.3"), ["up.csv", "line 5"]),
    "centre that leaps": (SERIES, edited(lambda t: t.assign(
        centre=[0, 0.1, 0.2, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98])),
        ["up.csv", "jumps by 0.5 after line 4", "rows are missing"]),
    "centre that stops half-way": (SERIES, edited(lambda t: t.iloc[:5]),
                                   ["up.csv", "jumps by 0.6 after line 6"]),
    "there and back": (SERIES, edited(lambda t: t.assign(
        centre=[0, 0.2, 0.4, 0.6, 0.8, 1, 0.8, 0.6, 0.8, 0.9])),
        ["up.csv", "turns back after line 7"]),
    "one row": (SERIES, edited(lambda t: t.iloc[:1]), ["up.csv", "1 frames"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_bad_pull(table, refused, case):
    path, spoil, mentions = CASES[case]
    path.write_text(spoil(path.read_text()))
    refused("pulls", "--pulls", "pulls.csv", "--output-dir", "new", mentions=mentions)


@pytest.mark.parametrize(("options", "mentions"), [
    (["--pulls", "absent.csv", "--output-dir", "new"], ["absent.csv"]),
    (["--pulls", "pulls.csv", "--output-dir", "up.csv"], ["up.csv"]),
    (["--pulls", "pulls.csv", "--output-dir", "new", "--temperature", "310"], ["'310'", "K"]),
])  # fmt: skip
def test_bad_options(table, refused, options, mentions):
    refused("pulls", *options, mentions=mentions)


def test_a_series_is_not_overwritten(table, refused):
    SERIES.rename("pull_work.csv")
    table.write_text(table.read_text().replace("up.csv", "pull_work.csv"))
    refused("pulls", "--pulls", "pulls.csv", "--output-dir", ".", mentions=["pull_work.csv"])


def test_the_good_ones_pass(table):
    assert main(["pulls", "--pulls", "pulls.csv", "--output-dir", "new"]) == 0
