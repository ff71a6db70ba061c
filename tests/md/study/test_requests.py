"""What a queue is asked for the jobs of umbrella sampling."""

import pytest
import yaml

from lfa1_md.study import configfile, requests
from lfa1_md.study.sampling import MOST_WINDOWS

TEXT = """\
states: {{closed: {{structure: closed}}, open: {{structure: open}}}}
equilibration: [{{name: release, ensemble: NPT, duration: 4 ps}}]
production: {{duration: 40 ps, segment: 10 ps, frame_interval: 2 ps, energy_interval: 1 ps}}
sampling:
  windows: {windows}
  pull: {{per_window: 8 ps, frame_interval: 4 ps, coordinate_interval: 2 ps}}
  window: {{duration: 40 ns, segment: 20 ns, frame_interval: 5 ps, energy_interval: 1 ps}}
  adapt: {{rounds: {rounds}, most_added: {most_added}}}
  exchange: {{interval: 1 ps}}
"""


def study(windows=10, rounds=0, most_added=20):
    text = TEXT.format(windows=windows, rounds=rounds, most_added=most_added)
    return configfile.check(yaml.safe_load(text), "the test's configuration")


def test_a_window_is_asked_for_by_itself():
    assert requests.work(study(), "window") == pytest.approx(requests.BIASED * 20)
    assert requests.work(study(rounds=3), "window") == pytest.approx(requests.BIASED * 20)


@pytest.mark.parametrize(
    ("rounds", "most_added", "most"),
    [(0, 20, 10), (1, 20, 30), (3, 5, 25), (10, 200, MOST_WINDOWS)],
)
def test_an_exchange_asks_for_all_windows_that_there_may_be(rounds, most_added, most):
    found = requests.work(study(10, rounds, most_added), "exchange")
    assert found == pytest.approx(requests.BIASED * 20 * most)
