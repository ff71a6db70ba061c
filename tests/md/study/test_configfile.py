"""What Snakemake has read of a configuration is what ``lfa1 config`` would read."""

import pytest

from lfa1_analysis.io.errors import ConfigError
from lfa1_md.study.configfile import from_command_line, require_alike
from lfa1_md.study.yamltext import typed


def test_a_file_that_was_read_as_something_else_is_refused(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("replicas: 2\nsite: {metal: mg}\n")
    require_alike(file, {"replicas": 2, "site": {"metal": "mg"}})
    with pytest.raises(ConfigError, match="Snakemake reads it as something else"):
        require_alike(file, {"replicas": 3, "site": {"metal": "mg"}})
    file.write_text("replicas: 2\nreplicas: 3\n")
    with pytest.raises(ConfigError, match="line 2: key 'replicas' is given twice"):
        require_alike(file, {"replicas": 3})


def test_values_within_values_get_their_types():
    given = {"n": "30", "on": "true", "none": "null", "length": "0.5 nm", "all": ["mg", "2.5"]}
    meant = {"n": 30, "on": True, "none": None, "length": "0.5 nm", "all": ["mg", 2.5]}
    assert typed(given) == meant
    assert typed("") == "" and typed("12-6-4") == "12-6-4" and typed("2022-01-01") == "2022-01-01"


def test_what_a_command_line_gives_twice_is_refused():
    values = {"chemistry": {"ph": "6"}, "replicas": 2}
    line = ["snakemake", "--config", 'chemistry={"ph": 6}', "replicas=2"]
    assert from_command_line(line, values) == {"chemistry": {"ph": 6}, "replicas": 2}
    line[2] = 'chemistry={"ph": 7, "ph": 6}'
    with pytest.raises(ConfigError, match="--config chemistry: key 'ph' is given twice"):
        from_command_line(line, values)
