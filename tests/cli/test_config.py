"""`lfa1 config` as its user meets it."""

from pathlib import Path

import yaml

from lfa1_cli.main import main

DEMONSTRATION = Path(__file__).parents[2] / "config/config.yaml"


def test_a_structure_that_is_not_here_is_told(tmp_path, capsys):
    content = yaml.safe_load(DEMONSTRATION.read_text("utf-8"))
    content["states"]["closed"]["structure"] = "mine.pdb"
    file = tmp_path / "own.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert main(["config", str(file)]) == 0
    said = capsys.readouterr().err
    assert "states.closed.structure: 'mine.pdb' is not in" in said and "--directory" in said
    assert main(["config", str(DEMONSTRATION)]) == 0
    assert capsys.readouterr().err == ""


def test_a_configuration_that_is_not_there_is_one_line(capsys):
    assert main(["config", "nosuch.yaml"]) == 2
    assert capsys.readouterr().err.splitlines()[1] == "  → check the path and its spelling"
