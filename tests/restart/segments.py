"""The segments that are killed: of production, of a pull or of an umbrella window.

Each is one ``lfa1 simulate``, and the undisturbed one is what a killed one is compared with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lfa1_analysis.io.sealed_record import KEY
from lfa1_analysis.trajectory import segments as completeness

VOLATILE = ("ns_per_day", "wall_seconds", "continuations", KEY)
"""Keys of a record that tell how the run went, not what it computed."""
CONFIG = """\
states: {closed: {structure: closed}}
platform: CPU
seed: 7
chemistry: {padding: 0.6 nm, ionic_strength: 300 mM, temperature: 300 K}
minimisation: {max_iterations: 60}
equilibration:
  - {name: heat, ensemble: NVT, duration: 0.2 ps, timestep: 2 fs, restraint: 1000 kJ/mol/nm^2}
  - {name: release, ensemble: NPT, duration: 0.4 ps, timestep: 4 fs}
production: {duration: 0.4 ps, segment: 0.4 ps, frame_interval: 0.02 ps, energy_interval: 0.02 ps,
  checkpoint_interval: 0.04 ps}
"""
"""Of tests/md, with more frames and checkpoints: 100 steps, 20 frames and rows, 10 checkpoints."""


@dataclass(frozen=True)
class Segment:
    """One segment of production or of a biased run.

    Attributes
    ----------
    config, system, start : Path
        Configuration, folder of the system and first state.
    number : int
        From 0.
    bias : tuple of str
        Options that make it biased: ``--pull`` or ``--window N``.
    """

    config: Path
    system: Path
    start: Path
    number: int = 0
    bias: tuple[str, ...] = ()

    def command(self, output: Path) -> list[str]:
        """Arguments of ``lfa1``."""
        return [
            *("simulate", "--config", str(self.config), "--system-dir", str(self.system)),
            *("--from", str(self.start), "--replica", "0", "--segment", str(self.number)),
            *(*self.bias, "--threads", "1", "--output-dir", str(output)),
        ]


def differences(output: Path, reference: Path) -> list[str]:
    """Compare a finished segment with the undisturbed one.

    Returns
    -------
    list of str
        Wrong, missing and surplus files, and what the record's own check finds.
    """
    names = {path.name for path in reference.iterdir()}
    found = [f"surplus: {p.name}" for p in output.iterdir() if p.name not in names]
    for name in sorted(names):
        path = output / name
        if not path.is_file():
            found.append(f"missing: {name}")
        elif path.suffix == ".json":
            one, other = (json.loads((f / name).read_text()) for f in (output, reference))
            found += [
                f"{name}: {key} differs"
                for key in one.keys() | other.keys()
                if key not in VOLATILE and one.get(key) != other.get(key)
            ]
            found += [f"{name}: not exact: {c}" for c in one["continuations"] if not c["exact"]]
            found += completeness.problems(one, output)
        elif path.read_bytes() != (reference / name).read_bytes():
            found.append(f"differs: {name}")
    return found
