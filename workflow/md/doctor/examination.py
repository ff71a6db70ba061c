"""Whether this machine is ready for the study, and how long the study takes on it."""

from __future__ import annotations

import math
import os
import platform as host
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import openmm

from lfa1_analysis.io.errors import StudyError
from lfa1_md.doctor import box as measured_system
from lfa1_md.doctor import cpu_kernel, platforms, precision, speed
from lfa1_md.doctor.platforms import PlatformAnswer
from lfa1_md.doctor.speed import Speed
from lfa1_md.machine import cuda
from lfa1_md.machine.agreement import LIMIT, Agreement
from lfa1_md.machine.platform import select
from lfa1_md.run.integration import processor
from lfa1_md.study import forecast
from lfa1_md.study.settings import StudyConfig

DISTRIBUTION, EXTRA = "lfa1-study", 'extra == "study"'
GPUS = (1, 2, 4, 8)
"""Numbers of GPUs that a time is given for where one was measured."""
Section = tuple[str, Any]


def examine(
    study: StudyConfig, config: Path, results: Path, seconds: float, cores: int
) -> Iterator[Section]:
    """Look at everything, one section after the other.

    Parameters
    ----------
    study : StudyConfig
    config : Path
        Its file, which the measuring processes read again.
    results : Path
        The study's results, if there are any; only read.
    seconds : float
        Of each measurement of speed.
    cores : int
        Jobs that run at the same time on the CPU.

    Yields
    ------
    name : str
        ``environment``, ``platforms``, ``kernel``, ``box``, ``precision``, ``speed``, ``forecast``
        or ``problems``.
    content
        Its dataclass or mapping; of ``problems`` a list of what keeps the study from running here.

    Raises
    ------
    StudyError
        No system of the study can be made.
    """
    yield "environment", environment()
    answers = platforms.survey()
    yield "platforms", answers
    yield "kernel", cpu_kernel.detect()
    used = uses(study.platform, answers)
    with tempfile.TemporaryDirectory(prefix="lfa1-doctor-") as folder:
        scratch = Path(folder)
        compute = select(used or "CPU", cores)
        box = measured_system.find(study, results, scratch, compute)
        yield "box", box
        compared = [a.platform for a in answers if a.answers and a.platform != "Reference"]
        agreements = precision.measure(box, compared)
        yield "precision", agreements
        found = problems(study.platform, used, answers, agreements)
        speeds: list[Speed] = []
        if used:
            try:
                step = study.dynamics.timestep
                for devices in lanes(used, cores):
                    speeds.append(speed.measure(box, config, used, devices, seconds, step))
                yield "speed", {"platform": used, "measured": speeds}
            except StudyError as error:
                found.append(str(error))
        yield "forecast", cost(study, used, speeds, box.folder_bytes, results)
    yield "problems", found


def uses(platform: str, answers: list[PlatformAnswer]) -> str:
    """Name the platform that the study would compute on; empty if it does not answer."""
    ready = {answer.platform for answer in answers if answer.answers}
    wanted = ("CUDA", "CPU") if platform == "auto" else (platform,)
    return next((name for name in wanted if name in ready), "")


def problems(
    platform: str, used: str, answers: list[PlatformAnswer], agreements: list[Agreement]
) -> list[str]:
    """Return what keeps the study from computing here, or from computing rightly."""
    if not used:
        wanted = "CPU" if platform == "auto" else platform
        answer = next(each for each in answers if each.platform == wanted)
        return [f"platform {wanted} does not answer: {answer.detail}\n  → {answer.remedy}"]
    agreement = next((each for each in agreements if each.platform == used), None)
    if agreement is None or agreement.good:
        return []
    problem = agreement.problem or (
        f"its forces differ from Reference's by {agreement.rms:.1e} (root mean square) and "
        f"{agreement.median:.1e} (median); {LIMIT:.0e} is allowed"
    )
    return [
        f"platform {used} does not compute rightly: {problem}\n"
        f"  → run `python -m openmm.testInstallation`; update the driver, or use another platform"
    ]


def lanes(used: str, cores: int) -> list[list[str]]:
    """Return the devices of the jobs of each measurement: one alone, then all at once."""
    if used == "CUDA":
        devices = [str(i) for i in range(len(cuda.look().devices))] or ["0"]
    else:
        devices = [""] * cores
    return [devices[:1]] + ([devices] if len(devices) > 1 else [])


def cost(
    study: StudyConfig, used: str, speeds: list[Speed], folder: int, results: Path
) -> dict[str, Any]:
    """Forecast time, disk and memory; without a speed, only what has to be done.

    Parameters
    ----------
    study : StudyConfig
    used : str
        Platform.
    speeds : list of Speed
        Of one job alone and, where several were measured, of all at once.
    folder : int
        Bytes of a system's folder.
    results : Path
        For the space that is free there.
    """
    todo = forecast.work(study)
    content: dict[str, Any] = {
        "parts": todo.parts,
        "ns": todo.ns,
        "jobs": todo.jobs,
        "longest_chain_steps": todo.longest,
        "minimisation_counted": not todo.unlimited,
    }
    if not speeds:
        return content
    alone, most = speeds[0], speeds[-1]
    unit = "GPU" if used == "CUDA" else "core"
    numbers = sorted({1, most.jobs, *(GPUS if used == "CUDA" else ())})
    content["wall"] = [
        {
            "on": f"{number} {unit}{'s' if number > 1 else ''}",
            "seconds": forecast.wall_seconds(
                todo,
                number,
                (alone if number == 1 else most).steps_per_second,
                alone.steps_per_second,
            ),
            "measured": number in (1, most.jobs),
        }
        for number in numbers
    ]
    disk = forecast.disk_bytes(todo, most.sizes, folder, most.jobs)
    memory = memory_available()
    return content | {
        "disk_bytes": disk,
        "disk_free_bytes": free_bytes(results),
        "memory_bytes": most.memory * most.jobs,
        "memory_available_bytes": memory,
    }


def environment() -> dict[str, Any]:
    """Return versions, processor, cores that this process may use, load, free memory (bytes)."""
    return {
        "python": host.python_version(),
        "openmm": openmm.Platform.getOpenMMVersion(),
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "memory_available": memory_available(),
        "unpinned": unpinned(requires(DISTRIBUTION) or []),
    }


def unpinned(requirements: list[str]) -> dict[str, str]:
    """Compare installed packages with pins.

    Parameters
    ----------
    requirements : list of str
        As package metadata has them: ``name==version`` and, behind a semicolon, a condition.

    Returns
    -------
    dict of str to str
        What differs, by package.
    """
    found = {}
    for line in requirements:
        pin, _, condition = (part.strip() for part in line.partition(";"))
        if condition and condition.replace("'", '"') != EXTRA:
            continue
        name, _, wanted = pin.partition("==")
        try:
            there = version(name)
        except PackageNotFoundError:
            there = "missing"
        if there != wanted:
            found[name] = f"{there} instead of {wanted}"
    return found


def memory_available(meminfo: Path = Path("/proc/meminfo")) -> int:
    """Return the memory that programs may still take (bytes); 0 where the system does not say."""
    try:
        lines = meminfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return 1024 * int(fields.get("MemAvailable", "0 kB").split()[0])


def free_bytes(folder: Path) -> int:
    """Return the space that is free where `folder` is or would be made (bytes)."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def plain(content: Any) -> Any:
    """Turn a section into what JSON can hold; what is not a number becomes null."""
    if is_dataclass(content) and not isinstance(content, type):
        shown = asdict(content)
        for name in ("good", "held_back", "ns_per_day"):
            if hasattr(content, name):
                shown[name] = getattr(content, name)
        return plain(shown)
    if isinstance(content, dict):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [plain(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return None
    return os.fspath(content) if isinstance(content, Path) else content
