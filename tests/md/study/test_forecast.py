"""The forecast's arithmetic against sums by hand."""

import pytest
import yaml

from lfa1_md.study import configfile, forecast

STUDY = """\
states: {closed: {structure: closed}, open: {structure: open}}
ions: [mg, apo]
replicas: 3
minimisation: {max_iterations: 50}
equilibration:
  - {name: heat, ensemble: NVT, duration: 2 ps, timestep: 2 fs, restraint: 1000 kJ/mol/nm^2}
  - {name: release, ensemble: NPT, duration: 4 ps, timestep: 4 fs}
production: {duration: 40 ps, segment: 10 ps, frame_interval: 2 ps, energy_interval: 1 ps}
"""
SAMPLING = """\
sampling:
  windows: 5
  first: 0.0
  last: 1.0
  replicas: 4
  pull: {per_window: 8 ps, frame_interval: 4 ps, coordinate_interval: 2 ps}
  window: {duration: 20 ps, segment: 10 ps, frame_interval: 5 ps, energy_interval: 1 ps}
"""
SEPARATION = """\
separation: {distance: 1 nm, speed: 5 nm/ns, replicas: 5, segment: 50 ps, frame_interval: 2 ps,
  force_interval: 0.5 ps}
"""
SIZES = {"frame": 1000, "row": 10, "state": 5000, "checkpoint": 7000}


def work(text):
    return forecast.work(configfile.check(yaml.safe_load(text), "the test's configuration"))


def test_production_by_hand():
    todo = work(STUDY)
    assert [(p.name, p.jobs, p.steps) for p in todo.parts] == [
        ("minimise", 4, 4 * 100),  # both passes
        ("equilibrate", 12, 12 * (1000 + 1000)),  # 2 ps of 2 fs, 4 ps of 4 fs
        ("production", 4 * 3 * 4, 12 * 10_000),
    ]
    assert todo.ns == pytest.approx(12 * 0.006 + 12 * 0.040)
    assert todo.longest == 100 + 2000 + 10_000
    production = todo.parts[-1]
    assert (production.frames, production.rows, production.states) == (12 * 20, 12 * 40, 48)


def test_sampling_by_hand():
    todo = work(STUDY + SAMPLING)
    parts = {part.name: part for part in todo.parts}
    # Four pulls of each system: one replica more than production has is equilibrated for them.
    assert parts["equilibrate"].jobs == 4 * 4
    assert parts["production"].jobs == 48
    assert (parts["pull"].jobs, parts["pull"].steps) == (4 * 4 * 5, 16 * 5 * 2000)
    assert parts["windows"].jobs == 4 * 4 * 5 * 2
    assert parts["windows"].steps == 16 * 5 * 5000
    assert parts["windows"].frames == 16 * 5 * 4
    assert todo.ns == pytest.approx(16 * 0.006 + 12 * 0.040 + 16 * 0.040 + 80 * 0.020)
    # The last window starts at the end of the pull, which outlasts production.
    assert todo.longest == 100 + 2000 + 5 * 2000 + 5000
    assert todo.jobs == 4 + 16 + 48 + 80 + 160


EXCHANGE = SAMPLING.replace("duration: 20 ps", "duration: 40 ps") + "  exchange: {interval: 1 ps}\n"


def test_exchanging_windows_are_one_chain_of_each_pull():
    todo = work(STUDY + EXCHANGE)
    parts = {part.name: part for part in todo.parts}
    # The pilot: the first of four segments of each of the five windows.
    assert (parts["windows"].jobs, parts["windows"].steps) == (16 * 5, 16 * 5 * 2500)
    assert parts["windows"].chain == 2500
    # The other three: a job of each pull steps all five windows in turn.
    assert parts["exchange"].jobs == 16 * 3
    assert parts["exchange"].steps == 16 * 5 * 3 * 2500
    assert parts["exchange"].chain == 5 * 3 * 2500
    assert (parts["exchange"].frames, parts["exchange"].rows) == (16 * 5 * 3 * 2, 16 * 5 * 3 * 10)
    assert todo.longest == 100 + 2000 + 5 * 2000 + 2500 + 5 * 3 * 2500


def test_exchange_is_no_more_work_but_takes_longer_on_many_gpus():
    alone, exchanged = (
        work(STUDY + text) for text in (EXCHANGE.replace("  exchange", "# "), EXCHANGE)
    )
    assert (alone.steps, alone.ns) == (exchanged.steps, pytest.approx(exchanged.ns))
    one = [forecast.wall_seconds(todo, 1, 100.0, 100.0) for todo in (alone, exchanged)]
    many = [forecast.wall_seconds(todo, 1000, 100.0, 100.0) for todo in (alone, exchanged)]
    assert one[0] == one[1]
    assert many[0] == pytest.approx(221.0) and many[1] == pytest.approx(521.0)
    disk = [forecast.disk_bytes(todo, SIZES, folder=200, jobs=3) for todo in (alone, exchanged)]
    assert disk[0]["trajectories"] == disk[1]["trajectories"]


def test_separation_by_hand():
    bound = STUDY.replace("closed: {structure: closed}", "bound: {structure: bound}") + SEPARATION
    parts = {part.name: part for part in work(bound).parts}
    # Five pulls of the two systems that have the ligand: two replicas more than production has.
    assert parts["equilibrate"].jobs == 2 * 5 + 2 * 3
    assert (parts["separate"].jobs, parts["separate"].steps) == (2 * 5 * 4, 10 * 50_000)
    assert (parts["separate"].frames, parts["separate"].rows) == (10 * 100, 10 * 400)
    assert parts["separate"].ns == pytest.approx(10 * 0.2)
    assert work(bound).longest == 100 + 2000 + 50_000  # a pull outlasts production
    tables = forecast.disk_bytes(work(bound), SIZES, folder=200, jobs=3)["tables"]
    assert tables == forecast.TABLE_BYTES * 12 * 20 + forecast.PULL_BYTES * 10 * 400


def test_a_minimisation_without_limit_is_not_counted():
    todo = work(STUDY.replace("50}", "0}"))
    assert todo.unlimited and todo.parts[0].steps == 0


def test_time_is_the_work_divided_or_the_longest_chain():
    todo = work(STUDY)
    assert todo.steps == 400 + 24_000 + 120_000
    assert forecast.wall_seconds(todo, 1, 100.0, 100.0) == pytest.approx(1444)
    assert forecast.wall_seconds(todo, 2, 80.0, 100.0) == pytest.approx(144_400 / 160)
    # Twelve chains keep no more than twelve jobs busy.
    assert forecast.wall_seconds(todo, 1000, 100.0, 100.0) == pytest.approx(121.0)


def test_disk_by_hand():
    found = forecast.disk_bytes(work(STUDY + SAMPLING), SIZES, folder=200, jobs=3)
    frames = {"production": 12 * 20, "pull": 16 * 10, "windows": 80 * 4}
    rows = {"production": 12 * 40, "pull": 16 * 20, "windows": 80 * 20}
    assert found["trajectories"] == 1000 * sum(frames.values())
    assert found["energies"] == 10 * sum(rows.values())
    assert found["states"] == 5000 * (4 + 16 + 48 + 80 + 160)
    assert found["records"] == forecast.RECORD_BYTES * (48 + 80 + 160)
    assert found["tables"] == forecast.TABLE_BYTES * frames["production"]
    assert found["systems"] == 2 * 4 * 200
    assert found["running"] == 3 * 2 * 12_000
