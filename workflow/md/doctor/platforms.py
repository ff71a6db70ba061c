"""Which of OpenMM's platforms answer here, and why the others do not."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import openmm

from lfa1_md.doctor.processes import ask
from lfa1_md.machine import cuda
from lfa1_md.machine.platform import select

NAMES = ("Reference", "CPU", "CUDA", "OpenCL", "HIP")
USED = ("CPU", "CUDA")
"""Platforms that the study computes on."""
LIBRARY = {"linux": "lib{}.so", "darwin": "lib{}.dylib"}.get(sys.platform, "{}.dll")
SECONDS = 120
STRETCH, CONSTANT = 0.1, 1000.0
"""Of the bond whose energy is computed: nm, kJ/mol/nm²."""


@dataclass(frozen=True)
class PlatformAnswer:
    """The outcome of computing one energy on a platform.

    Attributes
    ----------
    platform : str
    answers : bool
    detail : str
        The device, or why it does not answer.
    remedy : str
    """

    platform: str
    answers: bool
    detail: str = ""
    remedy: str = ""


def survey() -> list[PlatformAnswer]:
    """Try every platform, each in a process of its own."""
    return [attempt(name) for name in NAMES]


def attempt(name: str) -> PlatformAnswer:
    """Compute one energy on a platform."""
    if name == "CUDA":
        facts = cuda.gather()
        if not facts.registered:
            failure = cuda.explain(facts)
            return PlatformAnswer(name, False, failure.problem, failure.remedy)
        found = ask(probe, name, timeout=SECONDS)
        if "problem" in found:
            failure = cuda.explain(facts, str(found["problem"]))
            return PlatformAnswer(name, False, failure.problem, failure.remedy)
        return PlatformAnswer(name, True, str(found["device"]))
    platforms = range(openmm.Platform.getNumPlatforms())
    if name not in [openmm.Platform.getPlatform(i).getName() for i in platforms]:
        return PlatformAnswer(name, False, missing(name, openmm.Platform.getPluginLoadFailures()))
    found = ask(probe, name, timeout=SECONDS)
    if "problem" in found:
        remedy = f"pip install --force-reinstall openmm=={cuda.OPENMM}" if name in USED else ""
        return PlatformAnswer(name, False, str(found["problem"]), remedy)
    return PlatformAnswer(name, True, str(found.get("device", "")))


def missing(name: str, failures: tuple[str, ...]) -> str:
    """Return why OpenMM has no platform of that name."""
    library = LIBRARY.format(f"OpenMM{name}")
    found = [text for text in failures if f"/{library}:" in text or f"\\{library}:" in text]
    if not found:
        return "not installed"
    return "its plugin cannot be loaded: " + found[0].split(f"{library}: ", 1)[-1].strip()


def choose(name: str, device: str = "") -> tuple[Any, dict[str, str]]:
    """Return a platform with the study's properties, also one that the study never uses."""
    if name in ("CPU", "CUDA"):
        chosen, properties = select(name, 1 if name == "CPU" else None)
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
