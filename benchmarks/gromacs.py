"""Against GROMACS on the same system: same atoms, force field, cutoff, constraints and threads.

    apt install gromacs    # any `gmx` will do
    python benchmarks/gromacs.py [--rounds 3] [--seconds 8] [--threads 2]

The OpenMM system is written out for GROMACS parameter by parameter (`gromacs_files.py`), and before
anything is timed the potential energies of one configuration must agree (with a tighter Ewald sum
on both sides). Both run Langevin dynamics (GROMACS: `sd`) at 1/ps with a barostat (Monte Carlo
every 25 steps; C-rescale), at 2 fs and at 4 fs with the same heavy hydrogens, in turns; GROMACS'
clock starts half-way through its turn (`-resethway`). A third row gives GROMACS its usual v-rescale
thermostat at 4 fs.

OpenMM adds forces in a fixed order as the study does. How `gmx` was compiled is in the table: the
Debian package does without the wider instructions of newer processors.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from math import ceil, erfc, log, sqrt
from pathlib import Path
from typing import Any

import gromacs_files
import numpy as np
import openmm
import side_by_side
from openmm import unit

from lfa1_analysis.io.constants import SECONDS_PER_DAY
from lfa1_md.box import system
from lfa1_md.machine import platform
from lfa1_md.run import integration, states

PRODUCTION = """
integrator = {integrator}
dt = {dt}
nsteps = -1
tc-grps = System
tau-t = 1
ref-t = 310
{thermostat}
pcoupl = C-rescale
tau-p = 5
ref-p = 1
compressibility = 4.5e-5
gen-vel = yes
gen-temp = 310
nstxout-compressed = 12500
nstenergy = 12500
nstlog = 12500
"""
CHECK = "integrator = md\nnsteps = 0\ncontinuation = yes\nnstenergy = 1\n"
TIGHT = 1e-5
"""Tolerance of the Ewald sum when energies are compared; with the study's they differ more."""
PAIRS = """
cutoff-scheme = Verlet
coulombtype = PME
rcoulomb = {cutoff}
rvdw = {cutoff}
vdw-modifier = None
coulomb-modifier = None
DispCorr = EnerPres
ewald-rtol = {rtol:.6e}
pme-order = {order}
fourier-nx = {grid[0]}
fourier-ny = {grid[1]}
fourier-nz = {grid[2]}
"""


class Gmx:
    """GROMACS in a folder of its own."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder, self.program = folder, program

    def __call__(self, *arguments: str, given: str = "") -> str:
        """Run a command of GROMACS in the folder and return what it printed."""
        done = subprocess.run(
            [self.program, "-quiet", *arguments],
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"gmx {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def prepare(self, name: str, settings: str) -> None:
        """Write ``{name}.tpr``."""
        (self.folder / f"{name}.mdp").write_text(settings, encoding="utf-8")
        self("grompp", "-f", f"{name}.mdp", "-c", "box.gro", "-p", "box.top", "-o", name)

    def energy(self, threads: int) -> float:
        """Potential energy of the configuration (kJ/mol)."""
        self("mdrun", "-s", "check", "-deffnm", "check", "-ntmpi", "1", "-ntomp", str(threads))
        self("energy", "-f", "check.edr", "-o", "energy.xvg", given="Potential\n")
        text = (self.folder / "energy.xvg").read_text(encoding="utf-8")
        return float(text.splitlines()[-1].split()[1])

    def rate(self, name: str, seconds: float, threads: int) -> float:
        """Run for twice so many seconds and return the ns/day of the second half."""
        hours = f"{2 * seconds / 3600:.5f}"
        common = ("-s", name, "-deffnm", name, "-ntmpi", "1", "-ntomp", str(threads))
        self("mdrun", *common, "-maxh", hours, "-resethway", "-noconfout", "-pin", "off")
        log = (self.folder / f"{name}.log").read_text(encoding="utf-8")
        return float(re.findall(r"^Performance:\s+([\d.]+)", log, re.MULTILINE)[-1])

    def build(self) -> str:
        """Version and the instructions it was compiled for."""
        text = self("--version")
        version = re.search(r"GROMACS version:\s+(\S+)", text)
        simd = re.search(r"SIMD instructions:\s+(\S+)", text)
        return f"GROMACS {version[1] if version else '?'}, {simd[1] if simd else '?'}"


class Ours:
    """A context that steps for some seconds."""

    def __init__(self, solvated: Any, start: Any, timestep: float, where: Any) -> None:
        self.timestep = timestep
        self.integrator = integration.integrator(
            310.0, 5.0, timestep, 1
        )  # friction of the demonstration
        barostat = openmm.MonteCarloBarostat(1 * unit.bar, 310 * unit.kelvin, 25)
        box = openmm.XmlSerializer.clone(solvated.system)
        box.addForce(barostat)
        self.context = openmm.Context(box, self.integrator, *where)
        states.place(self.context, start)
        self.integrator.step(20)

    def rate(self, seconds: float) -> float:
        """Step for so many seconds and return ns/day."""
        started, steps = time.perf_counter(), 0
        while (passed := time.perf_counter() - started) < seconds:
            self.integrator.step(25)
            steps += 25
        return SECONDS_PER_DAY * steps * self.timestep * 1e-6 / passed


def openmm_energy(
    solvated: Any, positions: np.ndarray, box: np.ndarray, where: Any, tolerance: float
) -> float:
    """Potential energy (kJ/mol) at a tolerance of the Ewald sum."""
    tight = openmm.XmlSerializer.clone(solvated.system)
    _nonbonded(tight).setEwaldErrorTolerance(tolerance)
    context = openmm.Context(tight, openmm.VerletIntegrator(0.001), *where)
    context.setPeriodicBoxVectors(*box)
    context.setPositions(positions)
    return float(context.getState(energy=True).getPotentialEnergy()._value)


def pair_settings(system: openmm.System, box: np.ndarray, tolerance: float, order: int) -> str:
    """Cutoff, α and grid as OpenMM takes them for a tolerance (formulas of its user guide)."""
    cutoff = _nonbonded(system).getCutoffDistance().value_in_unit(unit.nanometer)
    alpha = sqrt(-log(2 * tolerance)) / cutoff
    grid = [ceil(2 * alpha * width / (3 * tolerance**0.2)) for width in np.diag(box)]
    return PAIRS.format(cutoff=cutoff, rtol=erfc(alpha * cutoff), grid=grid, order=order)


def _nonbonded(system: openmm.System) -> Any:
    return next(f for f in system.getForces() if isinstance(f, openmm.NonbondedForce))


def main() -> None:
    """Check the energies, then run in turns."""
    parser = side_by_side.parser(__doc__, "gromacs")
    side_by_side.add_system(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8, help="of a turn")
    parser.add_argument("--threads", type=int, default=side_by_side.cores())
    parser.add_argument("--gmx", default="gmx", help="the program")
    parser.add_argument("--tolerance", type=float, default=2e-5, help="relative, of energies")
    args = parser.parse_args()
    if shutil.which(args.gmx) is None:
        print(f"{args.gmx} is not installed (`apt install gromacs`); nothing to compare with")
        return
    solvated = system.load(args.study / "systems" / args.system)
    start = states.read(
        args.study / "equilibrated" / args.system / "replica-0" / "state.xml.gz",
        len(solvated.model.positions),
    )
    positions = start.getPositions(asNumpy=True)._value
    box = np.array(start.getPeriodicBoxVectors(asNumpy=True)._value)
    where = platform.select("CPU", args.threads)
    theirs = openmm_energy(solvated, positions, box, where, TIGHT)
    tolerance = _nonbonded(solvated.system).getEwaldErrorTolerance()
    pairs = pair_settings(solvated.system, box, tolerance, 4)
    with tempfile.TemporaryDirectory() as folder:
        gmx = Gmx(Path(folder), args.gmx)
        writer = gromacs_files.Writer(solvated.system, solvated.model.topology)
        Path(folder, "box.top").write_text(writer.top(), encoding="utf-8")
        Path(folder, "box.gro").write_text(writer.gro(positions, box), encoding="utf-8")
        gmx.prepare("check", CHECK + pair_settings(solvated.system, box, TIGHT, 8))
        found = gmx.energy(args.threads)
        difference = (found - theirs) / abs(theirs)
        print(f"OpenMM {theirs:.1f}, GROMACS {found:.1f} kJ/mol, relative {difference:.1e}")
        if abs(difference) > args.tolerance:
            raise SystemExit("the energies differ: not the same system, so there is no comparison")
        gmx_runs = {
            "2 fs": ("sd", "", 0.002),
            "4 fs": ("sd", "", 0.004),
            "4 fs, GROMACS with v-rescale": ("md", "tcoupl = v-rescale", 0.004),
        }
        names = {name: f"run{n}" for n, name in enumerate(gmx_runs)}
        for name, (integrator, thermostat, dt) in gmx_runs.items():
            settings = PRODUCTION.format(integrator=integrator, thermostat=thermostat, dt=dt)
            gmx.prepare(names[name], settings + pairs)
        ours = {dt: Ours(solvated, start, 1000 * dt, where) for dt in (0.002, 0.004)}
        rates: dict[str, list[list[float]]] = {name: [[], []] for name in gmx_runs}
        for _, name in side_by_side.turns(list(gmx_runs), args.rounds):
            rates[name][0].append(ours[gmx_runs[name][2]].rate(args.seconds))
            rates[name][1].append(gmx.rate(names[name], args.seconds, args.threads))
        rows = []
        for name, (mine, its) in rates.items():
            ratio = side_by_side.Ratio.of(mine, its)
            rows.append(
                {"run": name, "ratio": ratio.mean, "error_factor": ratio.error}
                | {"openmm_ns_per_day": np.mean(mine), "gromacs_ns_per_day": np.mean(its)}
                | {"threads": args.threads, "atoms": len(positions)}
                | {"energy_difference": f"{difference:.1e}", "gromacs": gmx.build()}
            )
    side_by_side.write(rows, args.output, "OpenMM (this study's) against GROMACS")


if __name__ == "__main__":
    main()
