"""Every model of the metal at both sites: what minimisation, equilibration and production left.

    python benchmarks/ion_sites.py RESULTS [RESULTS …]

Reads results folders of studies such as those of benchmarks/ion_models/, and prints a Markdown
table: after minimisation, after equilibration, and over the frames of production (medians), the
distances of the donors that the state demands and of the nearer oxygens of both aspartates (Å),
the coordination number, and the alarms of the gate.
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from pathlib import Path

import pandas as pd
from MDAnalysis import Universe
from openmm import app, unit

from lfa1_analysis.io.errors import InputWarning
from lfa1_analysis.metal_site.expectation import Expected
from lfa1_analysis.metal_site.gate import events
from lfa1_analysis.metal_site.rules import NOTE
from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_md.box import system
from lfa1_md.run import states
from lfa1_md.run.monitor import expected

DONORS = ("ser139", "ser141", "thr206", "asp239", "asp137")


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore", InputWarning)
    print("| system | model | at | S139 | S141 | T206 | D239 | D137 | CN | alarms |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for results in map(Path, sys.argv[1:]):
        for home in sorted(results.glob("systems/*-mg*")):
            solvated = system.load(home)
            pattern = expected(solvated.manifest)
            model = solvated.manifest["metal_model"]
            name = f"{solvated.name} | {model['model']} in {model['water']}"
            minimised = home / system.MINIMISED
            equilibrated = results / "equilibrated" / solvated.name / "replica-0" / "state.xml.gz"
            for what, path in (("minimised", minimised), ("equilibrated", equilibrated)):
                if path.is_file():
                    _line(name, what, _snapshot(solvated, path), pattern)
            table = results / "analysis" / solvated.name / "replica-0" / "midas.csv"
            if table.is_file():
                frames = pd.read_csv(table, keep_default_na=False, na_values=[""])
                _line(name, f"{frames['time_ns'].max() * 1000:g} ps", frames, pattern)


def _snapshot(solvated: system.Solvated, path: Path) -> pd.DataFrame:
    state = states.read(path, len(solvated.model.positions))
    positions = state.getPositions(asNumpy=True)
    solvated.model.topology.setPeriodicBoxVectors(state.getPeriodicBoxVectors())
    kept = [a for a in solvated.model.topology.atoms() if a.element is not None]
    modeller = app.Modeller(solvated.model.topology, positions)
    modeller.delete([a for a in solvated.model.topology.atoms() if a.element is None])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "snapshot.pdb"
        with file.open("w") as out:
            app.PDBFile.writeFile(
                modeller.topology,
                positions[[a.index for a in kept]].in_units_of(unit.nanometer),
                out,
                keepIds=True,
            )
        universe = Universe(str(file))
        return Midas(universe, find_domain(universe)).run().results.table


def _line(name: str, what: str, frames: pd.DataFrame, pattern: Expected) -> None:
    middle = frames[[f"{donor}_angstrom" for donor in DONORS]].astype(float).median()
    found = events(frames, pattern, [frozenset()] * len(frames))
    alarms = found[(found["severity"] != NOTE) & (found["event"] != "site_intact_lost")]
    told = ", ".join(dict.fromkeys(alarms["event"])) or "none"
    number = frames["coordination_number"].astype(float).mean()
    distances = " | ".join(f"{value:.2f}" for value in middle)
    print(f"| {name} | {what} | {distances} | {number:.1f} | {told} |")


if __name__ == "__main__":
    main()
