"""What goes into a container's image: all that is needed to install and run, and nothing else."""

import re
import shutil
import subprocess
import tomllib

import pytest

from lfa1_report.deposit import contents

from .conftest import ROOT

MADE_HERE = (
    *(".venv/bin/python", ".git/HEAD", ".snakemake/log/a.log", "results/report.html"),
    *("production/results/report.html", "bound/results/a.csv", "free-energy/results/a.csv"),
    *("own/results/a.csv", "with-calcium/results/a.csv", "results-deposit/README.md"),
    *("wheels/numpy.whl", "site/index.html", "lfa1_study.egg-info/PKG-INFO", "own.yaml"),
    *("analysis/__pycache__/opening.cpython-312.pyc", "docs/install.md", "tests/conftest.py"),
)


def tracked() -> list[str]:
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def apptainer() -> dict[str, str]:
    """Return what `%files` copies: source → place in the image."""
    section = re.search(r"^%files\n(.*?)^%", (ROOT / "container/lfa1.def").read_text(), re.M | re.S)
    assert section
    return dict(line.split() for line in section[1].splitlines() if line.strip())


def sent(name: str) -> bool:
    """Say whether `COPY .` sees a file, by Docker's rules: the last line that fits decides."""
    seen = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        expression = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if re.fullmatch(rf"{expression}(/.*)?", name):
            seen = line.startswith("!")
    return seen


def copied(name: str) -> bool:
    return any(name == source or name.startswith(f"{source}/") for source in apptainer())


def test_apptainer_puts_each_thing_where_docker_does():
    assert apptainer() == {name: f"/opt/lfa1/{name}" for name in apptainer()}
    assert all((ROOT / name).exists() for name in apptainer())


def test_both_recipes_copy_the_same_tracked_files():
    for name in tracked():
        assert sent(name) == copied(name), name


def test_all_that_installs_runs_and_is_handed_in_goes_into_the_image():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {project["project"]["readme"], *project["project"]["license-files"]}
    needed |= {
        name
        for name in tracked()
        for folder in project["tool"]["setuptools"]["package-dir"].values()
        if name.startswith(f"{folder}/")
    }
    needed |= {item.source.relative_to(ROOT).as_posix() for item in contents.pipeline()} & {
        *tracked()
    }
    needed |= {name for name in tracked() if name.startswith("container/")} | {"Makefile"}
    assert len(needed) > 300
    assert not [name for name in sorted(needed) if not (sent(name) and copied(name))]


@pytest.mark.parametrize("name", MADE_HERE)
def test_what_was_made_here_stays_here(name):
    assert not sent(name)
    # Docker's own list leaves out what Python writes beside the contents.
    assert copied(name) == ("__pycache__" in name)


@pytest.mark.parametrize("folder", ["production", "bound", "free-energy", "own", "with-calcium"])
def test_folders_of_studies_are_not_for_git(folder):
    command = ["git", "check-ignore", "--quiet", f"{folder}/results/report.html"]
    assert subprocess.run(command, cwd=ROOT).returncode == 0


def test_setup_and_the_workflow_find_their_files_in_the_image(tmp_path):
    for name in filter(copied, tracked()):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    make = ["make", "--dry-run", "setup"]
    assert subprocess.run(make, cwd=tmp_path, capture_output=True).returncode == 0
    included = re.findall(r'include: "(.*?)"', (tmp_path / "Snakefile").read_text())
    assert included and all((tmp_path / name).is_file() for name in included)
