"""What records and the ledger say of steps."""

import json
from pathlib import Path

import pytest

from lfa1_md.files.provenance import as_json, sha256
from lfa1_md.study.settings import digest
from lfa1_md.verification.proof import (
    Ledger,
    ProofAnswer,
    ProvenStep,
    judge,
    lost,
    other_settings,
    simulated,
)
from lfa1_md.verification.sums import TIMESTAMP, Sums


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("results").mkdir()
    for name in ("topology.pdb", "segment-0.xtc", "segment-1.xtc", "table.csv", "more.csv"):
        Path(name).write_text(name)
    inputs = [
        {"file": f"elsewhere/{name}", "sha256": sha256(name).removeprefix("sha256:")}
        for name in ("topology.pdb", "segment-0.xtc")
    ]
    record = {"files": {"table.csv": sha256("table.csv")}, "inputs": inputs}
    Path("table.json").write_text(as_json(record))
    return tmp_path


def told(step: ProvenStep) -> tuple[ProofAnswer, str]:
    verdict = judge(step, Sums(Path("sums.json")), Ledger(Path("results")))
    return verdict.answer, "; ".join(verdict.wrong)


def table(*trajectories: str) -> ProvenStep:
    inputs = (Path("topology.pdb"), *map(Path, trajectories))
    return ProvenStep(inputs, (Path("table.csv"), Path("table.json"), Path("more.csv")))


def test_a_table_is_of_its_trajectories_and_of_no_more(here):
    assert told(table("segment-0.xtc")) == (ProofAnswer.SOUND, "")
    assert told(table("segment-0.xtc", "segment-1.xtc")) == (
        ProofAnswer.WRONG,
        "table.json: was made without segment-1.xtc",
    )
    Path("segment-0.xtc").write_text("changed")
    assert told(table("segment-0.xtc")) == (
        ProofAnswer.WRONG,
        "table.json: was made from another segment-0.xtc than is there",
    )


def test_other_settings_are_no_damage(here):
    record = json.loads(Path("table.json").read_text())
    Path("table.json").write_text(as_json(record | {"settings_digest": "before"}))
    step = table("segment-0.xtc")
    assert told(ProvenStep(step.inputs, step.outputs, "before"))[0] is ProofAnswer.SOUND
    assert told(ProvenStep(step.inputs, step.outputs, "now"))[0] is ProofAnswer.OTHER_SETTINGS


@pytest.mark.parametrize("more", [{}, {"added": [0.4, 100]}, {"windows": [[0.4, 100]]}])
def test_windows_have_settings_of_their_own_besides_those_of_the_study(here, more):
    """Biases that a pilot decided are no other settings of the study."""
    settings = {"chemistry": {"padding": "1 nm"}}
    record = {"settings": settings | more, "settings_digest": digest(settings | more)}
    Path("table.json").write_text(as_json(record | {"system_sha256": "sha256:0"}))
    step = table("segment-0.xtc")
    now = ProvenStep(step.inputs, step.outputs, digest(settings))
    assert simulated(now) and not other_settings(now)
    other = ProvenStep(step.inputs, step.outputs, digest({"chemistry": {"padding": "2 nm"}}))
    assert other_settings(other) and not simulated(other)


def test_lost_is_what_was_made_and_is_missing(here):
    ledger = Ledger(Path("results"))
    trajectory = ProvenStep((), (Path("segment-0.xtc"),))
    after = [table("segment-0.xtc")]
    assert lost(trajectory, ledger, after) == []
    Path("segment-0.xtc").unlink()
    assert lost(trajectory, ledger, after) == [Path("segment-0.xtc")]
    assert lost(trajectory, ledger, []) == []  # of which nothing is known
    never = ProvenStep((), (Path("segment-2.xtc"),))
    assert lost(never, ledger, [table("segment-2.xtc")]) == []  # the table was made without it
    Path("more.csv").unlink()
    assert lost(after[0], ledger, []) == [Path("more.csv")]  # beside what is there


def test_what_the_ledger_alone_names_is_lost_too(here):
    ledger, sums = Ledger(Path("results")), Sums(Path("sums.json"))
    page = ProvenStep((Path("more.csv"),), (Path("topology.pdb"),))
    ledger.remember([page], sums)
    Path("more.csv").unlink()
    assert lost(ProvenStep((), (Path("more.csv"),)), ledger, [page]) == [Path("more.csv")]


def test_a_record_that_cannot_be_read_is_named(here):
    Path("table.json").write_text("{")
    answer, wrong = told(table("segment-0.xtc"))
    assert answer is ProofAnswer.WRONG and "table.json: not a readable JSON" in wrong


def test_the_ledger_tells_of_what_has_no_record(here):
    Path("figures").mkdir()
    Path("figures/one.svg").write_text("1")
    (Path("figures") / TIMESTAMP).touch()
    step = ProvenStep((Path("table.csv"),), (Path("page.html"), Path("figures")), options="a")
    Path("page.html").write_text("page")
    assert told(step)[0] is ProofAnswer.SILENT
    Ledger(Path("results")).remember([step], Sums(Path("sums.json")))
    (Path("figures") / TIMESTAMP).unlink()
    assert told(step) == (ProofAnswer.SOUND, "")
    assert told(ProvenStep(step.inputs, step.outputs, options="b"))[0] is ProofAnswer.WRONG
    assert told(ProvenStep((*step.inputs, Path("more.csv")), step.outputs, options="a"))[1] == (
        "page.html: was made without more.csv"
    )
    Path("figures/one.svg").write_text("2")
    assert "figures: is not what results/made_from.json describes" in told(step)[1]
    Path("figures/one.svg").write_text("1")
    Path("table.csv").write_text("another")
    assert "table.csv: is another one than in results/made_from.json" in told(step)[1]


def test_checksums_are_kept_until_a_file_changes(here):
    sums = Sums(Path("sums.json"))
    sums.read([Path("table.csv"), Path("nosuch")])
    kept = json.loads(Path("sums.json").read_text())
    assert kept["table.csv"][2] == sha256("table.csv")
    kept["table.csv"][2] = "sha256:remembered"
    Path("sums.json").write_text(json.dumps(kept))
    assert Sums(Path("sums.json")).of(Path("table.csv")) == "sha256:remembered"
    Path("table.csv").write_text("longer than it was")
    assert Sums(Path("sums.json")).of(Path("table.csv")) == sha256("table.csv")
