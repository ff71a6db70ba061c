"""The check of ion models: energies, estimators and corrections against what is known."""

import numpy as np
import openmm
import pytest

from lfa1_analysis.free_energy.verdicts import LEAST_OVERLAP
from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_cli.main import main
from lfa1_md.ionmodels import alchemy, check, free_energy, shell, solvated_ion, table
from lfa1_md.ionmodels.alchemy import CHARGE, CHARGING, LEGS, SIZE
from lfa1_md.ionmodels.check import Lengths
from lfa1_md.ionmodels.free_energy import KT, estimate
from lfa1_md.ionmodels.reference import EXPERIMENT, _table, reference
from lfa1_md.ionmodels.shell import ShellFrames
from lfa1_md.machine import platform

REFERENCE = openmm.Platform.getPlatformByName("Reference")
MODELS = [("OPC3", "12-6-4"), ("TIP3P", "microMg"), ("CHARMM-TIP3P", None)]


@pytest.fixture(scope="module", params=MODELS, ids=[water for water, _ in MODELS])
def box(request):
    return solvated_ion.make("mg", *request.param, n_waters=250)


def _context(system: openmm.System, box) -> openmm.Context:
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), REFERENCE)
    context.setPositions(box.model.positions)
    return context


def _energy(context: openmm.Context, **values: float) -> float:
    for name, value in values.items():
        context.setParameter(name, value)
    return context.getState(energy=True).getPotentialEnergy()._value


def _plain(system: openmm.System) -> openmm.NonbondedForce:
    return next(f for f in system.getForces() if isinstance(f, openmm.NonbondedForce))


def test_the_box_holds_one_ion_and_room_for_the_cutoff(box):
    assert box.model.topology.getNumResidues() == len(box.oxygens) + 1
    assert box.model.atoms_of(box.kind.residue).tolist() == [0]
    assert min(np.diag(box.model.box)) > 2.1 * box.dynamics.cutoff


def test_the_whole_ion_has_the_energies_and_forces_of_the_study_s_own_system(box):
    own = openmm.XmlSerializer.clone(box.system)
    for force in own.getForces():  # the share of the ion in it is a constant at constant volume
        if isinstance(force, openmm.CustomNonbondedForce):
            force.setUseLongRangeCorrection(False)
    _plain(own).setUseDispersionCorrection(False)
    ours = alchemy.decoupled(box)
    _plain(ours).setUseDispersionCorrection(False)
    states = [_context(s, box).getState(energy=True, forces=True) for s in (own, ours)]
    expected, found = (state.getPotentialEnergy()._value for state in states)
    assert found == pytest.approx(expected, rel=1e-9)
    expected, found = (state.getForces(asNumpy=True)._value for state in states)
    assert np.linalg.norm(found - expected) < 1e-9 * np.linalg.norm(expected)


def test_without_size_and_charge_the_ion_meets_nothing(box):
    context = _context(alchemy.decoupled(box), box)
    context.setParameter(CHARGE, 0.0)
    context.setParameter(SIZE, 0.0)
    forces = context.getState(forces=True).getForces(asNumpy=True)._value
    assert np.linalg.norm(forces[0]) < 1e-6
    moved = box.model.positions.copy()
    before = _energy(context)
    moved[0] += 0.3
    context.setPositions(moved)
    assert _energy(context) == pytest.approx(before, abs=1e-6)


def test_three_energies_give_that_of_every_charge(box):
    context = _context(alchemy.decoupled(box), box)
    direct = [_energy(context, **{CHARGE: x}) for x in (0.0, 0.15, 0.5, 0.85, 1.0)]
    windows = alchemy.AlchemicalWindows.__new__(alchemy.AlchemicalWindows)
    windows.context = context
    charging = next(leg for leg in LEGS if leg.parameter == CHARGE)
    by_parabola = windows._energies(charging)[[0, 3, 10, 17, 20]]
    assert by_parabola == pytest.approx(np.array(direct), abs=1e-6)


@pytest.mark.parametrize("name", ["Reference", "CPU"])
@pytest.mark.parametrize("width", [2.0, 3.0])
def test_a_lone_charge_has_the_energy_of_its_lattice(name, width):
    """Charging in a periodic box is compared with a charge alone: this is the part of its images.

    The charge comes in through a parameter, as in the windows.
    """
    system = openmm.System()
    system.setDefaultPeriodicBoxVectors(*(np.eye(3) * width))
    system.addParticle(24.0)
    force = openmm.NonbondedForce()
    force.setNonbondedMethod(openmm.NonbondedForce.PME)
    force.setCutoffDistance(0.9)
    force.setEwaldErrorTolerance(1e-5)
    force.addParticle(0.0, 0.2, 0.0)
    force.addGlobalParameter(CHARGE, 0.0)
    force.addParticleParameterOffset(CHARGE, 0, 2.0, 0.0, 0.0)
    system.addForce(force)
    where = openmm.Platform.getPlatformByName(name)
    context = openmm.Context(system, openmm.VerletIntegrator(0.001), where)
    context.setPositions([[0.1, 0.2, 0.3]])
    for fraction in (0.0, 0.5, 1.0):
        expected = free_energy.LATTICE * free_energy.COULOMB * (2 * fraction) ** 2
        found = _energy(context, **{CHARGE: fraction})
        assert found == pytest.approx(expected / 2 / width, abs=0.01)


def test_tails_are_those_of_openmm_s_own_correction(box):
    """OpenMM integrates over the atoms that are there; we, over water of uniform density."""
    system = openmm.XmlSerializer.clone(box.system)
    width = float(box.model.box[0, 0])
    tails = free_energy.beyond_cutoff(box, width)
    c4 = [f for f in system.getForces() if f.getName() == "MetalC4"]
    assert bool(c4) == (tails.c4 < 0)
    for force in c4:
        energies = []
        for corrected in (False, True):
            force.setUseLongRangeCorrection(corrected)
            energies.append(_energy(_context(system, box)))
        assert tails.c4 == pytest.approx(energies[1] - energies[0], rel=0.01)
    plain = _plain(system)
    if not plain.getUseDispersionCorrection():
        assert tails.dispersion == 0
        return
    energies = []
    charge, sigma, epsilon = plain.getParticleParameters(0)
    for scale in (1.0, 0.0):
        plain.setParticleParameters(0, charge, sigma, epsilon * scale)
        on = _energy(_context(system, box))
        plain.setUseDispersionCorrection(False)
        energies.append(on - _energy(_context(system, box)))
        plain.setUseDispersionCorrection(True)
    assert tails.dispersion == pytest.approx(energies[0] - energies[1], rel=0.02, abs=0.002)


def test_the_box_s_size_matters_less_the_wider_it_is():
    widths = np.array([2.0, 4.0, 8.0, 100.0])
    found = np.array([free_energy.finite_size(2, w, -1830.0) for w in widths])
    assert (np.diff(found) < 0).all()
    # In the end what is left is the images' potential, screened by the water.
    screened = 0.5 * 138.935 * 4 * 2.837297 / 100 / 78.4
    assert found[-1] == pytest.approx(screened, rel=0.01)


def _oscillators(generator, n, spread=1.0):
    """Draw from harmonic windows with known free energies."""
    centres, stiff = np.arange(6) * spread, np.linspace(1.0, 4.0, 6)
    rows = []
    for centre, k in zip(centres, stiff, strict=True):
        x = generator.normal(centre, np.sqrt(KT / k), n)
        rows.append(0.5 * stiff * (x[:, None] - centres) ** 2 - 25_000.0)
    exact = 0.5 * KT * np.log(stiff[-1] / stiff[0])
    return rows, exact


def test_the_estimate_is_right_as_often_as_its_uncertainty_says():
    within = 0
    for seed in range(20):
        rows, exact = _oscillators(np.random.default_rng(seed), 200)
        found = estimate(rows)
        within += abs(found.free_energy - exact) < 1.96 * found.uncertainty
        assert found.uncertainty < 0.4
    assert within >= 17


@pytest.mark.parametrize("spread", [12.0, 50.0, 1e4])
def test_windows_too_far_apart_are_found_and_named(spread):
    rows, _ = _oscillators(np.random.default_rng(1), 200, spread=spread)
    found = estimate(rows)
    assert found.overlap < LEAST_OVERLAP and np.isnan(found.free_energy)
    assert f"windows {found.weakest} and {found.weakest + 1} overlap by" in found.problem


def test_one_gap_among_good_windows_is_the_one_named():
    rows, _ = _oscillators(np.random.default_rng(2), 200)
    for index, part in enumerate(rows):
        part[:, 3:] += 0 if index >= 3 else 500.0
        part[:, :3] += 500.0 if index >= 3 else 0
    found = estimate(rows)
    assert found.weakest == 2 and "windows 2 and 3" in found.problem


def test_frames_that_never_change_give_a_reason_not_a_number():
    rows = [np.tile(np.arange(4.0) * 50, (20, 1)) for _ in range(4)]
    found = estimate(rows)
    assert np.isnan(found.free_energy) == bool(found.problem)
    with pytest.raises(ValueError, match="two windows"):
        estimate(rows[:1])


def _octahedra(generator, frames=500, r=2.09, spread=0.05):
    axes = np.concatenate([np.eye(3), -np.eye(3)])
    near = axes * r + generator.normal(0, spread, (frames, 6, 3))
    far = generator.normal(size=(frames, 6, 3))
    far *= 4.2 / np.linalg.norm(far, axis=2, keepdims=True)
    vectors = np.concatenate([near, far], axis=1)
    distances = np.linalg.norm(vectors, axis=2)
    waters = np.tile(np.arange(12), (frames, 1))
    order = np.argsort(distances, axis=1)
    rows = np.arange(frames)[:, None]
    distances, waters = distances[rows, order], waters[rows, order]
    directions = vectors[rows, order] / distances[..., None]
    return ShellFrames(distances, waters, directions, np.zeros((frames, 3)), 2.0)


def test_an_octahedron_is_one():
    found = shell.describe(_octahedra(np.random.default_rng(3)), "Mg")
    assert found["coordination_number"] == (6.0, 0.0)
    assert found["distance_mean_angstrom"][0] == pytest.approx(2.091, abs=0.003)
    assert found["distance_spread_angstrom"][0] == pytest.approx(0.05, abs=0.003)
    assert found["distance_peak_angstrom"][0] == pytest.approx(2.089, abs=0.01)
    # Of two directions, each off by 0.05/2.09 rad in the plane.
    expected = np.degrees(np.sqrt(2) * 0.05 / 2.09)
    assert found["cis_angle_spread_degrees"][0] == pytest.approx(expected, rel=0.05)
    assert 175 < found["trans_angle_mean_degrees"][0] < 180
    assert found["waters_exchanged"][0] == 0


def test_a_water_that_takes_another_s_place_is_counted_once():
    frames = _octahedra(np.random.default_rng(4))
    waters = frames.waters.copy()
    late = waters[250:]
    late[late == 2] = 99
    flicker = waters[100:103]
    flicker[flicker == 1] = 98
    changed = ShellFrames(frames.distances, waters, frames.directions, frames.track, 2.0)
    assert shell.describe(changed, "Mg")["waters_exchanged"][0] == 1


def test_a_random_walk_diffuses_as_it_was_made():
    generator, true = np.random.default_rng(5), 0.7  # 10⁻⁹ m²/s = 10⁻³ nm²/ps
    steps = generator.normal(0, np.sqrt(2 * true * 1e-3 * shell.INTERVAL), (20_000, 3))
    nothing = np.zeros((20_000, 1))
    frames = ShellFrames(nothing, nothing.astype(int), nothing, np.cumsum(steps, axis=0), 3.0)
    bare = shell.diffusion(frames, None)
    assert bare is not None and bare[2] == 0
    assert abs(bare[0] - true) < 3 * bare[1] < 0.3
    corrected = shell.diffusion(frames, 0.80)
    assert corrected is not None
    # Yeh and Hummer's equation for 3 nm and 0.80 mPa s at 298 K.
    assert corrected[0] - bare[0] == corrected[2] == pytest.approx(0.258, abs=0.002)
    short = ShellFrames(nothing, nothing.astype(int), nothing, frames.track[:200], 3.0)
    assert shell.diffusion(short, None) is None


def test_what_is_published_names_quantities_that_are_computed():
    quantities = {key[3] for key in _table()} - {"viscosity_mpa_s"}
    assert quantities <= set(table._SHOWN)
    for (ion, water, model, _), found in _table().items():
        assert found.source
        if EXPERIMENT not in (water, model) and ion != "water":
            solvated_ion.ion_models.parameters(ion, water, model)


def test_verdicts():
    target = reference("mg", "OPC3", "12-6-4", "distance_peak_angstrom")
    assert target is not None
    peak = "distance_peak_angstrom"
    assert table.verdict(peak, 2.105, 0.001, target) == "agrees"
    assert table.verdict(peak, 2.115, 0.001, target) == "differs"
    energy = "hydration_free_energy_kcal_per_mol"
    target = reference("mg", "OPC3", "12-6-4", energy)
    assert table.verdict(energy, -440.0, 1.0, target) == "agrees"
    assert table.verdict(energy, -440.0, 0.5, target) == "differs"
    assert table.verdict(energy, -440.0, 0.5, None) == "none published"


SHORT = Lengths(settling=1.0, shell=1.0, window=0.0, waters=250)


@pytest.mark.slow
def test_a_check_goes_on_and_is_not_repeated(tmp_path, monkeypatch, capsys):
    where = platform.select("CPU", 1)

    def check(lengths=SHORT):
        return check.check("mg", "OPC3", "12-6-4", lengths, 1, *where, tmp_path)

    with monkeypatch.context() as patch:
        patch.setattr(shell, "sample", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            check()
    monkeypatch.setattr(solvated_ion, "settled", lambda *_: 1 / 0)  # it is there already
    first = check()
    found = first["quantities"]
    assert found["coordination_number"]["value"] == 6
    assert found["distance_peak_angstrom"]["value"] == pytest.approx(2.1, abs=0.05)
    assert "hydration_free_energy_kcal_per_mol" not in found
    monkeypatch.setattr(check, "_Check", lambda *_: 1 / 0)
    assert check() == first
    with pytest.raises(InputError, match=r"other settings \(lengths_ps\)"):
        check(Lengths(settling=1.0, shell=2.0, window=0.0, waters=250))
    rows = table.write(tmp_path)
    assert (tmp_path / "ion-check.csv").read_text().count("\n") == len(rows) + 1
    assert "M–O peak" in capsys.readouterr().out


@pytest.mark.slow
def test_damaged_parts_are_named(tmp_path):
    where = platform.select("CPU", 1)
    folder = tmp_path / "mg-OPC3-CM"
    check.check("mg", "OPC3", "CM", SHORT, 1, *where, tmp_path)
    (folder / "result.json").unlink()
    sound = (folder / "shell.npz").read_bytes()
    flipped = bytearray(sound)
    flipped[len(sound) // 2] ^= 0xFF
    for broken in (b"PK\x03\x04 cut short", sound[: len(sound) // 2], bytes(flipped)):
        (folder / "shell.npz").write_bytes(broken)
        with pytest.raises(InputError, match=r"shell\.npz: damaged"):
            check.check("mg", "OPC3", "CM", SHORT, 1, *where, tmp_path)
    with (folder / "shell.npz").open("wb") as file:
        np.savez(file, width=2.0)
    with pytest.raises(InputError, match="without directions, distances"):
        check.check("mg", "OPC3", "CM", SHORT, 1, *where, tmp_path)
    (folder / "result.json").write_text("{}")
    with pytest.raises(InputError, match="is not the result of a check"):
        table.write(tmp_path)


@pytest.mark.slow
def test_windows_end_where_the_next_begins(tmp_path, monkeypatch):
    """A window of each leg is run; its own energies are those of its own parameters."""
    monkeypatch.setattr(alchemy, "SETTLE", 0.1)
    box = solvated_ion.make("mg", "OPC3", "CM", 250)
    where = platform.select("CPU", 1)
    state = solvated_ion.settled(box, 1.0, 1, *where)
    windows = alchemy.AlchemicalWindows(box, 1, *where)
    growth, charging = LEGS
    rows, state = windows.run(charging, CHARGING[-1], state, 0.3)
    assert rows.shape == (3, len(CHARGING)) and np.isfinite(rows).all()
    # The water has settled around the whole ion: less of it is bound less.
    assert (np.diff(rows.mean(axis=0)) < 0).all()
    rows, _ = windows.run(growth, 1.0, state, 0.3)
    assert windows.context.getParameter(CHARGE) == 0
    assert rows.shape == (3, len(growth.fractions))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--shell", "40"], "needs a unit"),
        (["--shell", "1 ps"], "is too short"),
        (["--window", "4 nm"], "wrong kind of unit"),
        (["--window", "0.1 ps"], "is too short"),
        (["--waters", "3"], "not sensible"),
        (["--model", "CM", "--model", "microMg"], "does not belong to chemistry.water 'OPC3'"),
        (["--threads", "0", "--platform", "CPU"], "is not positive"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_runs(options, told, tmp_path, capsys):
    assert main(["ion-check", "--output-dir", str(tmp_path / "out"), *options]) == 2
    error = capsys.readouterr().err
    assert told in error and "→" in error and "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_strangers_raise():
    with pytest.raises(ConfigError):
        solvated_ion.make("mg", "OPC3", "CHARMM36", 250)
