"""The end of a job: its outputs are put in place all together, and are never made twice.

A queue that takes a submission back starts all of its jobs anew, those that had ended too, and
Snakemake deletes what they had made. On a cluster, therefore, a job's folder does not disappear
when its outputs are committed: it becomes the requeue cache and holds them, as links to the same
data, until the study is complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_md.files.append_only import DiskError
from lfa1_md.files.durable import PART, all_or_nothing, part
from lfa1_md.files.provenance import changed, read_json
from lfa1_md.run.job import REQUEUE_CACHE, RunningJob
from lfa1_md.study.continuity import differences

VARIABLE = "LFA1_KEEP_OUTPUTS"
"""Environment variable that asks for the requeue cache; the workflow sets it in jobs of a queue."""


def complete(job: RunningJob, record: Path, damage: Callable[[dict[str, Any]], list[str]]) -> bool:
    """Return whether a job's outputs are there, and remove its folder if they are.

    Outputs that are missing are put back from the requeue cache, if it holds what the job would
    make.

    Parameters
    ----------
    job : RunningJob
    record : Path
        The output that is put in place last.
    damage : callable
        Returns, of a record, what is wrong with the outputs.

    Raises
    ------
    ConfigError, InputError
        The outputs are another job's, or damaged. Nothing is overwritten.
    """
    if not record.is_file():
        return _put_back(job, record, damage)
    remedy = f"delete {record.with_suffix('')}.* to run it again, or give another folder"
    content = read_json(record)
    if changes := _changes(job, content):
        raise ConfigError(
            f"{record}: {job.label} is complete, but made with other settings: "
            + "; ".join(changes),
            remedy,
        )
    if found := damage(content):
        raise InputError(f"{record}: {job.label} is damaged: {'; '.join(found)}", remedy)
    job.log("is complete")
    if not os.environ.get(VARIABLE):
        job.discard()
    return True


def commit(job: RunningJob, targets: Mapping[str, Path], texts: Mapping[Path, str | bytes]) -> None:
    """Put the finished files in place, then remove the job's folder or make it the requeue cache.

    The append-only files are linked, not moved: until every output is there, killed in between or
    not, the folder still holds all that is needed to commit again.

    Parameters
    ----------
    job : RunningJob
    targets : mapping
        Where each append-only file goes.
    texts : mapping
        Content of the other outputs by path; the last one's presence means that all are there.
    """
    with all_or_nothing(*targets.values(), *texts):
        for name, target in targets.items():
            _link(job.path(name), part(target))
        for path, content in texts.items():
            part(path).write_bytes(content.encode() if isinstance(content, str) else content)
    record = list(texts)[-1]
    if wrong := changed(read_json(record), record.parent):
        raise DiskError(
            f"the disk gives back something else than was written: {'; '.join(wrong)}",
            f"delete {record.with_suffix('')}.* and run it again; its outputs are committed anew",
        )
    if not os.environ.get(VARIABLE):
        job.discard()
        return
    unfinished = job.folder / (REQUEUE_CACHE + PART)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for path in (*targets.values(), *texts):
        _link(path, unfinished / path.name)
    shutil.rmtree(job.folder / REQUEUE_CACHE, ignore_errors=True)
    unfinished.rename(job.folder / REQUEUE_CACHE)
    job.clear()


def remove_requeue_caches(results: Path) -> None:
    """Remove all requeue caches: the study is complete, and nobody asks again."""
    for folder in sorted(results.rglob(f"*.running/{REQUEUE_CACHE}")):
        shutil.rmtree(folder.parent, ignore_errors=True)


def _put_back(job: RunningJob, record: Path, damage: Callable[[dict[str, Any]], list[str]]) -> bool:
    """Put cached outputs in place again, if they are still what the job would make."""
    folder = job.folder / REQUEUE_CACHE
    if not (folder / record.name).is_file():
        return False
    found = sorted(folder.iterdir(), key=lambda path: path.name == record.name)
    outputs = [record.with_name(path.name) for path in found]
    with all_or_nothing(*outputs):
        for path, output in zip(found, outputs, strict=True):
            _link(path, part(output))
            os.utime(part(output))  # as new as what the job would have made
    content = read_json(record)
    if reasons := _changes(job, content) or damage(content):
        for output in outputs:
            output.unlink()
        shutil.rmtree(folder)
        job.log(f"what it had made before is of no use any more: {'; '.join(reasons)}")
        return False
    job.log("was complete before; its outputs are put back")
    return True


def _changes(job: RunningJob, content: dict[str, Any]) -> list[str]:
    """Return what a record was made with that is other than the job's."""
    changes = differences(content.get("settings"), job.settings)
    if (content.get("started_from") or {}).get("sha256") != job.started_from:
        changes.append("the state that it starts from")
    if content.get("system_sha256") != job.system:
        changes.append("the system's parameters")
    return changes


def _link(source: Path, target: Path) -> None:
    """Link a file, or copy it where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
