import io

import pytest
from rich.console import Console

from lfa1_md.run import progress as module
from lfa1_md.run.progress import Progress, ProgressReporter, clock


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch):
    fake = Clock()
    monkeypatch.setattr(module, "time", fake)
    return fake


def log() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, width=200), text


def test_log_has_a_line_every_ten_seconds_and_one_at_the_end(time):
    console, text = log()
    with Progress("closed-mg replica 0", 1000, nanoseconds=1.0, console=console) as line:
        for second in range(1, 26):
            time.now = float(second)
            line.update(second * 40)
    lines = text.getvalue().splitlines()
    assert len(lines) == 3
    # 400 of 1000 steps of 1 ns in 10 s: 0.4 ns in 10 s is 3456 ns a day; 15 s are left.
    assert lines[0] == "closed-mg replica 0: 400/1000 steps, 3.46e+03 ns/day, 0:00:15 left"
    assert lines[-1].endswith("1000/1000 steps, 3.46e+03 ns/day, took 0:00:25")


def test_terminal_line_is_rewritten_in_place(time):
    text = io.StringIO()
    console = Console(file=text, width=120, force_terminal=True)
    with Progress("minimise", 10, "iterations", console=console) as line:
        for done in range(1, 11):
            time.now = float(done)
            line.update(done, "5 kJ/mol/nm")
    written = text.getvalue()
    assert "10/10 iterations" in written
    assert written.count("\n") < 10  # fewer new lines than updates: the cursor goes back


def test_reporter_asks_for_a_look_about_every_half_interval(time):
    console, _ = log()
    with Progress("x", 10_000, console=console) as line:
        reporter = ProgressReporter(line, first_step=500)

        class Simulation:
            currentStep = 501  # noqa: N815 (OpenMM's name)

        simulation = Simulation()
        time.now = 0.1
        reporter.report(simulation, None)
        assert line.done == 1
        # 10 steps/s at 10 s between lines: again in 50 steps, whatever else stops in between.
        assert reporter.describeNextReport(simulation)["steps"] == 50
        simulation.currentStep = 541
        assert reporter.describeNextReport(simulation)["steps"] == 10


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00:00"), (3725, "1:02:05")])
def test_clock(seconds, text):
    assert clock(seconds) == text
