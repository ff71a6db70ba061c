"""The recipes of CONTRIBUTING.md, followed by their own lines in a copy of the packages."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from lfa1_analysis.proteins import reference

from .conftest import ROOT

PACKAGES = {
    "lfa1_analysis": "analysis",
    "lfa1_md": "workflow/md",
    "lfa1_report": "workflow/report",
    "lfa1_cli": "workflow/cli",
}


def recipe(title: str) -> list[tuple[str, str]]:
    """Return the lines to add of a section, in order, each with its language."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert section, title
    return re.findall(r"```(\w+)\n(.*?)```", section[1], re.S)


class Copy:
    """The packages in a folder, to be changed and run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.changed: set[str] = set()
        for place in PACKAGES.values():
            shutil.copytree(
                ROOT / place, folder / place, ignore=shutil.ignore_patterns("__pycache__")
            )
        shutil.copytree(ROOT / "structures", folder / "structures")
        (folder / "path").mkdir()
        for name, place in PACKAGES.items():
            (folder / "path" / name).symlink_to(folder / place)

    def insert(self, file: str, before: str, lines: str) -> None:
        """Insert lines before a text that is there once."""
        text = (self.folder / file).read_text("utf-8")
        assert text.count(before) == 1, f"{file}: {before!r}"
        (self.folder / file).write_text(text.replace(before, lines + before), "utf-8")
        self.changed.add(file)

    def append(self, file: str, lines: str) -> None:
        with (self.folder / file).open("a", encoding="utf-8") as stream:
            stream.write(lines)
        self.changed.add(file)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a verb of the copy."""
        return subprocess.run(
            [sys.executable, "-m", "lfa1_cli.main", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder / "path"), "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path)


@pytest.mark.slow  # the statistics of all observables
def test_an_observable(copy):
    (_, column), (_, values), (_, item) = recipe("An observable")
    file = "analysis/observables/flexibility.py"
    copy.insert(file, '    }\n    integers = ("contacts_lost"', column)
    copy.insert(file, "        )\n\n    def _radius_of_gyration", values)
    copy.append("analysis/comparison/data/observables.csv", item)
    assert len(copy.changed) == 2
    for ion, model in (("mg", "closed"), ("apo", "open")):
        for replica in range(3):
            folder = copy.folder / f"tables/closed-{ion}/replica-{replica}"
            folder.mkdir(parents=True)
            table = folder / "flexibility.csv"
            if not replica:
                source = f"structures/{model}.cif"
                done = copy.run("flexibility", "--topology", source, "--output", str(table))
                assert done.returncode == 0, done.stderr
                measured = pd.read_csv(table)
            frames = pd.concat([measured] * 3, ignore_index=True)
            frames["frame"] = range(3)
            frames["time_ns"] = [10.0, 20.0, 30.0]
            frames["alpha7_length_angstrom"] += [0.1 * replica, 0.1, 0.2]
            frames.to_csv(table, index=False)
    lengths = {
        ion: pd.read_csv(copy.folder / f"tables/closed-{ion}/replica-0/flexibility.csv")
        for ion in ("mg", "apo")
    }
    for ion, points in (("mg", reference.load().closed), ("apo", reference.load().open)):
        crystal = float(np.linalg.norm(points[293] - points[300]))
        measured = lengths[ion]["alpha7_length_angstrom"][0]
        assert measured == pytest.approx(crystal, abs=0.5)  # minimised since
    done = copy.run("compare", "--analysis", "tables", "--output-dir", "compared")
    assert done.returncode == 0, done.stderr
    effects = pd.read_csv(copy.folder / "compared/effects.csv")
    row = effects[
        (effects["observable"] == "alpha7_length_angstrom") & (effects["kind"] == "effect")
    ]
    assert len(row) == 1
    expected = lengths["mg"] - lengths["apo"]
    assert row["effect"].iloc[0] == pytest.approx(expected["alpha7_length_angstrom"][0], abs=0.01)
    assert "length of α7" in row["sentence"].iloc[0]
    assert row["tier"].iloc[0] == "exploratory"


def test_a_model_of_the_ion(copy):
    (_, row), (_, entry) = recipe("A model of the ion")
    copy.append("workflow/md/data/ion_models.csv", row)
    copy.insert("analysis/proteins/ion_names.py", '    "CHARMM36": IonModel(', entry)
    assert len(copy.changed) == 2
    study = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))
    (copy.folder / "own.yaml").write_text(yaml.safe_dump(study | {"ion_models": ["mine"]}))
    done = copy.run("config", "own.yaml", "--resolved")
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["ion_models"] == ["mine"]
    study["chemistry"]["water"] = "OPC"
    (copy.folder / "own.yaml").write_text(yaml.safe_dump(study | {"ion_models": ["mine"]}))
    done = copy.run("config", "own.yaml")
    assert done.returncode == 2
    assert "mine goes with OPC3" in done.stderr
    assert "`mine`" in copy.run("config", "--document").stdout


@pytest.mark.slow
def test_a_model_of_the_ion_simulates_and_reports(copy):
    """In water, with the IOD set's numbers: the distance of that set, 2.09 Å within 0.05 Å."""
    (_, row), (_, entry) = recipe("A model of the ion")
    copy.append("workflow/md/data/ion_models.csv", row)
    copy.insert("analysis/proteins/ion_names.py", '    "CHARMM36": IonModel(', entry)
    done = copy.run(
        *("ion-check", "--model", "mine", "--shell", "10 ps", "--window", "0 ps"),
        *("--waters", "300", "--platform", "CPU", "--output-dir", "checked"),
    )
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(copy.folder / "checked/ion-check.csv").set_index("quantity")
    assert table.loc["distance_mean_angstrom", "value"] == pytest.approx(2.09, abs=0.05)


@pytest.mark.parametrize("title", ["A state", "A system"])
def test_configurations(copy, title):
    ((_, lines),) = recipe(title)
    study = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8")) | yaml.safe_load(lines)
    (copy.folder / "own.yaml").write_text(yaml.safe_dump(study, allow_unicode=True))
    done = copy.run("config", "own.yaml")
    assert done.returncode == 0, done.stderr
    assert not copy.changed
