"""Which vector kernel OpenMM's CPU platform computes nonbonded forces with.

OpenMM does not tell. It chooses in one function of its CPU library, and that function is asked
here: it returns an object, whose class the C++ run-time type information names. A class of another
library version could need more than the empty neighbour list it is given, so it is asked in a
process of its own.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

import openmm

from lfa1_md.doctor.processes import ask

CHOICE = "_Z26createCpuNonbondedForceVecRKN6OpenMM15CpuNeighborListE"
"""``createCpuNonbondedForceVec(OpenMM::CpuNeighborList const&)``."""
ROOM = 65536
"""Bytes of the neighbour list, of which the new object only keeps the address."""
WIDTHS = {"fvecAvx2": ("AVX2", 8), "fvec8": ("AVX", 8), "fvec4": ("SSE 4.1", 4)}
"""What the class is a template of: its name, and the floats it computes at a time."""
SECONDS = 60
X86 = ("x86_64", "AMD64")


@dataclass(frozen=True)
class Kernel:
    """The kernel in use.

    Attributes
    ----------
    name : str
        Such as ``AVX2``; empty where it could not be found out.
    floats : int
        That it computes at a time; 0 where unknown.
    possible : str
        The best that processor and OpenMM have in common, by the processor's flags.
    basis : str
        How it is known, or why not.
    """

    name: str
    floats: int
    possible: str
    basis: str

    @property
    def held_back(self) -> bool:
        """Return whether a faster kernel would run on this processor."""
        return bool(self.name) and self.possible.startswith("AVX") and self.floats < 8

    def description(self) -> str:
        """Return it as a line of text."""
        if not self.name:
            return f"unknown: {self.basis}"
        found = f"{self.name}, {self.floats} floats at a time ({self.basis})"
        if not self.held_back:
            return found
        return (
            f"{found}, although this processor has {self.possible}: the wheels of OpenMM 8.4 to "
            f"8.6 never choose it (docs/upstream_openmm_avx.md)"
        )


def detect(library: Path | None = None, cpuinfo: Path = Path("/proc/cpuinfo")) -> Kernel:
    """Ask OpenMM's CPU library for the kernel that it chooses on this processor.

    Parameters
    ----------
    library : Path, optional
        By default the one that OpenMM loaded.
    cpuinfo : Path
        For the processor's flags.
    """
    possible = _possible(cpuinfo)
    found = ask(kernel_class, library or _library(), timeout=SECONDS)
    if "problem" in found:
        return Kernel("", 0, possible, f"OpenMM's CPU library does not answer: {found['problem']}")
    kind = found["class"]
    name, floats = next((WIDTHS[part] for part in WIDTHS if part in kind), ("", 0))
    if not name:
        return Kernel("", 0, possible, f"OpenMM's CPU library chose a class not known here, {kind}")
    if platform.machine() not in X86:
        name = {"arm64": "NEON", "aarch64": "NEON"}.get(platform.machine(), "portable")
    return Kernel(name, floats, possible, "the choice of OpenMM's CPU library, asked")


def kernel_class(library: Path) -> dict[str, str]:
    """Return the mangled name of the class that `library` makes for nonbonded forces.

    Raises
    ------
    OSError, AttributeError
        It can't be loaded, or has no such function.
    """
    choose = getattr(ctypes.CDLL(str(library)), CHOICE)
    choose.restype, choose.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    made = choose(ctypes.create_string_buffer(ROOM))
    # An object begins with the address of its table of functions, which follows that of its type's
    # record, whose second entry is the name.
    table = _at(made)
    name = _at(_at(table - ctypes.sizeof(ctypes.c_void_p)) + ctypes.sizeof(ctypes.c_void_p))
    return {"class": ctypes.string_at(name).decode()}


def _at(address: int) -> int:
    return ctypes.c_void_p.from_address(address).value or 0


def _library() -> Path:
    names = {"linux": "libOpenMMCPU.so", "darwin": "libOpenMMCPU.dylib"}
    name = names.get(sys.platform, "OpenMMCPU.dll")
    return Path(openmm.version.openmm_library_path) / "plugins" / name


def _possible(cpuinfo: Path) -> str:
    """Name the best kernel for the processor's flags; empty where they are not known."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    flags = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    return next((name for name in ("AVX2", "AVX") if name.lower() in flags), "")
