"""Which processor computes: chosen once, checked before use, and passed to every step.

OpenMM left to itself takes whatever platform it finds, among them an OpenCL on the CPU that
crashes; so no step of the study ever creates a context without one of these.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any

import openmm
import openmm.app

from lfa1_analysis.io.errors import PlatformError
from lfa1_md.machine import cuda
from lfa1_md.machine.cuda_driver import look
from lfa1_md.machine.gpu_lock import Turn, take


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
        added in the same order every time, which on the CPU costs nothing measurable. Of several
        GPUs the least taken one is chosen, and stays taken until this process ends.

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
        device = _device()
        failure = _cuda_failure(device)
        if failure is None:
            return openmm.Platform.getPlatformByName("CUDA"), {
                "Precision": "mixed",
                "DeterministicForces": "true",
                "DeviceIndex": device,
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
        release()


def gpu_jobs(name: str) -> int | None:
    """Tell how many jobs may simulate at once where nobody says: one on each GPU.

    Parameters
    ----------
    name : {"auto", "CUDA", "CPU"}
        The study's platform.

    Returns
    -------
    int or None
        None where the jobs compute on the CPU: its cores are the limit.
    """
    if name == "CPU":
        return None
    facts = cuda.gather()
    return len(facts.driver.devices) or None if facts.registered else None


def require_exchange() -> None:
    """Complain if this OpenMM has no replica exchange.

    Raises
    ------
    PlatformError
        It is older than 8.6.
    """
    if not hasattr(openmm.app, "ReplicaExchangeSampler"):
        raise PlatformError(
            f"sampling.exchange needs OpenMM 8.6 or newer, and this is "
            f"{openmm.version.short_version}",
            "use the default environment (`make setup`), or leave sampling.exchange out",
        )


def on_gpu(name: str) -> bool:
    """Whether a platform computes on a GPU, by its name: all but two of OpenMM's do."""
    return name not in ("CPU", "Reference")


def require_bias(name: str) -> None:
    """Complain if this OpenMM is known to compute the opening bias wrongly on a platform.

    Parameters
    ----------
    name : str
        Of the platform.

    Raises
    ------
    PlatformError
        It is older than 8.6.1, and the platform one of a GPU.
    """
    version = openmm.version.short_version
    if not on_gpu(name) or [int(part) for part in re.findall(r"\d+", version)] >= [8, 6, 1]:
        return
    raise PlatformError(
        f"sampling on {name} needs OpenMM 8.6.1 or newer, and this is {version}: on GPUs older "
        "ones lack a barrier in RMSDForce (openmm#5346), and with PME their CustomCVForce gives "
        "wrong energies (openmm#5328)",
        "use the default environment (`make setup`), or set platform: CPU",
    )


@cache
def _device() -> str:
    """Index of the GPU that this process takes; the first where there is no choice."""
    devices = look().devices
    if len(devices) < 2:
        return "0"
    turn = take([device.identity or f"gpu-{i}" for i, device in enumerate(devices)])
    _turns.append(turn)
    return str(turn.index)


_turns: list[Turn] = []


def release() -> None:
    """Let other jobs have the GPU, as a process that will not compute must."""
    while _turns:
        _turns.pop().give_back()
    _device.cache_clear()


@cache
def _cuda_failure(device: str) -> cuda.Failure | None:
    """Why CUDA cannot be used, or None if the device computed something."""
    facts = cuda.gather()
    if not facts.registered:
        return cuda.explain(facts)
    system = openmm.System()
    system.addParticle(1.0)
    integrator = openmm.VerletIntegrator(0.001)
    try:
        platform = openmm.Platform.getPlatformByName("CUDA")
        properties = {"Precision": "mixed", "DeviceIndex": device}
        context = openmm.Context(system, integrator, platform, properties)
        context.setPositions([[0.0, 0.0, 0.0]])
        integrator.step(1)
    except Exception as error:  # OpenMM raises OpenMMException, a bare Exception to mypy
        return cuda.explain(facts, str(error).strip())
    return None
