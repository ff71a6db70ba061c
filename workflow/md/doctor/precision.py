"""Whether a platform computes the forces that OpenMM's Reference platform does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lfa1_md.doctor.box import Box
from lfa1_md.doctor.process import ask
from lfa1_md.machine.agreement import Agreement, Computed, judge
from lfa1_md.run.job import log


def measure(box: Box, platforms: list[str], scratch: Path) -> list[Agreement]:
    """Compare platforms with Reference on the same positions."""
    log(f"{box.name}: forces on Reference, about {box.atoms // 1500 + 1} s")
    reference, told = _forces("Reference", box, scratch)
    if reference is None:
        return [Agreement(name, problem=f"Reference {told['problem']}") for name in platforms]
    if not told["own_box"]:
        log(
            f"{box.name}: platforms are compared in a rectangular box, since Reference misses "
            "pairs in triclinic ones as low as the study's"
        )
    found = []
    for name in platforms:
        other, told = _forces(name, box, scratch)
        found.append(
            Agreement(name, problem=str(told["problem"]))
            if other is None
            else judge(name, reference, other)
        )
    return found


def _forces(name: str, box: Box, scratch: Path) -> tuple[Computed | None, dict[str, Any]]:
    output = scratch / f"{name}.npz"
    told = ask("forces", name, str(box.folder), str(box.state), str(output))
    if "problem" in told:
        return None, told
    with np.load(output) as content:
        return (content["forces"], float(content["energy"])), told
