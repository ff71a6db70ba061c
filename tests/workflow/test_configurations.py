"""The workflow refuses what ``lfa1 config`` refuses, and takes what it takes."""

import pytest

from .conftest import ROOT, snakemake

DEMONSTRATION = (ROOT / "config/config.yaml").read_text(encoding="utf-8")


def dry_run(folder, text, *options) -> tuple[int, str]:
    config = folder / "study.yaml"
    config.write_text(text, encoding="utf-8")
    # What follows --config is a list that goes on to the next option.
    run = snakemake(folder, *options, "--dry-run", "--quiet", "all", config=config)
    return run.returncode, run.stdout + run.stderr


@pytest.mark.parametrize(
    ("more", "options", "said"),
    [
        ("chemistry: {ph: 6.0}\n", (), "key 'chemistry' is given twice"),
        ("", ("--config", 'chemistry={"ph": 6, "ph": 7}'), "chemistry: key 'ph' is given twice"),
        ("__use_yte__: true\n", (), "Snakemake reads it as something else"),
    ],
)
def test_what_the_reader_refuses_is_refused(tmp_path, more, options, said):
    status, text = dry_run(tmp_path, DEMONSTRATION + more, *options)
    assert status == 1 and said in text and "→" in text and "Traceback" not in text


def test_json_on_the_command_line_has_numbers_and_truth_values(tmp_path):
    values = ('minimisation={"max_iterations": 30}', "demonstration=true", "sampling=null")
    status, text = dry_run(tmp_path, DEMONSTRATION, "--config", *values)
    assert status == 0, text
