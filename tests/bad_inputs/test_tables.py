"""Tables of observables, spoilt, for `lfa1 compare` and `lfa1 report`."""

from __future__ import annotations

import csv
import json
import shutil
from io import StringIO
from pathlib import Path

import pytest

from lfa1_cli.main import main

OPENING = "results/analysis/closed-mg/replica-0/opening.csv"


@pytest.fixture
def results(study_tables, here) -> Path:
    return Path(shutil.copytree(study_tables, here / "results"))


def joined(rows: list[list[str]]) -> bytes:
    stream = StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode()


def cell(row: int, column: int, text: str):
    """Return what writes `text` into a cell; row 0 is the header."""

    def spoil(data: bytes) -> bytes:
        rows = list(csv.reader(StringIO(data.decode())))
        rows[row][column] = text
        return joined(rows)

    return spoil


def columns(keep):
    """Return what keeps the columns whose name and place `keep` accepts."""

    def spoil(data: bytes) -> bytes:
        rows = list(csv.reader(StringIO(data.decode())))
        kept = [i for i, name in enumerate(rows[0]) if keep(i, name)]
        return joined([[row[i] for i in kept] for row in rows])

    return spoil


def swapped(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    lines[5], lines[6] = lines[6], lines[5]
    return b"".join(lines)


TABLES = {
    "empty": (lambda data: b"", ["empty"]),
    "header alone": (lambda data: data[: data.index(b"\n") + 1], ["no rows"]),
    "binary": (lambda data: bytes(range(256)) * 9, ["not UTF-8"]),
    "NUL bytes": (lambda data: b"\0" * 4096, ["opening.csv"]),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), ["not UTF-8"]),
    "latin-1": (lambda data: data.replace(b"frame", b"fr\xe4me"), ["not UTF-8"]),
    "HTML": (lambda data: b"<html>\n<body>404</body>\n</html>\n", ["none of the columns"]),
    "cut in a number": (lambda data: data[:-4], ["cut short"]),
    "cut between two numbers": (lambda data: data[: data.rindex(b",")], ["cut short"]),
    "a row too short": (lambda data: data[: data.rindex(b",")] + b"\n", ["line 21"]),
    "a row too long": (lambda data: data.rstrip() + b",1,2\n", ["line 21"]),
    "no times": (columns(lambda i, name: name != "time_ns"), ["'time_ns'", "missing"]),
    "no observable": (columns(lambda i, name: i < 2), ["none of the columns"]),
    "a column twice": (cell(0, 3, "alpha7_shift_angstrom"), ["'alpha7_shift_angstrom'", "twice"]),
    "text for a number": (cell(3, 2, "far"), ["alpha7_shift_angstrom", "row 3", "'far'"]),
    "decimal comma": (cell(3, 2, "1,5"), ["alpha7_shift_angstrom"]),
    "infinite": (cell(3, 2, "inf"), ["alpha7_shift_angstrom", "row 3", "inf"]),
    "no time": (cell(3, 1, ""), ["time_ns", "row 3"]),
    "negative step in time": (swapped, ["time_ns", "row 6"]),
    "NaN throughout": (lambda data: b"frame,time_ns,alpha7_shift_angstrom\n0,1,\n1,2,\n",
                       ["no value"]),
}  # fmt: skip


@pytest.mark.parametrize("case", TABLES)
def test_a_bad_table(results, refused, case):
    spoil, mentions = TABLES[case]
    path = Path(OPENING)
    path.write_bytes(spoil(path.read_bytes()))
    refused("compare", "--analysis", "results/analysis", "--output-dir", "new",
            mentions=["opening.csv", *mentions])  # fmt: skip
    assert not Path("new").exists()


def test_a_folder_without_tables(here, refused):
    (here / "analysis/closed-mg/replica-0").mkdir(parents=True)
    refused("compare", "--analysis", "analysis", mentions=["analysis", "no tables"])
    refused("compare", "--analysis", "absent", mentions=["absent", "no such folder"])


OPTIONS = {
    "discarded whole": (["--discard", "1000000 ns"], ["opening.csv", "1e+06 ns"]),
    "time without unit": (["--discard", "10"], ["'10'", "time"]),
    "negative time": (["--discard", "-1 ns"], ["-1 ns", "0 ns or more"]),
    "distance": (["--discard", "1 nm"], ["'1 nm'", "unit", "ns"]),
    "no such system": (["--systems", "closed-zn"], ["closed-zn"]),
    "no replicas": (["--replicas", "0"], ["--replicas 0"]),
    "negative replicas": (["--replicas", "-2"], ["--replicas -2"]),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_bad_options(results, refused, case):
    options, mentions = OPTIONS[case]
    if options[1].startswith("-"):
        options = ["=".join(options)]
    refused("compare", "--analysis", "results/analysis", "--output-dir", "new", *options,
            mentions=mentions)  # fmt: skip


UNUSUAL = {
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "columns in another order": lambda data: joined(
        [row[::-1] for row in csv.reader(StringIO(data.decode()))]
    ),
    "another column": lambda data: data.replace(b"\n", b",7\n").replace(b",7\n", b",mine\n", 1),
    "one observable missing": columns(lambda i, name: name != "rmsd_open_angstrom"),
}


@pytest.mark.parametrize("case", UNUSUAL)
def test_an_unusual_table(results, here, case):
    path = Path(OPENING)
    path.write_bytes(UNUSUAL[case](path.read_bytes()))
    results.rename(here / "my Ergebnisse Å")
    command = ["compare", "--analysis", "my Ergebnisse Å/analysis", "--output-dir", "new"]
    assert main(command) == 0
    old = json.loads((here / "my Ergebnisse Å/comparison/summary.json").read_text())
    assert json.loads((here / "new/summary.json").read_text())["primary"] == old["primary"]


REPORTED = {
    "summary cut short": ("comparison/summary.json", lambda data: data[:-99], ["JSON"]),
    "summary empty": ("comparison/summary.json", lambda data: b"", ["empty"]),
    "summary a list": ("comparison/summary.json", lambda data: b"[]", ["object"]),
    "summary without verdicts": ("comparison/summary.json", lambda data: b"{}", ["'headline'"]),
    "summary not UTF-8": ("comparison/summary.json", lambda data: b"\xff\xfe{", ["not UTF-8"]),
    "effects cut short": ("comparison/effects.csv", lambda data: data[:-9], ["cut short"]),
    "effects without intervals": ("comparison/effects.csv",
                                  columns(lambda i, name: name != "ci_low"), ["'ci_low'"]),
    "replicas empty": ("comparison/replicas.csv", lambda data: b"", ["empty"]),
    "fluctuations as text": ("analysis/closed-mg/replica-0/rmsf.csv", cell(4, 2, "much"),
                             ["rmsf_angstrom", "'much'"]),
    "fluctuations not UTF-8": ("analysis/closed-mg/replica-0/rmsf.csv",
                               lambda data: b"\xff" + data, ["not UTF-8"]),
    "opening cut short": ("analysis/closed-mg/replica-0/opening.csv", lambda data: data[:-4],
                          ["cut short"]),
}  # fmt: skip


@pytest.mark.parametrize("case", REPORTED)
def test_a_report_of_bad_tables(results, refused, study, case):
    name, spoil, mentions = REPORTED[case]
    path = results / name
    path.write_bytes(spoil(path.read_bytes()))
    refused("report", "--results", "results", "--config", study(), mentions=[path.name, *mentions])


def test_a_report_of_nothing(here, refused, study):
    refused("report", "--results", "absent", "--config", study(), mentions=["absent"])


def test_a_replica_without_any_value_is_left_out_of_the_pairs(results, here):
    path = Path(OPENING)
    rows = list(csv.reader(StringIO(path.read_text())))
    place = rows[0].index("alpha7_shift_angstrom")
    path.write_bytes(joined([rows[0], *([*r[:place], "", *r[place + 1 :]] for r in rows[1:])]))
    assert main(["compare", "--analysis", "results/analysis", "--output-dir", "new"]) == 0
    row = json.loads((here / "new/summary.json").read_text())["primary"][0]
    assert row["observable"] == "alpha7_shift_angstrom"
    assert (row["verdict"], row["n_pairs"]) == ("cannot tell", 1)
