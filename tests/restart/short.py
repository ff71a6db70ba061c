"""A short segment of the small system, run in forks with and without faults."""

from __future__ import annotations

import json
import re
import shutil
from itertools import count
from pathlib import Path
from typing import Any

from forking import Ended, Forks
from segments import CONFIG, Segment, differences

LENGTH = "duration: 0.12 ps, segment: 0.12 ps, frame_interval: 0.02 ps"
"""30 steps: 6 frames and rows, 3 checkpoints."""


class Short:
    """Runs ``lfa1 simulate`` for 30 steps.

    Parameters
    ----------
    forks : Forks
    folder : Path
        Everything that is written lies here.
    system, start : Path
        Where the system and the equilibrated state lie.
    """

    def __init__(self, forks: Forks, folder: Path, system: Path, start: Path) -> None:
        self.forks, self.folder, self._numbers = forks, folder, count()
        config = folder / "config.yaml"
        long = "duration: 0.4 ps, segment: 0.4 ps, frame_interval: 0.02 ps"
        assert long in CONFIG
        config.write_text(CONFIG.replace(long, LENGTH))
        self.inputs = {"config": config, "system": system, "start": start}
        self.reference = folder / "reference"
        ended = self.run(self.reference, trace=True)
        assert ended.status == 0, ended.log
        self.trace = ended.trace

    def output(self) -> Path:
        """Name a folder that is not there yet."""
        return self.folder / f"out-{next(self._numbers)}"

    def run(self, output: Path, **request: Any) -> Ended:
        """Run it, with `request` as `Forks.run` takes it."""
        request["system"] = str(self.inputs["system"])
        return self.forks.run(self.command(output), self.log(output), **request)

    def command(self, output: Path) -> list[str]:
        """Arguments of ``lfa1``."""
        return Segment(**self.inputs).command(output)

    def log(self, output: Path) -> Path:
        """Where a run's messages go."""
        return output.with_suffix(".log")

    def fail(self, output: Path, do: str, **fault: Any) -> Ended:
        """Run it with a fault."""
        return self.run(output, fault={"do": do, **fault})

    def finish(self, output: Path) -> Ended:
        """Run it to its end, and compare all with the undisturbed run."""
        ended = self.run(output)
        assert ended.status == 0, ended.log
        assert differences(output, self.reference) == []
        return ended

    def halfway(self, nth: int = 11) -> Path:
        """Give an output killed at the `nth` row or frame: by default with two checkpoints."""
        output = self.output()
        source = self.folder / f"halfway-{nth}"
        if not source.is_dir():
            ended = self.fail(source, "SIGKILL", op="^(row|frame)$", nth=nth)
            assert ended.status == -9, ended.log
        shutil.copytree(source, output)
        return output

    def record(self, output: Path) -> dict[str, Any]:
        """The finished segment's record."""
        return dict(json.loads((output / "segment-0.json").read_text()))

    def points(self) -> list[tuple[str, str, str]]:
        """Operation, file and phase of every kind of call that writes, in order, each once."""
        alike = [
            (op, re.sub(r"-\d{6}", "-000002", name), phase)
            for op, name, phase in self.trace
            if name != "checkpoint-000001.gz.part"  # nothing is dropped for it
        ]
        return list(dict.fromkeys(alike))
