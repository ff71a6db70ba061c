"""`lfa1 windows`: a poor pilot becomes a set of windows that suffices, and nothing is dropped."""

import double_well as wells
import numpy as np
import pandas as pd
import pytest

from lfa1_cli.main import main


def propose(folder, table, *options):
    output = folder / "next.csv"
    assert main(["windows", "--windows", str(table), "--output", str(output), *options]) == 0
    return pd.read_csv(output, keep_default_na=False)


def row(folder, well, random, label, centre, constant, change=None):
    cv = wells.sample(well.biased(centre, constant), 200, 0.5, random)
    wells.write_series(folder / f"{label}.csv", cv if change is None else change(cv))
    return {
        "system": "mg",
        "window": label,
        "replica": 1,
        "seeded_from": "closed",
        "centre": centre,
        "force_constant_kj_per_mol_per_unit2": constant,
        "file": f"{label}.csv",
    }


@pytest.mark.parametrize("barrier", [20.0, 32.0])
def test_a_sparse_pilot_becomes_sufficient_in_a_few_rounds(tmp_path, capsys, barrier):
    """The second barrier is so steep that windows of this force constant slide off it."""
    well, random = wells.DoubleWell(barrier=barrier), np.random.default_rng(1)
    constant = wells.KT / 0.5**2
    listed = [
        row(tmp_path, well, random, f"p{i}", float(c), constant)
        for i, c in enumerate((0.0, 2.5, 5.0, 8.0))
    ]
    rounds = 0
    while rounds < 6:
        table = wells.write_windows(tmp_path, listed)
        found = propose(tmp_path, table)
        shown = capsys.readouterr().out
        before = {r["window"] for r in listed}
        assert before <= set(found["window"]), "nothing may be dropped"
        added = found[found["action"] == "add"]
        if added.empty:
            break
        rounds += 1
        for new in added.to_dict("records"):
            listed.append(
                row(
                    tmp_path,
                    well,
                    random,
                    new["window"],
                    new["centre"],
                    new["force_constant_kj_per_mol_per_unit2"],
                )
            )
    assert 1 <= rounds <= 5
    assert "suffice, nothing to add" in shown
    assert len(listed) < 40


def test_a_stuck_window_gets_a_neighbour_from_the_other_end(tmp_path):
    well, random = wells.DoubleWell(), np.random.default_rng(2)
    constant = wells.KT / 0.6**2
    listed = [
        row(
            tmp_path,
            well,
            random,
            f"p{i}",
            float(i),
            constant,
            (lambda cv: cv + 0.6) if i == 2 else None,
        )
        for i in range(9)
    ]
    found = propose(tmp_path, wells.write_windows(tmp_path, listed))
    (moved,) = found[found["action"] == "move"].to_dict("records")
    assert 1 < moved["centre"] < 3 and moved["seeded_from"] == "open"
    assert "window p2" in moved["reason"]


def test_lost_and_short_windows_are_run_again_or_longer(tmp_path):
    well, random = wells.DoubleWell(), np.random.default_rng(2)
    constant = wells.KT / 0.75**2
    listed = [row(tmp_path, well, random, f"p{i}", float(i), constant) for i in range(9)]
    (tmp_path / "p3.csv").unlink()
    short = pd.read_csv(tmp_path / "p6.csv").head(25)
    short.to_csv(tmp_path / "p6.csv", index=False)
    found = propose(tmp_path, wells.write_windows(tmp_path, listed)).set_index("window")
    assert found.loc["p3", "action"] == "rerun"
    assert found.loc["p6", "action"] == "extend" and "ns more" in found.loc["p6", "reason"]
    assert found.loc["p1", "action"] == "keep"
    assert "add" not in set(found["action"])


def test_a_target_out_of_range(tmp_path, capsys):
    arguments = ["--windows", "w.csv", "--output", str(tmp_path / "n.csv"), "--overlap", "0.6"]
    assert main(["windows", *arguments]) == 2
    assert "--overlap: 0.6 is out of range" in capsys.readouterr().err


def test_the_output_may_not_be_an_input(tmp_path, capsys):
    well, random = wells.DoubleWell(), np.random.default_rng(2)
    listed = [row(tmp_path, well, random, f"p{i}", float(i), 7.0) for i in range(2)]
    table = wells.write_windows(tmp_path, listed)
    before = (tmp_path / "p0.csv").read_bytes()
    arguments = ["--windows", str(table), "--output", str(tmp_path / "p0.csv")]
    assert main(["windows", *arguments]) == 2
    assert (tmp_path / "p0.csv").read_bytes() == before
