"""A library that is not installed is one line, whichever verb asks for it."""

import subprocess
import sys

import pytest

from lfa1_cli.main import VERBS, main
from lfa1_cli.missing import NAMES, SIMULATING

SEGMENT = "--system-dir . --replica 0 --segment 0 --from c.yaml --output-dir s"
ASKED = {
    "simulate": f"--config c.yaml {SEGMENT}",
    "ion-check": "",
    "config": "c.yaml",
}
WITHOUT = (
    f"import sys; sys.modules.update(dict.fromkeys({list(NAMES)}))\n"
    "from lfa1_cli.main import main; sys.exit(main(sys.argv[1:]))"
)
"""As where nothing of the extra `study` is installed: importing it fails."""


@pytest.mark.parametrize("verb", ASKED)
def test_it_is_named_with_the_remedy(verb, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, verb, *ASKED[verb].split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    name = "PyYAML" if verb == "config" else "OpenMM"
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert line.startswith(f"lfa1 {verb}: needs {name}, which is not installed: pip install")


def test_a_module_of_ours_that_is_lost_is_no_missing_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "lfa1_analysis.comparison.compare", None)
    with pytest.raises(ModuleNotFoundError):
        main(["compare"])


def test_the_verbs_that_simulate_are_verbs():
    assert set(VERBS) >= SIMULATING
