"""Finished outputs that a queue may have made again: kept beside them, and put back.

A queue that takes a submission back starts all of its jobs anew, those that had ended too, and
Snakemake deletes what they had made. On a cluster, therefore, a job's folder does not disappear
with its delivery: it holds the outputs, as links to the same data, until the study is complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfa1_md.files.durable import PART, all_or_nothing, part
from lfa1_md.files.provenance import read_json

if TYPE_CHECKING:
    from lfa1_md.run.work import Work

VARIABLE = "LFA1_KEEP_OUTPUTS"
"""Environment variable that asks for it; the workflow sets it in the jobs of a queue."""
NAME = "delivered"


def wanted() -> bool:
    """Whether delivered outputs shall be kept."""
    return bool(os.environ.get(VARIABLE))


def there(folder: Path) -> bool:
    """Whether a job's folder holds its outputs."""
    return (folder / NAME).is_dir()


def keep(work: Work, outputs: Sequence[Path]) -> None:
    """Keep a job's outputs in its folder, and nothing else that can be large."""
    unfinished = work.folder / (NAME + PART)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    for path in outputs:
        link(path, unfinished / path.name)
    shutil.rmtree(work.folder / NAME, ignore_errors=True)
    unfinished.rename(work.folder / NAME)
    work.clear()


def give_back(work: Work, record: Path, wrong: Callable[[dict[str, Any]], list[str]]) -> bool:
    """Put kept outputs in place again, if they are still what the job would make.

    Parameters
    ----------
    work : Work
    record : Path
        The output that is put in place last.
    wrong : callable
        Says of a record what speaks against it; then nothing is put back or kept any longer.
    """
    folder = work.folder / NAME
    if not (folder / record.name).is_file():
        return False
    found = sorted(folder.iterdir(), key=lambda path: path.name == record.name)
    outputs = [record.with_name(path.name) for path in found]
    with all_or_nothing(*outputs):
        for path, output in zip(found, outputs, strict=True):
            link(path, part(output))
            os.utime(part(output))  # as new as what the job would have made
    if reasons := wrong(read_json(record)):
        for output in outputs:
            output.unlink()
        shutil.rmtree(folder)
        work.say(f"what it had made before is of no use any more: {'; '.join(reasons)}")
        return False
    work.say("was complete before; its outputs are put back")
    return True


def tidy(results: Path) -> None:
    """Remove everything that is kept: the study is complete, and nobody asks again."""
    for folder in sorted(results.rglob(f"*.running/{NAME}")):
        shutil.rmtree(folder.parent, ignore_errors=True)


def link(source: Path, target: Path) -> None:
    """Link a file, or copy it where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
