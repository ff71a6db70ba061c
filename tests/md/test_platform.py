import openmm
import pytest

from lfa1_analysis.errors import PlatformError
from lfa1_md import platform

NO_CUDA = platform._cuda_failure() is not None
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
    monkeypatch.setattr(platform, "_cuda_failure", lambda: pytest.fail("looked for CUDA"))
    platform.check("CPU")
    platform.check("auto")


def test_a_device_that_answers_is_taken(monkeypatch):
    monkeypatch.setattr(platform, "_cuda_failure", lambda: None)
    monkeypatch.setattr(openmm.Platform, "getPlatformByName", lambda name: name)
    assert platform.select("auto") == (
        "CUDA",
        {"Precision": "mixed", "DeterministicForces": "true"},
    )


@pytest.mark.parametrize(("name", "threads"), [("OpenCL", 1), ("CPU", 0)])
def test_nonsense_is_refused(name, threads):
    with pytest.raises(PlatformError):
        platform.select(name, threads)
