"""Methods and BibTeX: what was used is cited, what was not is not, and both agree."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from synthetic import configuration

from lfa1_md.study import ion_models
from lfa1_report.deposit.methods import methods_text
from lfa1_report.methods.references import LITERATURE, Bibliography, Publication, bibtex, keys
from lfa1_report.sources.study import collect


def parsed(entries: str) -> dict[str, dict[str, str]]:
    """Entries by key; fails on anything that is not an entry of ours."""
    found = {}
    rest = entries
    for kind, key, body in re.findall(r"@(article|misc)\{([a-z0-9]+),\n((?:  .*\n)+)\}\n", entries):
        fields = re.findall(r"^  (\w+) = \{(.*)\},$", body, re.M)
        assert len(fields) == body.count("\n"), body
        for _, text in fields:
            assert text.count("{") == text.count("}")
            assert not re.search(r"(?<!\\)[&%#$]", text), text
        assert key not in found
        found[key] = {"kind": kind, **dict(fields)}
        rest = rest.replace(f"@{kind}{{{key},\n{body}}}\n", "")
    assert rest.strip() == ""
    return found


@pytest.fixture
def study(write_study, tmp_path):
    root = write_study(tmp_path / "results", replicas=1, n_frames=40)

    def manifests(**content):
        for path in (root / "systems").glob("*/manifest.json"):
            path.write_text(json.dumps(json.loads(path.read_text()) | content))
        return methods_text(collect(root), configuration(root))

    return manifests


def dois(entries: str) -> set[str]:
    return {fields.get("doi", "") for fields in parsed(entries).values()}


def test_text_and_bibtex_cite_the_same(study):
    text, bibtex, references = study()
    cited = set(re.findall(r"@([a-z0-9]+)", text.split("# References")[0]))
    assert cited == set(parsed(bibtex)) == set(keys(references))
    assert "<" not in text.split("# References")[0] and "&amp;" not in text
    assert "**Structures.**" in text and "ff19SB [@tian2020]" in text


def test_only_what_was_used_is_there(study):
    known = {name: reference.link for name, reference in LITERATURE.items()}
    used = dois(study()[1])
    for name in ("ff19sb", "opc3", "openmm", "propka", "snakemake", "mdanalysis"):
        assert known[name] in used, name
    for name in ("ff14sb", "charmm36", "tip3p", "opc", "umbrella", "work", "loetscher"):
        assert known[name] not in used, name


@pytest.mark.parametrize("model", ["12-6-4", "IOD", "CM"])
def test_the_ion_model_is_the_one_that_was_used(study, model):
    chosen = ion_models.parameters("mg", "OPC3", model)
    told = {"ion": "mg", "model": model, "title": f"Mg {model}", "source": chosen.source}
    text, bibtex, _ = study(metal_model=told)
    doi = re.search(r"10\.\d{4,}/\S+$", chosen.source)
    assert doi and doi[0] in dois(bibtex)
    assert f"Mg {model} [@" in text
    assert doi[0] not in dois(study(metal_model=None)[1])


@pytest.mark.parametrize("name", sorted(LITERATURE))
def test_every_reference_makes_a_sound_entry(name):
    reference = LITERATURE[name]
    (fields,) = parsed(reference.entry("key1")).values()
    assert fields["kind"] == "article" and reference.text
    rest = reference.text
    for part in ("year", "journal", "volume", "pages"):
        assert fields[part] in rest, part
        rest = rest.split(fields[part], 1)[1]
    assert re.search(r"[A-Za-z]", fields["journal"]) and re.fullmatch(r"\d{4}", fields["year"])
    assert fields["author"].split(" and ")[0] in reference.text
    if reference.link.startswith("10."):
        assert fields["doi"] == reference.link
    elif reference.link:
        assert fields["url"].startswith("https://p") and "doi" not in fields


def test_no_publication_is_there_twice():
    links = [reference.identity for reference in LITERATURE.values()]
    assert len(set(links)) == len(links)


def test_a_publication_is_numbered_once_whatever_the_case_of_its_doi():
    cites = Bibliography()
    cites.cite("complex")
    cites.cite_text(
        "Shimaoka M (2003) Structures. Cell 112, 99–111. doi:10.1016/s0092-8674(02)01257-6"
    )
    both = cites.cite_source("x: Shimaoka et al. 2003, 10.1016/S0092-8674(02)01257-6")
    assert len(cites.used) == 1 and '"#ref-1"' in both


def test_the_bootstrap_is_cited_only_where_it_was_used(study, write_study, tmp_path):
    root = write_study(tmp_path / "r", replicas=1, n_frames=40)
    (root / "comparison").mkdir()

    def cited(method):
        table = pd.DataFrame(
            [["alpha7_shift_angstrom", 0.1, 0, 1, "", 2.5, method]],
            columns=[
                "observable",
                "effect",
                "ci_low",
                "ci_high",
                "verdict",
                "relevant_size",
                "method",
            ],
        )
        table.to_csv(root / "comparison/effects.csv", index=False)
        text, bibtex, _ = methods_text(collect(root), configuration(root))
        return "BCa" in text, LITERATURE["bca"].link in dois(bibtex)

    assert cited("BCa bootstrap") == (True, True)
    assert cited("Student t") == (False, False)
    assert LITERATURE["bca"].link not in dois(study()[1])


def test_the_inefficiency_has_its_own_paper_and_the_crystals_theirs(study):
    used = dois(study()[1])
    for name in ("inefficiency", "3F74", "3HI6"):
        assert LITERATURE[name].link in used, name
    assert LITERATURE["mbar"].link not in used


def test_what_the_shipped_list_has_not_keeps_its_text_year_and_doi():
    cites = Bibliography()
    cites.cite_text("Zhang H, Liu JH (2009) Binding of A & B. Some J 106, 18345–18350. doi:10.1/x.")
    (fields,) = parsed(bibtex(cites.used)).values()
    assert fields == {
        "kind": "misc",
        "year": "2009",
        "note": r"Zhang H, Liu JH (2009) Binding of A \& B. Some J 106, 18345–18350",
        "doi": "10.1/x",
    }


def test_keys_of_the_same_author_and_year_differ():
    fields = {"author": "Åqvist and others", "year": "2004", "note": "x"}
    same = [Publication(fields | {"doi": f"10.1/{n}"}) for n in range(3)]
    assert keys(same) == ["aqvist2004", "aqvist2004b", "aqvist2004c"]


def test_the_page_shows_authors_year_program_journal_and_page():
    shown = {key: LITERATURE[key].text for key in ("openmm", "opc", "opc3", "3HI6")}
    assert shown == {
        "openmm": "Eastman et al. 2024, OpenMM 8, J. Phys. Chem. B 128, 109",
        "opc": "Izadi, Anandakrishnan & Onufriev 2014, J. Phys. Chem. Lett. 5, 3863",
        "opc3": "Izadi & Onufriev 2016, J. Chem. Phys. 145, 074501",
        "3HI6": "Zhang et al. 2009, Proc. Natl Acad. Sci. USA 106, 18345",
    }
