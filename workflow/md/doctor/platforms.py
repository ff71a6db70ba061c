"""Which of OpenMM's platforms answer here, and why the others do not."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import openmm

from lfa1_md.doctor.process import ask
from lfa1_md.machine import cuda

NAMES = ("Reference", "CPU", "CUDA", "OpenCL", "HIP")
USED = ("CPU", "CUDA")
"""Platforms that the study computes on."""
LIBRARY = {"linux": "lib{}.so", "darwin": "lib{}.dylib"}.get(sys.platform, "{}.dll")
SECONDS = 120


@dataclass(frozen=True)
class Answer:
    """What came of computing one energy on a platform.

    Attributes
    ----------
    platform : str
    answers : bool
    said : str
        The device, or why it does not answer.
    remedy : str
    """

    platform: str
    answers: bool
    said: str = ""
    remedy: str = ""


def survey() -> list[Answer]:
    """Try every platform, each in a process of its own."""
    return [attempt(name) for name in NAMES]


def attempt(name: str) -> Answer:
    """Compute one energy on a platform."""
    if name == "CUDA":
        facts = cuda.gather()
        if not facts.registered:
            failure = cuda.explain(facts)
            return Answer(name, False, failure.problem, failure.remedy)
        found = ask("probe", name, timeout=SECONDS)
        if "problem" in found:
            failure = cuda.explain(facts, str(found["problem"]))
            return Answer(name, False, failure.problem, failure.remedy)
        return Answer(name, True, str(found["device"]))
    platforms = range(openmm.Platform.getNumPlatforms())
    if name not in [openmm.Platform.getPlatform(i).getName() for i in platforms]:
        return Answer(name, False, missing(name, openmm.Platform.getPluginLoadFailures()))
    found = ask("probe", name, timeout=SECONDS)
    if "problem" in found:
        remedy = f"pip install --force-reinstall openmm=={cuda.OPENMM}" if name in USED else ""
        return Answer(name, False, str(found["problem"]), remedy)
    return Answer(name, True, str(found.get("device", "")))


def missing(name: str, failures: tuple[str, ...]) -> str:
    """Say why OpenMM has no platform of that name."""
    library = LIBRARY.format(f"OpenMM{name}")
    said = [text for text in failures if f"/{library}:" in text or f"\\{library}:" in text]
    if not said:
        return "not installed"
    return "its plugin cannot be loaded: " + said[0].split(f"{library}: ", 1)[-1].strip()
