"""From segments of pulls to the table of ``lfa1 pulls``."""

import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.free_energy.pulling.pulls import read_pulls
from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_md.biased import gather as module
from lfa1_md.biased.gather import gather_pulls, sampling_folder
from lfa1_md.files.durable import write_json
from lfa1_md.run import protocol
from lfa1_md.study.plan import names
from lfa1_md.study.sampling import Sampling

from ..study.test_sampling import SAMPLING

ROWS = 10


@pytest.fixture
def study(make_study):
    both = make_study()
    states = {**both.states, "open": both.states["closed"]}
    sampling = Sampling.model_validate(SAMPLING | {"replicas": 2})
    return both.model_copy(update={"states": states, "sampling": sampling})


@pytest.fixture
def results(tmp_path, study, monkeypatch):
    """Segments of every pull, the coordinate 0.05 behind the centre; no trajectories."""
    monkeypatch.setattr(module.completeness, "problems", lambda *_: [])
    for system in study.systems:
        state = system.rsplit("-", 1)[0]
        behind = 0.05 if state == "closed" else -0.05
        for replica in range(2):
            folder = sampling_folder(tmp_path, system, replica) / "pull"
            folder.mkdir(parents=True)
            for k in range(3):
                drive = protocol.pull(study, state, k).drive
                # What the driver does: a row tells the centre that acted until it.
                centre = np.array([drive.centre(row, ROWS) for row in range(ROWS)])
                pd.DataFrame(
                    {
                        "time_ps": 0.4 * k + np.arange(1, ROWS + 1) * 0.04,
                        "opening_coordinate": centre - behind,
                        "bias_centre": centre.round(6),
                    }
                ).to_csv(folder / names(k)["csv"], index=False)
                write_json(folder / names(k)["json"], {"bias": drive.record()})
    return tmp_path


def test_every_pull_is_listed_and_its_work_follows(study, results, tmp_path):
    output = tmp_path / "pulls"
    assert gather_pulls(study, results, output) == 8
    systems = read_pulls(output / "pulls.csv")
    assert sorted(systems) == ["apo", "mg"]
    for pulls in systems.values():
        assert [p.direction for p in pulls] == ["forward"] * 2 + ["backward"] * 2
        assert [p.replica for p in pulls] == [0, 1, 2, 3]
        for pull in pulls:
            done = pull
            # 0.6 units at 0.03 a row of 0.04 ps; at rest for the first window and one row more.
            assert done.speed == pytest.approx(0.03 / 0.04e-3)
            assert done.rest_ns == pytest.approx(0.44e-3)
            assert done.centre[-1] == pull.last_centre == (0.6 if pull.sign > 0 else 0.0)
            # Force k·(lag + half a jump) over the whole way.
            assert done.total == pytest.approx(2000 * (0.05 + 0.015) * 0.6, rel=1e-6)
            assert done.total > 20 * GAS_CONSTANT * 310


def test_another_bias_is_refused(study, results, tmp_path):
    other = Sampling.model_validate(SAMPLING | {"replicas": 2, "force_constant": "100 kJ/mol"})
    with pytest.raises(InputError, match="another bias"):
        gather_pulls(study.model_copy(update={"sampling": other}), results, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_or_damaged_segment_is_named(study, results, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(module.completeness, "problems", lambda *_: ["segment-0.xtc is cut short"])
        with pytest.raises(InputError, match="cut short"):
            gather_pulls(study, results, tmp_path / "out")
    (sampling_folder(results, "open-apo", 1) / "pull" / "segment-2.json").unlink()
    with pytest.raises(InputError, match=r"open-apo.*pull.*segment-2\.json: no such file"):
        gather_pulls(study, results, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_study_without_sampling(make_study, tmp_path):
    with pytest.raises(ConfigError, match="no `sampling`"):
        gather_pulls(make_study(), tmp_path, tmp_path / "out")
