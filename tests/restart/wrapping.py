"""The calls at which a fault can be put in.

The product knows nothing of this: `install` wraps, in the process of the run alone, the calls by
which it writes (`os.replace`, `os.fsync`, OpenMM's `XTCFile.writeModel` …) and sets its bias. At
the chosen one, before, in the middle or after it, the process ends as a kill would end it, or the
call fails as a disk would.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faults import BIAS, Faults


def install(faults: Faults) -> None:
    """Wrap every call by which a run writes."""
    import shutil

    import openmm.app as app

    from lfa1_analysis.trajectory import segments as completeness
    from lfa1_md.files import append_only as growing
    from lfa1_md.run import bias, job, reporters

    def plain(module: Any, name: str, of: Callable[..., object], **more: Any) -> None:
        real = getattr(module, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            return faults.call(name, of(*args), lambda: real(*args, **kwargs), **more)

        setattr(module, name, wrapped)

    def opened(handle: int, *rest: object) -> str:
        return os.readlink(f"/proc/self/fd/{handle}")

    def first(path: object, *rest: object, **more: object) -> object:
        return path

    for name in ("unlink", "rmdir", "replace", "rename", "link", "truncate"):
        plain(os, name, first)
    for name in ("fsync", "ftruncate", "pwrite"):
        plain(os, name, opened)
    plain(shutil, "copyfile", lambda source, target: target)
    plain(growing, "cut", first, phase="taking up")

    def write_bytes(path: Path, data: bytes) -> Any:
        def put(what: bytes) -> None:
            with path.open("wb") as file:
                file.write(what)

        return faults.call(
            "write", path, lambda: put(data), lambda: put(bytes(data)[: len(data) // 2])
        )

    Path.write_bytes = write_bytes  # type: ignore[method-assign, assignment]
    Path.write_text = lambda self, text, encoding="utf-8": write_bytes(  # type: ignore[method-assign, assignment, misc]
        self, text.encode(encoding)
    )

    write_model = app.XTCFile.writeModel

    def frame(file: Any, *args: Any, **kwargs: Any) -> Any:
        path = Path(file._filename)

        def half() -> None:
            before = path.stat().st_size
            write_model(file, *args, **kwargs)
            os.truncate(path, (before + path.stat().st_size) // 2)

        return faults.call(
            "frame",
            path,
            lambda: write_model(file, *args, **kwargs),
            half,
            phase="writing a frame",
        )

    app.XTCFile.writeModel = frame
    append = reporters.EnergyReporter._append

    def row(log: Any, text: str) -> Any:
        return faults.call(
            "row",
            log.path,
            lambda: append(log, text),
            lambda: append(log, text[: len(text) // 2]),
            phase="writing energies",
        )

    reporters.EnergyReporter._append = row  # type: ignore[method-assign]
    place = bias.BiasDriver.place

    def placing(driver: Any, context: Any, step: int) -> None:
        faults.call(
            "bias",
            "bias",
            lambda: place(driver, context, step),
            # The centre is right and nothing is pulled to it: no column of the table tells.
            lambda: context.setParameter(bias.CENTRE, driver.centre(step)),
            phase=BIAS,
        )

    bias.BiasDriver.place = placing  # type: ignore[method-assign]
    step = app.Simulation.step

    def stepping(simulation: Any, steps: int) -> None:
        faults.phase("stepping")
        step(simulation, steps)

    app.Simulation.step = stepping
    problems, rmtree = completeness.problems, shutil.rmtree

    def delivering(*args: Any, **kwargs: Any) -> Any:
        faults.phase("delivery")
        return problems(*args, **kwargs)

    completeness.problems = delivering

    def clearing(*args: Any, **kwargs: Any) -> None:
        faults.phase("clearing up")
        rmtree(*args, **kwargs)

    shutil.rmtree = clearing  # type: ignore[assignment]
    discard = job.RunningJob.discard

    def discarding(run: Any) -> None:
        faults.phase("clearing up")
        discard(run)

    job.RunningJob.discard = discarding  # type: ignore[method-assign]
