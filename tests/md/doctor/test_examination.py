"""`lfa1 doctor` on the small system: what it measures, what it refuses, what it leaves behind."""

import json
import math
import os
import signal
import time

import numpy as np
import openmm
import pytest
import yaml

from lfa1_analysis.io.errors import SimulationError
from lfa1_cli.main import main
from lfa1_md.box import system
from lfa1_md.doctor import box as doctor_box
from lfa1_md.doctor import cpu_kernel, processes
from lfa1_md.doctor import examination as doctor
from lfa1_md.doctor import platforms as doctor_platforms
from lfa1_md.doctor import precision as doctor_precision
from lfa1_md.doctor import speed as doctor_speed
from lfa1_md.doctor.platforms import PlatformAnswer
from lfa1_md.files.durable import write_text
from lfa1_md.machine import cuda
from lfa1_md.machine.agreement import LIMIT, Agreement, judge

pytestmark = pytest.mark.xdist_group("doctor")
CPU = PlatformAnswer("CPU", True)
NO_CUDA = PlatformAnswer("CUDA", False, "no NVIDIA driver", "install it")


@pytest.fixture(scope="module")
def config(make_study, tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "small.yaml"
    path.write_text(yaml.safe_dump(make_study().model_dump(mode="json")))
    return path


@pytest.fixture(scope="module")
def results(minimised, tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    (folder / "systems").symlink_to(minimised)
    return folder


@pytest.fixture(scope="module")
def box(results, make_study, cpu, tmp_path_factory):
    return doctor_box.find(make_study(), results, tmp_path_factory.mktemp("scratch"), cpu)


def test_the_study_s_own_system_is_taken(box, minimised):
    assert box.state.samefile(minimised / "closed-mg" / system.MINIMISED)
    assert box.basis.endswith("of this study, from minimised.state.xml.gz")


def test_a_system_of_other_settings_is_not_taken(results, make_study, cpu, tmp_path, monkeypatch):
    asked = []

    def made(*arguments):
        asked.append(arguments)
        raise SimulationError("made anew")

    monkeypatch.setattr(doctor_box, "_made", made)
    with pytest.raises(SimulationError, match="made anew"):
        doctor_box.find(make_study("ph: 5"), results, tmp_path, cpu)
    assert len(asked) == 1


def test_the_cpu_agrees_with_reference(box):
    (found,) = doctor_precision.measure(box, ["CPU"])
    assert found.good and 0 < found.rms < LIMIT


@pytest.mark.slow
def test_a_platform_that_is_not_there_is_not_good(box):
    (found,) = doctor_precision.measure(box, ["HIP"])
    assert not found.good and "HIP" in found.problem


@pytest.mark.parametrize(("given", "taken"), [(7, 8), (11, 12), (17, 18), (45, 45), (61, 64)])
def test_meshes_that_every_platform_takes(given, taken):
    assert doctor_precision._smooth(given) == taken


def test_platforms_compare_on_the_same_mesh(box):
    solvated = system.load(box.folder)
    doctor_precision.same_mesh(solvated.system)
    (force,) = (f for f in solvated.system.getForces() if isinstance(f, openmm.NonbondedForce))
    found = []
    for name in ("Reference", "CPU"):
        where = openmm.Platform.getPlatformByName(name)
        context = openmm.Context(solvated.system, openmm.VerletIntegrator(0.001), where)
        found.append(force.getPMEParametersInContext(context))
    assert found[0] == pytest.approx(found[1])


FORCES = np.random.default_rng(1).normal(0, 500, (1000, 3))


def test_a_perturbed_force_is_seen():
    exact = (FORCES, -1e5)
    noise = np.random.default_rng(2).normal(0, 500e-6, FORCES.shape)
    found = judge("CPU", exact, (FORCES + noise, -1e5 + 3))
    assert found.good
    assert found.rms == pytest.approx(1e-6, rel=0.1)
    assert found.energy == pytest.approx(0.003)
    one = FORCES.copy()
    one[17, 2] += 20.0  # the median does not see it
    found = judge("CPU", exact, (one, -1e5))
    assert not found.good and found.median == 0
    # By far less on every atom, which the largest forces hide in the root mean square.
    large = FORCES.copy()
    large[0] *= 1e4
    found = judge("CPU", (large, -1e5), (large + [[0, 0, 0.2]] * 1000, -1e5))
    assert not found.good and found.rms < LIMIT


def test_a_platform_whose_forces_are_wrong_is_a_problem():
    wrong = Agreement("CPU", 3e-3, 2e-5, 0.0)
    (said,) = doctor.problems("auto", "CPU", [CPU], [wrong])
    assert "platform CPU does not compute rightly" in said and "3.0e-03" in said
    assert not doctor.problems("auto", "CPU", [CPU], [Agreement("CPU", 3e-5, 2e-5, 0.0)])
    (said,) = doctor.problems("CUDA", "", [CPU, NO_CUDA], [])
    assert said == "platform CUDA does not answer: no NVIDIA driver\n  → install it"


@pytest.mark.parametrize(
    ("wanted", "cuda_answers", "used"),
    [("auto", False, "CPU"), ("auto", True, "CUDA"), ("CPU", True, "CPU"), ("CUDA", False, "")],
)
def test_what_the_study_would_use(wanted, cuda_answers, used):
    assert doctor.uses(wanted, [CPU, PlatformAnswer("CUDA", cuda_answers)]) == used


def test_speed_is_what_the_slices_say(box, config, monkeypatch):
    printed = []

    def summarise(lines, timestep):
        printed.extend(lines[0])
        return summed(lines, timestep)

    summed = doctor_speed.summarise
    monkeypatch.setattr(doctor_speed, "summarise", summarise)
    started = time.monotonic()
    alone = doctor_speed.measure(box, config, "CPU", [""], 2.0, 4.0)
    passed = time.monotonic() - started
    assert alone.jobs == 1
    assert alone.ns_per_day == pytest.approx(alone.steps_per_second * 4e-6 * 86400)
    slices = [each for each in printed if "steps" in each]
    assert alone.slices == len(slices) >= 1  # on a busy machine one takes all the time
    spent = sum(each["seconds"] for each in slices)
    assert 2.0 <= spent < passed  # by the clock of this process, which also waited for the start
    assert alone.steps_per_second == pytest.approx(sum(s["steps"] for s in slices) / spent)
    assert alone.memory > 50e6
    assert alone.sizes["row"] > 40 and alone.sizes["state"] > alone.sizes["frame"] > 200


def test_speeds_of_several_jobs_are_averaged():
    end = {"memory": 5, "sizes": {"frame": 1}}
    lines = [
        [{"steps": 50, "seconds": 1.0}, {"steps": 50, "seconds": 3.0}, {**end, "memory": 9}],
        [{"steps": 75, "seconds": 1.0}, end],
    ]
    found = doctor_speed.summarise(lines, 2.0)
    assert found.steps_per_second == pytest.approx((25 + 75) / 2)
    assert (found.jobs, found.slices, found.memory) == (2, 3, 9)
    assert found.variation == pytest.approx(np.std([50, 50 / 3, 75], ddof=1) / 50)


@pytest.mark.parametrize("lines", [[[]], [[{"steps": 5, "seconds": 1.0}]], [[{"problem": "NaN"}]]])
def test_a_job_that_ends_early_is_a_failure(lines):
    with pytest.raises(SimulationError, match="the measurement of speed failed"):
        doctor_speed.summarise(lines, 2.0)


def test_a_worker_that_cannot_start_is_a_failure(box, tmp_path):
    with pytest.raises(SimulationError, match="no such configuration file"):
        doctor_speed.measure(box, tmp_path / "none.yaml", "CPU", [""], 1.0, 4.0)


def test_workers_do_not_outlive_an_interruption():
    kept = []
    with pytest.raises(KeyboardInterrupt), processes.worker(time.sleep, 60) as (_, process):
        kept.append(process)
        assert process.is_alive()
        raise KeyboardInterrupt
    assert not kept[0].is_alive()


def test_a_crash_is_told():
    crashed = processes.ask(signal.raise_signal, signal.SIGSEGV)
    assert "signal 11" in crashed["problem"]
    assert "status 3" in processes.ask(os._exit, 3)["problem"]
    assert "within 0.1 s" in processes.ask(time.sleep, 60, timeout=0.1)["problem"]


def test_a_plugin_that_cannot_be_loaded():
    failures = (
        "Error loading library /x/libOpenMMRPMDOpenCL.so: libOpenCL.so.1: other",
        "Error loading library /x/libOpenMMOpenCL.so: libOpenCL.so.1: cannot open",
    )
    assert doctor_platforms.missing("OpenCL", failures) == (
        "its plugin cannot be loaded: libOpenCL.so.1: cannot open"
    )
    assert doctor_platforms.missing("HIP", failures) == "not installed"


def test_cuda_whose_probe_fails_is_explained(monkeypatch):
    facts = cuda.Facts(cuda.NvidiaDriver(True, 12080), {}, True, (), "", smi=True)
    monkeypatch.setattr(cuda, "gather", lambda: facts)
    monkeypatch.setattr(doctor_platforms, "ask", lambda *a, **k: {"problem": "no device"})
    found = doctor_platforms.attempt("CUDA")
    assert not found.answers
    assert "CUDA_VISIBLE_DEVICES='' hides every GPU" in found.detail and "no device" in found.detail


def test_every_visible_gpu_is_measured(monkeypatch):
    devices = tuple(cuda.Device(f"GPU {i}", 0) for i in range(3))
    monkeypatch.setattr(cuda, "look", lambda: cuda.NvidiaDriver(True, 12080, devices=devices))
    assert doctor.lanes("CUDA", 8) == [["0"], ["0", "1", "2"]]
    assert doctor.lanes("CPU", 2) == [[""], ["", ""]]
    assert doctor.lanes("CPU", 1) == [[""]]


def test_gpus_beyond_those_measured_are_marked(make_study, tmp_path):
    sizes = {"frame": 1, "row": 1, "state": 1, "checkpoint": 1}
    speeds = [doctor_speed.Speed(n, 1000.0 - n, 0.1, 9, 4.0, 10, sizes) for n in (1, 2)]
    wall = doctor.cost(make_study(), "CUDA", speeds, 1, tmp_path)["wall"]
    assert [(each["on"], each["measured"]) for each in wall] == [
        ("1 GPU", True),
        ("2 GPUs", True),
        ("4 GPUs", False),
        ("8 GPUs", False),
    ]


def test_packages_that_differ_from_their_pins():
    there = openmm.version.short_version
    lines = [
        f"openmm=={there}; extra == 'study'",
        'numpy==0.1; extra == "study"',
        "lfa1-no-such-package==1.0",
        'pytest==0.0.1; extra == "develop"',
    ]
    found = doctor.unpinned(lines)
    assert set(found) == {"numpy", "lfa1-no-such-package"}
    assert found["lfa1-no-such-package"] == "missing instead of 1.0"
    assert found["numpy"] == f"{np.__version__} instead of 0.1"


def test_memory_that_is_available(tmp_path):
    path = tmp_path / "meminfo"
    path.write_text("MemTotal: 9 kB\nMemAvailable:    7 kB\n")
    assert doctor.memory_available(path) == 7 * 1024
    assert doctor.memory_available(tmp_path / "none") == 0


def test_the_kernel_is_asked_or_unknown(tmp_path):
    found = cpu_kernel.detect()
    assert found.name in ("AVX2", "AVX", "SSE 4.1", "NEON", "portable")
    assert found.floats in (4, 8)
    unknown = cpu_kernel.detect(tmp_path / "libOpenMMCPU.so")
    assert (unknown.name, unknown.held_back) == ("", False)
    assert unknown.description().startswith("unknown: ")


@pytest.mark.parametrize(
    ("flags", "floats", "held_back"),
    [("sse4_1 avx avx2", 4, True), ("sse4_1 avx", 8, False), ("sse4_1", 4, False)],
)
def test_a_kernel_that_is_slower_than_the_processor(tmp_path, flags, floats, held_back):
    (tmp_path / "cpuinfo").write_text(f"model name: x\nflags\t\t: fpu {flags}\n")
    possible = cpu_kernel._possible(tmp_path / "cpuinfo")
    kernel = cpu_kernel.Kernel("SSE 4.1" if floats == 4 else "AVX", floats, possible, "asked")
    assert kernel.held_back == held_back
    assert ("upstream_openmm_avx" in kernel.description()) == held_back


def strictly(text):
    def refuse(name):
        raise ValueError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def listing(folder):
    return {p: p.stat().st_mtime_ns for p in (folder / "systems").resolve().rglob("*")}


@pytest.mark.slow  # the README's command is tested besides
def test_the_verb_from_end_to_end(config, results, tmp_path, capsys):
    before = listing(results)
    output = tmp_path / "doctor.json"
    options = ["--config", str(config), "--results", str(results), "--seconds", "1"]
    assert main(["doctor", *options, "--cores", "2", "--json", str(output)]) == 0
    shown = capsys.readouterr().out
    for part in ("environment:", "platforms:", "CPU kernel", "precision", "2 jobs at once",
                 "on 1 core:", "on 2 cores:", "disk:", "free:", "memory", "ready:"):  # fmt: skip
        assert part in shown
    found = strictly(output.read_text())
    assert [each["jobs"] for each in found["speed"]["measured"]] == [1, 2]
    alone, both = (each["steps_per_second"] for each in found["speed"]["measured"])
    steps = sum(part["steps"] for part in found["forecast"]["parts"])
    assert found["forecast"]["wall"][1]["seconds"] == pytest.approx(
        max(steps / (2 * both), found["forecast"]["longest_chain_steps"] / alone)
    )
    assert found["problems"] == [] and found["kernel"]["floats"] in (4, 8)
    assert listing(results) == before


def test_cuda_that_does_not_answer_is_status_2(config, results, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(doctor_platforms, "survey", lambda: [CPU, NO_CUDA])
    wanted = tmp_path / "cuda.yaml"
    write_text(wanted, config.read_text().replace("platform: CPU", "platform: CUDA"))
    output = tmp_path / "doctor.json"
    options = ["--config", str(wanted), "--results", str(results), "--json", str(output)]
    assert main(["doctor", *options]) == 2
    shown = capsys.readouterr()
    assert "lfa1 doctor: platform CUDA does not answer: no NVIDIA driver" in shown.err
    assert "→ install it" in shown.err
    assert "no speed was measured" in shown.out and "Traceback" not in shown.err
    found = strictly(output.read_text())
    assert found["problems"] and "wall" not in found["forecast"]


def test_a_bad_configuration_is_refused_as_everywhere(tmp_path, capsys):
    path = tmp_path / "bad.yaml"
    path.write_text("replicsa: 3\n")
    assert main(["doctor", "--config", str(path)]) == 2
    assert "unknown key 'replicsa'; did you mean 'replicas'?" in capsys.readouterr().err


def test_what_is_not_a_number_becomes_null():
    found = doctor.plain({"a": [Agreement("CPU")], "b": math.inf})
    assert found["a"][0]["rms"] is None and found["b"] is None
    assert found["a"][0]["good"] is False
