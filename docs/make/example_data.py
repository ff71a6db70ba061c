"""Make the package's example trajectories and tables anew from a finished demonstration.

    python docs/make/example_data.py RESULTS

RESULTS is the results folder of config/config.yaml, seed 2022. Windows and pulls of the example are
left as they are; the made-up separation follows from the new structure on ICAM-1.
analysis/trajectory/example/README.md says what is kept.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

from MDAnalysis import Merge, Universe, Writer

from lfa1_analysis.trajectory import examples
from lfa1_cli.main import main as lfa1

ROOT = Path(__file__).parents[2]
EVERY = 5
HEAVY = "not (protein or resname ACE NME HOH) or not (element H or name H*)"
TITLE = """\
TITLE     LFA-1 ALPHA-L I DOMAIN, CLOSED, WITH MG2+: HEAVY ATOMS OF THE EXAMPLE
REMARK   6 THE 12 WATERS AT THE END ARE SLOTS, NOT MOLECULES: IN EVERY FRAME THEY HOLD THE
REMARK   6 WATERS NEAREST TO THE MIDAS, NEAREST FIRST.
"""


def system(results: Path, name: str, topology: Path) -> None:
    """Write topology and replicas of one system, and what `lfa1 observe` says of them."""
    for replica in range(examples.REPLICAS):
        home = results / "production" / name / f"replica-{replica}"
        segments = sorted(home.glob("segment-*.xtc"))
        universe = Universe(str(results / "systems" / name / "trajectory.pdb"), *map(str, segments))
        kept = universe.select_atoms(HEAVY)
        target = examples.FOLDER / f"{name}-{replica}.xtc"
        with Writer(str(target), kept.n_atoms) as file:
            for step in universe.trajectory:
                if (step.frame + 1) % EVERY == 0:
                    file.write(kept)
        if replica == 0:
            universe.trajectory[EVERY - 1]
            kept.write(str(topology))
            if topology.suffix == ".pdb":
                lines = topology.read_text().splitlines(keepends=True)
                atoms = [line for line in lines if line.startswith(("ATOM", "HETATM", "CRYST1"))]
                topology.write_text(TITLE + "".join(atoms) + "END\n")
        folder = examples.FOLDER / "analysis" / name / f"replica-{replica}"
        files = ["--topology", str(topology), "--trajectory", str(target)]
        lfa1(["observe", *files, "--output-dir", str(folder)])
        for extra in folder.iterdir():
            if extra.name not in ("opening.csv", "midas.csv", "flexibility.csv"):
                extra.unlink()


def bound(structure: Path) -> None:
    """Write the heavy atoms of the shipped model on ICAM-1."""
    universe = Universe(str(structure))
    Merge(universe.select_atoms("not element H")).atoms.write(str(examples.bound()))


def main() -> None:
    """Write everything."""
    warnings.simplefilter("ignore")
    results = Path(sys.argv[1])
    system(results, "closed-mg", examples.topology("closed-mg"))
    system(results, "closed-apo", examples.topology("closed-apo"))
    bound(ROOT / "structures" / "bound.cif")
    sys.path.append(str(ROOT / "tests" / "analysis"))
    from pulled_off import write_example

    write_example(examples.separations().parent)


if __name__ == "__main__":
    main()
