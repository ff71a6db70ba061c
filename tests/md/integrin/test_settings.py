"""The section `integrin` of a state: what is accepted, and what is refused with which words."""

import pytest

from lfa1_analysis.io.errors import ConfigError
from lfa1_md.study.configfile import check
from lfa1_md.study.construct import HEADPIECE, Construct, SiteOccupants


def study(integrin, **more):
    stage = {"name": "a", "ensemble": "NVT", "duration": "0.1 ps"}
    production = {
        "duration": "0.4 ps",
        "segment": "0.4 ps",
        "frame_interval": "0.1 ps",
        "energy_interval": "0.1 ps",
    }
    state = {"structure": "5E6R", "integrin": integrin}
    content = {"states": {"closed": state}, "equilibration": [stage], "production": production}
    return check(content | more, "test.yaml")


def test_an_integrin_makes_one_system_for_each_ion_of_the_titrated_site():
    made = study({"titrate": "admidas"}, ions=["ca", "apo", "mn"])
    assert made.systems == ["closed-ca", "closed-apo", "closed-mn"]
    assert made.states["closed"].integrin.reference == "ca"


def test_sites_hold_their_usual_ion_unless_told_otherwise():
    sites = SiteOccupants.model_validate({"symbs": "none", "propeller": "mn"})
    assert sites.wanted("beta_i_midas") == ("mg", False)
    assert sites.wanted("symbs") == ("none", True)
    assert sites.wanted("propeller_3") == ("mn", True)
    assert sites.metals == {"mg", "ca", "mn"}


def test_the_span_names_the_domains():
    assert Construct().kept == HEADPIECE
    assert Construct(span="ectodomain").kept is None
    assert Construct(domains=["beta_i"]).kept == ("beta_i",)


@pytest.mark.parametrize(
    ("integrin", "more", "words"),
    [
        ({"titrate": "propeller"}, {}, "the propeller has several sites"),
        ({"sites": {"beta_i_midas": "none"}}, {}, "is the site that `ions` are about"),
        ({"sites": {"lims": "ca"}}, {}, "unknown key"),
        ({"sites": {"symbs": "zn"}}, {}, "symbs"),
        ({"glycans": "keep"}, {}, "needs chemistry.force_field `ff14SB`"),
        (
            {},
            {"chemistry": {"water": "TIP3P", "force_field": "ff14SB", "ion_model": "microMg"}},
            "ca",
        ),
    ],
)
def test_impossible_ones_are_refused(integrin, more, words):
    with pytest.raises(ConfigError) as error:
        study(integrin, **more)
    assert words in str(error.value)


def test_an_embedded_i_domain_is_no_integrin():
    with pytest.raises(ConfigError, match="is an I domain"):
        study({}, states={"closed": {"structure": "closed", "integrin": {}}})


def test_studies_without_integrins_keep_their_digests():
    """Of the settings before the keys existed: finished results stay valid."""
    plain = study(None, states={"closed": {"structure": "closed"}})
    settings = plain.settings("simulate")
    assert "integrin" not in settings["states"]["closed"]
    assert "box" not in settings["chemistry"]
    boxed = study(
        None, states={"closed": {"structure": "closed"}}, chemistry={"box": "rectangular"}
    )
    assert boxed.digest("solvate") != plain.digest("solvate")
    assert boxed.digest("prepare") == plain.digest("prepare")
