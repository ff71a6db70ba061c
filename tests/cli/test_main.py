"""The program's table of verbs and the way it reports mistakes."""

import re
import subprocess
import sys

import pytest

from lfa1_cli.main import VERBS, main


@pytest.mark.parametrize("name", sorted(VERBS))
def test_every_verb_explains_itself(name, capsys):
    assert all(map(callable, VERBS[name].load()))
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    assert "usage: lfa1 " + name in capsys.readouterr().out


def test_overview_lists_every_verb_without_loading_any():
    code = (
        "import sys; from lfa1_cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'openmm', 'MDAnalysis', 'snakemake'} & set(sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for name in VERBS:
        assert re.search(rf"^    {name}\s", shown.stdout, re.M)


def test_a_mistake_is_one_message_and_status_2(capsys):
    assert main(["config", "/nowhere/at/all.yaml"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("lfa1 config: /nowhere/at/all.yaml: no such configuration file")
    assert "Traceback" not in shown.err


def test_analysis_needs_no_simulation_engine_and_md_no_workflow_engine():
    for imported, forbidden in (
        ("lfa1_analysis.observables.opening", "openmm"),
        ("lfa1_md", "snakemake"),
    ):
        code = f"import sys, {imported}; assert '{forbidden}' not in sys.modules"
        subprocess.run([sys.executable, "-c", code], check=True)
