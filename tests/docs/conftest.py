"""The pages of the repository and the scripts that draw for them."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def tracked(pattern: str) -> list[Path]:
    """Files of the repository, new ones too, that match a pattern of git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def script():
    """Load a script of docs/make as a module."""

    def load(name: str):
        spec = importlib.util.spec_from_file_location(name, ROOT / f"docs/make/{name}.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module

    return load
