"""Why CUDA does not answer, in words, and what to do about it.

NVIDIA's driver is asked directly about itself and its GPUs: no CUDA toolkit is needed.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import openmm

OPENMM = openmm.version.short_version
DRIVERS = {12: 525, 13: 580}
"""First NVIDIA driver for each major version of CUDA (NVIDIA, CUDA Compatibility, table 1)."""
WHEELS = {f"openmm-cuda-{major}": major for major in DRIVERS}
INSTALL = " or ".join(
    f"make setup CUDA={major}, or pip install openmm-cuda-{major}=={OPENMM} "
    f"(driver {driver} or newer)"
    for major, driver in DRIVERS.items()
)
OTHERWISE = "use `platform: auto` or `CPU`; or, on a machine with an NVIDIA GPU: "
VISIBLE = "CUDA_VISIBLE_DEVICES"
DEVICE_NAME = re.compile(r"\d+|(GPU|MIG)-[0-9A-Za-z/-]+")
MODES = {2: "is closed to computing", 3: "takes one process at a time"}
"""Compute modes of the driver in which a GPU does not serve several processes."""
LIBRARY = "libcuda.so.1"
COMPUTE_MODE = 20
"""The driver's number for that attribute of a device (CU_DEVICE_ATTRIBUTE_COMPUTE_MODE)."""


@dataclass(frozen=True)
class Device:
    """A GPU that this process may see.

    Attributes
    ----------
    name : str
    mode : int
        Compute mode: 0 default, 2 prohibited, 3 one process.
    identity : str
        The same for every process on this machine, whatever it sees; empty if the driver is too
        old to tell.
    """

    name: str
    mode: int
    identity: str = ""


@dataclass(frozen=True)
class NvidiaDriver:
    """NVIDIA's driver.

    Attributes
    ----------
    loaded : bool
        Its library is there.
    cuda : int
        Highest version of CUDA that it supports, as 1000 × major + 10 × minor; 0 where unknown.
    devices : tuple of Device
    error : str
        Why it can't be loaded or does not start.
    """

    loaded: bool
    cuda: int = 0
    devices: tuple[Device, ...] = ()
    error: str = ""

    @property
    def shown(self) -> str:
        """Return its version of CUDA as text."""
        return f"{self.cuda // 1000}.{self.cuda % 1000 // 10}"


def look() -> NvidiaDriver:
    """Load the driver's library, start it and list the GPUs."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        return NvidiaDriver(False, error=str(error))
    number = ctypes.c_int(0)
    library.cuDriverGetVersion(ctypes.byref(number))
    cuda = number.value
    status = library.cuInit(0)
    if status == 100:  # CUDA_ERROR_NO_DEVICE: it works, and sees none
        return NvidiaDriver(True, cuda)
    if status:
        return NvidiaDriver(True, cuda, error=f"cuInit: {_error_text(library, status)}")
    library.cuDeviceGetCount(ctypes.byref(number))
    return NvidiaDriver(
        True, cuda, tuple(_describe_device(library, i) for i in range(number.value))
    )


def _describe_device(library: ctypes.CDLL, index: int) -> Device:
    handle, mode = ctypes.c_int(0), ctypes.c_int(0)
    name = ctypes.create_string_buffer(256)
    library.cuDeviceGet(ctypes.byref(handle), index)
    library.cuDeviceGetName(name, len(name), handle)
    library.cuDeviceGetAttribute(ctypes.byref(mode), COMPUTE_MODE, handle)
    uuid = ctypes.create_string_buffer(16)
    ask = getattr(library, "cuDeviceGetUuid_v2", None) or getattr(library, "cuDeviceGetUuid", None)
    identity = "" if ask is None or ask(uuid, handle) else uuid.raw.hex()
    return Device(name.value.decode(errors="replace"), mode.value, identity)


def _error_text(library: ctypes.CDLL, status: int) -> str:
    text = ctypes.c_char_p()
    library.cuGetErrorString(status, ctypes.byref(text))
    return f"{(text.value or b'unknown error').decode(errors='replace')} (error {status})"


@dataclass(frozen=True)
class Facts:
    """The facts that decide whether CUDA answers.

    Attributes
    ----------
    driver : NvidiaDriver
    wheels : dict of str to str
        Versions of the CUDA wheels that are installed, by name.
    registered : bool
        OpenMM has loaded its CUDA platform.
    plugin_failures : tuple of str
        What OpenMM says about CUDA plugins that it could not load.
    visible : str or None
        The environment's CUDA_VISIBLE_DEVICES.
    smi : bool
        The program nvidia-smi is there.
    """

    driver: NvidiaDriver
    wheels: dict[str, str]
    registered: bool
    plugin_failures: tuple[str, ...]
    visible: str | None
    smi: bool


class Failure(NamedTuple):
    """Why CUDA does not answer."""

    problem: str
    remedy: str


def gather(environment: Mapping[str, str] = os.environ) -> Facts:
    """Collect the facts of this machine and environment; well under a second, nothing computed."""
    platforms = range(openmm.Platform.getNumPlatforms())
    failures = openmm.Platform.getPluginLoadFailures()
    return Facts(
        look(),
        {name: found for name in WHEELS if (found := _version(name))},
        "CUDA" in [openmm.Platform.getPlatform(i).getName() for i in platforms],
        tuple(text.strip() for text in failures if "CUDA" in text),
        environment.get(VISIBLE),
        shutil.which("nvidia-smi") is not None,
    )


def explain(facts: Facts, message: str = "") -> Failure:
    """Put what stands in the way into words, the first thing to repair first.

    Parameters
    ----------
    facts : Facts
    message : str, optional
        OpenMM's own message from the attempt to compute.
    """
    found = [*_driver(facts), *_visible(facts), *_devices(facts), *_plugin(facts)]
    if not found or message:
        busy = "busy" in message.lower() or "unavailable" in message.lower()
        remedy = (
            "wait until no other program computes there, or set the compute mode back: "
            "nvidia-smi -c DEFAULT (needs the administrator)"
            if busy
            else "run `python -m openmm.testInstallation` and `nvidia-smi`, and repair what fails"
        )
        found.append((f"OpenMM says: {message}" if message else "the reason is not known", remedy))
    problems = "; ".join(problem for problem, _ in found)
    remedies = "; ".join(dict.fromkeys(remedy for _, remedy in found if remedy))
    return Failure(problems, OTHERWISE + remedies)


def _driver(facts: Facts) -> list[tuple[str, str]]:
    driver = facts.driver
    if not driver.loaded:
        smi = "and nvidia-smi are" if not facts.smi else "is"
        there = ", though nvidia-smi is there" if facts.smi else ""
        return [
            (
                f"no NVIDIA driver: libcuda.so.1 {smi} not there{there} ({driver.error})",
                "install NVIDIA's driver; in a container start it with its GPUs (--gpus all, --nv)",
            )
        ]
    if driver.error:
        return [
            (
                f"NVIDIA's driver does not start: {driver.error}",
                "see that `nvidia-smi` works; after an update of the driver restart the machine, "
                "and in a container start it with its GPUs (--gpus all, --nv)",
            )
        ]
    found = []
    for name in facts.wheels:
        if driver.cuda and driver.cuda // 1000 < WHEELS[name]:
            found.append(
                (
                    f"the driver supports CUDA {driver.shown}, and {name} needs {WHEELS[name]}",
                    f"update the driver to {DRIVERS[WHEELS[name]]} or newer, or take the wheel "
                    f"that fits it: {_fitting(driver)}",
                )
            )
    return found


def _visible(facts: Facts) -> list[tuple[str, str]]:
    visible = facts.visible
    if visible is None:
        return []
    remedy = f"unset {VISIBLE}, or set it to a number that `nvidia-smi -L` lists"
    if visible.strip() in ("", "-1"):
        return [(f"{VISIBLE}={visible!r} hides every GPU", remedy)]
    names = [name.strip() for name in visible.split(",")]
    wrong = [name for name in names if not DEVICE_NAME.fullmatch(name)]
    if wrong:
        return [(f"{VISIBLE}={visible!r}: {wrong[0]!r} names no GPU", remedy)]
    if facts.driver.loaded and not facts.driver.error and not facts.driver.devices:
        return [(f"{VISIBLE}={visible!r} names no GPU of this machine", remedy)]
    return []


def _devices(facts: Facts) -> list[tuple[str, str]]:
    driver = facts.driver
    if not driver.loaded or driver.error:
        return []
    if not driver.devices:
        if facts.visible is not None:  # `_visible` names it
            return []
        remedy = "give the job a GPU; where MIG is on, an instance of it (`nvidia-smi -L` lists it)"
        return [("the driver sees no GPU", remedy)]
    return [
        (
            f"{device.name} {MODES[device.mode]} (compute mode)",
            "run one job at a time on it, or nvidia-smi -c DEFAULT (needs the administrator)",
        )
        for device in driver.devices
        if device.mode in MODES
    ]


def _plugin(facts: Facts) -> list[tuple[str, str]]:
    if not facts.wheels and not facts.registered and not facts.plugin_failures:
        remedy = f"{_fitting(facts.driver)}; with conda, install openmm beside cuda-version=12"
        return [("OpenMM's CUDA plugin is not installed", remedy)]
    other = {name: found for name, found in facts.wheels.items() if found != OPENMM}
    if other:
        name, found = next(iter(other.items()))
        problem = f"{name} {found} does not belong to OpenMM {OPENMM}"
        return [(problem, f"pip install {name}=={OPENMM}")]
    if facts.registered:
        return []
    if facts.plugin_failures:
        remedy = "" if not facts.driver.loaded else f"install the plugin anew: {INSTALL}"
        return [(facts.plugin_failures[0], remedy)]
    return [
        (
            f"{next(iter(facts.wheels))} is installed, and OpenMM has not found its plugin",
            "unset OPENMM_PLUGIN_DIR, and install both wheels into the same environment",
        )
    ]


def _fitting(driver: NvidiaDriver) -> str:
    """Return which wheel to install; both where the driver is not known."""
    known = [m for m in DRIVERS if driver.cuda // 1000 >= m]
    if not known:
        return INSTALL
    return f"make setup CUDA={known[-1]}, or pip install openmm-cuda-{known[-1]}=={OPENMM}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
