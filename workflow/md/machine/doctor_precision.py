"""Whether a platform computes the forces that OpenMM's Reference platform does.

OpenMM's own check of an installation (``openmm.testInstallation``) calls two platforms in agreement
where the median over atoms of the relative difference of forces is below 1e-4. A median does not
see a force that is wrong on few atoms, so the difference's root mean square is held to the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lfa1_md.machine.doctor_box import Box
from lfa1_md.machine.doctor_process import ask
from lfa1_md.run.work import say

LIMIT = 1e-4


@dataclass(frozen=True)
class Agreement:
    """How a platform compares with Reference.

    Attributes
    ----------
    platform : str
    rms : float
        Root mean square of the difference of forces over that of the forces.
    median : float
        Median over atoms of the relative difference of forces.
    energy : float
        Difference of potential energies, kJ/mol for each atom.
    problem : str
        Why it can't be compared.
    """

    platform: str
    rms: float = float("nan")
    median: float = float("nan")
    energy: float = float("nan")
    problem: str = ""

    @property
    def good(self) -> bool:
        """Whether it agrees within `LIMIT`."""
        return self.rms < LIMIT and self.median < LIMIT


def measure(box: Box, platforms: list[str], scratch: Path) -> list[Agreement]:
    """Compare platforms with Reference on the same positions."""
    say(f"{box.name}: forces on Reference, about {box.atoms // 1500 + 1} s")
    reference, problem = _forces("Reference", box, scratch)
    if reference is None:
        return [Agreement(name, problem=f"Reference {problem}") for name in platforms]
    found = []
    for name in platforms:
        other, problem = _forces(name, box, scratch)
        found.append(
            Agreement(name, problem=problem) if other is None else judge(name, reference, other)
        )
    return found


Computed = tuple[NDArray[np.float64], float]


def judge(name: str, reference: Computed, other: Computed) -> Agreement:
    """Compare forces, shape (atoms, 3), and energies (kJ/mol) with Reference's."""
    exact, found = reference[0], other[0]
    apart = np.linalg.norm(found - exact, axis=1)
    size = np.linalg.norm(exact, axis=1)
    return Agreement(
        name,
        float(np.sqrt((apart**2).mean() / (size**2).mean())),
        float(np.median(apart / np.maximum(size, np.finfo(float).tiny))),
        (other[1] - reference[1]) / len(exact),
    )


def _forces(name: str, box: Box, scratch: Path) -> tuple[Computed | None, str]:
    output = scratch / f"{name}.npz"
    found = ask("forces", name, str(box.folder), str(box.state), str(output))
    if "problem" in found:
        return None, str(found["problem"])
    with np.load(output) as content:
        return (content["forces"], float(content["energy"])), ""
