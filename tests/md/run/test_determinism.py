"""Same seed, one CPU thread: the same bytes. Another seed: another trajectory."""

import pytest

from lfa1_md.box import system
from lfa1_md.run.segment import simulate
from lfa1_md.study.sections import Production


@pytest.fixture
def trajectory(minimised, equilibrated, make_study, cpu, tmp_path):
    production = Production(
        duration="0.2 ps", segment="0.2 ps", frame_interval="0.04 ps", energy_interval="0.04 ps"
    )

    def run(label, seed):
        output = tmp_path / label
        study = make_study().model_copy(update={"production": production, "seed": seed})
        simulate(
            system.load(minimised / "closed-mg"),
            equilibrated / "closed-mg" / "state.xml.gz",
            study,
            0,
            0,
            *cpu,
            output,
        )
        return [
            (output / f"segment-0.{kind}").read_bytes() for kind in ("xtc", "csv", "state.xml.gz")
        ]

    return run


def test_same_seed_gives_the_same_bytes(trajectory):
    assert trajectory("once", 5) == trajectory("again", 5)


def test_another_seed_gives_another_trajectory(trajectory):
    for one, other in zip(trajectory("five", 5), trajectory("six", 6), strict=True):
        assert one != other
