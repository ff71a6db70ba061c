"""What exchanging walkers write: rows of all, and a trajectory of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lfa1_md.biased.exchange_files import COLUMNS
from lfa1_md.run.reporters import TrajectoryReporter
from lfa1_md.study.quantities import attoseconds, picoseconds

if TYPE_CHECKING:
    from lfa1_md.biased.walkers import Walkers
    from lfa1_md.box.frame_atoms import Slots
    from lfa1_md.box.molecules import Model
    from lfa1_md.study.plan import Plan
    from lfa1_md.study.umbrella_windows import Place


class Recorder:
    """Called by the sampler after every iteration, before its exchanges.

    Parameters
    ----------
    table : Path
        CSV; its rows so far are kept.
    trajectories : sequence of Path
        XTC of each walker; their frames so far are kept.
    model : Model
    slots : Slots
        What is in a frame.
    places : sequence of Place
        The windows.
    plan : Plan
    steps : int
        Of an iteration.
    """

    def __init__(
        self,
        table: Path,
        trajectories: Sequence[Path],
        model: Model,
        slots: Slots,
        places: Sequence[Place],
        plan: Plan,
        steps: int,
    ) -> None:
        self.table, self.places, self.plan, self.steps = table, places, plan, steps
        if not (table.is_file() and table.stat().st_size):
            table.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
        self._frames = [
            TrajectoryReporter(path, model, slots, plan.frame_steps, plan.timestep, plan.first_step)
            for path in trajectories
        ]

    def __call__(self, walkers: Walkers) -> None:
        """Write what is due.

        Raises
        ------
        DiskError
            A frame did not arrive whole.
        """
        step = walkers.currentIteration * self.steps
        if step % self.plan.energy_steps == 0:
            time = picoseconds(step, attoseconds(self.plan.timestep))
            rows = [
                f"{window},{time},{walkers.coordinates[walker]:.6f},"
                f"{self.places[window].centre:.6f},{walker}\n"
                for walker, window in enumerate(walkers.sampled)
            ]
            with self.table.open("a", encoding="utf-8") as file:
                file.writelines(rows)
        if step % self.plan.frame_steps == 0:
            for frames, state in zip(self._frames, walkers.replicaConformation, strict=True):
                frames.report(None, state)
