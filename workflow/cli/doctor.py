"""``lfa1 doctor``: whether this machine is ready for the study, and what the study costs here."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfa1_analysis.io.constants import SECONDS_PER_DAY
from lfa1_analysis.io.errors import PlatformError

if TYPE_CHECKING:
    from rich.console import Console

LONG_SECONDS = 60 * SECONDS_PER_DAY
"""Two months; the verdict says so of a study that takes longer here."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.description = (
        "Look at this machine before a study: packages, OpenMM's platforms and why one does not\n"
        "answer, their precision against Reference, the CPU's vector kernel, the speed of the\n"
        "configured system, and from it the time, disk and memory that the study takes here.\n"
        "Takes some minutes and writes nothing but --json. Ends with status 0 if the configured\n"
        "platform answers and computes rightly, with 2 otherwise."
    )
    parser.add_argument("--config", type=Path, default=Path("config/config.yaml"), help="the study")
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="of the study; read if there"
    )
    parser.add_argument(
        "--seconds", type=_seconds, default=20.0, help="of each measurement of speed (20)"
    )
    parser.add_argument(
        "--cores", type=_cores, help="jobs at once on the CPU; by default the cores it may use"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything found there")
    parser.epilog = "example: lfa1 doctor --config config/production.yaml"


def run(args: argparse.Namespace) -> int:
    """Look, print what is found, and judge."""
    from rich.console import Console

    from lfa1_md.doctor.examination import examine, plain
    from lfa1_md.files.durable import write_json
    from lfa1_md.study.configfile import load

    study = load(args.config)
    cores = args.cores or len(os.sched_getaffinity(0))
    console = Console(highlight=False, soft_wrap=True, markup=False)
    found: dict[str, Any] = {"config": args.config}
    for name, content in examine(study, args.config, args.results, args.seconds, cores):
        found[name] = content
        if name in SHOW:
            SHOW[name](console, content)
    if args.json is not None:
        write_json(args.json, plain(found))
    if found["problems"]:
        problem, _, remedy = "\n".join(found["problems"]).partition("\n  → ")
        raise PlatformError(problem, remedy)
    console.print("\nready: the configured platform answers and computes rightly")
    shortest = min((each["seconds"] for each in found["forecast"].get("wall", [])), default=0)
    if shortest > LONG_SECONDS:
        console.print(
            "but this study takes longer here than anyone waits (above): run it on more or faster "
            "devices (docs/clusters.md), or a shorter one"
        )
    return 0


def _environment(console: Console, found: dict[str, Any]) -> None:
    console.print(
        f"environment: Python {found['python']}, OpenMM {found['openmm']}, {found['processor']}, "
        f"{found['cores']} cores, {_size(found['memory_available'])} of memory free"
    )
    if found["load"] > 0.5:
        console.print(f"  others compute here (load {found['load']:g}): speeds are what they leave")
    for name, told in found["unpinned"].items():
        console.print(f"  not the pinned package: {name} {told}")
    if not found["unpinned"]:
        console.print("  all packages are the pinned ones")


def _platforms(console: Console, answers: list[Any]) -> None:
    console.print("platforms:")
    for each in answers:
        told = (
            f"answers{f', {each.detail}' if each.detail else ''}" if each.answers else each.detail
        )
        console.print(f"  {each.platform:10} {'yes' if each.answers else 'no '}  {told}")
        if each.remedy:
            console.print(f"  {'':10}      → {each.remedy}")


def _kernel(console: Console, kernel: Any) -> None:
    console.print(f"CPU kernel of nonbonded forces: {kernel.description()}")


def _box(console: Console, box: Any) -> None:
    console.print(f"measured with: {box.name}, {box.atoms} atoms, {box.basis}")


def _precision(console: Console, agreements: list[Any]) -> None:
    from lfa1_md.machine.agreement import LIMIT

    console.print(f"precision against Reference ({LIMIT:.0e} allowed, as openmm.testInstallation):")
    for each in agreements:
        told = each.problem or (
            f"forces differ by {each.rms:.1e} (root mean square), {each.median:.1e} (median); "
            f"energy by {each.energy:+.1e} kJ/mol for each atom"
        )
        console.print(f"  {each.platform:10} {'good' if each.good else 'BAD '}  {told}")


def _speed(console: Console, found: dict[str, Any]) -> None:
    console.print(f"speed of production on {found['platform']}, without writing:")
    for each in found["measured"]:
        told = "one job alone" if each.jobs == 1 else f"{each.jobs} jobs at once, each"
        spread = f"± {each.variation * each.ns_per_day:.1g} ns/day (standard deviation of "
        spread += f"{each.slices} slices)"
        if each.slices < 2:
            spread = "ns/day (too slow to see how much it varies; give more --seconds)"
        console.print(
            f"  {told}: {each.ns_per_day:.3g} {spread}, {each.steps_per_second:.3g} steps/s"
        )


def _forecast(console: Console, found: dict[str, Any]) -> None:
    console.print(f"the study: {found['ns']:,.6g} ns in {found['jobs']} jobs")
    for part in found["parts"]:
        console.print(
            f"  {part.name:12} {part.jobs:6} jobs  {part.ns:10,.6g} ns  {part.steps:,} steps"
        )
    if "wall" not in found:
        console.print("  how long it takes cannot be told: no speed was measured")
        return
    console.print("time at least (steps at the measured speed, or the longest chain of jobs):")
    for each in found["wall"]:
        note = "" if each["measured"] else ", if each is as fast as those measured"
        console.print(f"  on {each['on']}: {_time(each['seconds'])}{note}")
    left_out = (
        "preparation, analysis, the bias of `sampling` and `separation`, windows added by `adapt`"
    )
    if not found["minimisation_counted"]:
        left_out += ", the minimisation (it has no limit)"
    console.print(f"  not counted: {left_out}")
    if not found["wall"][0]["on"].endswith("GPU"):
        console.print("  on GPUs: run `lfa1 doctor` on a machine that has one")
    disk, free = found["disk_bytes"], found["disk_free_bytes"]
    total = sum(disk.values())
    parts = ", ".join(f"{name} {_size(size)}" for name, size in disk.items())
    console.print(f"disk: {_size(total)} ({parts}), from what a frame, a row and a state took here")
    console.print(f"  free: {_size(free)}{'' if total < free else ': NOT ENOUGH'}")
    memory, there = found["memory_bytes"], found["memory_available_bytes"]
    enough = "" if not there or memory < there else ": NOT ENOUGH"
    console.print(f"memory of the jobs at once: {_size(memory)}, available {_size(there)}{enough}")


SHOW: dict[str, Callable[[Console, Any], None]] = {
    "environment": _environment,
    "platforms": _platforms,
    "kernel": _kernel,
    "box": _box,
    "precision": _precision,
    "speed": _speed,
    "forecast": _forecast,
}


def _time(seconds: float) -> str:
    day = SECONDS_PER_DAY
    for unit, size in (("years", 365.25 * day), ("days", day), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"


def _size(size: float) -> str:
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size:.0f} B"


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 3600 seconds")
    return value


def _cores(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value
