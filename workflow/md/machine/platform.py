"""Which processor computes: chosen once, checked before use, and passed to every step.

OpenMM left to itself takes whatever platform it finds, among them an OpenCL on the CPU that
crashes; so no step of the study ever creates a context without one of these.
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Any

import openmm
import openmm.app

from lfa1_analysis.io.errors import PlatformError
from lfa1_md.machine import cuda

MOST_JOBS = 256
"""Jobs that may share a GPU; far beyond what is of use."""


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
    """Check early if `name` asks for a platform that does not answer.

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
    """Return how many jobs may simulate at once where nobody says: one on each GPU.

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
    """Check that this OpenMM has replica exchange.

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
    """Return whether a platform computes on a GPU, by its name: all but two of OpenMM's do."""
    return name not in ("CPU", "Reference")


def require_bias(name: str) -> None:
    """Check that this OpenMM is not known to compute the opening bias wrongly on a platform.

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


class GpuLock:
    """A GPU that this process has taken, until `release` or the end of the process.

    Without it every job of a workstation would compute on the first GPU. The lock is one on a file,
    so nothing is left to clean up when a job is killed. On a cluster the queue has chosen already,
    by showing each job its own GPUs alone.

    Attributes
    ----------
    index : int
        Among the visible GPUs, as OpenMM's ``DeviceIndex`` counts.
    """

    def __init__(self, index: int, lock: IO[str] | None) -> None:
        self.index, self._lock = index, lock

    def release(self) -> None:
        """Let another job have the GPU."""
        if self._lock is not None:
            self._lock.close()


def lock_gpu(names: Sequence[str], folder: Path | None = None) -> GpuLock:
    """Take the GPU that is least taken, the first of them where several are.

    Parameters
    ----------
    names : sequence of str
        What tells the visible GPUs apart on this machine, in OpenMM's order.
    folder : Path, optional
        For the locks; by default one of this user's in the machine's temporary folder, because
        GPUs belong to a machine and a study's folder may be shared by several.
    """
    folder = folder or Path(tempfile.gettempdir()) / f"lfa1-gpus-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        for number in range(MOST_JOBS):
            for index, name in enumerate(names):
                if (lock := _locked(folder / f"{name}.{number}")) is not None:
                    return GpuLock(index, lock)
    except OSError:  # no room, no permission: any of them, but not all jobs the same
        pass
    return GpuLock(os.getpid() % len(names), None)


def _locked(path: Path) -> IO[str] | None:
    file = path.open("w")
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    file.close()
    return None


@cache
def _device() -> str:
    """Return the index of the GPU that this process takes; the first where there is no choice."""
    devices = cuda.look().devices
    if len(devices) < 2:
        return "0"
    lock = lock_gpu([device.identity or f"gpu-{i}" for i, device in enumerate(devices)])
    _locks.append(lock)
    return str(lock.index)


_locks: list[GpuLock] = []


def release() -> None:
    """Let other jobs have the GPU, as a process that will not compute must."""
    while _locks:
        _locks.pop().release()
    _device.cache_clear()


@cache
def _cuda_failure(device: str) -> cuda.Failure | None:
    """Return why CUDA cannot be used, or None if the device computed something."""
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
