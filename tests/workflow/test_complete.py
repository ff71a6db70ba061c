"""What is said and tidied up at the end of a run."""

import re
from pathlib import Path

import pytest

from lfa1_md.run.job import REQUEUE_CACHE

from .conftest import short_study, snakemake

SAID = "The study is complete"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "complete"),
    [
        (("tables",), False),
        (("--until", "compare"), False),
        ((), True),
    ],
)
def test_only_a_run_that_ends_with_the_report_says_so_and_tidies_up(
    tmp_path, write_config, target, complete
):
    """The jobs only touch their outputs here, which are empty; what runs at the end is as ever."""
    content = short_study()
    content["states"] = {"closed": content["states"]["closed"]}
    content["replicas"], content["production"]["segment"] = 1, "0.4 ps"
    config = write_config(content)
    planned = snakemake(tmp_path, "--dry-run", "--quiet", "host", config=config)
    outputs = re.findall(r"^ +output: (.+)$", planned.stdout + planned.stderr, re.M)
    for path in (tmp_path / name for each in outputs for name in each.split(", ")):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.name == "figures":
            path.mkdir()
        else:
            path.touch()
    kept = tmp_path / "results/production/closed-mg/replica-0/segment-0.running" / REQUEUE_CACHE
    kept.mkdir(parents=True)
    run = snakemake(tmp_path, "--touch", "--forceall", "--cores", "1", *target, config=config)
    shown = run.stdout + run.stderr
    assert run.returncode == 0, shown
    page = Path(tmp_path / "results/report.html").resolve()
    assert (f"{SAID}. Open {page} in" in shown) == complete
    assert (SAID in shown) == complete and kept.is_dir() != complete
