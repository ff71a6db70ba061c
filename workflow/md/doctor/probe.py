"""What `lfa1 doctor` asks of a platform in a process of its own, and how such a process answers.

python -m lfa1_md.doctor.probe probe PLATFORM
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import openmm

from lfa1_analysis.io.errors import StudyError
from lfa1_md.machine import platform

STRETCH, CONSTANT = 0.1, 1000.0
"""Of the probe's bond: nm, kJ/mol/nm²."""


def choose(name: str, device: str = "") -> tuple[Any, dict[str, str]]:
    """Give a platform with the study's properties, also one that the study never uses."""
    if name in ("CPU", "CUDA"):
        chosen, properties = platform.select(name, 1 if name == "CPU" else None)
        return chosen, properties | ({"DeviceIndex": device} if device else {})
    properties = {} if name == "Reference" else {"Precision": "mixed"}
    return openmm.Platform.getPlatformByName(name), properties


def probe(name: str) -> dict[str, Any]:
    """Compute one energy that is known by hand."""
    bonded = openmm.System()
    force = openmm.HarmonicBondForce()
    for _ in range(2):
        bonded.addParticle(1.0)
    force.addBond(0, 1, 0.1, CONSTANT)
    bonded.addForce(force)
    chosen, properties = choose(name)
    context = openmm.Context(bonded, openmm.VerletIntegrator(0.001), chosen, properties)
    context.setPositions([[0.0, 0.0, 0.0], [0.1 + STRETCH, 0.0, 0.0]])
    energy = context.getState(energy=True).getPotentialEnergy()._value
    expected = CONSTANT * STRETCH**2 / 2
    if not abs(energy - expected) < 1e-4 * expected:
        return {"problem": f"computes {energy} kJ/mol where {expected} kJ/mol is right"}
    known = "DeviceName" in chosen.getPropertyNames()
    return {"device": chosen.getPropertyValue(context, "DeviceName") if known else ""}


def say(content: dict[str, Any]) -> None:
    """Print a line of JSON at once."""
    print(json.dumps(content), flush=True)


def serve(verbs: Mapping[str, Callable[..., dict[str, Any]]], argv: Sequence[str]) -> None:
    """Do one thing and print what came of it; of a failure, its ``problem``."""
    try:
        say(verbs[argv[0]](*argv[1:]))
    except StudyError as error:
        say({"problem": error.problem})
    except Exception as error:  # OpenMM raises OpenMMException, a bare Exception to mypy
        say({"problem": str(error).strip() or type(error).__name__})


if __name__ == "__main__":
    serve({"probe": probe}, sys.argv[1:])
