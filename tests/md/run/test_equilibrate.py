import numpy as np
import pandas as pd
import pytest
from openmm import unit

from lfa1_analysis.io.errors import InputError, SimulationError
from lfa1_md.box import system
from lfa1_md.files.provenance import read_json, sha256
from lfa1_md.run import equilibrate as module
from lfa1_md.run import integration, states
from lfa1_md.run.equilibrate import equilibrate
from lfa1_md.study.sections import Stage


def run(folder, name, output, study, cpu, replica=0, stages=None):
    solvated = system.load(folder / name)
    start = folder / name / system.MINIMISED
    if stages:
        study = study.model_copy(update={"equilibration": stages})
    equilibrate(solvated, start, study, replica, *cpu, output)
    return solvated


def test_stages_follow_the_list(equilibrated, make_study):
    table = pd.read_csv(equilibrated / "closed-mg" / "equilibration.csv")
    stages = make_study().equilibration
    assert list(dict.fromkeys(table.stage)) == [stage.name for stage in stages]
    assert np.isfinite(table.drop(columns="stage")).all(axis=None)
    heat, release = (table[table.stage == name] for name in ("heat", "release"))
    assert heat.volume_nm3.nunique() == 1
    assert heat.time_ps.tolist() == pytest.approx([0.05, 0.1, 0.15, 0.2])
    assert release.time_ps.iloc[-1] == pytest.approx(0.4)


def test_record_names_what_was_run(equilibrated, minimised):
    folder = equilibrated / "closed-mg"
    record = read_json(folder / "equilibration.json")
    assert [stage["steps"] for stage in record["stages"]] == [100, 100]
    assert record["platform"]["name"] == "CPU"
    assert record["started_from"]["sha256"] == sha256(minimised / "closed-mg" / system.MINIMISED)
    for name, digest in record["files"].items():
        assert sha256(folder / name) == digest


def test_pair_shares_seeds_and_replicas_do_not(equilibrated, minimised, make_study, cpu, tmp_path):
    seeds = [
        read_json(equilibrated / n / "equilibration.json")["seeds"]
        for n in ("closed-mg", "closed-apo")
    ]
    assert seeds[0] == seeds[1]
    used = [value for stage in seeds[0].values() for value in stage.values()]
    assert len(set(used)) == len(used) == 5  # velocities once, two generators in each stage
    stages = [Stage(name="one", ensemble="NVT", duration="0.02 ps")]
    run(minimised, "closed-mg", tmp_path, make_study(), cpu, replica=1, stages=stages)
    other = read_json(tmp_path / "equilibration.json")["seeds"]
    assert not set(other["one"].values()) & set(used)


def test_pair_starts_with_the_same_velocities(minimised, make_study, cpu, tmp_path, monkeypatch):
    velocities = {}

    def caught(path, interval, timestep, *rest):
        context = engines[-1]._simulation.context
        velocities[name] = context.getState(velocities=True).getVelocities(asNumpy=True)._value
        raise KeyboardInterrupt

    engines = []
    make = integration.Engine
    monkeypatch.setattr(
        integration, "Engine", lambda *args: engines.append(make(*args)) or engines[-1]
    )
    monkeypatch.setattr(module, "EnergyReporter", caught)
    for name in ("closed-mg", "closed-apo"):
        with pytest.raises(KeyboardInterrupt):
            run(minimised, name, tmp_path / name, make_study(), cpu)
    mg, apo = velocities.values()
    # Constraints turn the velocities of hydrogens and their neighbours along bonds, and the bonds
    # of the two differ a little after minimisation; unconstrained atoms show the draw itself, but
    # for the half step of their own forces by which this integrator's velocities lag.
    parameters = system.load(minimised / "closed-apo").system
    bound = {
        index
        for i in range(parameters.getNumConstraints())
        for index in parameters.getConstraintParameters(i)[:2]
    }
    free = np.array([i for i in range(len(apo)) if i not in bound])
    assert len(free) > 10
    assert np.corrcoef(mg[free].ravel(), apo[free].ravel())[0, 1] > 0.99
    assert list((tmp_path / "closed-mg").iterdir()) == []


@pytest.mark.parametrize(("ensemble", "volumes"), [("NVT", 1), ("NPT", 2)])
def test_barostat_works_only_where_asked(minimised, make_study, cpu, tmp_path, ensemble, volumes):
    stages = [
        Stage(name="first", ensemble=ensemble, duration="0.4 ps"),
        Stage(name="last", ensemble="NPT", duration="0.02 ps"),
    ]
    run(minimised, "closed-mg", tmp_path, make_study(), cpu, stages=stages)
    table = pd.read_csv(tmp_path / "equilibration.csv")
    found = table[table.stage == "first"].volume_nm3.nunique()
    assert found == 1 if volumes == 1 else found >= volumes


def test_restraint_holds_heavy_atoms_as_a_spring_would(minimised, make_study, cpu, tmp_path):
    constant, temperature = 4000.0, 300.0
    stages = [
        Stage(name="hold", ensemble="NVT", duration="0.6 ps", restraint=f"{constant} kJ/mol/nm^2")
    ]
    solvated = run(minimised, "closed-mg", tmp_path, make_study(), cpu, stages=stages)
    n = solvated.system.getNumParticles()
    end, start = (
        states.read(path, n).getPositions(asNumpy=True).value_in_unit(unit.nanometer)
        for path in (tmp_path / "state.xml.gz", minimised / "closed-mg" / system.MINIMISED)
    )
    heavy = solvated.model.heavy_solute()
    squared = ((end - start)[heavy] ** 2).sum(axis=1).mean()
    # Equipartition bounds a free spring's ⟨r²⟩ by 3RT/k; bonds only stiffen it.
    assert 0 < squared < 2 * 3 * 8.314e-3 * temperature / constant


def test_restraint_is_measured_to_the_nearest_image(systems, cpu):
    import openmm

    solvated = system.load(systems / "closed-mg")
    atom = solvated.model.heavy_solute()[:1]
    points = solvated.model.positions
    solvated.system.addForce(integration.position_restraints(atom, points, 1000.0))
    force = solvated.system.getForce(solvated.system.getNumForces() - 1)
    force.setForceGroup(7)
    context = openmm.Context(solvated.system, openmm.VerletIntegrator(0.001), *cpu)
    moved = points.copy()
    moved[atom] += solvated.model.box[2] + [0.1, 0, 0]
    context.setPositions(moved)
    energy = context.getState(energy=True, groups={7}).getPotentialEnergy()._value
    assert energy == pytest.approx(0.5 * 1000 * 0.1**2, rel=1e-3)


def test_blow_up_keeps_its_diagnosis_and_no_output(minimised, make_study, cpu, tmp_path):
    study = make_study()
    furnace = Stage(name="hot", ensemble="NVT", duration="2 ps", timestep="5 fs")
    furnace = furnace.model_copy(update={"temperature": 1e9})
    output = tmp_path / "out"
    with pytest.raises(SimulationError, match=r"blew up.*last finite at"):
        run(minimised, "closed-mg", output, study, cpu, stages=[furnace])
    assert [path.name for path in output.iterdir()] == [module.WORKING]
    diagnosis = read_json(output / module.WORKING / "blow-up-1.json")
    assert diagnosis["thermostat_kelvin"] == 1e9
    assert {"HarmonicBondForce (0)"} <= set(diagnosis["energies_kj_per_mol"])
    with pytest.raises(SimulationError, match=r"blew up.*diagnosis in"):
        run(minimised, "closed-mg", output, study, cpu, stages=[furnace])


def test_state_of_another_system_is_refused(minimised, make_study, cpu, tmp_path):
    study = make_study()
    solvated = system.load(minimised / "closed-mg")
    with pytest.raises(InputError, match="atoms"):
        equilibrate(
            solvated,
            minimised / "closed-apo" / system.MINIMISED,
            study,
            0,
            *cpu,
            tmp_path,
        )
