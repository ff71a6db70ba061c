"""Environments that Snakemake makes for the rules; a stand-in for conda makes them here."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from .conftest import ROOT, environment, snakemake

CONDA = """\
#!/bin/sh
case "$*" in
  "info --json") cat "{base}/info.json" ;;
  "clean "*) ;;
  --version) echo "conda 24.11.0" ;;
  "config "*) echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
  "env create "*) while [ "$1" != --prefix ]; do shift; done; cp -r "{base}/env" "$2" ;;
  *) echo "$@" >> "{base}/unknown"; exit 1 ;;
esac
"""
# The libraries alone: what is on PYTHONPATH is not searched for editable packages.
PYTHON = (
    '#!/bin/sh\necho "$@" >> "{base}/asked"\nPYTHONPATH="$PYTHONPATH:{site}" exec {python} "$@"\n'
)


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.mark.slow
def test_a_job_runs_this_program_with_the_python_of_the_rule_s_environment(tmp_path):
    base = tmp_path / "base"
    site = sysconfig.get_path("purelib")
    program(base / "bin/conda", CONDA.format(base=base))
    program(base / "bin/activate", 'export PATH="$1/bin:$PATH"\n')
    program(base / "bin/lfa1", "#!/bin/sh\necho 'another program' >&2; exit 1\n")
    python = PYTHON.format(base=base, site=site, python=sys._base_executable)
    program(base / "env/bin/python", python)
    info = {"conda_prefix": str(base), "root_prefix": str(base), "platform": "linux-64"}
    (base / "info.json").write_text(json.dumps(info))
    (tmp_path / "study").mkdir()
    run = snakemake(
        *(tmp_path / "study", "results/prepared/closed/protein.cif", "--cores", "2"),
        *("--software-deployment-method", "conda"),
        first=[base / "bin"],
    )
    unknown = (base / "unknown").read_text() if (base / "unknown").exists() else ""
    assert run.returncode == 0, run.stdout + run.stderr + unknown
    assert "-m lfa1_cli.main prepare" in (base / "asked").read_text()


def test_a_snakemake_without_the_program_is_told_what_to_do(tmp_path):
    lacking = 'raise ModuleNotFoundError("no lfa1_analysis", name="lfa1_analysis")\n'
    (tmp_path / "lfa1_analysis.py").write_text(lacking)
    run = subprocess.run(
        ["snakemake", "--snakefile", ROOT / "Snakefile", "--directory", tmp_path, "--dry-run"],
        env=environment() | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    shown = run.stdout + run.stderr
    assert run.returncode != 0
    assert "lacks lfa1_analysis" in shown and "make setup" in shown
    assert "Traceback" not in shown
