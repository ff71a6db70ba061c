"""What a segment is a segment of: production, a pull, or a window of umbrella sampling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lfa1_analysis.io.errors import ConfigError
from lfa1_md.box import separation_pairs as separation
from lfa1_md.study.sampling import Drive, Sampling

if TYPE_CHECKING:
    from lfa1_md.box.system import Solvated
    from lfa1_md.study.sections import Production
    from lfa1_md.study.settings import StudyConfig
    from lfa1_md.study.umbrella_windows import Place


@dataclass(frozen=True)
class Protocol:
    """How a chain of segments is run.

    Attributes
    ----------
    lengths : Production
    settings : dict
        What decides the outcome.
    names : tuple
        Between replica and segment, for labels and seeds; empty for production.
    drive : Drive or None
        The bias.
    record : dict
        What the segment's record says besides.
    anywhere : bool
        Segment 0 starts from a state of another chain, whatever its step.
    """

    lengths: Production
    settings: dict[str, Any]
    names: tuple[str | int, ...] = ()
    drive: Drive | None = None
    record: dict[str, Any] = field(default_factory=dict)
    anywhere: bool = False


def production(study: StudyConfig, state: str) -> Protocol:
    """Return the protocol of unbiased production of a state's system."""
    return Protocol(study.production, study.settings("simulate", state))


def pull(study: StudyConfig, state: str, segment: int) -> Protocol:
    """Return the protocol of the pull's segment that ends where window `order[segment]` begins.

    Raises
    ------
    ConfigError
        Nothing is sampled, or there is no such segment.
    """
    sampling = sampling_of(study)
    order, centres = sampling.order(state), sampling.centres
    if segment >= len(order):
        raise ConfigError(
            f"--segment {segment}: the pull has {len(order)}, one for each window",
            f"give 0 to {len(order) - 1}",
        )
    before = order[max(segment - 1, 0)]
    drive = Drive(centres[before], centres[order[segment]], sampling.force_constant)
    return Protocol(
        sampling.pull.production(sampling.windows),
        study.settings("sample", state),
        ("pull",),
        drive,
        {"bias": drive.record()},
    )


def window(study: StudyConfig, state: str, place: Place) -> Protocol:
    """Return the protocol of a window: of the configuration, or added after a pilot."""
    sampling = sampling_of(study)
    settings = study.settings("sample", state)
    if place.round:
        settings = settings | {"added": place.bias}
    drive = Drive(place.centre, place.centre, place.force_constant)
    return Protocol(
        sampling.window,
        settings,
        ("window", place.window),
        drive,
        {"window": place.window, "bias": drive.record()},
        anywhere=True,
    )


def exchange(study: StudyConfig, state: str, places: list[Place]) -> Protocol:
    """Return the protocol of all windows of a replica, with exchange among them.

    Raises
    ------
    ConfigError
        The configuration asks for none.
    """
    sampling = sampling_of(study)
    if sampling.exchange is None:
        raise ConfigError(
            "the configuration has no `sampling.exchange`",
            "add the section, or run the windows one by one (lfa1 simulate --window)",
        )
    biases = [place.bias for place in places]
    return Protocol(
        sampling.window,
        study.settings("exchange", state) | {"windows": biases},
        ("exchange",),
        record={"windows": biases, "walkers": len(places)},
    )


def separate(study: StudyConfig, solvated: Solvated, segment: int) -> Protocol:
    """Return the protocol of a segment of the pull that takes ICAM-1 off.

    Raises
    ------
    ConfigError
        The configuration asks for none, or there is no such segment.
    InputError
        The system has no ICAM-1, or its box is too small for the pull.
    """
    asked = study.separation
    if asked is None:
        raise ConfigError(
            "the configuration has no `separation`",
            "add the section; config/README.md lists its keys",
        )
    if segment >= asked.n_segments:
        raise ConfigError(
            f"--segment {segment}: the pull has {asked.n_segments}",
            f"give 0 to {asked.n_segments - 1}",
        )
    separation.check_room(solvated.model, asked, solvated.name)
    first = round(separation.distance(solvated.model, solvated.name), 6)
    ends = [round(first + asked.distance * k / asked.n_segments, 6) for k in (segment, segment + 1)]
    drive = Drive(ends[0], ends[1], asked.force_constant, "separation")
    return Protocol(
        asked.production(),
        study.settings("separate", solvated.state),
        ("separation",),
        drive,
        {"bias": drive.record()},
    )


def sampling_of(study: StudyConfig) -> Sampling:
    """Return the configuration's `sampling`.

    Raises
    ------
    ConfigError
        It has none.
    """
    if study.sampling is None:
        raise ConfigError(
            "the configuration has no `sampling`",
            "add the section; config/README.md lists its keys",
        )
    return study.sampling
