"""Which processor computes: chosen once, checked before use, and passed to every step.

OpenMM left to itself takes whatever platform it finds, among them an OpenCL on the CPU that
crashes; so no step of the study ever creates a context without one of these.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import openmm

from lfa1_analysis.errors import PlatformError
from lfa1_md import cuda


def select(name: str, threads: int | None = None) -> tuple[Any, dict[str, str]]:
    """Choose the platform and its properties.

    Parameters
    ----------
    name : {"auto", "CUDA", "CPU"}
        ``auto`` takes CUDA if a device really answers and the CPU otherwise.
    threads : int, optional
        CPU threads; by default those this process may use.

    Returns
    -------
    platform : openmm.Platform
    properties : dict of str to str
        CUDA computes in mixed precision (forces in single, integration in double). Forces are
        added in the same order every time, which on the CPU costs nothing measurable.

    Raises
    ------
    PlatformError
        The platform that was asked for does not answer.
    """
    if name not in ("auto", "CUDA", "CPU"):
        raise PlatformError(
            f"platform: {name!r} is not supported", "choose one of auto, CUDA and CPU"
        )
    if threads is not None and threads < 1:
        raise PlatformError(f"threads: {threads} is not positive", "give at least one thread")
    if name != "CPU":
        failure = _cuda_failure()
        if failure is None:
            return openmm.Platform.getPlatformByName("CUDA"), {
                "Precision": "mixed",
                "DeterministicForces": "true",
            }
        if name == "CUDA":
            raise PlatformError(f"platform CUDA does not answer: {failure.problem}", failure.remedy)
    count = threads or len(os.sched_getaffinity(0))
    properties = {"Threads": str(count), "DeterministicForces": "true"}
    return openmm.Platform.getPlatformByName("CPU"), properties


def check(name: str) -> None:
    """Complain early if `name` asks for a platform that does not answer.

    Costs nothing unless CUDA is asked for, and well under a second then.

    Raises
    ------
    PlatformError
        CUDA is asked for and does not answer.
    """
    if name == "CUDA":
        select(name)


@cache
def _cuda_failure() -> cuda.Failure | None:
    """Why CUDA cannot be used, or None if a device computed something."""
    facts = cuda.gather()
    if not facts.registered:
        return cuda.explain(facts)
    system = openmm.System()
    system.addParticle(1.0)
    integrator = openmm.VerletIntegrator(0.001)
    try:
        platform = openmm.Platform.getPlatformByName("CUDA")
        context = openmm.Context(system, integrator, platform, {"Precision": "mixed"})
        context.setPositions([[0.0, 0.0, 0.0]])
        integrator.step(1)
    except Exception as error:  # OpenMM raises OpenMMException, a bare Exception to mypy
        return cuda.explain(facts, str(error).strip())
    return None
