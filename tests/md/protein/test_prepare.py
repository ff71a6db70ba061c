"""Preparing a state: what is accepted, what is refused, and that nothing half-done is left."""

import json
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest
from openmm import app, unit

from lfa1_analysis.io.errors import InputError, MetalSiteError
from lfa1_cli import main as cli
from lfa1_md.machine import platform
from lfa1_md.protein import fetch, models, prepare
from lfa1_md.protein.assembly import protonation, relaxation
from lfa1_md.protein.assembly.i_domain import assemble
from lfa1_md.protein.input import i_domain
from lfa1_md.protein.metal import judgement
from lfa1_md.protein.repair import stereo
from lfa1_md.study.sections import Chemistry, StateSource


@pytest.fixture(scope="module")
def compute():
    return platform.select("CPU")


@pytest.fixture
def mirror(entries, monkeypatch):
    monkeypatch.setenv(fetch.MIRROR, str(entries))


def source(name, state="closed", **more):
    return StateSource(structure=str(name), state=state, **more)


@pytest.fixture
def closed(tmp_path):
    """Give the closed model as a user's own file, and a function that saves it changed."""
    molecule = gemmi.read_structure(str(models.path("closed")))
    molecule.remove_hydrogens()

    def save(name="mine.pdb"):
        molecule.setup_entities()
        molecule.write_pdb(str(tmp_path / name))
        return tmp_path / name

    return molecule, save


@pytest.mark.parametrize("state", models.NAMES)
def test_an_embedded_model_is_taken_as_it_is_and_judged_again(state, compute, tmp_path):
    prepared = prepare.prepare(source(state, state), Chemistry(), compute)
    model = models.load(state)
    assert np.array_equal(prepared.positions, model.positions)
    prepare.write(prepared, tmp_path / state)
    site = json.loads((tmp_path / state / "site.json").read_text())
    assert site["accepted"] and site["state"] == state
    assert site["pattern"] == ("closed" if state == "closed" else "open")
    assert site["coordination_number"] == len(site["donors"]) == 6
    kinds = [d["kind"] for d in site["donors"]]
    assert kinds.count("ligand") == (state == "bound") == 3 - kinds.count("water")
    assert site["asp239"]["denticity"] == (1 if state == "closed" else 0)
    assert site["asp137"]["denticity"] == 0
    assert {"metal", "source", "decisions", "protonation", "repairs", "provenance"} <= set(site)
    written = app.PDBxFile(str(tmp_path / state / "protein.cif"))
    assert np.allclose(
        written.getPositions(asNumpy=True).value_in_unit(unit.angstrom), model.positions, atol=1e-3
    )
    assert [c.id for c in written.topology.chains()] == [*"ABC", *("D" if state == "bound" else "")]
    assert sorted(p.name for p in (tmp_path / state).iterdir()) == ["protein.cif", "site.json"]


def test_the_wrong_state_is_refused_with_a_table(compute):
    with pytest.raises(MetalSiteError) as error:
        prepare.prepare(source("closed", "open"), Chemistry(), compute)
    assert "Thr206 does not hold the metal" in error.value.problem
    assert "ASP239 OD1   bound" in error.value.problem


def test_an_entrys_metal_with_the_other_states_donors_is_refused(closed, compute, monkeypatch):
    """As of a domain whose α7 is half-way and says neither."""
    monkeypatch.setattr("lfa1_md.protein.input.conformation.alpha7_shift", lambda domain: 4.4)
    _, save = closed
    with pytest.raises(MetalSiteError, match="MG B 401 is held by ASP239, SER139, SER141"):
        prepare.prepare(source(save(), "open"), Chemistry(), compute)


def test_a_metal_too_far_from_the_midas_is_refused(closed, compute):
    molecule, save = closed
    metal = molecule[0]["B"][0][0]
    metal.pos = gemmi.Position(*(x + 4.0 for x in metal.pos.tolist()))
    with pytest.raises(
        MetalSiteError, match=r"MG B 401 is \d\.\d Å from the nearest MIDAS"
    ) as error:
        prepare.prepare(source(save()), Chemistry(), compute)
    assert "mine.pdb" in error.value.problem and error.value.remedy


@pytest.mark.parametrize("name", ["nowhere.pdb", "ajar"])
def test_a_structure_that_is_not_there(name, compute):
    with pytest.raises(InputError, match=f"'{name}': no such file") as error:
        prepare.prepare(source(name), Chemistry(), compute)
    assert "closed, open" in error.value.remedy


def test_an_entry_that_is_not_in_the_catalogue(compute):
    with pytest.raises(InputError, match="7ZZZ: no such entry"):
        prepare.prepare(source("7ZZZ"), Chemistry(), compute)


CONFIG = """\
states: {closed: {structure: STRUCTURE}}
platform: CPU
equilibration: [{name: release, ensemble: NPT, duration: 1 ps}]
production: {duration: 1 ps, segment: 1 ps, frame_interval: 1 ps, energy_interval: 1 ps}
"""


def program(tmp_path, structure_name, state="closed"):
    (tmp_path / "study.yaml").write_text(CONFIG.replace("STRUCTURE", str(structure_name)))
    return cli.main(
        [
            *("prepare", "--config", str(tmp_path / "study.yaml"), "--state", state),
            *("--output-dir", str(tmp_path / "out"), "--threads", "1"),
        ]
    )


def test_the_program_prepares_a_state(tmp_path, capsys):
    assert program(tmp_path, "closed") == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"protein.cif", "site.json"}
    assert "metal site accepted" in capsys.readouterr().out


def test_the_program_leaves_nothing_behind_when_it_fails(tmp_path, capsys, closed):
    molecule, save = closed
    chain = molecule[0]["A"]
    for i in reversed(range(len(chain))):
        if 214 <= (chain[i].seqid.num or 0) <= 217:
            del chain[i]
    assert program(tmp_path, save()) == 2
    message = capsys.readouterr().err
    assert "residues 214–217 are missing inside the chain" in message
    assert "→" in message and "Traceback" not in message
    assert not (tmp_path / "out").exists()


def test_the_program_names_an_unknown_state(tmp_path, capsys):
    assert program(tmp_path, "closed", "ajar") == 2
    assert "no state 'ajar'" in capsys.readouterr().err


# The minimisation: about a minute each.


def sound(prepared):
    assert all(verdict.accepted for verdict in prepared.verdicts)
    assert stereo.mirrored(prepared.topology, prepared.positions) == []
    assert stereo.cis_peptides(prepared.topology, prepared.positions) in ([], ["PRO281"])
    assert np.isfinite(prepared.positions).all()


@pytest.mark.slow
def test_a_users_file_is_prepared_the_same_for_every_force_field(closed, compute):
    _, save = closed
    chemistry = Chemistry(force_field="CHARMM36", water="CHARMM-TIP3P")
    prepared = prepare.prepare(source(save()), chemistry, compute)
    sound(prepared)
    assert prepared.provenance["force_field"] == "ff19SB"
    waters = [a.name for a in prepared.topology.atoms() if a.residue.name == "HOH"]
    assert waters == ["O", "H1", "H2"] * 3


@pytest.mark.slow
def test_another_ph_changes_the_protons_alike_in_both_states(compute):
    made = [
        prepare.prepare(source(state, state), Chemistry(ph=4.5), compute) for state in models.NAMES
    ]
    for prepared in made:
        sound(prepared)
        assert any(p.variant in ("ASH", "GLH", "HIP") for p in prepared.variants)
    names = [[(a.name, a.residue.name, a.residue.id) for a in p.topology.atoms()] for p in made]
    assert names[0] == names[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entry", "state", "metal"),
    [("1CQP", "closed", "entry"), ("1MQ8", "open", "entry"), ("1MQ9", "open", "1MQ8")],
)
def test_entries_are_prepared(entry, state, metal, compute, mirror):
    prepared = prepare.prepare(source(entry, state), Chemistry(), compute)
    sound(prepared)
    assert prepared.verdicts[0].atoms.source == metal
    said = " | ".join(d.what for d in prepared.decisions)
    if entry == "1CQP":
        assert "kept with 2 waters of the entry and 1 placed" in said
    if entry == "1MQ8":
        assert "ligand GLU A 34 taken off the metal" in said


def without_waters(draft):
    """A draft whose waters were deleted; they come last, so that other atoms keep their indices."""
    modeller = app.Modeller(draft.topology, draft.positions * unit.angstrom)
    modeller.deleteWater()
    positions = np.array(modeller.positions.value_in_unit(unit.angstrom))
    return replace(
        draft,
        topology=modeller.topology,
        positions=positions,
        labels=draft.labels[: modeller.topology.getNumResidues()],
    )


@pytest.mark.slow
def test_without_its_waters_the_site_collapses_and_is_refused(compute, mirror):
    """1CQP as a set-up that drops crystal waters leaves it: the peers' failure, our control."""
    domain = i_domain.load(fetch.fetch("1CQP"), "A")
    draft = without_waters(assemble(domain, "closed", "refuse", compute[0]))
    variants = protonation.decide([(draft.topology, draft.positions)], 7.4, draft.built)
    draft = draft.hydrogenated(variants, compute)
    metal = judgement.metal_index(draft.topology)
    springs = {i: k for i, k in draft.springs.items() if i != metal}
    relaxed, _ = relaxation.relax(draft.topology, draft.positions, springs, [], compute)
    verdict = judgement.examine(draft.topology, relaxed, "closed")
    assert any("both oxygens" in fault for fault in verdict.faults)
    with pytest.raises(MetalSiteError):
        judgement.require([verdict], Path("1cqp.pdb").name)
