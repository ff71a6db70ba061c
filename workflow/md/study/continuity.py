"""One results folder holds one study: settings may grow it, never mix it with another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import ConfigError
from lfa1_md.study.configfile import load
from lfa1_md.study.settings import StudyConfig


def require(written: Path, study: StudyConfig) -> None:
    """Refuse a configuration that would rebuild or mix what the folder already holds.

    More time, replicas, states, ions or a sampling of them are fine: they add jobs and change
    none. Less time is not: the analysis would silently leave out what was computed.

    Parameters
    ----------
    written : Path
        ``results/config.yaml``, which the last run left; nothing is checked where it is absent.
    study : StudyConfig
        What shall run now.

    Raises
    ------
    ConfigError
        A setting that decides the outcome of finished steps is another one now.
    """
    if not written.is_file():
        return
    try:
        before = load(written)
    except ConfigError as error:
        raise ConfigError(
            f"{written}: says with which settings this folder was made, and cannot be read: "
            f"{error.problem}",
            "run the study in a folder of its own (snakemake --directory FOLDER …), or delete "
            f"{written} to have what other settings made computed anew",
        ) from None
    changes = []
    for state in sorted(before.states.keys() & study.states.keys()):
        # Of pulls, windows and exchange only what both have.
        steps = {"simulate"}.union(_steps(before, state) & _steps(study, state))
        for step in sorted(steps):
            changes += differences(before.settings(step, state), study.settings(step, state))
    surplus = _segments_beyond(written.parent, study.production.n_segments)
    if surplus:
        changes.append(
            f"production.duration: {before.production.duration:g} → "
            f"{study.production.duration:g} ps, less than is there ({surplus} segments more)"
        )
    if study.sampling is not None:
        changes += _left_out(written.parent, study.sampling.exchange is not None)
    if changes:
        shown = list(dict.fromkeys(changes))
        raise ConfigError(
            f"{written.parent}/ holds a study with other settings: "
            + "; ".join(shown[:6])
            + ("; …" if len(shown) > 6 else ""),
            "run this one in a folder of its own (snakemake --directory FOLDER …), or delete "
            f"{written} to have what these settings change computed anew, and no more used",
        )


def _steps(study: StudyConfig, state: str) -> set[str]:
    """Return the biased steps that a study has for a state."""
    sampling = study.sampling
    asked = {
        "separate": study.separation is not None and state in study.bound_states,
        "sample": sampling is not None,
        "exchange": sampling is not None and sampling.exchange is not None,
    }
    return {step for step, wanted in asked.items() if wanted}


def _segments_beyond(results: Path, wanted: int) -> int:
    """Count the segments, finished or begun, that a shorter study would leave out."""
    found = {
        path.with_name(path.name.split(".")[0])
        for path in results.glob("production/*/replica-*/segment-*.*")
        if (number := path.name.split(".")[0].removeprefix("segment-")).isdigit()
        and int(number) >= wanted
    }
    return len(found)


def _left_out(results: Path, exchange: bool) -> list[str]:
    """Name what windows have computed that the other way of running them would not use."""
    if not exchange and any(results.glob("sampling/*/replica-*/exchange/segment-*.*")):
        return ["sampling.exchange: absent, but windows have been exchanged"]
    pattern = "sampling/*/replica-*/window-*/segment-*.*"
    if exchange and any(path.name.split(".")[0] != "segment-0" for path in results.glob(pattern)):
        return ["sampling.exchange: present, but windows have gone on by themselves"]
    return []


def differences(before: Any, now: Any) -> list[str]:
    """Name the keys whose values differ, as ``chemistry.padding: 1.0 → 1.2``."""
    old, new = _flat(before), _flat(now)
    return [
        f"{key}: {old.get(key, 'absent')} → {new.get(key, 'absent')}"
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]


def _flat(content: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(content, dict):
        pairs = content.items()
    elif isinstance(content, list):
        pairs = {str(i): item for i, item in enumerate(content)}.items()
    else:
        return {prefix.removesuffix("."): content}
    return {k: v for key, item in pairs for k, v in _flat(item, f"{prefix}{key}.").items()}
