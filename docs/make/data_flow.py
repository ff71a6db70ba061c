"""Draw how data flow from rule to rule, as Snakemake itself sees the rules.

    python docs/make/data_flow.py docs/data_flow.svg

`snakemake --rulegraph` of three configurations, in which together every rule has work. Each box and
arrow of the picture carries the names it stands for (``rule:observe``, ``flow:simulate:observe``),
so that a test can hold the picture against the rules.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pandas as pd

from lfa1_report.style import style

ROOT = Path(__file__).parents[2]
CONFIGURATIONS = ("docs/make/sampling.yaml", "docs/make/separation.yaml", "config/headpiece.yaml")
TARGETS = ("all", "deposit", "integrins")
STEPS = {
    "prepare.smk": ("#56b4e9", "structures → matched systems"),
    "simulate.smk": ("#0072b2", "simulation"),
    "sample.smk": ("#e69f00", "umbrella sampling"),
    "exchange.smk": ("#e69f00", "umbrella sampling"),
    "free_energy.smk": ("#e69f00", "umbrella sampling"),
    "separate.smk": ("#cc79a7", "separation from ICAM-1"),
    "analyse.smk": ("#009e73", "analysis"),
    "report.smk": ("#22303c", "report and deposit"),
    "deposit.smk": ("#22303c", "report and deposit"),
}
"""File of rules → colour and what it is about; Okabe and Ito's colours."""
WIDTH, HEIGHT = 1.25, 0.34
"""Of a box; layers are 1 apart, boxes of a layer 1.5."""
Flow = tuple[str, str]


def flows() -> set[Flow]:
    """Return (rule, rule that takes what it makes) over all rules; mere targets are left out."""
    found: set[Flow] = set()
    with tempfile.TemporaryDirectory() as folder:
        running = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "snakemake", "--snakefile", ROOT / "Snakefile"),
                    *("--directory", folder, "--workflow-profile", ROOT / "profiles/default"),
                    *(*TARGETS, "--rulegraph", "--nolock"),
                    *("--configfile", ROOT / name),
                ],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for name in CONFIGURATIONS
        ]
        for process in running:
            out, told = process.communicate()
            if process.returncode:
                raise RuntimeError(told)
            found |= parsed(out)
    made = files()
    return {flow for flow in found if made.keys() >= set(flow)}


def parsed(dot: str) -> set[Flow]:
    """Read Snakemake's graph in the language of Graphviz."""
    names = dict(re.findall(r'^\s*(\d+)\[label = "([^"]+)"', dot, re.M))
    ends = re.findall(r"^\s*(\d+) -> (\d+)\s*$", dot, re.M)
    return {(names[a], names[b]) for a, b in ends}


def files() -> dict[str, str]:
    """Return the file in ``workflow/rules`` of each rule that makes something."""
    return {
        name: file.name
        for file in sorted((ROOT / "workflow/rules").glob("*.smk"))
        if file.name != "targets.smk"
        for name in re.findall(
            r"^\s*(?:rule|checkpoint|use rule \w+ as) (\w+)", file.read_text("utf-8"), re.M
        )
    }


def layers(edges: set[Flow]) -> dict[str, int]:
    """Return how many steps at most lie before each rule; a rule's own later segments count not."""
    before: dict[str, set[str]] = defaultdict(set)
    for first, second in edges:
        before[first], before[second]
        if first != second:
            before[second].add(first)
    depth: dict[str, int] = {}
    while len(depth) < len(before):
        ready = [n for n, first in before.items() if n not in depth and first <= depth.keys()]
        if not ready:
            raise ValueError(f"the rules run in a circle: {sorted(before.keys() - depth.keys())}")
        depth |= {n: max((depth[m] + 1 for m in before[n]), default=0) for n in ready}
    return depth


def places(edges: set[Flow]) -> dict[str, tuple[float, float]]:
    """Return the middle of each rule's box: layers below each other, neighbours side by side."""
    depth = layers(edges)
    rows: dict[int, list[str]] = defaultdict(list)
    for name in sorted(depth):
        rows[depth[name]].append(name)
    near: dict[str, list[str]] = defaultdict(list)
    for first, second in sorted(edges):
        if first != second:
            near[first].append(second)
            near[second].append(first)
    x = {n: 1.5 * (i - (len(row) - 1) / 2) for row in rows.values() for i, n in enumerate(row)}
    for turn in range(24):  # each rule towards the mean of its neighbours, up and down
        for level in sorted(rows, reverse=bool(turn % 2)):
            row = sorted(rows[level], key=lambda n: (sum(x[m] for m in near[n]) / len(near[n]), n))
            middle = sum(sum(x[m] for m in near[n]) / len(near[n]) for n in row) / len(row)
            x |= {n: middle + 1.5 * (i - (len(row) - 1) / 2) for i, n in enumerate(row)}
    return {name: (x[name], -float(level)) for name, level in depth.items()}


def draw(edges: set[Flow]) -> str:
    """Return the picture as SVG."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

    at, file = places(edges), files()
    left, right = min(x for x, _ in at.values()), max(x for x, _ in at.values())
    bottom = min(y for _, y in at.values())
    with style.axes(1.05 * (right - left + 2), 0.72 * (1.5 - bottom)) as (figure, axis):
        figure.set_facecolor("white")
        axis.set(xlim=(left - 1, right + 1), ylim=(bottom - 0.4, 0.4))
        axis.set_axis_off()
        for first, second in sorted(edges):
            (x0, y0), (x1, y1) = at[first], at[second]
            arrow = FancyArrowPatch(
                (x0 + WIDTH / 2, y0) if first == second else (x0, y0 - HEIGHT / 2),
                (x1 + WIDTH / 2, y1 - 0.08) if first == second else (x1, y1 + HEIGHT / 2),
                connectionstyle="arc3,rad=-1.5"
                if first == second
                else f"arc3,rad={0.18 if y0 - y1 > 1 else 0:g}",
                arrowstyle="-|>",
                mutation_scale=8,
                color="#6b7a87" if y0 - y1 <= 1 else "#b8c2cb",
                linewidth=0.9 if y0 - y1 <= 1 else 0.7,
                gid=f"flow:{first}:{second}",
            )
            axis.add_patch(arrow)
        for name, (x, y) in sorted(at.items()):
            axis.add_patch(
                FancyBboxPatch(
                    (x - WIDTH / 2, y - HEIGHT / 2),
                    WIDTH,
                    HEIGHT,
                    boxstyle="round,pad=0,rounding_size=0.1",
                    facecolor="white",
                    edgecolor=STEPS[file[name]][0],
                    linewidth=1.6,
                    gid=f"rule:{name}",
                )
            )
            axis.text(x, y, name, ha="center", va="center", fontsize=7.5)
        told = {what: colour for colour, what in STEPS.values()}
        axis.legend(
            [Line2D([], [], color=colour, linewidth=3) for colour in told.values()],
            list(told),
            loc="upper right",
        )
        title = "How data flow from rule to rule"
        return style.draw(figure, "data_flow", "", title, "", "", pd.DataFrame()).svg


def drawn(svg: str) -> tuple[set[str], set[Flow]]:
    """Return the rules and the flows that a picture shows."""
    rules = set(re.findall(r'<g id="rule:([^":]+)"', svg))
    return rules, set(re.findall(r'<g id="flow:([^":]+):([^":]+)"', svg))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(draw(flows()), encoding="utf-8")
