"""The committed pictures show what the rules, the crystals and the models are now."""

import re

import pytest

from .conftest import ROOT


def test_every_rule_is_in_the_picture_of_the_data_flow(script):
    """Cheap; a rule is there under its name or not at all."""
    flow = script("data_flow")
    rules, _ = flow.drawn((ROOT / "docs/data_flow.svg").read_text("utf-8"))
    assert rules == set(flow.files())
    assert {"prepare", "simulate", "observe_bound", "adapt", "report"} <= rules


@pytest.mark.slow
def test_the_picture_of_the_data_flow_is_that_of_the_rules(script):
    flow = script("data_flow")
    edges = flow.flows()
    rules, shown = flow.drawn((ROOT / "docs/data_flow.svg").read_text("utf-8"))
    assert shown == edges, "make pictures"
    assert rules == {rule for edge in edges for rule in edge}


def test_the_graph_is_read_as_it_is_written(script):
    flow = script("data_flow")
    dot = '\t0[label = "all", color = "x"];\n\t1[label = "a", color = "y"];\n\t1 -> 0\n\t1 -> 1\n'
    assert flow.parsed(dot) == {("a", "all"), ("a", "a")}
    assert flow.layers({("a", "b"), ("b", "b"), ("b", "c"), ("a", "c")}) == {"a": 0, "b": 1, "c": 2}
    with pytest.raises(ValueError, match="circle"):
        flow.layers({("a", "b"), ("b", "a")})


def test_the_pictures_of_the_observables_are_those_of_the_crystals(script, tmp_path):
    """By every word and number in them."""
    script("observables").main(tmp_path)
    for new in tmp_path.glob("*.svg"):
        words = [
            re.findall(r"<text[^>]*>([^<]*)<", file.read_text("utf-8"))
            for file in (new, ROOT / "docs" / new.name)
        ]
        assert words[0] == words[1], f"{new.name}: make pictures"
    midas = (tmp_path / "midas.svg").read_text("utf-8")
    assert "2.03 Å" in midas  # Asp239 in the closed model, docs/structures.md
    assert "+7.6 Å" in (tmp_path / "alpha7.svg").read_text("utf-8")
