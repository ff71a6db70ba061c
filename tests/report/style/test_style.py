"""What the page needs of a picture: replicas that can be hidden, axes that can be read."""

import json
import re

import pandas as pd
import pytest

from lfa1_report.style import style
from lfa1_report.style.inline import inline_svg


@pytest.fixture
def drawing():
    with style.axes(4.0, 3.0) as (figure, axis):
        axis.plot([1, 100], [0, 1], color="#0072b2", label="_replica 3")
        axis.broken_barh([(1, 2)], (0, 0.5), label="_replica 3")
        axis.plot([1, 100], [1, 0], color=style.INK, label="a name")
        axis.set_xscale("log")
        axis.set_xlim(1, 100)
        axis.set_yticks([0, 1], ["low", "high"])
        axis.set_xlabel("time (ns)")
        return style.draw(figure, "a name", "effect", "Title", "How.", "1.", pd.DataFrame())


def test_what_belongs_to_a_replica_is_marked_and_follows_the_look(drawing):
    svg = inline_svg(drawing.svg, drawing.name, drawing.title, "words")
    assert re.findall(r'data-replica="(\d+)"><title>replica 3<', svg) == ["3", "3"]
    assert "var(--c0072b2)" in svg and "#0072b2" not in svg
    assert "currentColor" in svg and style.INK not in svg
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids)) and all(each.startswith("a-name-") for each in ids)


def test_axes_say_where_they_lie_and_what_their_edges_are(drawing):
    (frame,) = json.loads(drawing.axes)
    assert frame["x"]["values"] == [1, 100] and frame["x"]["log"] and frame["x"]["name"]
    assert frame["y"]["values"] is None  # its ticks are names
    left, right = frame["x"]["points"]
    low, high = frame["y"]["points"]
    assert 0 < left < right <= 288 and 0 <= high < low < 216
