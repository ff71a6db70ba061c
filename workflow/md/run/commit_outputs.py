"""The end of a job: its outputs are put in place all together, and are never made twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_md.files.append_only import DiskError
from lfa1_md.files.durable import all_or_nothing, part
from lfa1_md.files.provenance import changed, read_json
from lfa1_md.run import requeue_cache as kept
from lfa1_md.run.work import Work
from lfa1_md.study.continuity import differences


def delivered(work: Work, record: Path, damage: Callable[[dict[str, Any]], list[str]]) -> bool:
    """Tell whether a job's outputs are there, and remove its folder if they are.

    Parameters
    ----------
    work : Work
    record : Path
        The output that is put in place last.
    damage : callable
        Says of a record what is wrong with the outputs.

    Raises
    ------
    ConfigError, InputError
        The outputs are another job's, or damaged. Nothing is overwritten.
    """
    if not record.is_file():
        return kept.give_back(work, record, lambda r: _changes(work, r) or damage(r))
    remedy = f"delete {record.with_suffix('')}.* to run it again, or give another folder"
    content = read_json(record)
    if changes := _changes(work, content):
        raise ConfigError(
            f"{record}: {work.job.label} is complete, but made with other settings: "
            + "; ".join(changes),
            remedy,
        )
    if found := damage(content):
        raise InputError(f"{record}: {work.job.label} is damaged: {'; '.join(found)}", remedy)
    work.say("is complete")
    if not kept.wanted():
        work.discard()
    return True


def _changes(work: Work, content: dict[str, Any]) -> list[str]:
    """Name what a record was made with that is other than the job's."""
    changes = differences(content.get("settings"), work.job.settings)
    if (content.get("started_from") or {}).get("sha256") != work.job.started_from:
        changes.append("the state that it starts from")
    if content.get("system_sha256") != work.job.system:
        changes.append("the system's parameters")
    return changes


def deliver(work: Work, targets: Mapping[str, Path], texts: Mapping[Path, str | bytes]) -> None:
    """Put the finished files in place, then remove the job's folder or keep them in it.

    The growing files are linked, not moved: until every output is there, killed in between or
    not, the folder still holds all that is needed to deliver again.

    Parameters
    ----------
    work : Work
    targets : mapping
        Where each growing file goes.
    texts : mapping
        Content of the other outputs by path; the last one's presence says that all are there.
    """
    with all_or_nothing(*targets.values(), *texts):
        for name, target in targets.items():
            kept.link(work.path(name), part(target))
        for path, content in texts.items():
            data = content.encode() if isinstance(content, str) else content
            part(path).write_bytes(data)
    record = list(texts)[-1]
    if wrong := changed(read_json(record), record.parent):
        raise DiskError(
            f"the disk gives back something else than was written: {'; '.join(wrong)}",
            f"delete {record.with_suffix('')}.* and run it again; it is delivered anew",
        )
    if kept.wanted():
        kept.keep(work, [*targets.values(), *texts])
    else:
        work.discard()
