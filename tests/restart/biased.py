"""A pull and an umbrella window of the real closed I domain, short enough to be killed often."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from forking import Forks
from segments import Segment


def sampling(length: str, rows: str, checkpoints: str) -> dict[str, Any]:
    """Section of the configuration: durations of a segment and between what it writes.

    The pull has its checkpoints where it writes frames.
    """
    often = {"frame_interval": rows, "energy_interval": rows, "checkpoint_interval": checkpoints}
    return {
        **{"windows": 3, "first": 0.0, "last": 1.0, "force_constant": "1000 kJ/mol"},
        "pull": {"per_window": length, "frame_interval": rows, "coordinate_interval": rows},
        "window": {"duration": length, "segment": length, **often},
    }


LONG = sampling("0.12 ps", "0.02 ps", "0.024 ps")
"""30 steps of 4 fs; 6 frames and rows, at which the pull moves on. The window's 5 checkpoints lie
between its rows: it goes on with a bias that was set some steps before."""
SAMPLE = sampling("0.036 ps", "0.012 ps", "0.012 ps")
"""9 steps, 3 frames, rows and checkpoints."""


def biased(
    forks: Forks,
    study: dict[str, Any],
    sampling: dict[str, Any],
    system: Path,
    equilibrated: Path,
    folder: Path,
) -> dict[str, Segment]:
    """Give the segments ``pull`` and ``window``.

    Parameters
    ----------
    forks : Forks
    study, sampling : dict
        A configuration, and the section that is added.
    system, equilibrated : Path
        Folder of the system and the state from which the pull begins.
    folder : Path
        Gets the configuration and the pull's first segment: there the bias is at rest, the second
        one moves.
    """
    config = folder / "biased.yaml"
    config.write_text(yaml.safe_dump(study | {"sampling": sampling}, allow_unicode=True))
    to_first = Segment(config, system, equilibrated, 0, ("--pull",))
    ended = forks.run(to_first.command(folder / "pull"), folder / "pull.log", system=str(system))
    assert ended.status == 0, ended.log
    reached = folder / "pull" / "segment-0.state.xml.gz"
    return {
        "pull": Segment(config, system, reached, 1, ("--pull",)),
        "window": Segment(config, system, reached, 0, ("--window", "1")),
    }
