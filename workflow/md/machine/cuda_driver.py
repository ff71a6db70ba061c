"""What NVIDIA's driver says of itself and its GPUs, asked directly: no CUDA toolkit is needed."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

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
class Driver:
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
        """Its version of CUDA as text."""
        return f"{self.cuda // 1000}.{self.cuda % 1000 // 10}"


def look() -> Driver:
    """Load the driver's library, start it and list the GPUs."""
    try:
        library = ctypes.CDLL(LIBRARY)
    except OSError as error:
        return Driver(False, error=str(error))
    number = ctypes.c_int(0)
    library.cuDriverGetVersion(ctypes.byref(number))
    cuda = number.value
    status = library.cuInit(0)
    if status == 100:  # CUDA_ERROR_NO_DEVICE: it works, and sees none
        return Driver(True, cuda)
    if status:
        return Driver(True, cuda, error=f"cuInit: {_said(library, status)}")
    library.cuDeviceGetCount(ctypes.byref(number))
    return Driver(True, cuda, tuple(_device(library, i) for i in range(number.value)))


def _device(library: ctypes.CDLL, index: int) -> Device:
    handle, mode = ctypes.c_int(0), ctypes.c_int(0)
    name = ctypes.create_string_buffer(256)
    library.cuDeviceGet(ctypes.byref(handle), index)
    library.cuDeviceGetName(name, len(name), handle)
    library.cuDeviceGetAttribute(ctypes.byref(mode), COMPUTE_MODE, handle)
    return Device(name.value.decode(errors="replace"), mode.value, _identity(library, handle))


def _identity(library: ctypes.CDLL, handle: ctypes.c_int) -> str:
    found = ctypes.create_string_buffer(16)
    ask = getattr(library, "cuDeviceGetUuid_v2", None) or getattr(library, "cuDeviceGetUuid", None)
    return "" if ask is None or ask(found, handle) else found.raw.hex()


def _said(library: ctypes.CDLL, status: int) -> str:
    text = ctypes.c_char_p()
    library.cuGetErrorString(status, ctypes.byref(text))
    return f"{(text.value or b'unknown error').decode(errors='replace')} (error {status})"
