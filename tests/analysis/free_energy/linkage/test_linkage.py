"""From the free energy of opening to the dose–response: limits, cycle, uncertainty, mistakes."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import brentq

from lfa1_analysis.free_energy.linkage.affinity import ddg, measured, sentences
from lfa1_analysis.free_energy.linkage.constants import (
    Constant,
    constant,
    of_relative,
    published,
)
from lfa1_analysis.free_energy.linkage.dose_response import Conditions, dose_response
from lfa1_analysis.free_energy.linkage.inputs import FreeEnergies, from_file, from_text
from lfa1_analysis.free_energy.linkage.occupancy import occupancy
from lfa1_analysis.free_energy.linkage.program import link
from lfa1_analysis.free_energy.linkage.two_states import TwoStates
from lfa1_analysis.free_energy.linkage.wording import NOTHING_RESOLVED
from lfa1_analysis.io.constants import GAS_CONSTANT
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.units import concentration, free_energy, temperature
from lfa1_analysis.statistics.estimates import Estimate, quantile
from lfa1_cli.main import main

RT = GAS_CONSTANT * 310
TYPED = ["--apo", "12.3 +- 1.2 kJ/mol", "--mg", "11 ± 1.5 kJ/mol"]
RESOLVED = ["--apo", "12 +- 0.5 kJ/mol", "--mg", "-4 ± 0.5 kJ/mol"]


def states(apo=5.0, mg=-3.0, ca=0.0, k_mg=160e-6, k_ca=55e-6) -> TwoStates:
    """Energies in kJ/mol at 310 K."""
    energies = (np.array([value / RT]) for value in (apo, mg, ca))
    return TwoStates(*energies, np.array([k_mg]), np.array([k_ca]))


def energies(apo=(12.0, 1.0), mg=(10.0, 1.0), ca=None) -> FreeEnergies:
    return FreeEnergies(Estimate(*apo), Estimate(*mg), Estimate(*ca) if ca else None, "typed")


def exact(ion: str, molar: float, factor: float = 1.0) -> Constant:
    return Constant(ion, molar, factor, "", "", "", "")


def boltzmann(energy: float) -> float:
    return 1 / (1 + np.exp(energy / RT))


@pytest.mark.parametrize("apo, mg", [(5.0, -3.0), (-2.0, 7.0), (12.0, 0.5)])
def test_without_and_with_saturating_mg_the_fractions_are_those_of_the_free_energies(apo, mg):
    for calcium in (0.0, 1.2e-3):
        none, full = states(apo, mg).fraction_open(np.array([0.0, 1e9]), calcium)[0]
        assert none == pytest.approx(boltzmann(apo), rel=1e-12)
        assert full == pytest.approx(boltzmann(apo + mg), rel=1e-6)


def test_with_calcium_alone_the_fraction_is_that_with_calcium():
    fraction = states(5.0, -3.0, ca=4.0).fraction_open(np.array([0.0]), 1e6)[0, 0]
    assert fraction == pytest.approx(boltzmann(9.0), rel=1e-6)


def test_the_curve_is_the_ratio_of_the_binding_polynomials():
    apo, mg, ca, calcium = 5.0, -3.0, 2.0, 1.2e-3
    molar = np.logspace(-6, -1, 30)
    found = states(apo, mg, ca)
    k_mg = found.k_mg_closed[0]
    w = np.exp(-apo / RT)
    k_ca = 55e-6 * (1 + w * np.exp(-ca / RT)) / (1 + w)
    closed = 1 + molar / k_mg + calcium / k_ca
    open_ = w * (1 + molar / (k_mg * np.exp(mg / RT)) + calcium / (k_ca * np.exp(ca / RT)))
    assert found.fraction_open(molar, calcium)[0] == pytest.approx(open_ / (open_ + closed))


@pytest.mark.parametrize("mg", [-20.0, -3.0, 0.0, 8.0])
def test_both_ways_round_the_cycle_cost_the_same(mg):
    found = states(5.0, mg)
    first_open = 5.0 + RT * np.log(found.k_mg_open[0])
    first_bind = RT * np.log(found.k_mg_closed[0]) + (5.0 + mg)
    assert first_open == pytest.approx(first_bind, abs=1e-10)


@pytest.mark.parametrize("apo", [-7.0, 0.0, 12.3, 120.0])
@pytest.mark.parametrize("calcium", [0.0, 1.2e-3])
def test_without_an_effect_the_curve_is_flat_to_the_last_bit(apo, calcium):
    molar = np.concatenate(([0.0], np.logspace(-9, 1, 200)))
    curve = states(apo, 0.0).fraction_open(molar, calcium)[0]
    assert set(curve) == {curve[0]}
    assert curve[0] == pytest.approx(boltzmann(apo), rel=1e-12)


@pytest.mark.parametrize("apo, mg", [(5.0, -3.0), (-4.0, 9.0), (12.0, -30.0), (3.0, 0.0)])
def test_the_apparent_constant_is_recovered_from_the_occupancy(apo, mg):
    found = states(apo, mg)
    half = brentq(
        lambda ln: found.occupancies(np.array([np.exp(ln)]))[0][0, 0] - 0.5, -30, 5, xtol=1e-13
    )
    assert np.exp(half) == pytest.approx(160e-6, rel=1e-9)
    w, k_closed, k_open = np.exp(-apo / RT), found.k_mg_closed[0], found.k_mg_open[0]
    assert (1 + w) / (1 / k_closed + w / k_open) == pytest.approx(160e-6, rel=1e-12)


@pytest.mark.parametrize("mg, ca", [(0.0, 0.0), (-6.0, 0.0), (-6.0, 4.0)])
def test_a_competitor_shifts_the_midpoint(mg, ca):
    calcium = 1.2e-3
    expected = 160e-6 * (1 + calcium / 55e-6)
    bound, other = states(5.0, mg, ca).occupancies(np.array([expected]), calcium)
    assert bound[0, 0] == pytest.approx(0.5, rel=1e-12)
    none, alone = states(5.0, mg, ca).occupancies(np.array([0.0]), calcium)
    assert none[0, 0] == 0
    assert alone[0, 0] == pytest.approx(calcium / (calcium + 55e-6), rel=1e-12)
    assert other[0, 0] < alone[0, 0]


def test_the_band_is_that_of_linear_propagation_where_errors_are_small():
    conditions = Conditions(draws=40_000)
    given = energies((6.0, 0.05), (2.0, 0.08), (7.0, 0.06))
    k_mg, k_ca = exact("Mg", 160e-6, 1.02), exact("Ca", 55e-6, 1.03)
    table = dose_response(given, k_mg, k_ca, conditions).table
    means = np.array([6.0, 2.0, 7.0, np.log(160e-6), np.log(55e-6)])
    errors = np.array([0.05, 0.08, 0.06, np.log(1.02), np.log(1.03)])

    def curve(p):
        found = states(p[0], p[1] - p[0], p[2] - p[0], np.exp(p[3]), np.exp(p[4]))
        return found.fraction_open(table["mg_molar"].to_numpy(), conditions.calcium)[0]

    step = 1e-4
    slopes = [(curve(means + step * e) - curve(means - step * e)) / (2 * step) for e in np.eye(5)]
    deviation = np.sqrt(np.sum((np.array(slopes) * errors[:, None]) ** 2, axis=0))
    width = (table["high"] - table["low"]).to_numpy()
    assert width == pytest.approx(2 * quantile(None) * deviation, rel=0.03)
    assert table["median"].to_numpy() == pytest.approx(curve(means), rel=0.002)
    assert table["fraction_open"].to_numpy() == pytest.approx(curve(means), rel=1e-12)


def test_without_any_error_the_band_closes_on_the_curve():
    found = dose_response(
        energies((12.0, 0.0), (12.0, 0.0)), exact("Mg", 1e-4), exact("Ca", 5e-5), Conditions()
    )
    for name in ("fraction_open", "low", "median", "high"):
        assert set(found.table[name]) == {found.table["fraction_open"][0]}
    assert found.flat == pytest.approx(boltzmann(12.0), rel=1e-12)
    assert found.changes["high"].best == found.changes["high"].low == 0.0


def test_changes_from_normal_are_taken_draw_by_draw():
    found = link(energies((8.0, 2.0), (2.0, 2.0))).found
    levels, changes = found.levels, found.changes
    for name in ("low", "high"):
        assert changes[name].best == pytest.approx(levels[name].best - levels["normal"].best)
    spread = levels["high"].high - levels["high"].low
    assert changes["high"].high - changes["high"].low < spread
    assert found.k_mg_open.low < found.k_mg_open.median < found.k_mg_open.high
    assert found.k_mg_open.best < 160e-6 < found.k_mg_closed.best


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    first, again, other = (link(energies(), conditions=Conditions(seed=s)) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first.found.table, again.found.table, check_exact=True)
    assert first.found.levels == again.found.levels
    assert not np.array_equal(first.found.table["low"], other.found.table["low"])
    low, other_low = (found.found.table["low"].to_numpy() for found in (first, other))
    assert low == pytest.approx(other_low, rel=0.1)


@pytest.mark.parametrize("apo, mg", [((10.0, 3.0), (14.0, 0.1)), ((10.0, 0.1), (5.5, 3.0))])
def test_where_nothing_is_resolved_a_flat_line_lies_in_the_band(apo, mg):
    linkage = link(energies(apo, mg))
    found = linkage.found
    assert not found.resolved
    assert linkage.verdict[0] == (
        "no effect of Mg²⁺ on opening is resolved; the curve is flat within its uncertainty"
    )
    assert ((found.table["low"] <= found.flat) & (found.flat <= found.table["high"])).all()


def test_a_difference_of_exactly_0_gives_the_apo_fraction_everywhere():
    found = link(energies((12.0, 1.0), (12.0, 2.0))).found
    assert set(found.table["fraction_open"]) == {found.table["fraction_open"][0]}
    assert found.flat == pytest.approx(boltzmann(12.0), rel=1e-12)


def test_the_verdict_names_the_direction_and_never_a_cell():
    towards = link(energies((12.0, 0.5), (4.0, 0.5)))
    away = link(energies((4.0, 0.5), (12.0, 0.5)))
    assert towards.found.resolved and towards.found.flat is None
    assert "favours the open state of the isolated I domain" in towards.verdict[0]
    assert "favours the closed state" in away.verdict[0]
    assert towards.verdict[-1].startswith("dissociation constant of Mg²⁺: closed state")
    times = np.exp(8 / RT)
    assert f"multiplies open ÷ closed by {times:.3g}" in towards.verdict[1]
    assert not any("cell" in sentence for sentence in towards.verdict + away.verdict)
    assert any("nothing follows for a cell" in text for text in towards.assumptions)


def test_calcium_that_acts_is_no_flat_curve_and_its_absence_is_an_assumption():
    with_ca = link(energies((12.0, 1.0), (12.0, 1.0), (4.0, 1.0)))
    assert with_ca.found.flat is None
    assert "Mg²⁺ taking the place of Ca²⁺" in with_ca.verdict[0]
    assert not any("binds both states alike" in text for text in with_ca.assumptions)
    assert any("binds both states alike" in text for text in link(energies()).assumptions)


def test_constants_are_published_ones_with_a_source_unless_given():
    table = published()
    assert (table["k_molar"] > 0).all() and (table["source"] != "").all()
    assert set(table["ion"]) == {"Mg", "Mn", "Ca"}
    magnesium = constant("Mg")
    assert (magnesium.molar, magnesium.factor) == (160e-6, 2.0)
    assert "Labadia" in magnesium.source and magnesium.species == "whole LFA-1"
    assert any("αL I domain for Mg²⁺ were measured" in t for t in link(energies()).assumptions)
    relative = of_relative("Mg"), of_relative("Ca")
    assert [found.molar for found in relative] == pytest.approx([106e-6, 2.1e-3])
    given = constant("Ca", "20 µM", 1.0)
    assert given.molar == pytest.approx(20e-6) and given.source == "given without a source"
    assert constant("Mg", "20 uM", source="measured here").source == "measured here"
    with pytest.raises(InputError, match="--k-mg-source is of no constant"):
        constant("Mg", source="measured here")


@pytest.mark.parametrize(
    "text, value, error",
    [
        ("12.3 +- 1.2 kJ/mol", 12.3, 1.2),
        ("−2.0±.5 kcal/mol", -8.368, 2.092),
        (" 1e1 +/- 0 kJ/mol ", 10.0, 0.0),
    ],
)
def test_energies_are_read(text, value, error):
    assert free_energy(text, "--apo") == pytest.approx((value, error))


@pytest.mark.parametrize(
    "text, molar",
    [("160 uM", 160e-6), ("160 µM", 160e-6), ("160μM", 160e-6), ("1.2 mmol/l", 1.2e-3), ("2 M", 2)],
)
def test_concentrations_are_read(text, molar):
    assert concentration(text, "--k-mg") == pytest.approx(molar)
    assert temperature("310 K", "--temperature") == 310


def entry(value=12.0, error=1.0, verdict="converged"):
    return {"value_kj_per_mol": value, "standard_error_kj_per_mol": error, "verdict": verdict}


def test_a_file_is_read_and_what_more_it_holds_is_left_alone(tmp_path):
    file = tmp_path / "free.json"
    content = {"apo": entry(12) | {"n": 3}, "mg": entry(9.0, 0.5), "ca": entry(1), "more": [1]}
    file.write_text(json.dumps(content))
    found = from_file(file)
    assert found.apo == Estimate(12.0, 1.0) and found.ca == Estimate(1.0, 1.0)
    assert found.difference.value == -3 and found.verdict == "converged"
    file.write_text(json.dumps(content | {"ca": None}))
    assert from_file(file).ca is None


def test_the_record_of_pmf_is_read_as_it_is(tmp_path):
    path = tmp_path / "free_energy.json"
    path.write_text(json.dumps({"systems": {"apo": entry(), "mg": entry(-2.0, 0.5)}, "more": 1}))
    found = from_file(path)
    assert (found.mg.value, found.verdict) == (-2.0, "converged")
    none = {"value_kj_per_mol": None, "standard_error_kj_per_mol": None}
    none |= {"verdict": "not converged"}
    path.write_text(json.dumps({"systems": {"apo": entry(), "mg": none}}))
    for allowed in (False, True):
        with pytest.raises(InputError, match="of mg is not converged, and so none is given"):
            from_file(path, allowed)


def without(key):
    return {name: value for name, value in entry().items() if name != key}


@pytest.mark.parametrize(
    "content, says",
    [
        ("{", "cannot be read as JSON"),
        ("[]", "is not a JSON object"),
        ("", "is empty"),
        ({"apo": entry()}, "there is no 'mg'"),
        ({"apo": entry(), "mg": 3}, "'mg' is not an object"),
        ({"apo": entry(), "mg": without("value_kj_per_mol")}, "mg.value_kj_per_mol is missing"),
        ({"apo": without("verdict"), "mg": entry()}, "apo.verdict is missing"),
        (
            {"apo": without("standard_error_kj_per_mol"), "mg": entry()},
            "apo.standard_error_kj_per_mol is missing",
        ),
        ({"apo": entry("12"), "mg": entry()}, "apo.value_kj_per_mol is no number: 12"),
        ({"apo": entry(True), "mg": entry()}, "apo.value_kj_per_mol is no number: True"),
        ({"apo": entry(), "mg": entry(float("nan"))}, "mg.value_kj_per_mol is no number: nan"),
        ({"apo": entry(), "mg": entry(10**400)}, "mg.value_kj_per_mol is no number: 1000"),
        ({"apo": entry(), "mg": entry(12, -1)}, "standard error of -1 kJ/mol is not possible"),
        ({"apo": entry(12000), "mg": entry()}, "12000 kJ/mol is no free energy of opening"),
        ({"apo": entry(), "mg": entry(verdict="fine")}, "mg.verdict is 'fine'"),
        (
            {"apo": entry(verdict="not converged"), "mg": entry(verdict="not converged")},
            "the free energy of apo and mg is not converged",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_one_message(tmp_path, content, says, capsys):
    file, output = tmp_path / "free.json", tmp_path / "out" / "linkage.csv"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    assert main(["linkage", "--free-energies", str(file), "--output", str(output)]) == 2
    printed = capsys.readouterr()
    assert f"lfa1 linkage: {file}: " in printed.err
    assert says in printed.err and "→" in printed.err and printed.out == ""
    assert not output.parent.exists()


@pytest.mark.parametrize(
    "options, says",
    [
        ([], "--apo and --mg: no free energy"),
        (TYPED[:2], "--mg: no free energy"),
        (TYPED[2:], "--apo: no free energy"),
        (["--apo", "12 +- 1 eV", *TYPED[2:]], "--apo: unknown unit 'eV'"),
        (["--apo", "12 +- 1", *TYPED[2:]], "--apo: '12 +- 1' is not a free energy"),
        (["--apo", "12 kJ/mol", *TYPED[2:]], "'12 kJ/mol' has no standard error"),
        (["--apo", "12 +- -1 kJ/mol", *TYPED[2:]], "has a negative standard error"),
        (["--apo", "much", *TYPED[2:]], "'much' is not a free energy"),
        (["--apo", "900 +- 1 kcal/mol", *TYPED[2:]], "is no free energy of opening"),
        ([*TYPED, "--k-mg", "-160 uM"], "--k-mg: '-160 uM' is not possible"),
        ([*TYPED, "--k-mg", "0 uM"], "--k-mg: '0 uM' is not possible"),
        ([*TYPED, "--k-mg", "160"], "--k-mg: '160' is not a concentration"),
        ([*TYPED, "--k-ca", "55 g/l"], "--k-ca: unknown unit 'g/l'"),
        ([*TYPED, "--k-ca", "1600 M"], "beyond any solution"),
        ([*TYPED, "--k-mg-factor", "0.5"], "--k-mg-factor 0.5 is no uncertainty factor"),
        ([*TYPED, "--k-ca-factor", "nan"], "--k-ca-factor nan is no uncertainty factor"),
        ([*TYPED, "--calcium", "-1 mM"], "--calcium: '-1 mM' is not possible"),
        ([*TYPED, "--magnesium", "0 mM"], "--magnesium: '0 mM' is not possible"),
        ([*TYPED, "--temperature", "37 K"], "--temperature: '37 K' is not plausible"),
        ([*TYPED, "--temperature", "37 C"], "--temperature: unknown unit 'C'"),
        ([*TYPED, "--draws", "10"], "--draws 10 is not sensible"),
        ([*TYPED, "--seed", "-1"], "--seed -1 is negative"),
        ([*TYPED, "--figure", "linkage.png"], "only SVG is drawn"),
        ([*TYPED, "--free-energies", "x.json"], "--free-energies and --apo are both given"),
        (["--free-energies", "/nowhere/x.json"], "/nowhere/x.json: cannot be read"),
    ],
)
def test_a_wrong_option_is_one_message_and_no_output(tmp_path, options, says, capsys):
    output = tmp_path / "out" / "linkage.csv"
    assert main(["linkage", *options, "--output", str(output)]) == 2
    printed = capsys.readouterr()
    assert says in printed.err and "→" in printed.err and printed.out == ""
    assert not output.parent.exists()


def test_outputs_in_impossible_places(tmp_path, capsys):
    (tmp_path / "file").touch()
    record = tmp_path / "out.json"
    for options, says in (
        (["--output", tmp_path / "file" / "a.csv"], "is no folder"),
        (["--output", tmp_path], "it is a folder"),
        (["--output", record], "is the name of the record"),
        (["--output", tmp_path / "a.csv", "--record", tmp_path / "a.csv"], "two outputs"),
        (["--output", tmp_path / "a.csv", "--figure", tmp_path / "file" / "a.svg"], "no folder"),
    ):
        assert main(["linkage", *TYPED, *map(str, options)]) == 2
        assert says in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_missing_folder_is_made_and_the_input_is_never_overwritten(tmp_path, capsys):
    output = tmp_path / "deep" / "er" / "linkage.csv"
    assert main(["linkage", *TYPED, "--output", str(output)]) == 0
    assert sorted(file.name for file in output.parent.iterdir()) == ["linkage.csv", "linkage.json"]
    source = tmp_path / "linkage.json"
    source.write_text(json.dumps({"apo": entry(), "mg": entry()}))
    before = source.read_text()
    options = ["--free-energies", str(source), "--output", str(tmp_path / "linkage.csv")]
    assert main(["linkage", *options]) == 2
    assert "it is the input" in capsys.readouterr().err
    assert source.read_text() == before
    assert main(["linkage", *options, "--record", str(tmp_path / "record.json")]) == 0


def test_the_program_writes_table_record_and_figure(tmp_path, capsys):
    table, figure = tmp_path / "linkage.csv", tmp_path / "linkage.svg"
    command = ["linkage", *TYPED, "--output", str(table), "--figure", str(figure)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(NOTHING_RESOLVED)
    rows = pd.read_csv(table)
    assert rows["mg_molar"].iloc[[0, 1, -1]].tolist() == [0, 1e-6, 0.1]
    assert (rows["low"] <= rows["median"]).all() and (rows["median"] <= rows["high"]).all()
    assert set(rows["free_energies"]) == {"typed"}
    record = json.loads(table.with_suffix(".json").read_text())
    assert record["conditions"]["seed"] == 2022
    assert set(record["files"]) == {"linkage.csv", "linkage.svg"}
    assert len(record["published_constants"]) == 7 and record["resolved"] is False
    for line in [*record["occupant"], *record["experiment"]]:
        assert line in printed
    shares = record["site_occupancy"]["normal"]
    assert sum(shares[part]["best"] for part in ("mg", "ca", "empty")) == pytest.approx(1)
    assert record["free_energies"]["mg_minus_ca"] is None
    assert record["verdict"][0].startswith(NOTHING_RESOLVED)
    drawn = figure.read_text()
    assert drawn.lstrip().startswith("<?xml") and "flat within its uncertainty" in drawn
    assert "no effect resolved: flat" in drawn and "NOT CONVERGED" not in drawn
    first = {file: file.read_bytes() for file in tmp_path.iterdir()}
    assert main(command) == 0
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == first


def test_a_resolved_effect_is_drawn_as_a_curve(tmp_path, capsys):
    table, figure = tmp_path / "linkage.csv", tmp_path / "linkage.svg"
    assert main(["linkage", *RESOLVED, "--output", str(table), "--figure", str(figure)]) == 0
    assert "favours the open state" in capsys.readouterr().out
    assert pd.read_csv(table)["fraction_open"].is_monotonic_increasing
    assert "best values" in figure.read_text()


def test_values_that_are_not_converged_mark_every_output(tmp_path, capsys):
    source, table = tmp_path / "free.json", tmp_path / "linkage.csv"
    source.write_text(json.dumps({"apo": entry(), "mg": entry(verdict="not converged")}))
    options = ["--free-energies", str(source), "--output", str(table)]
    options += ["--figure", str(tmp_path / "linkage.svg")]
    assert main(["linkage", *options, "--allow-unconverged"]) == 0
    assert capsys.readouterr().out.startswith("NOT CONVERGED: the free energy of mg")
    assert set(pd.read_csv(table)["free_energies"]) == {"not converged"}
    record = json.loads(table.with_suffix(".json").read_text())
    assert record["free_energies"]["not_converged"] == ["mg"]
    assert record["verdict"][0].startswith("NOT CONVERGED")
    assert record["inputs"][0]["file"] == str(source)
    assert "NOT CONVERGED" in (tmp_path / "linkage.svg").read_text()


def test_a_workflow_may_go_on_where_nothing_is_converged(tmp_path, capsys):
    source, table = tmp_path / "free_energy.json", tmp_path / "linkage.csv"
    open_ = entry(None, None, "not converged")
    source.write_text(json.dumps({"systems": {"apo": open_, "mg": entry()}}))
    options = ["linkage", "--free-energies", str(source), "--output", str(table)]
    assert main(options) == 2 and not table.exists()
    capsys.readouterr()
    assert main([*options, "--if-converged"]) == 0
    record = json.loads(table.with_suffix(".json").read_text())
    assert record["computed"] is False and len(pd.read_csv(table)) == 0
    assert "No dose–response: the free energy of apo is not converged" in capsys.readouterr().out


def test_the_analysis_needs_neither_matplotlib_nor_openmm():
    code = (
        "import sys, lfa1_analysis.free_energy.linkage.program, lfa1_cli.linkage\n"
        "assert not {'matplotlib', 'openmm', 'lfa1_md', 'lfa1_report'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_figure_without_matplotlib_is_a_message(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    options = ["--output", str(tmp_path / "a.csv"), "--figure", str(tmp_path / "a.svg")]
    assert main(["linkage", *TYPED, *options]) == 2
    assert "matplotlib is not installed" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_typed_values_keep_their_verdict():
    found = from_text("1 +- 1 kJ/mol", "2 +- 1 kJ/mol", "3 +- 1 kJ/mol")
    assert found.verdict == "typed" and found.ca == Estimate(3.0, 1.0)
    assert replace(found, ca=None).difference.standard_error == pytest.approx(np.sqrt(2))
    with pytest.raises(InputError, match="--ca"):
        from_text("1 +- 1 kJ/mol", "2 +- 1 kJ/mol", "3 kJ/mol")


def ion(value, error, freedom=None):
    found = {"value_kj_per_mol": value, "standard_error_kj_per_mol": error}
    return found | {"verdict": "converged", "degrees_of_freedom": freedom}


def test_few_degrees_of_freedom_widen_the_interval_and_the_verdict(tmp_path):
    """Two replicas' worth: ΔΔG −3.5 ± 1.4 is beyond 0 by a normal, not by Student's t."""
    file = tmp_path / "fe.json"
    said = {}
    for freedom in (None, 2.0):
        content = {"apo": ion(10.0, 1.0, freedom), "mg": ion(6.5, 1.0, freedom)}
        file.write_text(json.dumps(content))
        energies = from_file(file)
        found = link(energies)
        said[freedom] = (found.found.resolved, energies.difference.interval, found.assumptions)
    assert said[None][0] and not said[2.0][0]
    # Welch: two equal errors of two degrees each have four.
    half = stats.t.ppf(0.975, 4) * math.sqrt(2)
    assert said[2.0][1] == pytest.approx((-3.5 - half, -3.5 + half))
    assert any("Student's t" in line for line in said[2.0][2])
    assert any("exactly known" in line for line in said[None][2])


def test_a_refused_difference_is_not_made_up_for(tmp_path):
    file = tmp_path / "fe.json"
    refused = {"value_kj_per_mol": None, "reason": "mg and apo do not have the same windows"}
    systems = {"apo": ion(10.0, 1.0), "mg": ion(6.5, 1.0)}
    file.write_text(json.dumps({"systems": systems, "ddg_mg_minus_apo": refused}))
    with pytest.raises(InputError, match="do not have the same windows"):
        from_file(file)


@pytest.mark.parametrize(("apo", "mg", "ca"), [(5.0, -3.0, 0.0), (-4.0, 9.0, 2.0)])
def test_the_occupancy_is_that_of_the_two_states_whatever_their_free_energies(apo, mg, ca):
    found = occupancy(exact("Mg", 160e-6), exact("Ca", 55e-6), 0.56e-3, 1.2e-3)
    bound, other = states(apo, mg, ca).occupancies(np.array([0.56e-3]), 1.2e-3)
    assert found.mg.best == pytest.approx(bound[0, 0], rel=1e-12)
    assert found.ca.best == pytest.approx(other[0, 0], rel=1e-12)
    assert found.empty.best == pytest.approx(1 - bound[0, 0] - other[0, 0], rel=1e-9)
    # Without an uncertainty of the constants there is none of the shares.
    assert (found.mg.low, found.mg.high) == pytest.approx((found.mg.best, found.mg.best))


def test_the_interval_of_an_occupancy_is_that_of_the_constant():
    """One ion alone: the quantiles of K give those of the share, which falls with K."""
    found = occupancy(exact("Mg", 1e-4, 2.0), exact("Ca", 5e-5), 1e-4, 0.0)
    low, high = (1 / (1 + 2.0**z) for z in (quantile(None), -quantile(None)))
    assert (found.mg.low, found.mg.high) == pytest.approx((low, high), abs=0.01)
    assert found.mg.best == pytest.approx(0.5) and found.ca.best == 0


def test_serum_holds_mostly_calcium_and_less_magnesium_means_more_of_it():
    said = link(energies()).occupant
    assert "holds Mg²⁺ in 13 %" in said[0] and "Ca²⁺ in 83 %" in said[0]
    assert said[1].endswith("little Mg²⁺ mostly means Ca²⁺ at the site, not an empty one")
    without = link(energies(), conditions=Conditions(calcium=0.0)).occupant
    assert without[1].endswith("little Mg²⁺ mostly means an empty site, not Ca²⁺ in it")


@pytest.mark.parametrize("found", measured(), ids=lambda found: f"{found.domain}-{found.ion}")
def test_the_expected_sign_follows_from_the_affinities(found):
    """Two states with these dissociation constants shift as the sign says when metal is added."""
    ratio = found.ratio or {"closed": 0.2, "open": 5.0, "alike": 1.0}[found.tighter]
    assert np.sign(np.log(ratio)) == {"closed": -1, "open": 1, "alike": 0}[found.tighter]
    k_open, k_closed = 1e-4, 1e-4 * ratio
    value = ddg(k_closed, k_open, 310)
    assert np.sign(value) == found.sign
    shifted = states(apo=3.0, mg=value)
    assert shifted.k_mg_closed[0] / shifted.k_mg_open[0] == pytest.approx(ratio, rel=1e-9)
    none, much = shifted.fraction_open(np.array([0.0, 0.1]))[0]
    assert np.sign(round(none - much, 12)) == found.sign  # tighter when closed: fewer are open
    if found.ratio is not None:
        assert found.ddg(310) == pytest.approx(-RT * np.log(found.ratio))


def test_both_experiments_are_told_with_their_signs():
    by_domain = {(found.domain, found.ion): found for found in measured()}
    assert by_domain["αL", "Mg"].sign == 1 and by_domain["αL", "Mg"].ratio is None
    assert by_domain["αM", "Mg"].ddg(310) == pytest.approx(-5.93, abs=0.01)
    assert by_domain["αM", "Ca"].sign == 0
    said = sentences(310)
    assert "ΔΔG of opening > 0 is expected" in said[0] and "Vorup-Jensen et al. 2007" in said[0]
    assert "≈ −5.9 kJ/mol is expected" in said[1] and "106 µM" in said[1]
    assert "alike" in said[2] and "2,100 µM" in said[2]


@pytest.mark.parametrize(
    ("interval", "told"),
    [
        ((0.5, 4.0), "is that expected for the αL I domain, not that of the αM"),
        ((-4.0, -0.5), "is that expected for the αM I domain, not that of the αL"),
        ((-1.0, 2.0), "has no resolved sign and contradicts neither"),
    ],
)
def test_a_result_is_set_beside_what_was_expected(interval, told):
    assert told in sentences(310, interval)[-1]
    assert not any("found here" in line for line in sentences(310))


def test_magnesium_in_place_of_calcium_is_a_difference_of_its_own():
    with_ca = link(energies((12.0, 0.5), (8.0, 0.5), (12.0, 0.5)))
    (told,) = (line for line in with_ca.verdict if line.startswith("in place of Ca²⁺"))
    assert "ΔΔG = −4.00 kJ/mol" in told and "favours the open state more than Ca²⁺" in told
    alike = link(energies((12.0, 0.5), (8.0, 0.5), (8.1, 0.5)))
    assert any("no difference between the two is resolved" in line for line in alike.verdict)
    assert not any("in place of Ca²⁺" in line for line in link(energies()).verdict)


def test_the_page_on_linkage_says_the_shares_that_are_computed():
    said = (Path(__file__).parents[4] / "docs/linkage.md").read_text(encoding="utf-8")
    default, relative = (constant("Mg"), constant("Ca")), (of_relative("Mg"), of_relative("Ca"))
    serum = Conditions.magnesium, Conditions.calcium
    found = occupancy(*default, *serum)
    mg, ca, empty = (f"{share.best * 100:.0f} %" for share in (found.mg, found.ca, found.empty))
    band = f"(95 % {found.mg.low * 100:.0f} to {found.mg.high * 100:.0f} %)"
    assert f"**{mg} Mg²⁺ {band}, {ca} Ca²⁺, {empty} nothing**" in said
    half = occupancy(*default, serum[0] / 2, serum[1])
    shares = ", ".join(f"{share.best * 100:.0f} %" for share in (half.mg, half.ca, half.empty))
    assert f"at half of that Mg²⁺ {shares}" in said
    other = occupancy(*relative, *serum)
    mg, ca, empty = (f"{share.best * 100:.0f} %" for share in (other.mg, other.ca, other.empty))
    assert f"{mg} Mg²⁺, {ca} Ca²⁺ and {empty} empty" in said
    expected = next(row.ddg(310) for row in measured() if (row.domain, row.ion) == ("αM", "Mg"))
    assert f"= −{-expected:.1f} kJ/mol" in said
