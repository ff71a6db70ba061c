"""Running the workflow as a user would: Snakemake in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]


def snakemake(folder: Path, *options: str, config: Path | None = None, **kwargs):
    """Run Snakemake on the repository's Snakefile with `folder` as working directory."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")),
        *("--directory", str(folder), "--workflow-profile", str(ROOT / "profiles/default")),
        *options,
        *(("--configfile", str(config or ROOT / "config/config.yaml"))),
    ]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=folder, **kwargs
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
