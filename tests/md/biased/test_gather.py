"""From segments of windows to the tables of the estimator."""

import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.free_energy.umbrella.windows import read_windows
from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_md.biased import gather as module
from lfa1_md.biased.gather import gather_windows, sampling_folder
from lfa1_md.files.durable import write_json
from lfa1_md.study.plan import names
from lfa1_md.study.sampling import Sampling

from ..study.test_sampling import SAMPLING


@pytest.fixture
def study(make_study):
    both = make_study()
    states = {**both.states, "open": both.states["closed"]}
    sampling = Sampling.model_validate(SAMPLING | {"windows": 2})
    return both.model_copy(update={"states": states, "sampling": sampling})


@pytest.fixture
def results(tmp_path, study, monkeypatch):
    """Segments of every window: tables and records, no trajectories."""
    monkeypatch.setattr(module.completeness, "problems", lambda *_: [])
    generator = np.random.default_rng(1)
    for system in study.systems:
        for window, centre in enumerate(study.sampling.centres):
            folder = sampling_folder(tmp_path, system, 0) / f"window-{window}"
            folder.mkdir(parents=True)
            for k in (0, 1):
                pd.DataFrame(
                    {
                        "time_ps": 0.4 * k + np.arange(1, 11) * 0.04,
                        "opening_coordinate": generator.normal(centre, 0.03, 10),
                        "bias_centre": centre,
                    }
                ).to_csv(folder / names(k)["csv"], index=False)
                bias = {"first_centre": centre, "last_centre": centre}
                bias["force_constant_kj_per_mol"] = 2000.0
                write_json(folder / names(k)["json"], {"bias": bias})
    return tmp_path


def test_every_run_is_listed_with_its_series(study, results, tmp_path):
    output = tmp_path / "windows"
    assert gather_windows(study, results, output) == 8
    table = pd.read_csv(output / "windows.csv")
    assert sorted(table.system.unique()) == ["apo", "mg"]
    assert sorted(table.seeded_from.unique()) == ["closed", "open"]
    assert not table.duplicated(["system", "window", "replica"]).any()
    assert sorted(table.replica.unique()) == [0, 1]
    assert len(read_windows(output / "windows.csv")) == 2  # the estimator takes it as it is
    for row in table.itertuples():
        series = pd.read_csv(output / row.file)
        assert series.time_ns.tolist() == pytest.approx(np.arange(1, 21) * 4e-5)
        assert series.cv.mean() == pytest.approx(row.centre, abs=0.03)


def test_another_bias_is_refused(study, results, tmp_path):
    wider = Sampling.model_validate(SAMPLING | {"windows": 2, "force_constant": "100 kJ/mol"})
    with pytest.raises(InputError, match="another bias"):
        gather_windows(study.model_copy(update={"sampling": wider}), results, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_missing_or_damaged_segment_is_named(study, results, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(module.completeness, "problems", lambda *_: ["segment-0.xtc is cut short"])
        with pytest.raises(InputError, match="cut short"):
            gather_windows(study, results, tmp_path / "out")
    (sampling_folder(results, "open-apo", 0) / "window-1" / "segment-1.json").unlink()
    with pytest.raises(InputError, match=r"open-apo.*window-1.*segment-1\.json: no such file"):
        gather_windows(study, results, tmp_path / "out")


def test_a_study_without_sampling(make_study, tmp_path):
    with pytest.raises(ConfigError, match="no `sampling`"):
        gather_windows(make_study(), tmp_path, tmp_path / "out")
