"""How many jobs compute at once on a machine with GPUs; one stands in for them here."""

import pytest

from .conftest import snakemake

GPU = """\
from lfa1_md.run import platform

platform.gpu_jobs = lambda name: None if name == "CPU" else 1
"""
LFA1 = """\
#!/bin/sh
while [ "$1" != --output-dir ]; do shift; done
echo begins >> "{order}"; sleep 3; echo ends >> "{order}"
touch "$2/protein.cif" "$2/site.json"
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("platform", "options", "together"),
    [
        ("auto", (), False),
        ("auto", ("--resources", "gpu=2"), True),
        ("CPU", (), True),
    ],
)
def test_jobs_take_turns_on_a_gpu_unless_told_otherwise(
    tmp_path, monkeypatch, demonstration, write_config, platform, options, together
):
    order = tmp_path / "order"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/lfa1").write_text(LFA1.format(order=order))
    (tmp_path / "bin/lfa1").chmod(0o755)
    (tmp_path / "sitecustomize.py").write_text(GPU)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    demonstration["platform"] = platform
    config = write_config(demonstration)
    cores = ("--cores", "4")
    first = [tmp_path / "bin"]
    run = snakemake(tmp_path, "prepared", *cores, *options, config=config, first=first)
    assert run.returncode == 0, run.stdout + run.stderr
    alternating, at_once = ["begins", "ends"] * 2, ["begins", "begins", "ends", "ends"]
    assert order.read_text().split() == (at_once if together else alternating)
