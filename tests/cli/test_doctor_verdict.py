"""The last word of `lfa1 doctor`: ready, and whether anyone would wait for it."""

from pathlib import Path

import pytest

from lfa1_cli import doctor
from lfa1_cli.main import main

DEMONSTRATION = Path(__file__).parents[2] / "config/config.yaml"


@pytest.mark.parametrize(
    ("shortest", "long"),
    [(doctor.LONG_SECONDS / 2, False), (doctor.LONG_SECONDS * 2, True)],
)
def test_a_study_that_takes_too_long_here_is_told(monkeypatch, capsys, shortest, long):
    def examine(*_):
        yield "forecast", {"wall": [{"seconds": 4 * shortest}, {"seconds": shortest}]}
        yield "problems", []

    monkeypatch.setattr("lfa1_md.doctor.examination.examine", examine)
    monkeypatch.setattr(doctor, "SHOW", {})
    assert main(["doctor", "--config", str(DEMONSTRATION)]) == 0
    said = capsys.readouterr().out
    assert "ready: the configured platform answers" in said
    assert ("takes longer here than anyone waits" in said) == long
