"""The strips and the table of what happened at the metal site."""

import re
from pathlib import Path

import pandas as pd
import pytest
from synthetic import configuration

from lfa1_analysis.comparison.compare import compare
from lfa1_analysis.metal_site.gate import COLUMNS
from lfa1_report.figures.metal_site import SHOWN, event_rows, gate_figures, spans
from lfa1_report.page.build import write_page
from lfa1_report.sources.study import collect

OPTIONS = {"n_frames": 60, "replicas": 3, "states": ("closed",)}
FAULTS = {"broken": (("closed-mg", 1),), "sodium": (("closed-mg", 2), ("closed-apo", 0))}


@pytest.fixture(scope="module")
def page(write_study, tmp_path_factory):
    root = write_study(tmp_path_factory.mktemp("gate"), **OPTIONS, **FAULTS)
    compare(root / "analysis", root / "comparison")
    text = (root / "config.yaml").read_text(encoding="utf-8")
    assert write_page(root, root / "report.html", configuration(root), text) == []
    return root, (root / "report.html").read_text(encoding="utf-8")


def test_each_replica_has_a_strip_that_shows_what_happened(page):
    root, _ = page
    data = pd.read_csv(root / "figures" / "midas_gate_closed-mg.csv")
    assert data.columns.tolist() == ["replica", "site", "start_ns", "end_ns"]
    by_replica = data.groupby("replica")["site"].agg(set).to_dict()
    assert by_replica[0] == {"intact"}
    assert by_replica[1] == {"intact", "changed"}
    assert by_replica[2] >= {"intact", "lost", "ion moved in"}
    changed = data[(data["replica"] == 1) & (data["site"] == "changed")]
    midas = pd.read_csv(root / "analysis/closed-mg/replica-1/midas.csv")
    step = midas["time_ns"].diff().median()
    first = midas.loc[midas["ser141_angstrom"] > 3, "time_ns"].iloc[0]
    assert changed["start_ns"].min() == pytest.approx(first - step)
    assert changed["end_ns"].max() == pytest.approx(midas["time_ns"].iloc[-1])
    empty = pd.read_csv(root / "figures" / "midas_gate_closed-apo.csv")
    assert set(empty["site"]) == {"empty", "ion moved in"}


def test_strips_are_told_apart_without_colour(page):
    root, _ = page
    svg = (root / "figures" / "midas_gate_closed-mg.svg").read_text(encoding="utf-8")
    assert len(set(re.findall(r"fill: url\(#(\w+)\)", svg))) == 2
    for word in ("intact", "changed", "lost", "ion moved in"):
        assert f">{word}</text>" in svg


def test_the_page_lists_the_events(page):
    _, text = page
    listed = text[text.index("Events at the metal site (") :]
    listed = listed[: listed.index("</table>")]
    rows = [
        re.findall(r"<t[hd][^>]*>(?:<span[^>]*>)?(.*?)<", row) for row in listed.split("<tr")[2:]
    ]
    found = {(row[0], row[1], row[2], row[3]) for row in rows}
    assert ("closed, Mg²⁺", "1", "donor lost", "fail") in found
    assert ("closed, Mg²⁺", "2", "metal left", "fail") in found
    assert ("closed, no metal", "0", "ion moved in", "warn") in found
    assert not any(row[:2] == ["closed, Mg²⁺", "0"] for row in rows)
    assert "cannot be told in 3 runs" in text


def test_a_study_without_events_says_so(write_study, tmp_path):
    root = write_study(tmp_path / "r", **OPTIONS)
    for file in (root / "analysis").rglob("midas-events.csv"):
        file.unlink()
    text = (root / "config.yaml").read_text(encoding="utf-8")
    missing = write_page(root, root / "report.html", configuration(root), text)
    assert "closed-mg, replica 2: midas-events.csv" in missing
    page = (root / "report.html").read_text(encoding="utf-8")
    assert "Events at the metal site" not in page and "midas_gate" not in page


def test_grave_events_are_shown_first_and_the_rest_is_counted(write_study, tmp_path):
    root = write_study(tmp_path / "r", **OPTIONS | {"replicas": 1, "ions": ("mg",)})
    rows = [("donor_gained", "note", 1.0, 2.0, 3, "x")] * SHOWN + [
        ("metal_left", "fail", 5.0, 9.0, 4, "y"),
        ("water_exchange_unknown", "note", 0.0, 9.0, 9, "z"),
    ]
    path = root / "analysis/closed-mg/replica-0/midas-events.csv"
    pd.DataFrame(rows, columns=list(COLUMNS)).to_csv(path, index=False)
    shown = event_rows(collect(root))
    assert (len(shown["rows"]), shown["more"], shown["alarms"], shown["unknown"]) == (
        SHOWN,
        1,
        1,
        1,
    )
    assert shown["rows"][-1]["event"] == "metal_left"


def test_spans_of_one_frame_and_of_notes():
    one = spans(3, pd.Series([5.0]), pd.DataFrame([], columns=list(COLUMNS)))
    assert one.values.tolist() == [[3, "intact", 5.0, 5.0]]
    rows = [
        ("water_exchanged", "note", 2.0, 3.0, 2, ""),
        ("ion_moved_in", "note", 2.0, 2.0, 1, ""),
    ]
    table = spans(0, pd.Series([1.0, 2.0, 3.0]), pd.DataFrame(rows, columns=list(COLUMNS)))
    assert table.values.tolist() == [[0, "intact", 0.0, 3.0], [0, "ion moved in", 1.0, 2.0]]


def test_a_hundred_replicas_make_a_small_figure(write_study, tmp_path: Path):
    options = OPTIONS | {"n_frames": 5, "replicas": 100, "ions": ("mg",)}
    broken = tuple(("closed-mg", n) for n in range(0, 100, 2))
    root = write_study(tmp_path / "r", **options, broken=broken)
    (drawing,) = gate_figures(collect(root))
    assert len(drawing.svg) < 150_000
    assert drawing.data["replica"].nunique() == 100
