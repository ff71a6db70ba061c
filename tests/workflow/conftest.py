"""Running the workflow as a user would: Snakemake in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def environment(*first: Path) -> dict[str, str]:
    """Return this process's environment with the programs of the study first, or after `first`."""
    folders = (*first, Path(sys.executable).parent, os.environ["PATH"])
    return os.environ | {"PATH": ":".join(map(str, folders))}


def snakemake(
    folder: Path, *options: str, config: Path | None = None, first: Sequence[Path] = (), **kwargs
):
    """Run Snakemake on the repository's Snakefile with `folder` as working directory."""
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")),
        *("--directory", str(folder), "--workflow-profile", str(ROOT / "profiles/default")),
        *options,
        *(("--configfile", str(config or ROOT / "config/config.yaml"))),
    ]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment(*first), cwd=folder, **kwargs
    )


@pytest.fixture
def demonstration() -> dict:
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


@pytest.fixture
def write_config(tmp_path):
    def write(content: dict) -> Path:
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True))
        return path

    return write


def short_study() -> dict:
    """Configuration of 4 systems × 2 replicas × 2 segments of 0.2 ps."""
    content = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    content["chemistry"] = {"padding": "0.6 nm"}
    content["minimisation"] = {"max_iterations": 40}
    content["equilibration"] = [
        {
            "name": "heat",
            "ensemble": "NVT",
            "duration": "0.1 ps",
            "restraint": "1000 kJ/mol/nm^2",
        },
        {"name": "release", "ensemble": "NPT", "duration": "0.2 ps", "timestep": "4 fs"},
    ]
    content["production"] = {
        "duration": "0.4 ps",
        "segment": "0.2 ps",
        "frame_interval": "0.04 ps",
        "energy_interval": "0.04 ps",
    }
    content["platform"] = "CPU"
    return content


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """Folder of a finished study."""
    folder = tmp_path_factory.mktemp("a study")  # a space in the path, as users have
    (folder / "study.yaml").write_text(yaml.safe_dump(short_study()))
    run = snakemake(folder, "--cores", "2", config=folder / "study.yaml", timeout=1500)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-6000:]
    return folder
