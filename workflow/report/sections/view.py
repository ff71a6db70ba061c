"""What does it look like? Both crystals and some runs in three dimensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lfa1_report.figures.molecule.scene import scene
from lfa1_report.methods.references import Bibliography
from lfa1_report.sections.base import Section
from lfa1_report.sources.study import Results
from lfa1_report.style.inline import script_json


def section(found: Results, config: Mapping[str, Any], cites: Bibliography) -> Section:
    """Embed the scene, and say which runs it holds."""
    content = scene(found)
    most = max((run["frames"] for run in content["runs"]), default=0)
    shown, every = len(content["runs"]), len(found.keys)
    if not shown:
        runs = "No trajectory was found beside the tables, so the crystals stand alone."
    elif shown < every:
        runs = (
            f"{shown} of {every} runs can be chosen, in each system those spread evenly from the "
            f"lowest to the highest α7; at most {most} frames of each."
        )
    else:
        runs = f"Every run can be chosen, with at most {most} frames of each."
    held = any(run["ligand"] for run in content["runs"])
    icam = ", and ICAM-1 (brown) where it is bound" if held else ""
    return Section(
        "view",
        "In 3-D",
        "What does it look like?",
        "The closed crystal (3F74, solid) and the open one (3HI6, dashed) lie over each other by "
        "their β-sheet; the thick stretch is helix α7, which slides down as the domain opens. A "
        "run is laid on them in the same way: its MIDAS with side chains, the metal with the "
        f"oxygens that hold it and their distances{icam}. {runs}",
        "How likely what it shows is: a few frames of a few runs are examples, no statistics.",
        "view",
        {"scene": script_json(content), "runs": [run["name"] for run in content["runs"]]},
        stage="view.html",
    )
