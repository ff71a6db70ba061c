"""What the workflow catalogue of Snakemake takes from a repository is there."""

import re
import subprocess

import yaml

from .conftest import ROOT, environment

CATALOG = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]


def test_files_that_the_catalogue_implies_are_there():
    """Standard usage: the Snakefile in workflow/, its settings explained in config/README.md."""
    for name in ("workflow/Snakefile", "config/README.md", "config/config.yaml", "README.md"):
        assert (ROOT / name).is_file(), name
    rules = {path: path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk")}
    deployed = CATALOG["software-stack-deployment"]
    assert deployed["conda"] == any("conda:" in text for text in rules.values())
    assert deployed["apptainer"] == any("container:" in text for text in rules.values())
    assert CATALOG["report"] == any("report(" in text for text in rules.values())
    named = {
        path.parent / name
        for path, text in rules.items()
        for name in re.findall(r'"(\.\./(?:envs|report)/[^"]+)"', text)
    }
    assert len(named) >= 3
    for path in named:
        assert path.is_file(), path
    for page in re.findall(r"docs/\w+\.md", CATALOG["mandatory-flags"]["desc"]):
        assert (ROOT / page).is_file(), page


def test_the_snakefile_of_the_catalogue_is_the_whole_study(tmp_path):
    options = ("--directory", tmp_path, "--dry-run", "--quiet", "host", "rules", "reason")
    run = subprocess.run(
        ["snakemake", "--snakefile", ROOT / "workflow/Snakefile", *options],
        env=environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    shown = run.stdout + run.stderr
    assert run.returncode == 0, shown
    assert re.search(r"^simulate +16$", shown, re.M) and re.search(r"^report +1$", shown, re.M)
