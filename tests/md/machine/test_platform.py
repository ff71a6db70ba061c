from functools import partial

import openmm
import openmm.app
import pytest

from lfa1_analysis.io.errors import PlatformError
from lfa1_md.machine import platform
from lfa1_md.machine.cuda import Device, NvidiaDriver
from lfa1_md.machine.platform import lock_gpu

NO_CUDA = platform._cuda_failure("0") is not None
without_cuda = pytest.mark.skipif(not NO_CUDA, reason="a CUDA device answers here")


def test_cpu_gets_exactly_the_threads_asked_for():
    chosen, properties = platform.select("CPU", 1)
    system = openmm.System()
    system.addParticle(1.0)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), chosen, properties)
    assert context.getPlatform().getName() == "CPU"
    assert chosen.getPropertyValue(context, "Threads") == "1"
    assert chosen.getPropertyValue(context, "DeterministicForces") == "true"


@without_cuda
def test_auto_falls_back_on_the_cpu():
    chosen, properties = platform.select("auto", 2)
    assert (chosen.getName(), properties["Threads"]) == ("CPU", "2")


@without_cuda
def test_cuda_that_is_not_there_says_why_and_what_to_do():
    with pytest.raises(PlatformError) as caught:
        platform.check("CUDA")
    assert "CUDA does not answer" in caught.value.problem
    for part in ("openmm-cuda-12", "openmm-cuda-13", "driver", "platform: auto"):
        assert part in caught.value.remedy


def test_check_looks_for_a_device_only_when_cuda_is_asked_for(monkeypatch):
    monkeypatch.setattr(platform, "_cuda_failure", lambda _: pytest.fail("looked for CUDA"))
    platform.check("CPU")
    platform.check("auto")


def test_a_device_that_answers_is_taken(monkeypatch):
    monkeypatch.setattr(platform, "_cuda_failure", lambda _: None)
    monkeypatch.setattr(openmm.Platform, "getPlatformByName", lambda name: name)
    assert platform.select("auto") == (
        "CUDA",
        {"Precision": "mixed", "DeterministicForces": "true", "DeviceIndex": "0"},
    )


@pytest.mark.parametrize(
    ("name", "registered", "devices", "jobs"),
    [
        ("auto", True, 2, 2),
        ("CUDA", True, 1, 1),
        ("CPU", True, 2, None),
        ("auto", False, 2, None),  # GPUs, and an OpenMM without CUDA: the CPU computes
        ("auto", True, 0, None),
    ],
)
def test_one_job_on_each_gpu_and_no_limit_on_a_cpu(monkeypatch, name, registered, devices, jobs):
    driver = NvidiaDriver(True, 13000, tuple(Device(str(i), 0) for i in range(devices)))
    facts = platform.cuda.Facts(driver, {}, registered, (), None, False)
    monkeypatch.setattr(platform.cuda, "gather", lambda: facts)
    assert platform.gpu_jobs(name) == jobs


@pytest.fixture
def two_gpus(monkeypatch, tmp_path):
    """Two GPUs in the machine, by name only; the second process of a study asks after the first."""
    seen = NvidiaDriver(True, 13000, (Device("A", 0, "aa"), Device("B", 0, "bb")))
    monkeypatch.setattr(platform.cuda, "look", lambda: seen)
    monkeypatch.setattr(platform, "lock_gpu", partial(lock_gpu, folder=tmp_path))
    monkeypatch.setattr(platform, "_cuda_failure", lambda _: None)
    monkeypatch.setattr(openmm.Platform, "getPlatformByName", lambda name: name)
    platform.release()
    yield tmp_path
    platform.release()


def test_a_gpu_that_another_job_has_taken_is_left_to_it(two_gpus):
    with_first = lock_gpu(["aa", "bb"], two_gpus)
    assert platform.select("CUDA")[1]["DeviceIndex"] == "1"
    # The same process keeps its GPU, whatever becomes free.
    with_first.release()
    assert platform.select("CUDA")[1]["DeviceIndex"] == "1"


def test_looking_whether_cuda_answers_takes_no_gpu(two_gpus):
    platform.check("CUDA")
    assert lock_gpu(["aa", "bb"], two_gpus).index == 0


@pytest.mark.parametrize(("name", "threads"), [("OpenCL", 1), ("CPU", 0)])
def test_nonsense_is_refused(name, threads):
    with pytest.raises(PlatformError):
        platform.select(name, threads)


def test_an_openmm_without_exchange_says_so(monkeypatch):
    monkeypatch.delattr(openmm.app, "ReplicaExchangeSampler", raising=False)
    with pytest.raises(PlatformError, match=r"needs OpenMM 8\.6 or newer") as caught:
        platform.require_exchange()
    assert "make setup" in caught.value.remedy
