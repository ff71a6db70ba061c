"""Windows added after a pilot: the same for every system, and none of what was run is dropped."""

import math

import numpy as np
import pandas as pd
import pytest

from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_md.biased import gather as module
from lfa1_md.biased.adapt import adapt, matched
from lfa1_md.biased.gather import sampling_folder
from lfa1_md.files.durable import write_json
from lfa1_md.run import protocol
from lfa1_md.study import umbrella_windows as windows
from lfa1_md.study.plan import names
from lfa1_md.study.sampling import Sampling

from ..study.test_sampling import SAMPLING

FRAMES = 200


@pytest.fixture
def study(make_study, monkeypatch):
    monkeypatch.setattr(module.completeness, "problems", lambda *_: [])
    both = make_study()
    states = {**both.states, "open": both.states["closed"]}
    return both.model_copy(
        update={
            "states": states,
            "sampling": Sampling.model_validate(SAMPLING),
            "ions": ["mg", "apo"],
        }
    )


def sample(study, results, places, slide=None):
    """Segment 0 of windows on a flat free energy; `slide(system, place)` shifts a mean."""
    kt = GAS_CONSTANT * study.chemistry.temperature
    for system in study.systems:
        for place in places:
            generator = np.random.default_rng([1, place.window, len(system)])
            folder = sampling_folder(results, system, 0) / f"window-{place.window}"
            folder.mkdir(parents=True, exist_ok=True)
            mean = place.centre + (slide(system, place) if slide else 0.0)
            values = generator.normal(mean, math.sqrt(kt / place.force_constant), FRAMES)
            pd.DataFrame(
                {
                    "time_ps": (np.arange(FRAMES) + 1) * 0.04,
                    "opening_coordinate": values,
                    "bias_centre": place.centre,
                }
            ).to_csv(folder / names(0)["csv"], index=False)
            write_json(
                folder / names(0)["json"], {"bias": {"first_centre": place.centre, **place.bias}}
            )


def test_rounds_fill_the_gaps_of_all_systems_and_then_stop(study, tmp_path):
    sampling = study.sampling
    first = windows.configured(sampling)
    sample(study, tmp_path, first)
    added = adapt(study, tmp_path, 1)
    assert added and all(place.round == 1 and "overlap by" in place.reason for place in added)
    after = windows.latest(sampling, tmp_path)
    assert after[: len(first)] == first and after[len(first) :] == added
    assert [place.window for place in after] == list(range(len(after)))
    sample(study, tmp_path, added)
    assert adapt(study, tmp_path, 2) == []
    assert windows.latest(sampling, tmp_path) == after
    proposed = pd.read_csv(windows.plan_file(tmp_path, 2).with_name("proposed.csv"))
    assert set(proposed["action"]) <= {"keep", "extend"}


def test_a_gap_of_one_system_is_filled_in_both(study, tmp_path):
    wide = Sampling.model_validate(SAMPLING | {"force_constant": "100 kJ/mol"})
    study = study.model_copy(update={"sampling": wide})
    sample(study, tmp_path, windows.configured(wide))
    assert adapt(study, tmp_path, 1) == []
    # In mg the last window slides off: now it and the middle one have little in common.
    sample(
        study,
        tmp_path,
        windows.configured(wide),
        lambda system, place: 0.5 if system.endswith("mg") and place.window == 2 else 0.0,
    )
    added = adapt(study, tmp_path, 1)
    assert added and all(place.reason.startswith("mg: ") for place in added)
    table = pd.read_csv(tmp_path / "sampling/round-1/proposed.csv")
    assert set(table[table.system == "apo"]["action"]) == {"keep"}


def wish(system, centre, overlap, constant=2000.0):
    return {
        "system": system,
        "action": "add",
        "centre": centre,
        "force_constant_kj_per_mol_per_unit2": constant,
        "overlap": overlap,
        "reason": "",
    }


def test_alike_wishes_are_one_window_and_the_widest_gaps_come_first(study):
    few = Sampling.model_validate(SAMPLING | {"adapt": {"most_added": 2}})
    before, kt = windows.configured(few), 2.5
    width = math.sqrt(kt / 2000.0)
    wishes = [
        wish("mg", 0.15, 0.02),
        wish("apo", 0.15 + 0.4 * width, 0.001),
        wish("mg", 0.45, 0.01),
        wish("apo", 0.52, 0.04),
        wish("mg", 0.3 + 0.1 * width, 1e-4),
    ]
    added = matched(wishes, before, few, kt, 1)
    assert [place.centre for place in added] == [round(0.15 + 0.4 * width, 4), 0.45]
    assert [place.start for place in added] in ([0, 1], [1, 1], [0, 2], [1, 2])
    # A stiffer one at the same place is another window.
    assert len(matched([wish("mg", 0.3, 0.01, 8000.0)], before, few, kt, 1)) == 1


def test_an_added_window_has_its_own_bias_and_settings(study):
    place = windows.Place(3, 0.21, 4000.0, 1, 1, "mg: …")
    chosen = protocol.window(study, "closed", place)
    assert chosen.drive.centre(5, 10) == 0.21 and chosen.drive.constant == 4000.0
    own = protocol.window(study, "closed", windows.configured(study.sampling)[2])
    assert own.settings == study.settings("sample", "closed") != chosen.settings
    with pytest.raises(ConfigError, match=r"--window 3.*there are 3"):
        windows.find(windows.configured(study.sampling), 3)


def test_adaptation_is_no_setting_of_what_has_been_run(study):
    other = Sampling.model_validate(SAMPLING | {"adapt": {"rounds": 5, "overlap": 0.1}})
    changed = study.model_copy(update={"sampling": other})
    assert changed.digest("sample") == study.digest("sample")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text[:-1], "cut short"),
        (lambda text: text.replace("start", "begin"), "has not the columns"),
        (lambda text: text.replace("\n2,", "\n7,"), "not numbered"),
        (lambda text: text.replace("2000.0", "1999.0"), "other windows than"),
        (lambda text: text.replace("0.3", "x"), "unable to parse"),
    ],
)
def test_a_plan_that_cannot_be_trusted(study, tmp_path, change, told):
    path = tmp_path / "plan.csv"
    path.write_text(change(windows.table(windows.configured(study.sampling))))
    with pytest.raises(InputError, match=told):
        windows.read(path, study.sampling)


@pytest.mark.parametrize(
    "change",
    [
        {"centre": math.nan},
        {"centre": 7.5},
        {"force_constant": -500.0},
        {"force_constant": math.inf},
        {"start": 99},
        {"start": -3},
        {"round": 0},
        {"start": 0.5},
    ],
)
def test_an_added_window_that_cannot_be(study, tmp_path, change):
    grid = windows.configured(study.sampling)
    place = windows.Place(len(grid), 0.2, 2000.0, 1, 1, "mg: …")
    path = tmp_path / "plan.csv"
    path.write_text(windows.table([*grid, place]))
    assert windows.read(path, study.sampling)[-1] == place
    table = pd.read_csv(path).astype(object)
    for column, value in change.items():
        table.loc[len(grid), column] = value
    table.to_csv(path, index=False)
    with pytest.raises(InputError):
        windows.read(path, study.sampling)


def test_a_missing_segment_of_the_pilot_is_named_and_nothing_written(study, tmp_path):
    sample(study, tmp_path, windows.configured(study.sampling)[:2])
    with pytest.raises(InputError, match=r"window-2.*segment-0\.json: no such file"):
        adapt(study, tmp_path, 1)
    assert not (tmp_path / "sampling/round-1").exists()
