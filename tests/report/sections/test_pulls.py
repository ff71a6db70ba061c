"""The report's part on the pulls, from a particle dragged by a spring."""

import json
import re
import shutil

import dragged as drag
import pandas as pd
import pytest
from dragged import Dragged

from lfa1_analysis.free_energy.pulling.program import PROFILE, RECORD, analyse_pulls
from lfa1_report.sections.pulls import pulls
from lfa1_report.sources.free_energy import read_free_energy
from lfa1_report.sources.pulling import read_pulls

from .test_free_energy import page, plain, sample, section, study

HEADING = "The pull from closed to open, and back"
SYSTEMS = {
    "mg": Dragged(),
    "apo": Dragged(spring=2000, well=400, relaxed=0.02),
}


@pytest.fixture(scope="module")
def written(write_study, tmp_path_factory):
    """Pulls that could follow, and fast ones that could not."""
    root = study(write_study, tmp_path_factory.mktemp("pulled"))
    sample(root)
    table = drag.write_pulls(root / "free_energy" / "pulls", SYSTEMS, 5, seed=2)
    content = analyse_pulls(table, root / "free_energy")
    return root, content, *page(root)


@pytest.fixture
def copy(written, tmp_path):
    root = tmp_path / "results"
    shutil.copytree(written[0], root, ignore=shutil.ignore_patterns("figures", "windows"))
    return root


def rows(text):
    body = section(text)[section(text).index("Work of the pulls (mean") :]
    body = body[body.index("<tbody>") : body.index("</tbody>")]
    return [plain(row.replace("</t", "|</t")).split("|") for row in body.split("</tr>")[:-1]]


def test_the_page_shows_work_bounds_and_what_they_bound(written):
    _, content, text, missing = written
    assert missing == []
    said = plain(section(text))
    assert HEADING in said and "not ΔG of opening" in said
    for row, (name, its) in zip(rows(text), content["systems"].items(), strict=True):
        cells = [cell.strip() for cell in row]
        bounds = its["delta_f_between_biased_ends"]
        assert cells[0].endswith("(5 + 5)")
        assert cells[1] == f"{its['mean_work_forward_kj_per_mol']['value']:.0f}"
        low, high = (
            bounds[f"{end}_with_uncertainty_kj_per_mol"] for end in ("at_least", "at_most")
        )
        assert cells[5] == f"{low:.0f} to {high:.0f}".replace("-", "−")
        assert low < SYSTEMS[name].delta_f < high
        # An estimate only where work there and back overlaps.
        assert (cells[6] == "none") == (name == "apo")
    assert "faster than the domain could follow" in said
    gone = [
        100 * (p["last_cv"] - p["first_centre"]) / (p["last_centre"] - p["first_centre"])
        for its in content["systems"].values()
        for p in its["pulls"]
    ]
    assert f"had come {min(gone):.0f} to {max(gone):.0f} % of the way" in said
    assert "no metal: no estimate from the distributions of work" in said


def test_the_figures_hold_what_was_computed(written):
    root, _, text, _ = written
    profile = pd.read_csv(root / "free_energy" / PROFILE)
    drawn = pd.read_csv(root / "figures/pull_work.csv")
    assert drawn["work_kj_per_mol"].tolist() == pytest.approx(profile["work_kj_per_mol"].tolist())
    assert len(pd.read_csv(root / "figures/pull_way.csv")) == len(profile)
    for name in ("pull_work", "pull_way"):
        assert f'id="fig-{name}"' in text
        svg = (root / f"figures/{name}.svg").read_text(encoding="utf-8")
        # There and back are told apart without colour.
        assert "stroke-dasharray" in svg and "closed → open" in svg and "open → closed" in svg


def test_methods_say_how_work_was_computed(written):
    said = plain(written[2])
    assert "jumps of its centre" in said
    for doi in ("10.1103/PhysRevLett.78.2690", "10.1016/0021-9991(76)90078-4"):
        assert doi in said
    assert "10.1371/journal.pone.0027946" in said and "Pulls of α7 of this domain" in said


def test_a_study_without_pulls(copy):
    for name in (PROFILE, RECORD):
        (copy / "free_energy" / name).unlink()
    text, missing = page(copy)
    assert missing == [] and HEADING not in text and 'id="fig-pull' not in text
    assert "jumps of its centre" not in plain(text) and 'id="free-energy"' in text


def test_pulls_alone_are_shown(copy):
    """Windows take longer than pulls; what is there is shown, what lacks is named."""
    for path in (copy / "free_energy").iterdir():
        if path.is_file() and path.name not in (PROFILE, RECORD):
            path.unlink()
    text, missing = page(copy)
    assert HEADING in text and 'id="fig-pull_work"' in text
    assert any("free_energy.json" in line for line in missing)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (RECORD, None, "free_energy/pulls.json"),
        (PROFILE, None, "free_energy/pull_work.csv"),
        (RECORD, "{", "JSON"),
        (RECORD, '{"systems": {}}', "systems: Dictionary should have at least 1 item"),
        (RECORD, '{"systems": {"mg": {"pulls": []}}}', "systems.mg.notes: Field required"),
        (PROFILE, "system,replica\nmg,0\n", "column 'direction' is missing"),
        (PROFILE, "", "is empty"),
    ],
)
def test_damaged_files_are_named(copy, name, content, words):
    path = copy / "free_energy" / name
    if content is None:
        path.unlink()
    else:
        path.write_text(content, encoding="utf-8")
    found = read_free_energy(copy)
    (line,) = found.missing
    assert words in line and line.startswith(f"free_energy/{name}") and str(copy) not in line
    # Without it the page is that of a study without pulls, tested above.
    assert found.pulls is None


def test_numbers_that_are_none_are_refused(copy):
    path = copy / "free_energy" / RECORD
    content = json.loads(path.read_text(encoding="utf-8"))
    content["systems"]["mg"]["pulls"][0]["lag"] = "far"
    path.write_text(json.dumps(content), encoding="utf-8")
    (line,) = read_free_energy(copy).missing
    assert re.search(r"systems\.mg\.pulls\.0\.lag: Input should be a valid number", line)


def told(folder, keep=lambda table: table, change=None):
    """What the page says of pulls that could follow, perhaps some of them, perhaps changed."""
    table = drag.write_pulls(folder / "pulls", {"mg": Dragged(rows=400, relaxed=0.9)}, 2, seed=4)
    listed = keep(pd.read_csv(table))
    listed.to_csv(table, index=False)
    for row in listed.itertuples() if change else ():
        series = pd.read_csv(table.parent / row.file)
        series["cv"] = change(series, 1 if row.direction == "forward" else -1)
        series.to_csv(table.parent / row.file, index=False)
    analyse_pulls(table, folder)
    return pulls(read_pulls(folder))


def test_pulls_one_way_only_have_half_a_bracket(tmp_path):
    found = told(tmp_path, lambda table: table[table.direction == "forward"])
    (row,) = found["rows"]
    assert row["bracket"].startswith("at most ") and row["lost"] == row["backward"] == "–"
    assert "no pull backward" in found["notes"][0] and "slow pull" not in found["said"]


def test_pulls_that_follow_are_not_called_fast(tmp_path):
    assert "faster than" not in told(tmp_path)["said"]


def test_work_below_zero_is_told_and_bounds_nothing(tmp_path):
    found = told(tmp_path, change=lambda series, sign: series["centre"] + 0.3 * sign)
    assert "less than zero" in found["said"] and "the second law forbids" in found["notes"][0]
    assert found["rows"][0]["bracket"] == "empty" and not found["estimated"]
