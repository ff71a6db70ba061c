"""A GPU that computes the bias wrongly is refused; Reference and the CPU stand in for it."""

import openmm
import pandas as pd
import pytest

from lfa1_analysis.io.errors import PlatformError
from lfa1_md.box import system
from lfa1_md.machine import platform
from lfa1_md.run import bias, gpu_bias, states
from lfa1_md.study.sampling import Sampling

from ..study.test_sampling import SAMPLING, pulled, stand_in  # noqa: F401 (a fixture)

CONSTANT = 2000.0


@pytest.fixture
def biased(stand_in, minimised, equilibrated):  # noqa: F811
    """The small system with the bias, and a state of it."""
    solvated = system.load(minimised / "closed-mg")
    solvated.system.addForce(bias.opening_bias(solvated.model))
    start = equilibrated / "closed-mg" / "state.xml.gz"
    return solvated.system, states.read(start, len(solvated.model.positions))


def context(biased, name, centre=0.4, constant=CONSTANT, change=lambda of: None):
    copy = openmm.XmlSerializer.clone(biased[0])
    (force,) = (each for each in copy.getForces() if each.getName() == bias.NAME)
    force.setForceGroup(gpu_bias.GROUP)
    change(copy)
    made = gpu_bias._context(copy, biased[1], openmm.Platform.getPlatformByName(name), {})
    made.setParameter(bias.CENTRE, centre)
    made.setParameter(bias.CONSTANT, constant)
    return made


def same_mesh(of):
    for force in of.getForces():
        if isinstance(force, openmm.NonbondedForce):
            force.setPMEParameters(3.5, 32, 32, 32)


@pytest.fixture
def trusted(biased):
    return context(biased, "CPU", change=same_mesh)


def test_platforms_that_compute_rightly_agree(biased, trusted):
    again = context(biased, "CPU", change=same_mesh)
    assert gpu_bias.compare(again, trusted) == []


@pytest.mark.parametrize(
    ("wrong", "energy"),
    [({"constant": 1.001 * CONSTANT}, "+0."), ({"centre": 0.405}, "+"), ({"centre": 0.2}, "-")],
)
def test_another_bias_is_seen(biased, trusted, wrong, energy):
    said = gpu_bias.compare(context(biased, "CPU", change=same_mesh, **wrong), trusted)
    assert said[0].startswith("the bias: forces differ by") and f"the energy by {energy}" in said[0]


def test_a_force_beside_the_bias_that_is_wrong_is_seen(biased, trusted):
    def change(of):
        same_mesh(of)
        (force,) = (f for f in of.getForces() if isinstance(f, openmm.NonbondedForce))
        charge, sigma, epsilon = force.getParticleParameters(5)
        force.setParticleParameters(5, charge + 0.1 * charge.unit, sigma, epsilon)

    (said,) = gpu_bias.compare(context(biased, "CPU", change=change), trusted)
    assert said.startswith("all forces together: forces differ by")


class Racing:
    """A context that once in a few times gives forces without the bias's."""

    def __init__(self, right, wrong, every):
        self.right, self.wrong, self.every, self.calls = right, wrong, every, 0

    def getState(self, **options):  # noqa: N802
        self.calls += 1
        return (self.wrong if self.calls % self.every == 0 else self.right).getState(**options)


def test_what_is_wrong_now_and_then_is_seen(biased, trusted):
    right = context(biased, "CPU", change=same_mesh)
    found = gpu_bias.compare(Racing(right, context(biased, "CPU", constant=0.0), 5), trusted)
    assert len(found) == 2


def test_what_is_no_number_is_wrong(biased, trusted):
    broken = context(biased, "Reference", change=same_mesh)
    broken.setParameter(bias.CENTRE, float("nan"))
    assert len(gpu_bias.compare(broken, trusted)) == 2


@pytest.fixture
def study(make_study):
    sampling = Sampling.model_validate(SAMPLING)
    return make_study().model_copy(update={"sampling": sampling})


@pytest.fixture
def as_gpu(monkeypatch):
    """Let the CPU count as a GPU."""
    monkeypatch.setattr(gpu_bias, "on_gpu", lambda name: True)
    monkeypatch.setattr(platform, "on_gpu", lambda name: True)


def pull(folder, study, cpu, equilibrated, minimised):
    pulled(folder, 0, study, cpu, equilibrated, minimised)
    return (folder / "segment-0.xtc").read_bytes(), pd.read_csv(folder / "segment-0.csv")


def test_a_run_is_the_same_after_the_comparison(
    study,
    cpu,
    equilibrated,
    minimised,
    tmp_path,
    monkeypatch,
    request,
):
    frames, rows = pull(tmp_path / "cpu", study, cpu, equilibrated, minimised)
    request.getfixturevalue("as_gpu")
    compared = []

    def compare(found, trusted):
        compared.append((found, trusted))
        values = {n: trusted.getParameter(n) for n in (bias.CENTRE, bias.CONSTANT)}
        assert values[bias.CONSTANT] == CONSTANT
        assert abs(gpu_bias.computed(trusted, {gpu_bias.GROUP})[1] - 10.0) < 0.1  # k/2 · 0.1²
        return original(found, trusted)

    original = gpu_bias.compare
    monkeypatch.setattr(gpu_bias, "compare", compare)
    again = pull(tmp_path / "gpu", study, cpu, equilibrated, minimised)
    assert len(compared) == 1 and frames == again[0]
    pd.testing.assert_frame_equal(rows, again[1])


def test_a_gpu_that_computes_wrongly_starts_no_run(
    study,
    cpu,
    equilibrated,
    minimised,
    tmp_path,
    monkeypatch,
    as_gpu,
):
    monkeypatch.setattr(gpu_bias, "compare", lambda *_: ["the bias: forces differ"])
    with pytest.raises(PlatformError, match=r"not compute the opening bias .*: the bias: forces"):
        pull(tmp_path / "out", study, cpu, equilibrated, minimised)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("version", ["8.6.0", "8.5.2", "8.6", "7.7.0beta"])
def test_an_old_openmm_is_refused_on_gpus_alone(monkeypatch, version):
    monkeypatch.setattr(openmm.version, "short_version", version)
    for name in ("CPU", "Reference"):
        platform.require_bias(name)
    for name in ("CUDA", "OpenCL", "HIP"):
        with pytest.raises(PlatformError, match=rf"on {name} needs OpenMM 8\.6\.1 or") as caught:
            platform.require_bias(name)
        assert f"this is {version}" in caught.value.problem
        assert "platform: CPU" in caught.value.remedy


@pytest.mark.parametrize("version", ["8.6.1", "8.7.0", "8.10", "9.0beta"])
def test_a_new_openmm_is_not(monkeypatch, version):
    monkeypatch.setattr(openmm.version, "short_version", version)
    platform.require_bias("CUDA")


def test_nothing_is_written_with_an_old_openmm(
    study,
    cpu,
    equilibrated,
    minimised,
    tmp_path,
    monkeypatch,
    as_gpu,
):
    monkeypatch.setattr(openmm.version, "short_version", "8.6.0")
    with pytest.raises(PlatformError, match=r"needs OpenMM 8\.6\.1"):
        pull(tmp_path / "out", study, cpu, equilibrated, minimised)
    assert not (tmp_path / "out").exists()
