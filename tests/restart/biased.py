"""A pull and an umbrella window of the real closed I domain, short enough to be killed often."""

from __future__ import annotations

from pathlib import Path

import yaml
from forking import Forks
from segments import Segment

WINDOWS = {"windows": 3, "first": 0.0, "last": 1.0, "force_constant": "1000 kJ/mol"}
SAMPLING = WINDOWS | {
    "pull": {
        "per_window": "0.12 ps",
        "frame_interval": "0.02 ps",
        "coordinate_interval": "0.02 ps",
    },
    "window": {
        "duration": "0.12 ps",
        "segment": "0.12 ps",
        "frame_interval": "0.02 ps",
        "energy_interval": "0.02 ps",
        "checkpoint_interval": "0.024 ps",
    },
}
"""30 steps of 4 fs: 6 frames and rows, at which the pull moves on, every 5; 5 checkpoints, every 6,
so that a run goes on with the bias that was set some steps before its checkpoint."""


def biased(
    forks: Forks, study: dict, system: Path, equilibrated: Path, folder: Path
) -> dict[str, Segment]:
    """Give the segments ``pull`` and ``window``.

    Parameters
    ----------
    forks : Forks
    study : dict
        A configuration to which `SAMPLING` is added.
    system, equilibrated : Path
        Folder of the system and the state from which the pull begins.
    folder : Path
        Gets the configuration and the pull's first segment: there the bias is at rest, the second
        one moves.
    """
    config = folder / "biased.yaml"
    config.write_text(yaml.safe_dump(study | {"sampling": SAMPLING}, allow_unicode=True))
    to_first = Segment(config, system, equilibrated, 0, ("--pull",))
    ended = forks.run(to_first.command(folder / "pull"), folder / "pull.log", system=str(system))
    assert ended.status == 0, ended.log
    reached = folder / "pull" / "segment-0.state.xml.gz"
    return {
        "pull": Segment(config, system, reached, 1, ("--pull",)),
        "window": Segment(config, system, reached, 0, ("--window", "1")),
    }
