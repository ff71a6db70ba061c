"""The same effect by several models of Mg²⁺, set side by side and judged in words."""

import pytest

from lfa1_analysis.comparison.effects import Effect
from lfa1_analysis.comparison.sensitivity import sensitivity
from lfa1_analysis.comparison.study_tables import KNOWN_IONS, MG_MODELS
from lfa1_analysis.comparison.verdicts import CANNOT_TELL, DIFFERS, SITE
from lfa1_analysis.proteins.ion_names import MODELS


def effect(member, verdict, value=1.0, against="apo", tier="primary", state="closed"):
    return Effect(
        comparison=f"{state}-{member} − {state}-{against}",
        kind="effect",
        observable="alpha7_shift_angstrom",
        unit="Å",
        state=state,
        n_pairs=8,
        effect=value,
        ci_low=value - 0.5,
        ci_high=value + 0.5,
        method="t",
        smallest_detectable=1.0,
        relevant_size=1.0,
        verdict=verdict,
        sentence="",
        tier=tier,
        p_value=0.01,
        p_holm=0.01,
        reason="",
        span_ns=100.0,
        control="",
    )


@pytest.mark.parametrize(
    ("verdicts", "outcome", "told"),
    [
        ([(DIFFERS, 1.0), (DIFFERS, 0.7)], "agree", "all 2 models of Mg²⁺ agree"),
        ([(DIFFERS, 1.0), (DIFFERS, -0.7)], "disagree", "the models of Mg²⁺ disagree"),
        ([(DIFFERS, 1.0), ("no effect beyond 1 Å", 0.1)], "disagree", "disagree"),
        (
            [(DIFFERS, 1.0), (CANNOT_TELL, 0.9)],
            "undecided",
            "with some models of Mg²⁺ the runs tell",
        ),
        ([("no effect beyond 1 Å", 0.1), ("no effect beyond 1 Å", -0.1)], "agree", "agree"),
        ([(CANNOT_TELL, 3.0), (CANNOT_TELL, -3.0)], "undecided", "with none of the 2 models"),
        ([(DIFFERS, 1), (CANNOT_TELL, 1), ("no effect beyond 1 Å", 0)], "disagree", "disagree"),
    ],
)
def test_sign_and_verdict_decide(verdicts, outcome, told):
    members = ["mg", "mg_1264", "mg_hfe"]
    effects = [effect(m, v, x) for m, (v, x) in zip(members, verdicts, strict=False)]
    (row,) = sensitivity(effects)
    assert row["outcome"] == outcome
    assert told in row["sentence"]
    values = {value > 0 for _, value in verdicts if value}
    signs = "have the same sign" if len(values) == 1 else "have opposite signs"
    assert signs in row["sentence"]
    assert [model["member"] for model in row["models"]] == members[: len(verdicts)]
    assert row["models"][0]["ci_low"] == verdicts[0][1] - 0.5


def test_only_models_of_mg_against_the_empty_site_count():
    others = [
        effect("ca", DIFFERS),
        effect("mg", DIFFERS, against="mg_1264"),
        effect("mg_1264", DIFFERS, tier="exploratory"),
        effect("mg_1264", DIFFERS, state="open"),
    ]
    assert sensitivity([effect("mg", DIFFERS), *others]) == []


def test_every_model_has_a_name_everywhere():
    from lfa1_report.style import style

    assert len(MG_MODELS) == len(MODELS) - 1, "a model without a slug cannot stand beside others"
    for ion in KNOWN_IONS:
        assert ion in SITE and ion in style.ION_NAMES
        assert ion in style.ION_COLOURS and ion in style.ION_MARKERS
    assert len(set(style.ION_COLOURS.values())) == len(style.ION_COLOURS)
