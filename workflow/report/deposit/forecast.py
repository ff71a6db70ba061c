"""How large a deposit gets: to the byte for what is there, from the plan for what is not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lfa1_analysis.trajectory.formats.xtc import frame_ends
from lfa1_md.study import forecast
from lfa1_md.study.settings import StudyConfig
from lfa1_report.deposit.contents import NONE, pipeline, select
from lfa1_report.deposit.metadata import size

ZENODO_FILES, ZENODO_BYTES = 100, 50_000_000_000
"""What a record takes (https://help.zenodo.org/docs/deposit/manage-files); more on request."""


@dataclass(frozen=True)
class PartSizes:
    """Sizes of the parts of a study (bytes), and where they were measured."""

    frame: float
    row: float
    state: float
    system: float
    report: float
    figures: float
    basis: str


DEMONSTRATION = PartSizes(
    11_600, 70, 1_120_000, 3_610_000, 5_900_000, 450_000, "the demonstration of the pipeline"
)
"""Of its I domain of 2,987 atoms in a box of 18,236; a larger box has larger states."""


def planned(study: StudyConfig, sizes: PartSizes, stride: int) -> dict[str, int]:
    """Forecast a deposit's bytes by kind, before the study is run.

    Parameters
    ----------
    study : StudyConfig
    sizes : PartSizes
    stride : int
        Every so many frames; `NONE` for no trajectories.
    """
    todo = forecast.work(study)
    bytes_of = {
        "frame": round(sizes.frame),
        "row": round(sizes.row),
        "state": round(sizes.state),
        "checkpoint": 0,
    }
    disk = forecast.disk_bytes(todo, bytes_of, round(sizes.system), jobs=0)
    kept = 0 if stride == NONE else disk["trajectories"] // stride
    return {
        "topologies": disk["systems"],
        "trajectories": kept,
        "states": disk["states"],
        "energies": disk["energies"],
        "records": disk["records"],
        "tables": disk["tables"],
        "figures": round(sizes.figures),
        "report": round(sizes.report),
        "sources": sum(item.size for item in pipeline()),
    }


def measure(results: Path) -> PartSizes:
    """Measure the parts in a results folder; what it has not is taken from the demonstration."""
    items = select(results, 1)
    of_kind: dict[str, list[Path]] = {}
    for item in items:
        of_kind.setdefault(item.kind, []).append(item.source)

    def mean(paths: list[Path], otherwise: float) -> float:
        return sum(p.stat().st_size for p in paths) / len(paths) if paths else otherwise

    default = DEMONSTRATION
    frame = default.frame
    for path in of_kind.get("trajectories", []):
        if len(ends := frame_ends(path)) > 1:
            frame = ends[-1] / (len(ends) - 1)
            break
    rows = [p for p in of_kind.get("energies", []) if p.name.startswith("segment-")]
    systems = [p for p in (results / "systems").glob("*") if p.is_dir()]
    row = default.row
    if rows and (lines := rows[0].read_bytes().count(b"\n")) > 1:
        row = rows[0].stat().st_size / lines
    system = [sum(p.stat().st_size for p in s.iterdir() if p.is_file()) for s in systems]
    return PartSizes(
        frame,
        row,
        mean(of_kind.get("states", []), default.state),
        sum(system) / len(system) if system else default.system,
        mean(of_kind.get("report", []), default.report),
        sum(p.stat().st_size for p in of_kind.get("figures", [])) or default.figures,
        str(results),
    )


def advice(files: int, total: int) -> list[str]:
    """Say what Zenodo will make of so many files and bytes."""
    said = []
    if total > ZENODO_BYTES:
        said.append(
            f"{size(total)} is more than the {size(ZENODO_BYTES)} that a Zenodo record takes: ask "
            "for a larger quota, or keep fewer frames (--trajectories every-N)"
        )
    if files > ZENODO_FILES:
        said.append(
            f"a Zenodo record takes {ZENODO_FILES} files: upload the folder as one archive (tar or "
            "zip), README.md and ro-crate-metadata.json beside it"
        )
    return said
