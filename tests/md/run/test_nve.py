"""Without thermostat and barostat the energy stays: forces, constraints and masses fit together.

The limit is 0.1 kT per nanosecond and degree of freedom (0.25 kJ/mol). The thermostat exchanges
about kT per degree of freedom in a picosecond (friction 1/ps), ten thousand times as much, so that
a drift within the limit cannot heat or cool a run. Measured on this system over 8 ps, in
kJ/mol/ns per degree of freedom: −0.05 ± 0.02 at 2 fs and −0.11 ± 0.06 at 4 fs.
"""

import numpy as np
import openmm
import pytest
from openmm import unit

from lfa1_md.box import system
from lfa1_md.run import integration, states

LIMIT = 0.1 * 8.314e-3 * 300


@pytest.mark.parametrize(
    ("timestep", "picoseconds"), [pytest.param(2.0, 8.0, marks=pytest.mark.slow), (4.0, 8.0)]
)
def test_energy_drift(minimised, equilibrated, cpu, timestep, picoseconds):
    solvated = system.load(minimised / "closed-mg")
    integrator = openmm.VerletIntegrator(timestep * unit.femtosecond)
    integrator.setConstraintTolerance(integration.CONSTRAINT_TOLERANCE)
    context = openmm.Context(solvated.system, integrator, *cpu)
    n_atoms = solvated.system.getNumParticles()
    states.place(context, states.read(equilibrated / "closed-mg" / "state.xml.gz", n_atoms))
    steps = round(picoseconds * 1000 / timestep) // 60
    rows = []
    for _ in range(60):
        integrator.step(steps)
        state = context.getState(energy=True)
        kinetic = state.getKineticEnergy()._value
        rows.append((state.getTime()._value / 1000, state.getPotentialEnergy()._value, kinetic))
    time, potential, kinetic = np.array(rows).T
    n_free = system.degrees_of_freedom(solvated.system)
    slope, covariance = np.polyfit(time, (potential + kinetic) / n_free, 1, cov=True)
    drift, error = slope[0], covariance[0, 0] ** 0.5
    print(f"{timestep} fs: {drift:+.3f} ± {error:.3f} kJ/mol/ns per degree of freedom")
    assert abs(drift) < LIMIT + 2 * error
    assert error < LIMIT  # the run is long enough to tell
    # A symplectic integrator's energy error is a small part of what flows between its two kinds.
    assert np.std(potential + kinetic) < 0.15 * np.std(kinetic)
