"""How the I domain holds ICAM-1: geometry by hand, planted motions, the crystal's values."""

import json
import warnings

import mdtraj
import numpy as np
import pandas as pd
import pytest
from MDAnalysis import Merge, Universe, Writer
from scipy.spatial.transform import Rotation

from lfa1_analysis.interface.bonds import Polar, hydrogen_bonds, salt_bridges
from lfa1_analysis.interface.buried import PROBE, RADII, REACH, buried_area
from lfa1_analysis.interface.closeness import near
from lfa1_analysis.interface.ligand import find_ligand
from lfa1_analysis.interface.pose import take_pose
from lfa1_analysis.interface.residue_pairs import joined, share
from lfa1_analysis.interface.series import Interface
from lfa1_analysis.interface.verdict import KEPT, LOST, NEVER, RETURNED, verdicts
from lfa1_analysis.io.errors import InputError
from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.trajectory.chunks import Chunk
from lfa1_analysis.trajectory.universe import open_universe
from lfa1_cli.main import main


def _measure(universe: Universe, **options) -> Interface:
    domain = find_domain(universe)
    ligand = find_ligand(universe, domain)
    assert ligand is not None
    return Interface(universe, domain, ligand, **options).run()


@pytest.fixture(scope="module")
def crystal(entry) -> Universe:
    return open_universe(entry("1MQ8"))


@pytest.fixture(scope="module")
def moved(crystal, tmp_path_factory) -> tuple[str, str]:
    """Three frames: the crystal, ICAM-1 turned by 20° and shifted by 3 Å, ICAM-1 far away."""
    folder = tmp_path_factory.mktemp("moved")
    universe = crystal.copy()
    start = universe.atoms.positions.copy()
    ligand = universe.select_atoms("chainID A")
    domain_1 = universe.select_atoms("chainID A and resid 1:82 and name N CA C O")
    centre = domain_1.positions.mean(axis=0)
    away = centre - universe.select_atoms("chainID B").positions.mean(axis=0)
    away *= 3.0 / np.linalg.norm(away)
    with Writer(str(folder / "run.xtc"), universe.atoms.n_atoms) as writer:
        for i, (angle, shift) in enumerate(((0, 0 * away), (20, away), (0, 20 * away))):
            universe.atoms.positions = start
            turn = Rotation.from_euler("x", angle, degrees=True)
            ligand.positions = turn.apply(ligand.positions - centre) + centre + shift
            # The whole complex tumbles as well, which must not count.
            tumble = Rotation.from_rotvec([0.3 * i, 0.5, -0.2])
            universe.atoms.positions = tumble.apply(universe.atoms.positions) + 10.0 * i
            universe.trajectory.ts.time = 10.0 * i
            writer.write(universe.atoms)
    universe.atoms.positions = start
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        universe.atoms.write(str(folder / "top.pdb"))
    return str(folder / "top.pdb"), str(folder / "run.xtc")


def test_the_crystal(crystal):
    series = _measure(crystal)
    row = series.results.table.iloc[0]
    assert row["metal"] == "Mg"
    assert row["glu34_metal_angstrom"] == pytest.approx(2.23, abs=0.006)
    assert row["glu34_midas_angstrom"] == pytest.approx(row["glu34_metal_angstrom"], abs=1e-3)
    assert (row["glu34_denticity"], row["metal_bound_to_ligand"]) == (1, 1)
    assert row["buried_area_angstrom2"] == pytest.approx(1215, abs=12)
    assert row["contacts"] == row["contacts_kept"] == 38
    pairs = series.results.pairs
    salt = pairs[pairs["kind"] == "salt_bridge"]
    assert salt[["alphal_residue", "icam1_residue"]].values.tolist() == [["Glu241", "Lys39"]]


def test_contacts_of_the_crystal_counted_one_by_one(crystal):
    one, other = (
        crystal.select_atoms(f"chainID {chain} and protein and not name H*") for chain in "BA"
    )
    away = np.linalg.norm(one.positions[:, None] - other.positions[None], axis=2)
    first, second = np.nonzero(away <= 4.5)
    expected = set(zip(one.resids[first].tolist(), other.resids[second].tolist(), strict=True))
    series = _measure(crystal)
    assert {key[1:] for key in series.native if key[0] == "contact"} == expected


def test_a_planted_motion_is_found(moved):
    table = _measure(open_universe(moved[0], [moved[1]])).results.table
    assert table["rotation_degree"].tolist() == pytest.approx([0, 20, 0], abs=0.05)
    assert table["shift_angstrom"].tolist() == pytest.approx([0, 3, 60], abs=0.02)
    assert table["ligand_rmsd_angstrom"].iloc[2] == pytest.approx(60, abs=0.02)
    assert table["contacts_kept_fraction"].tolist()[::2] == [1.0, 0.0]
    assert table["buried_area_angstrom2"].iloc[2] == 0
    assert table["glu34_midas_angstrom"].iloc[2] > 50
    assert table["interface_rmsd_angstrom"].iloc[0] == pytest.approx(0, abs=0.02)


def test_periodic_images_change_nothing(moved, tmp_path):
    universe = open_universe(moved[0], [moved[1]])
    plain = _measure(universe).results.table.iloc[:2]
    box = np.array([130.0, 140.0, 150.0, 90, 90, 90], dtype=np.float32)
    with Writer(str(tmp_path / "cut.xtc"), universe.atoms.n_atoms) as writer:
        for timestep in universe.trajectory[:2]:
            timestep.dimensions = box
            universe.atoms.positions = (universe.atoms.positions - 5.0) % box[:3]
            writer.write(universe.atoms)
    cut = open_universe(moved[0], [tmp_path / "cut.xtc"])
    pose = take_pose(
        open_universe(moved[0]),
        find_domain(cut),
        find_ligand(cut, find_domain(cut)),
        0,
        "the crystal",
    )
    found = _measure(cut, pose=pose).results.table
    numbers = plain.columns.drop(["frame", "time_ns", "metal"])
    np.testing.assert_allclose(
        found[numbers].astype(float), plain[numbers].astype(float), atol=0.05, rtol=0.01
    )


@pytest.mark.parametrize("order", ["AB", "BA"])
def test_found_without_chain_names_in_any_order_and_numbering(crystal, order):
    groups = [crystal.select_atoms(f"protein and chainID {chain}") for chain in order]
    merged = Merge(*groups, crystal.select_atoms("resname MG"))
    merged.residues.resids = np.arange(len(merged.residues)) + 1
    merged.del_TopologyAttr("chainIDs")
    merged = Universe(merged._topology.copy(), merged.atoms.positions[None])
    merged.add_TopologyAttr("segids", ["SYSTEM"] * len(merged.segments))
    ligand = find_ligand(merged, find_domain(merged))
    assert ligand is not None and ligand.identity == 1.0
    assert sorted(ligand.atoms) == list(range(1, 185))
    row = _measure(merged).results.table.iloc[0]
    assert row["glu34_metal_angstrom"] == pytest.approx(2.23, abs=0.006)


def test_without_the_metal_the_place_is_still_there(crystal):
    empty = Merge(crystal.select_atoms("protein"))
    row = _measure(empty).results.table.iloc[0]
    assert row["metal"] == "unknown" and pd.isna(row["glu34_denticity"])
    assert np.isnan(row["glu34_metal_angstrom"])
    assert row["glu34_midas_angstrom"] == pytest.approx(2.23, abs=0.006)


def test_buried_area_of_two_spheres():
    # Caps of two equal spheres of radius R whose centres are d apart: 2 · 2πR(R − d/2).
    radius = RADII["C"] + PROBE
    apart = np.array([2.0, 4.0, 6.0, 6.5])
    one, other = np.zeros((1, 3, 4)), np.zeros((1, 3, 4))
    other[0, 0] = apart
    found = buried_area(one, other, (["C"], ["C"]), near(one, other, REACH))
    caps = 4 * np.pi * radius * np.clip(radius - apart / 2, 0, None)
    np.testing.assert_allclose(found, caps, atol=0.01 * 8 * np.pi * radius**2)
    assert found[3] == 0


def test_buried_area_is_that_of_mdtraj():
    random = np.random.default_rng(3)
    one, other = random.uniform(0, 14, (80, 3, 3)), random.uniform(0, 14, (60, 3, 3))
    other[:, 0] += 11
    symbols = ["C", "N", "O", "S"] * 20, ["C", "O", "N"] * 20
    found = buried_area(one, other, symbols, near(one, other, REACH))
    topology = mdtraj.Topology()
    residue = topology.add_residue("X", topology.add_chain())
    for symbol in [*symbols[0], *symbols[1]]:
        topology.add_atom(symbol, mdtraj.element.get_by_symbol(symbol), residue)
    for frame in range(3):  # one by one: see the module

        def area(shift: float, frame: int = frame) -> float:
            xyz = np.concatenate([one[:, :, frame], other[:, :, frame] + [shift, 0, 0]])
            single = mdtraj.Trajectory(xyz[None].astype(np.float32) / 10, topology)
            return float(mdtraj.shrake_rupley(single, 0.14, 2000).sum()) * 100

        assert found[frame] == pytest.approx(area(200.0) - area(0.0), rel=0.02)


def test_near_pairs_are_all_pairs():
    random = np.random.default_rng(5)
    one, other = random.normal(scale=6, size=(40, 3, 7)), random.normal(scale=6, size=(30, 3, 7))
    found = near(one, other, 4.0)
    away = np.linalg.norm(one[:, None] - other[None], axis=2)
    expected = set(zip(*(x.tolist() for x in np.nonzero(away <= 4.0)), strict=True))
    got = zip(found.first.tolist(), found.second.tolist(), found.frame.tolist(), strict=True)
    assert set(got) == expected


def _polar(n: int, hydrogens: list[int], owners: list[int], **flags: list[bool]) -> Polar:
    names = ("donor", "acceptor", "negative", "positive")
    sides = [np.array(flags.get(name, [False] * n)) for name in names]
    return Polar(*sides, hydrogens, np.array(owners, dtype=np.intp))


@pytest.mark.parametrize(
    ("away", "degrees", "bonded"),
    [(2.9, 0, True), (2.9, 29, True), (2.9, 31, False), (3.4, 0, True), (3.6, 0, False)],
)
def test_a_hydrogen_bond_by_hand(away, degrees, bonded):
    turn = np.radians(degrees)
    donor, acceptor = np.zeros((1, 3, 1)), np.array([[[away], [0.0], [0.0]]])
    proton = np.array([[[np.cos(turn)], [np.sin(turn)], [0.0]]])
    giver = _polar(1, [5], [0], donor=[True])
    taker = _polar(1, [], [], acceptor=[True])
    nothing = np.zeros((0, 3, 1))
    pairs = near(donor, acceptor, 4.0)
    found = hydrogen_bonds(pairs, giver, taker, (donor, acceptor), (proton, nothing))
    assert len(found.frame) == bonded
    pairs = near(acceptor, donor, 4.0)  # the other way round
    found = hydrogen_bonds(pairs, taker, giver, (acceptor, donor), (nothing, proton))
    assert len(found.frame) == bonded
    bare = _polar(1, [], [], donor=[True])  # without hydrogens the distance decides
    pairs = near(donor, acceptor, 4.0)
    found = hydrogen_bonds(pairs, bare, taker, (donor, acceptor), (nothing, nothing))
    assert len(found.frame) == (away <= 3.5)


def test_salt_bridges_need_opposite_charges():
    one, other = np.zeros((1, 3, 1)), np.full((1, 3, 1), 2.0)
    plus, minus = _polar(1, [], [], positive=[True]), _polar(1, [], [], negative=[True])
    pairs = near(one, other, 4.0)
    assert len(salt_bridges(pairs, plus, minus).frame) == 1
    assert len(salt_bridges(pairs, plus, plus).frame) == 0


def test_shares_and_their_intervals():
    fraction, low, high, n = share(np.ones(500, dtype=bool))
    assert (fraction, high, n) == (1.0, 1.0, 1.0) and low == pytest.approx(0.2065, abs=1e-3)
    flags = np.random.default_rng(1).random(4000) < 0.3
    fraction, low, high, n = share(flags)
    assert low < 0.3 < high and n > 2000 and high - low < 0.05
    slow = np.repeat(np.random.default_rng(1).random(80) < 0.3, 50)
    assert share(slow)[3] < 400 and share(slow)[2] - share(slow)[1] > 0.1


def test_what_stretches_of_frames_held_is_joined():
    first = 3, {("contact", 139, 34): np.array([True, False, True])}
    second = 2, {("contact", 140, 36): np.array([False, True])}
    found = joined([first, second])
    assert found["contact", 139, 34].tolist() == [True, False, True, False, False]
    assert found["contact", 140, 36].tolist() == [False, False, False, False, True]


@pytest.mark.parametrize(
    ("distances", "outcome", "lost"),
    [
        ([2.2] * 20, KEPT, np.nan),
        ([2.2] * 8 + [4.0] + [2.2] * 11, KEPT, np.nan),
        ([2.2] * 8 + [2.8] * 12, KEPT, np.nan),
        ([2.2] * 8 + [4.0] * 12, LOST, 0.8),
        ([2.2] * 8 + [4.0] * 5 + [2.2] * 7, RETURNED, 0.8),
        ([4.0] * 20, NEVER, 0.0),
    ],
)
def test_a_loss_is_told_from_a_flicker(distances, outcome, lost):
    n = len(distances)
    table = pd.DataFrame(
        {
            "time_ns": np.arange(n) * 0.1,
            "metal": "Mg",
            "glu34_metal_angstrom": distances,
            "glu34_midas_angstrom": distances,
            "buried_area_angstrom2": 1200.0,
        }
    )
    row = verdicts(table).set_index("question").loc["glu34_on_the_ion"]
    assert row["outcome"] == outcome
    assert row["lost_ns"] == pytest.approx(lost, nan_ok=True)
    assert verdicts(table).set_index("question").loc["icam1_on_the_i_domain", "outcome"] == KEPT


def test_glu34_without_its_carboxylate_is_not_judged():
    table = pd.DataFrame(
        {
            "time_ns": [0.0, 0.1],
            "metal": "Mg",
            "glu34_metal_angstrom": np.nan,
            "glu34_midas_angstrom": np.nan,
            "buried_area_angstrom2": 1200.0,
        }
    )
    assert verdicts(table)["question"].tolist() == ["icam1_on_the_i_domain"]


def test_a_metal_that_leaves_takes_glu34_off_the_ion():
    table = pd.DataFrame(
        {
            "time_ns": np.arange(20) * 0.1,
            "metal": ["Mg"] * 10 + ["none"] * 10,
            "glu34_metal_angstrom": [2.2] * 10 + [np.nan] * 10,
            "glu34_midas_angstrom": 2.3,
            "buried_area_angstrom2": 1200.0,
        }
    )
    found = verdicts(table).set_index("question")
    assert found.loc["glu34_on_the_ion", ["outcome", "lost_ns"]].tolist() == [LOST, 1.0]
    assert "metal itself has left" in found.loc["glu34_on_the_ion", "detail"]
    assert found.loc["glu34_at_the_midas", "outcome"] == KEPT


def test_one_pass_writes_what_the_verb_writes(moved, tmp_path, capsys):
    given = ["--topology", moved[0], "--trajectory", moved[1]]
    assert main(["interface", *given, "--output-dir", str(tmp_path / "one")]) == 0
    both = ["observe", *given, "--workers", "2", "--output-dir", str(tmp_path / "all")]
    assert main(both) == 0
    for name in ("interface.csv", "interface-pairs.csv", "interface-verdicts.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "all" / name).read_bytes()
    record = json.loads((tmp_path / "all" / "interface.json").read_text())
    assert record["ligand"]["chain"] == "A" and record["reference"] == moved[0]
    assert f"compared with {moved[0]}" in capsys.readouterr().out


def test_the_other_tables_are_the_same_beside_icam1(moved):
    """The metal site is offered the same atoms in the single pass as alone."""
    universe = open_universe(moved[0], [moved[1]])
    alone = Midas(universe, find_domain(universe)).run().results.table
    assert alone["ligand_angstrom"].iloc[0] == pytest.approx(2.23, abs=0.01)


def test_no_icam1_is_said(closed, state_file, tmp_path, capsys):
    assert find_ligand(closed, find_domain(closed)) is None
    given = ["--topology", str(state_file("closed")), "--output-dir", str(tmp_path)]
    assert main(["interface", *given]) == 2
    assert "holds no ICAM-1" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert main(["observe", *given]) == 0
    assert not (tmp_path / "interface.csv").exists()


def test_a_reference_that_is_no_complex_is_refused(moved, crystal):
    universe = open_universe(moved[0], [moved[1]])
    domain = find_domain(universe)
    ligand = find_ligand(universe, domain)
    with pytest.raises(InputError, match="no atom of ICAM-1 is within"):
        take_pose(universe, domain, ligand, 2, "frame 2")


def test_a_part_of_a_chunk_shares_what_was_made():
    chunk = Chunk(
        np.arange(2),
        np.zeros(2),
        np.zeros((1, 3, 2)),
        np.arange(12.0).reshape(2, 3, 2),
        np.full((2, 3, 3), np.nan),
    )
    part = chunk.with_further(slice(1, 2))
    assert part.once("x", lambda: 1) == chunk.once("x", lambda: 2) == 1
    assert len(part.further) == 1 and len(chunk.further) == 2
