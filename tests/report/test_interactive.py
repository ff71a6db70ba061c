"""What Plotly is given is what matplotlib drew."""

import base64
import json

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lfa1_report.style import style
from lfa1_report.style.panels import to_plotly


def numbers(packed):
    return np.frombuffer(base64.b64decode(packed["bdata"]), dtype="<f4")


@pytest.fixture
def drawn():
    with style.axes() as (figure, axis):
        axis.plot([0, 1, 2], [3.0, np.nan, 5.0], color=style.INK, ls="--", label="_replica 4")
        axis.plot([1], [4], "s", mfc="none", mec="#d55e00", label="a point")
        axis.errorbar([0, 1], [1, 2], yerr=[0.5, 0.25], fmt="o", label="with error")
        axis.fill_between([0, 1], [1, 2], [3, 4], color="#009e73", alpha=0.2)
        axis.broken_barh([(0, 1), (2, 1)], (4, 0.5), facecolor="#e69f00", hatch="///")
        axis.axvspan(0.5, 0.8, color="#56b4e9", alpha=0.3)
        axis.axhline(2.5, color=style.GRID)
        axis.vlines([np.nan, 1], [0, 0], [1, 1], color="#cc79a7")
        axis.annotate(
            "top <b>",
            (0.4, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
        )
        axis.set_xticks([0, 1], ["left", "right"])
        axis.set_ylim(6, 0)
        axis.legend()
        figure.canvas.draw()
        yield to_plotly(figure)


def test_lines_markers_and_gaps(drawn):
    line = next(t for t in drawn["data"] if t.get("meta") == {"replica": 4})
    assert line["name"] == "replica 4" and not line["showlegend"]
    assert (line["line"]["color"], line["line"]["dash"]) == ("@ink", "dash")
    np.testing.assert_array_equal(numbers(line["y"]), [3, np.nan, 5])
    point = next(t for t in drawn["data"] if t["name"] == "a point")
    assert point["mode"] == "markers" and point["marker"]["symbol"] == "square-open"
    assert point["marker"]["color"] == "#d55e00"


def test_error_bars_areas_and_strips(drawn):
    named = next(t for t in drawn["data"] if t["name"] == "with error")
    np.testing.assert_array_equal(numbers(named["y"]), [1, 2])
    bars = [t for t in drawn["data"] if t["mode"] == "lines" and len(numbers(t["y"])) == 6]
    assert any(np.nanmin(numbers(t["y"])) == 0.5 for t in bars)
    fills = [t for t in drawn["data"] if t.get("fill")]
    assert fills[0]["fillcolor"] == "rgba(0,158,115,0.20)"
    assert fills[1]["fillpattern"]["shape"] == "/"
    assert np.nanmax(numbers(fills[1]["x"])) == 3 and np.isnan(numbers(fills[1]["x"])).sum() == 1


def test_bands_lines_across_words_and_axes(drawn):
    layout = drawn["layout"]
    band = next(s for s in layout["shapes"] if s["type"] == "rect")
    assert (band["x0"], band["x1"], band["yref"]) == (0.5, pytest.approx(0.8), "y domain")
    across = next(s for s in layout["shapes"] if s["type"] == "line")
    assert across["y0"] == 2.5 and across["xref"] == "x domain"
    (words,) = layout["annotations"]
    assert words["text"] == "top &lt;b>" and (words["xref"], words["yref"]) == ("x", "y domain")
    assert layout["xaxis"]["ticktext"] == ["left", "right"]
    assert layout["yaxis"]["range"] == [6.0, 0.0]
    json.dumps(drawn, allow_nan=False)


def test_shapes_that_no_trace_is_named_after_still_stand_in_the_legend():
    from matplotlib.patches import Patch

    with style.axes() as (figure, axis):
        axis.plot([0, 1], [0, 1], label="line")
        figure.legend(handles=[*axis.lines, Patch(color="#e69f00", label="changed")])
        figure.canvas.draw()
        data = to_plotly(figure)["data"]
    assert [t["name"] for t in data] == ["line", "changed"]
    assert data[1]["marker"]["color"] == "#e69f00"


def test_axes_that_share_their_values_say_them_once():
    with plt.rc_context(style.RC):
        figure, _ = plt.subplots(2, 2, sharex=True, sharey="row", layout="constrained")
        figure.canvas.draw()
        layout = to_plotly(figure)["layout"]
        plt.close(figure)
    axes = {name: each for name, each in layout.items() if name[1:5] == "axis"}
    hidden = {name for name, each in axes.items() if "showticklabels" in each}
    assert hidden == {"xaxis", "xaxis2", "yaxis2", "yaxis4"}
