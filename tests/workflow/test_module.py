"""The workflow as a module of another one, with a configuration and a results folder of its own."""

import re
import subprocess

import pytest
import yaml

from .conftest import ROOT, environment, short_study

PAGE = (ROOT / "docs/own_workflow.md").read_text("utf-8")
PATHVARS = 'pathvars:\n        results="integrin/study",'
# What a rule of one's own does with the files that the page's rule asks for.
OWN = """\
    output:
        "own.txt",
    shell:
        "wc -l < {input[0]} > {output}"
"""


def snakefile(folder: str) -> str:
    """Return the page's workflow, importing this repository, with other words on the folder."""
    (text,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S)
    for there, here in (("/path/to/this/repository", str(ROOT)), (PATHVARS, folder)):
        assert text.count(there) == 1, there
        text = text.replace(there, here)
    return text + OWN


@pytest.fixture
def importing(tmp_path):
    """Another workflow, whose configuration holds a study under a key of its own."""

    def write(content: dict, folder: str = PATHVARS):
        (tmp_path / "Snakefile").write_text(snakefile(folder))
        own = {"what": "else", "integrin": content}
        (tmp_path / "own.yaml").write_text(yaml.safe_dump(own, allow_unicode=True))
        return tmp_path

    return write


def snakemake(folder, *options):
    command = ["snakemake", "--cores", "2", "--quiet", "host", *options]
    return subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=1800
    )


def test_all_files_are_in_the_folder_that_was_named(importing, demonstration):
    folder = importing(demonstration)
    run = snakemake(folder, "--dry-run", "-p")
    shown = run.stdout + run.stderr
    assert run.returncode == 0, shown
    assert re.search(r"lfa1_simulate +16\n", shown)
    assert "directive" not in shown
    commands = [line for line in shown.splitlines() if "Shell command: lfa1 " in line]
    assert len(commands) == 2 + 2 + 4 + 4 + 8 + 16 + 8 + 1 + 1
    for command in commands:
        assert "results/" not in command
    assert not (folder / "integrin").exists()


TWO = """\
module opening:
    snakefile:
        "{root}/Snakefile"
    config:
        {opening}
    pathvars:
        results="opening/study",


module bound:
    snakefile:
        "{root}/workflow/Snakefile"
    config:
        {bound}
    pathvars:
        results="bound/study",


use rule * from opening as opening_*
use rule * from bound as bound_*


rule both:
    default_target: True
    input:
        rules.opening_all.input,
        rules.bound_all.input,
"""


@pytest.mark.slow
def test_sampling_and_separation_read_and_write_the_folder_that_was_named(tmp_path):
    studies = {
        name: yaml.safe_load((ROOT / f"docs/make/{file}.yaml").read_text())
        for name, file in (("opening", "sampling"), ("bound", "separation"))
    }
    (tmp_path / "Snakefile").write_text(TWO.format(root=ROOT, **studies))
    run = snakemake(tmp_path, "--dry-run", "-p")
    shown = run.stdout + run.stderr
    assert run.returncode == 0, shown
    commands = [line for line in shown.splitlines() if "Shell command: lfa1 " in line]
    assert commands and not any(" results" in command for command in commands)
    for verb, folder in (
        ("adapt", "opening"),
        ("gather", "opening"),
        ("gather --pulls", "opening"),
        ("gather --separation", "bound"),
    ):
        found = [each for each in commands if f"lfa1 {verb} --config" in each]
        assert found and all(f"--results {folder}/study " in each for each in found)


def test_a_prefix_is_refused_with_what_to_do_instead(importing, demonstration):
    run = snakemake(importing(demonstration, 'prefix:\n        "integrin"'), "--dry-run")
    assert run.returncode != 0
    assert 'give `pathvars: results="FOLDER"`' in run.stdout + run.stderr


@pytest.mark.slow
def test_mistakes_in_its_configuration_are_told(importing, demonstration):
    demonstration["replica"] = 3
    run = snakemake(importing(demonstration), "--dry-run")
    assert run.returncode != 0
    assert "unknown key 'replica'; did you mean 'replicas'" in run.stdout + run.stderr


@pytest.mark.slow
def test_a_study_run_by_another_workflow(importing):
    content = short_study()
    content["states"] = {"closed": content["states"]["closed"]}
    content["replicas"] = 1
    folder = importing(content)
    run = snakemake(folder)
    assert run.returncode == 0, run.stdout + run.stderr
    assert int((folder / "own.txt").read_text()) > 1
    written = yaml.safe_load((folder / "integrin/study/config.yaml").read_text())
    assert written["production"]["duration"] == "0.4 ps"
    assert (folder / "integrin/study/report.html").stat().st_size > 10_000
    assert not (folder / "results").exists()
    again = snakemake(folder)
    assert "Nothing to be done" in again.stdout + again.stderr
    content["production"]["duration"] = "0.6 ps"
    more = snakemake(importing(content), "--dry-run")
    shown = more.stdout + more.stderr
    assert re.search(r"lfa1_simulate +2\n", shown) and "rule lfa1_equilibrate" not in shown
