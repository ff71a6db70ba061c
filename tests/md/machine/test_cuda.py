"""What is said where CUDA does not answer: every cause, forced."""

import ctypes
from dataclasses import replace

import openmm
import pytest

from lfa1_analysis.io.errors import PlatformError
from lfa1_md.machine import cuda, platform
from lfa1_md.machine.cuda import Device, NvidiaDriver

OPENMM = openmm.version.short_version
GPU = Device("NVIDIA A100", 0)
WORKS = cuda.Facts(
    NvidiaDriver(True, 12080, (GPU,)), {"openmm-cuda-12": OPENMM}, True, (), None, smi=True
)
NO_DRIVER = NvidiaDriver(False, error="libcuda.so.1: cannot open shared object file")


def broken(**changes):
    return cuda.explain(replace(WORKS, **changes))


def test_no_driver_says_so_and_names_driver_and_wheels():
    failure = broken(driver=NO_DRIVER, wheels={}, registered=False, smi=False)
    assert failure.problem.startswith("no NVIDIA driver: libcuda.so.1 and nvidia-smi are not there")
    assert "CUDA plugin is not installed" in failure.problem
    for part in (f"openmm-cuda-12=={OPENMM}", f"openmm-cuda-13=={OPENMM}", "525", "580", "--nv"):
        assert part in failure.remedy


def test_a_missing_wheel_names_the_one_that_fits_the_driver():
    failure = broken(wheels={}, registered=False)
    assert failure.problem == "OpenMM's CUDA plugin is not installed"
    assert f"make setup CUDA=12, or pip install openmm-cuda-12=={OPENMM}" in failure.remedy
    assert "openmm-cuda-13" not in failure.remedy
    newer = broken(wheels={}, registered=False, driver=NvidiaDriver(True, 13010, (GPU,)))
    assert f"pip install openmm-cuda-13=={OPENMM}" in newer.remedy


def test_a_driver_too_old_for_the_wheel():
    failure = broken(wheels={"openmm-cuda-13": OPENMM})
    assert "the driver supports CUDA 12.8, and openmm-cuda-13 needs 13" in failure.problem
    assert "580 or newer" in failure.remedy and "openmm-cuda-12==" in failure.remedy


def test_a_wheel_of_another_openmm():
    failure = broken(wheels={"openmm-cuda-12": "8.3.1"}, registered=False)
    assert failure.problem == f"openmm-cuda-12 8.3.1 does not belong to OpenMM {OPENMM}"
    assert failure.remedy.endswith(f"pip install openmm-cuda-12=={OPENMM}")


def test_a_plugin_that_cannot_be_loaded_is_quoted():
    said = "Error loading library libOpenMMCUDA.so: libnvrtc.so.12: cannot open"
    failure = broken(registered=False, plugin_failures=(said,))
    assert failure.problem == said
    assert "install the plugin anew" in failure.remedy


def test_a_wheel_whose_plugin_was_not_found():
    failure = broken(registered=False)
    assert "has not found its plugin" in failure.problem
    assert "OPENMM_PLUGIN_DIR" in failure.remedy


@pytest.mark.parametrize(
    ("visible", "said"),
    [
        ("", "hides every GPU"),
        ("-1", "hides every GPU"),
        ("gpu0", "'gpu0' names no GPU"),
        ("0,,1", "'' names no GPU"),
        ("7", "names no GPU of this machine"),
    ],
)
def test_visible_devices(visible, said):
    failure = broken(visible=visible, driver=NvidiaDriver(True, 12080))
    assert said in failure.problem and f"CUDA_VISIBLE_DEVICES={visible!r}" in failure.problem
    assert "unset CUDA_VISIBLE_DEVICES" in failure.remedy


@pytest.mark.parametrize(
    "visible", ["0", "1,0", "GPU-8932f937-d72c", "MIG-GPU-8932f937-d72c/1/0", None]
)
def test_visible_devices_that_are_fine_are_not_blamed(visible):
    assert "CUDA_VISIBLE_DEVICES" not in broken(visible=visible, registered=False).problem


def test_no_device_and_a_driver_that_does_not_start():
    assert "the driver sees no GPU" in broken(driver=NvidiaDriver(True, 12080)).problem
    failure = broken(driver=NvidiaDriver(True, 12080, error="cuInit: system not yet initialized"))
    assert "does not start: cuInit: system not yet initialized" in failure.problem
    assert "restart" in failure.remedy


@pytest.mark.parametrize(("mode", "said"), [(3, "one process at a time"), (2, "is closed")])
def test_compute_mode(mode, said):
    failure = cuda.explain(
        replace(WORKS, driver=NvidiaDriver(True, 12080, (replace(GPU, mode=mode),))),
        "device is busy",
    )
    assert said in failure.problem and "OpenMM says: device is busy" in failure.problem
    assert "nvidia-smi -c DEFAULT" in failure.remedy


def test_what_is_not_known_is_openmms_own_message():
    failure = cuda.explain(WORKS, "CUDA_ERROR_ILLEGAL_ADDRESS (700)")
    assert failure.problem == "OpenMM says: CUDA_ERROR_ILLEGAL_ADDRESS (700)"
    assert "openmm.testInstallation" in failure.remedy


def test_the_study_refuses_with_the_same_words(monkeypatch):
    facts = replace(WORKS, visible="", registered=False, driver=NvidiaDriver(True, 12080))
    monkeypatch.setattr(cuda, "gather", lambda: facts)
    platform._cuda_failure.cache_clear()
    try:
        with pytest.raises(PlatformError, match="CUDA_VISIBLE_DEVICES='' hides every GPU"):
            platform.check("CUDA")
    finally:
        platform._cuda_failure.cache_clear()


def test_facts_come_from_the_environment():
    assert cuda.gather({}).visible is None
    assert cuda.gather({"CUDA_VISIBLE_DEVICES": "2"}).visible == "2"


class Library:
    """Speaks as libcuda does."""

    def __init__(self, status=0):
        self.status = status

    def cuInit(self, flags):  # noqa: N802
        return self.status

    def cuDriverGetVersion(self, number):  # noqa: N802
        number._obj.value = 12040
        return 0

    def cuDeviceGetCount(self, number):  # noqa: N802
        number._obj.value = 2
        return 0

    def cuDeviceGet(self, handle, index):  # noqa: N802
        handle._obj.value = 10 + index
        return 0

    def cuDeviceGetName(self, name, size, handle):  # noqa: N802
        name.value = f"GPU {handle.value}".encode()
        return 0

    def cuDeviceGetAttribute(self, mode, attribute, handle):  # noqa: N802
        mode._obj.value = 3 if (attribute, handle.value) == (20, 11) else 0
        return 0

    def cuGetErrorString(self, status, text):  # noqa: N802
        text._obj.value = b"unknown error"
        return 0


def test_the_driver_is_asked_for_its_devices(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library())
    found = cuda.look()
    assert (found.loaded, found.shown, found.error) == (True, "12.4", "")
    assert found.devices == (Device("GPU 10", 0), Device("GPU 11", 3))


@pytest.mark.parametrize(
    ("status", "error"), [(100, ""), (999, "cuInit: unknown error (error 999)")]
)
def test_a_driver_without_devices(monkeypatch, status, error):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library(status))
    assert cuda.look() == NvidiaDriver(True, 12040, (), error)


def test_a_driver_that_is_not_there(monkeypatch):
    def absent(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", absent)
    found = cuda.look()
    assert not found.loaded and "libcuda.so.1: cannot open" in found.error
