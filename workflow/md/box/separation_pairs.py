"""The distance between the I domain and ICAM-1, and the room that pulling them apart needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.proteins.known import ALPHA_L, ICAM1
from lfa1_md.box.molecules import Model, nearest_image
from lfa1_md.protein import chains

if TYPE_CHECKING:
    from lfa1_md.study.separation_settings import Separation

MARGIN = 0.3
"""nm; how much shorter than half the way to the next image the spring stays: beyond it, frames
would show another image of the ligand. Thermal motion of the distance is ±0.05 nm for the
default spring, √(kT/k)."""


def groups(model: Model, name: str = "the system") -> tuple[list[int], list[int]]:
    """Return the indices of the Cα atoms of the I domain and of ICAM-1.

    Raises
    ------
    InputError
        One of them is not there.
    """
    whose = chains.proteins(model.topology)
    alphas = [a for a in model.topology.atoms() if a.name == "CA" and a.element.symbol == "C"]
    own, ligand = (
        [a.index for a in alphas if whose[a.residue.chain.index] == key]
        for key in (ALPHA_L.key, ICAM1.key)
    )
    if not own or not ligand:
        raise InputError(
            f"{name}: {'the αL I domain' if not own else 'ICAM-1'} is not there to be pulled",
            "separation needs a `bound` state; leave `separation` out for others",
        )
    return own, ligand


def distance(model: Model, name: str = "the system") -> float:
    """Return how far apart the two centres are (nm), to their nearest image."""
    own, ligand = (model.positions[each].mean(axis=0) for each in groups(model, name))
    return float(np.linalg.norm(nearest_image((ligand - own)[None], model.box)[0]))


def room(prepared: Model, asked: Separation, radius: float, padding: float) -> float:
    """Return the padding (nm) at which the pull fits into the box of a prepared complex.

    Half the distance on each side leaves the separated proteins as far from their periodic images
    as the complex was. The spring's whole length must besides stay below half the way to the next
    image.

    Parameters
    ----------
    prepared : Model
        Without a box.
    asked : Separation
    radius : float
        Of the complex's smallest enclosing sphere (nm).
    padding : float
        That the complex would have (nm).
    """
    own, ligand = (prepared.positions[each].mean(axis=0) for each in groups(prepared))
    longest = float(np.linalg.norm(ligand - own)) + asked.distance + MARGIN
    return max(padding + asked.distance / 2, longest - radius)


def shortest(box: np.ndarray) -> float:
    """Return how far the nearest image of a point is from it (nm)."""
    steps = np.stack(np.meshgrid(*[[-1, 0, 1]] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    lengths = np.linalg.norm(steps @ box, axis=1)
    return float(lengths[lengths > 0].min())


def check_room(model: Model, asked: Separation, name: str) -> None:
    """Check that the spring stays shorter than half the way to the next image.

    Raises
    ------
    InputError
        It does not; found before anything runs.
    """
    longest, half = distance(model, name) + asked.distance, 0.5 * shortest(model.box)
    if longest > half:
        raise InputError(
            f"{name}: the pull ends {longest:.2f} nm apart, half of the way to the next image is "
            f"{half:.2f} nm",
            "lower separation.distance, or solvate again with it in the configuration",
        )
