"""The judge of the metal site over time: wrong sites planted in trajectories of the models."""

import numpy as np
import pandas as pd
import pytest
from MDAnalysis import Merge, Universe, Writer
from scipy.spatial.transform import Rotation

from lfa1_analysis.metal_site.expectation import Expected, expect
from lfa1_analysis.metal_site.gate import COLUMNS, events
from lfa1_analysis.observables import midas
from lfa1_analysis.observables.midas import Midas
from lfa1_analysis.observables.program import standalone
from lfa1_analysis.proteins import chain
from lfa1_analysis.proteins.alphal import MIDAS_DONORS, STATE_DONORS
from lfa1_analysis.proteins.numbering import find_domain
from lfa1_analysis.statistics.hysteresis import hysteresis, persistence, settled, stretches
from lfa1_analysis.trajectory.universe import open_universe

STEP_NS = 0.05
"""Between frames, as in a production run."""
WHEN = 12
"""Frame from which the planted fault holds, of `FRAMES`."""
FRAMES = 30
FAR = np.array([25.0, 0.0, 0.0])


@pytest.fixture(autouse=True)
def torn_atoms_are_measured(monkeypatch):
    """Planted faults move single oxygens farther from their residue than a bond allows."""
    monkeypatch.setattr(chain, "REACH", {})


class Site:
    """A model of the I domain with further atoms, and a trajectory of it to plant faults in."""

    def __init__(self, path, frames=FRAMES, extra=(), metal="MG"):
        model = open_universe(path)
        atoms = [model.atoms, *(_atom(name, number) for number, name in enumerate(extra, 800))]
        self.universe = Merge(*atoms)
        ion = self.universe.select_atoms("name MG")[:1]
        self.metal = int(ion.indices[0])
        ion.names, ion.residues.resnames = [metal], [metal]
        here = self.universe.atoms.positions.copy()
        self.extra = list(range(len(here) - len(extra), len(here)))
        here[self.extra] = here[self.metal] + FAR * np.arange(1, len(extra) + 1)[:, None]
        self.xyz = np.repeat(here[None], frames, axis=0)
        domain = find_domain(self.universe)
        self.donor = {
            f"{key}_{name}".lower(): domain.index(number, name)
            for key, (number, names) in MIDAS_DONORS.items()
            for name in names
        }
        self.domain = domain
        waters = self.universe.select_atoms("resname HOH and name O").indices
        away = np.linalg.norm(here[waters] - here[self.metal], axis=1)
        self.waters = waters[np.argsort(away)].tolist()

    @property
    def middle(self):
        return self.xyz[0, list(self.donor.values())].mean(axis=0)

    def noise(self, seed=1, sd=0.1, but=()):
        moved = np.random.default_rng(seed).normal(scale=sd, size=self.xyz.shape)
        moved[:, list(but)] = 0
        self.xyz = self.xyz + moved

    def place(self, atom, distance, frames):
        """Put an atom at a distance (Å) from the metal, in the direction in which it lies."""
        centre = self.xyz[frames, self.metal]
        way = self.xyz[frames, atom] - centre
        way /= np.linalg.norm(way, axis=-1, keepdims=True)
        self.xyz[frames, atom] = centre + distance * way

    def series(self, **options):
        self.universe.load_new(self.xyz.astype(np.float32), dt=STEP_NS * 1000)
        return Midas(self.universe, self.domain).run(**options)

    def judge(self, ion=None, state=None):
        series = self.series()
        table = series.results.table
        expected = expect(table, ion, state)
        return events(table, expected, series.waters(), series.occupants())


def _atom(name, number):
    universe = Universe.empty(
        1, n_residues=1, atom_resindex=[0], residue_segindex=[0], trajectory=True
    )
    residue = "HOH" if name == "O" else name
    for attribute, value in (("names", name), ("resnames", residue), ("resids", number)):
        universe.add_TopologyAttr(attribute, [value])
    universe.add_TopologyAttr("segids", ["X"])
    universe.add_TopologyAttr("chainIDs", ["X"])
    return universe.atoms


@pytest.fixture
def site(state_file):
    def make(state="closed", **options):
        return Site(state_file(state), **options)

    return make


def alarms(found):
    return found[found["severity"] != "note"]


def the(found, event):
    """Return the one row of an event."""
    rows = found[found["event"] == event]
    assert len(rows) == 1, found.to_string()
    return rows.iloc[0]


def since(found, event, frame=WHEN, frames=FRAMES):
    """Check that an event begins in a frame and goes on to the end; return it."""
    row = the(found, event)
    assert row["start_ns"] == pytest.approx(frame * STEP_NS)
    assert row["end_ns"] == pytest.approx((frames - 1) * STEP_NS)
    assert row["frames"] == frames - frame
    if row["severity"] != "note":
        assert row["detail"].endswith("still so in the last frame")
    return row


# A good site


@pytest.mark.parametrize("state", ["closed", "open"])
def test_a_thousand_good_frames_raise_no_alarm(site, state):
    good = site(state, frames=1000)
    near = [d for d in good.donor.values() if _away(good, d) < 2.6] + good.waters[:3]
    assert good.donor["ser139_og"] in near and len(near) == 6
    good.noise(but=[good.metal])
    random = np.random.default_rng(3)
    for frame in random.choice(np.arange(1, 999), 40, replace=False):
        good.place(near[random.integers(6)], random.uniform(2.61, 2.95), frame)
    table = good.series().results.table
    held = table[[f"{key}_angstrom" for key in STATE_DONORS[state]]]
    assert (held.std() > 0.08).all() and (held > 2.6).to_numpy().sum() > 10
    assert (table["coordination_number"] != 6).sum() > 20
    for given in (None, state):
        assert alarms(events(table, expect(table, state=given))).empty


def _away(site, atom):
    return float(np.linalg.norm(site.xyz[0, atom] - site.xyz[0, site.metal]))


@pytest.mark.parametrize("seed", range(12))
def test_stretched_bonds_with_noise_raise_no_alarm(seed):
    """Of tables: donors about 2.25 Å with 0.12 Å, as far out as simulations of this site go."""
    random = np.random.default_rng(seed)
    table = synthetic(1000)
    donors = 2.1 + random.normal(scale=0.1, size=(6, 1000))
    donors[:2] += 0.15
    for row, key in enumerate(("ser139", "ser141", "asp239")):
        table[f"{key}_angstrom"] = donors[row]
    table["coordination_number"] = (donors <= 2.6).sum(axis=0)
    table["coordination_smooth"] = (1 / (1 + (donors / 2.6) ** 24)).sum(axis=0)
    assert alarms(events(table, Expected("Mg", "closed"))).empty


def synthetic(n, step_ns=STEP_NS, metal="Mg"):
    """Make a table of a site that is as it should be."""
    table = pd.DataFrame({"frame": range(n), "time_ns": np.arange(n) * step_ns, "metal": metal})
    distances = {"ser139": 2.1, "ser141": 2.1, "thr206": 3.8, "asp239": 2.0, "asp137": 4.1}
    for key, r in distances.items():
        table[f"{key}_angstrom"] = r
    more = {"asp137_far_angstrom": 4.6, "asp239_far_angstrom": 3.4, "coordination_number": 6}
    more |= {"coordination_smooth": 5.95, "n_waters": 3, "pattern": "closed"}
    more |= {"donors": "SER139 OG; ASP239 OD1; SER141 OG; HOH1 O; HOH2 O; HOH3 O"}
    more |= {"nearest_other_ion": "Na", "nearest_other_ion_angstrom": 12.0}
    return table.assign(**more)


# Planted faults


@pytest.mark.parametrize("seed", range(8))
def test_magnesium_one_angstrom_off(site, seed):
    wrong = site()
    way = Rotation.random(rng=np.random.default_rng(seed)).apply([1.0, 0, 0])
    wrong.xyz[WHEN:, wrong.metal] += way
    found = wrong.judge()
    assert since(found, "coordination_off")["severity"] == "fail"
    assert "coordination_off" in since(found, "site_intact_lost")["detail"]


def test_magnesium_one_angstrom_off_from_the_start(site):
    wrong = site()
    wrong.xyz[:, wrong.metal] += [0, 0, 1.0]
    since(wrong.judge(state="closed"), "coordination_off", frame=0)


@pytest.mark.parametrize("frame", [0, WHEN])
def test_sodium_in_the_place_of_magnesium(site, frame):
    wrong = site(extra=["NA"])
    wrong.xyz[frame:, wrong.extra[0]] = wrong.xyz[frame:, wrong.metal]
    wrong.xyz[frame:, wrong.metal] += FAR * 2
    found = wrong.judge(ion="mg", state="closed")
    assert since(found, "metal_left", frame)["severity"] == "fail"
    moved = since(found, "ion_moved_in", frame)
    assert moved["severity"] == "fail" and moved["detail"].startswith("Na in the metal’s place")
    since(found, "site_intact_lost", frame)
    assert set(found["event"]) <= {
        *("metal_left", "ion_moved_in", "site_intact_lost", "water_exchange_unknown")
    }


def test_sodium_from_the_start_is_not_taken_for_the_metal(site):
    wrong = site(metal="NA")
    found = wrong.judge()
    assert since(found, "ion_moved_in", 0)["severity"] == "warn"


@pytest.mark.parametrize(("state", "key"), [("closed", "asp239"), ("closed", "asp137")])
def test_a_carboxylate_turned_bidentate(site, state, key):
    wrong = site(state)
    for name in ("od1", "od2"):
        wrong.place(wrong.donor[f"{key}_{name}"], 2.2, slice(WHEN, None))
    found = wrong.judge()
    row = since(found, "bidentate")
    assert row["severity"] == "fail" and row["detail"].startswith(key.capitalize())
    if key == "asp137":
        assert since(found, "asp137_inner_sphere")["severity"] == "fail"


def test_the_ion_leaves_in_mid_trajectory(site):
    wrong = site()
    out = wrong.xyz[0, wrong.metal] - wrong.middle
    out /= np.linalg.norm(out)
    steps = np.clip(np.arange(FRAMES) - WHEN + 1, 0, None)[:, None]
    wrong.xyz[:, wrong.metal] += 0.5 * steps * out
    away = np.linalg.norm(wrong.xyz[:, wrong.metal] - wrong.middle, axis=1)
    gone = int(np.flatnonzero(away > 4.0)[0])
    assert WHEN < gone < FRAMES - 5
    found = wrong.judge()
    assert since(found, "metal_left", gone)["severity"] == "fail"
    assert WHEN <= round(the(found, "site_intact_lost")["start_ns"] / STEP_NS) < gone
    assert "ion_moved_in" not in set(found["event"])


def test_the_ion_comes_back(site):
    wrong = site()
    wrong.xyz[WHEN : WHEN + 6, wrong.metal] += FAR
    row = the(wrong.judge(), "metal_left")
    assert (row["frames"], row["end_ns"]) == (6, pytest.approx((WHEN + 5) * STEP_NS))
    assert "last frame" not in row["detail"]


@pytest.mark.parametrize(
    ("state", "atom", "distance", "event", "says"),
    [
        ("closed", "ser141_og", 4.0, "donor_lost", "Ser141 at 4.00 Å"),
        ("closed", "asp239", 4.2, "asp239_lost", "Asp239 at 4.20 Å"),
        ("closed", "asp137_od1", 2.1, "asp137_inner_sphere", "Asp137 at 2.10 Å"),
        ("closed", "thr206_og1", 2.2, "donor_gained", "Thr206 at 2.20 Å"),
        ("open", "asp239_od1", 2.2, "asp239_inner_sphere", "Asp239 at 2.20 Å"),
        ("open", "thr206_og1", 3.9, "donor_lost", "Thr206 at 3.90 Å"),
    ],
)
def test_a_donor_changes(site, state, atom, distance, event, says):
    wrong = site(state)
    for name, index in wrong.donor.items():
        if name.startswith(atom):
            wrong.place(index, distance, slice(WHEN, None))
    found = wrong.judge()
    row = since(found, event)
    assert row["detail"].startswith(says)
    assert row["severity"] == ("warn" if event == "donor_gained" else "fail")


def test_a_donor_that_is_no_usual_one(site):
    wrong = site()
    glu = wrong.domain.index(241, "OE1")
    wrong.xyz[WHEN:, glu] = wrong.xyz[WHEN:, wrong.metal] + [0, 1.5, 1.5]
    assert since(wrong.judge(), "donor_gained")["detail"].startswith("GLU241 OE1")


# Ions of the solvent


def test_sodium_moves_into_the_empty_site_and_passes_by(site):
    wrong = site(extra=["NA"])
    wrong.xyz[:, wrong.metal] = 500.0
    wrong.xyz[:, wrong.extra[0]] = wrong.middle + FAR
    wrong.xyz[4, wrong.extra[0]] = wrong.middle + FAR / 50
    wrong.xyz[WHEN:, wrong.extra[0]] = wrong.middle - FAR / 50
    found = wrong.judge(ion="apo")
    passing, staying = found[found["event"] == "ion_moved_in"].itertuples()
    assert (passing.severity, passing.frames) == ("note", 1)
    assert passing.start_ns == passing.end_ns == pytest.approx(4 * STEP_NS)
    assert (staying.severity, staying.frames) == ("warn", FRAMES - WHEN)
    assert staying.start_ns == pytest.approx(WHEN * STEP_NS)
    assert staying.detail.startswith("Na in the empty site")
    assert len(found) == 2


def test_a_second_magnesium_in_the_empty_site_is_caught_too(site):
    wrong = site()
    here = wrong.xyz[:, wrong.metal].copy()
    wrong.xyz[:WHEN, wrong.metal] = here[:WHEN] + FAR
    assert since(wrong.judge(), "ion_moved_in")["detail"].startswith("Mg in the empty site")


def test_magnesium_of_the_solvent_moves_into_the_empty_site(site):
    """A box with MgCl₂: `apo` by what the first frames show, although there is Mg²⁺."""
    wrong = site(extra=["MG", "MG"])
    here = wrong.xyz[:, wrong.metal].copy()
    wrong.xyz[:, wrong.metal] -= FAR
    good = wrong.series().results.table
    assert set(good["metal"]) == {"none"} and set(good["nearest_other_ion"]) == {"Mg"}
    assert (expect(good), expect(good, "apo")) == (Expected("none"), Expected("none"))
    assert wrong.judge().empty and wrong.judge("apo", "closed").empty
    wrong.xyz[WHEN:, wrong.extra[1]] = here[WHEN:]
    for found in (wrong.judge(), wrong.judge("apo", "closed")):
        row = since(found, "ion_moved_in")
        assert row["severity"] == "warn" and row["detail"].startswith("Mg in the empty site")


def test_magnesium_of_the_solvent_does_not_hide_that_the_metal_leaves(site):
    wrong = site(extra=["MG"])
    assert alarms(wrong.judge("mg", "closed")).empty
    wrong.xyz[WHEN:, wrong.metal] -= FAR
    found = wrong.judge("mg", "closed")
    assert since(found, "metal_left")["severity"] == "fail"
    assert "metal_exchanged" not in set(found["event"])


def test_magnesium_of_the_solvent_takes_the_metal_s_place(site):
    """Element and shell are as they should be in every frame; the ion is another one."""
    wrong = site(extra=["MG"])
    wrong.xyz[WHEN:, wrong.extra[0]] = wrong.xyz[WHEN:, wrong.metal]
    wrong.xyz[WHEN:, wrong.metal] += FAR
    found = wrong.judge("mg", "closed")
    row = since(found, "metal_exchanged")
    assert row["severity"] == "warn"
    assert f"atom {wrong.extra[0] + 1} instead of atom {wrong.metal + 1}" in row["detail"]
    assert set(alarms(found)["event"]) == {"metal_exchanged"}


def test_magnesium_of_the_solvent_comes_near_calcium(site):
    wrong = site(metal="CA", extra=["MG"])
    wrong.xyz[WHEN:, wrong.extra[0]] = wrong.xyz[WHEN:, wrong.metal] + [2.2, 2.2, 1.0]
    row = since(wrong.judge("ca", "closed"), "ion_moved_in")
    assert row["detail"].startswith("Mg")


def test_a_second_ion_beside_the_metal(site):
    wrong = site(extra=["NA"])
    wrong.xyz[WHEN:, wrong.extra[0]] = wrong.xyz[WHEN:, wrong.metal] + [2.2, 2.2, 1.0]
    row = since(wrong.judge(), "ion_moved_in")
    assert row["severity"] == "warn" and row["detail"].startswith("Na 3.3 Å from the metal")


def test_an_ion_that_hovers_at_the_edge_is_one_visit():
    table = synthetic(40, metal="none")
    table["nearest_other_ion_angstrom"] = [12.0] * 10 + [3.9, 4.2] * 10 + [12.0] * 10
    row = the(events(table, Expected("none")), "ion_moved_in")
    assert row["frames"] == 20


# What is normal for which metal


@pytest.mark.parametrize(("metal", "off"), [("CA", False), ("MG", True), ("MN", True)])
def test_eight_oxygens_are_normal_for_calcium_alone(site, metal, off):
    shell = site(metal=metal, extra=["O", "O", "O"])
    centre = shell.xyz[:, shell.metal]
    around = [d for d in [*shell.donor.values(), *shell.waters[:3]] if _away(shell, d) < 3.0]
    taken = (shell.xyz[0, around] - centre[0]) / 2.1
    ways = Rotation.random(500, rng=np.random.default_rng(1)).apply([1.0, 0, 0])
    for water in shell.extra[: 8 - len(around)]:
        way = ways[np.argmin((ways @ taken.T).max(axis=1))]
        shell.xyz[:, water] = centre + 2.4 * way
        taken = np.vstack([taken, way])
    found = shell.judge()
    table = shell.series().results.table
    assert (table["coordination_number"] == 8).all()
    assert ("coordination_off" in set(found["event"])) == off
    assert alarms(found).empty != off


@pytest.mark.parametrize(
    ("metal", "number", "severity"),
    [
        *(("Mg", n, None if n == 6 else "fail") for n in (4, 5, 6, 7, 8)),
        *(("Ca", n, None if 6 <= n <= 8 else "warn") for n in (5, 6, 7, 8, 9)),
        *(("Na", n, None if 5 <= n <= 6 else "warn") for n in (4, 5, 6, 7)),
        ("Zn", 4, None),
    ],
)
def test_coordination_numbers(metal, number, severity):
    table = synthetic(20, metal=metal)
    table["coordination_number"], table["coordination_smooth"] = number, number - 0.05
    found = events(table, Expected(metal, "closed"))
    off = found[found["event"] == "coordination_off"]
    assert off["severity"].tolist() == ([severity] if severity else [])


def test_a_bidentate_carboxylate_is_normal_for_calcium():
    table = synthetic(20, metal="Ca").assign(asp239_far_angstrom=2.5)
    assert the(events(table, Expected("Ca", "closed")), "bidentate")["severity"] == "note"


# Flickers and changes


@pytest.mark.parametrize(("frames", "counts"), [(1, 0), (2, 0), (3, 1), (20, 1)])
def test_what_lasts_three_frames_counts(frames, counts):
    table = synthetic(60)
    table.loc[20 : 20 + frames - 1, "ser141_angstrom"] = 3.6
    found = events(table, Expected("Mg", "closed"))
    assert (found["event"] == "donor_lost").sum() == counts
    assert (found["event"] == "site_intact_lost").sum() == counts


@pytest.mark.parametrize(("frames", "counts"), [(9, 0), (10, 1)])
def test_what_lasts_a_picosecond_counts_where_frames_are_dense(frames, counts):
    table = synthetic(60, step_ns=0.0001)
    table.loc[20 : 20 + frames - 1, "ser141_angstrom"] = 3.6
    assert (events(table, Expected("Mg", "closed"))["event"] == "donor_lost").sum() == counts


def test_a_change_in_the_last_frame_alone_is_caught():
    table = synthetic(60)
    table.loc[59, "ser141_angstrom"] = 3.6
    row = the(events(table, Expected("Mg", "closed")), "donor_lost")
    assert (row["frames"], row["start_ns"]) == (1, pytest.approx(59 * STEP_NS))
    table = synthetic(60)
    table.loc[59, "metal"] = "none"
    assert "metal_left" in set(events(table, Expected("Mg", "closed"))["event"])


def test_a_bond_that_hovers_between_the_thresholds_keeps_its_state():
    table = synthetic(60)
    table["ser141_angstrom"] = [2.5, 2.9] * 30
    assert events(table, Expected("Mg", "closed"), [frozenset()] * 60).empty
    table["ser141_angstrom"] = [2.5] * 20 + [3.1, 2.7] * 20
    row = the(events(table, Expected("Mg", "closed")), "donor_lost")
    assert row["frames"] == 40


def test_a_short_gap_does_not_split_an_event():
    table = synthetic(60)
    table.loc[20:40, "ser141_angstrom"] = 3.6
    table.loc[30, "ser141_angstrom"] = 2.1
    assert the(events(table, Expected("Mg", "closed")), "donor_lost")["frames"] == 21


def test_the_filter_itself():
    def flags(text):
        return np.array([c == "1" for c in text])

    def text(found):
        return "".join("01"[int(f)] for f in found)

    assert text(settled(flags("0010011000111000"), 3)) == "0000000000111000"
    assert text(settled(flags("0001011101100"), 3)) == "0000111111000"
    assert text(settled(flags("1110110111"), 3)) == "1111111111"
    assert text(settled(flags("00001"), 3)) == "00001"
    assert text(hysteresis(flags("0100000100"), flags("0000100000"))) == "0111000111"
    assert stretches(flags("1100101")) == [(0, 2), (4, 5), (6, 7)]
    assert persistence(np.array([5.0])) == persistence(np.zeros(9)) == 3
    assert persistence(np.arange(9) * 1e-4) == 10


# Waters


def test_a_water_is_exchanged(site):
    wrong = site(extra=["O", "O"])
    first, _, old = sorted(wrong.waters[:3])
    here, new = wrong.extra
    # The first water in the file is a far one: they are not listed nearest first.
    wrong.xyz[:, here] = wrong.xyz[:, first]
    wrong.xyz[:, first] += 3 * FAR
    wrong.xyz[WHEN:, new] = wrong.xyz[WHEN:, old]
    wrong.xyz[WHEN:, old] += FAR
    series = wrong.series()
    shells = series.waters()
    assert shells is not None
    found = events(series.results.table, Expected("Mg", "closed"), shells)
    row = since(found, "water_exchanged")
    assert row["severity"] == "note" and row["detail"] == (
        f"HOH801 (atom {new + 1}) came for HOH503 (atom {old + 1})"
    )
    assert "water_exchange_unknown" not in set(found["event"])


def test_waters_listed_nearest_first_are_no_molecules(site):
    slots = site(extra=["O"])
    places = sorted([*slots.waters, slots.extra[0]])
    away = np.linalg.norm(slots.xyz[0, places] - slots.xyz[0, slots.metal], axis=1)
    slots.xyz[:, places] = slots.xyz[:, np.array(places)[np.argsort(away)]]
    found = slots.judge()
    row = the(found, "water_exchange_unknown")
    assert (row["severity"], row["frames"]) == ("note", FRAMES)
    assert "water_exchanged" not in set(found["event"])


# Expectations


def test_metal_and_state_are_read_from_the_first_frames(site):
    for state in ("closed", "open"):
        table = site(state, frames=12).series().results.table
        assert expect(table) == Expected("Mg", state)
        table.loc[1:3, "pattern"] = "mixed"
        assert expect(table) == Expected("Mg", state)
        assert expect(table, "ca", "open") == Expected("Ca", "open")
    table = site("bound", frames=12).series().results.table
    assert expect(table) == Expected("Mg", "bound")
    assert expect(table, state="open") == Expected("Mg", "open")
    # Gone from most of the first frames: what is left is the open site.
    table.loc[3:, "donors"] = table["donors"].str.replace("B:GLU34 OE2; ", "")
    assert expect(table) == Expected("Mg", "open")
    assert expect(synthetic(5, metal="none")) == Expected("none", "")
    assert expect(synthetic(5, metal="Na")) == Expected("none", "")
    assert expect(synthetic(5, metal="Na"), "na") == Expected("Na", "closed")


def test_an_unknown_state_is_judged_by_what_both_share():
    table = synthetic(30).assign(thr206_angstrom=2.1)
    assert alarms(events(table, Expected("Mg"))).empty
    table["ser139_angstrom"] = 3.5
    assert "donor_lost" in set(events(table, Expected("Mg"))["event"])


def test_the_wrong_state_is_seen(site):
    found = site("open").judge(state="closed")
    assert {"asp239_lost", "donor_gained"} <= set(found["event"])


# The program


def run(*arguments):
    return standalone(midas.add_arguments, midas.run, [str(a) for a in arguments])


@pytest.fixture
def written(site, tmp_path):
    wrong = site(frames=8)
    wrong.place(wrong.donor["ser141_og"], 4.0, slice(4, None))
    wrong.universe.load_new(wrong.xyz.astype(np.float32), dt=STEP_NS * 1000)
    topology, trajectory = tmp_path / "top.pdb", tmp_path / "run.xtc"
    with Writer(str(trajectory), wrong.universe.atoms.n_atoms) as writer:
        for _ in wrong.universe.trajectory:
            writer.write(wrong.universe.atoms)
    wrong.universe.trajectory[0]
    wrong.universe.atoms.write(str(topology))
    return topology, trajectory


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("workers", [1, 2])
def test_the_program_writes_table_and_events(written, tmp_path, capsys, workers):
    topology, trajectory = written
    output, gate = tmp_path / "m.csv", tmp_path / "e.csv"
    usual = ["--topology", topology, "--trajectory", trajectory, "--workers", workers]
    status = run(*usual, "--output", output, "--events-output", gate, "--state", "closed")
    assert status == 0
    assert len(pd.read_csv(output)) == 8
    found = pd.read_csv(gate)
    assert found.columns.tolist() == list(COLUMNS)
    row = the(found, "donor_lost")
    assert (row["start_ns"], row["end_ns"]) == pytest.approx((4 * STEP_NS, 7 * STEP_NS))
    said = capsys.readouterr().out
    assert "judged as closed, Mg: 3 alarms" in said and "donor_lost (fail) from 0.2 ns" in said


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_all_files_are_written_or_none(written, make_chain, tmp_path, capsys):
    topology, trajectory = written
    make_chain("ACDEFGHIKLMNPQRSTVWY" * 9).atoms.write(str(tmp_path / "other.pdb"))
    folder = tmp_path / "results"
    output, gate = folder / "m.csv", folder / "e.csv"
    usual = ["--topology", topology, "--trajectory", trajectory]
    (tmp_path / "file").touch()
    for says, arguments in {
        "no αL I domain": ["--topology", tmp_path / "other.pdb", "--events-output", gate],
        "named for two tables": [*usual, "--events-output", output],
        "cannot be written": [*usual, "--events-output", tmp_path / "file" / "e.csv"],
        "it is the input": [*usual, "--events-output", trajectory],
    }.items():
        assert run(*arguments, "--output", output) == 2, says
        assert says in capsys.readouterr().err
        assert not folder.exists()


def test_a_good_structure_gives_an_empty_table_of_events(state_file, tmp_path, capsys):
    gate = tmp_path / "e.csv"
    arguments = ["--topology", state_file("open"), "--output", tmp_path / "m.csv"]
    assert run(*arguments, "--events-output", gate) == 0
    assert alarms(pd.read_csv(gate)).empty
    assert "judged as open, Mg: no alarm" in capsys.readouterr().out


def test_the_ligand_of_a_bound_state_is_watched(state_file):
    """Glu34 of ICAM-1 goes 1.5 Å away from the metal: nothing else of the site is touched."""
    site = Site(state_file("bound"))
    glu = site.universe.select_atoms("resname GLU and resid 34 and name OE* and segid B").indices
    assert len(glu) == 2
    expected = Expected("Mg", "bound")
    quiet = events(site.series().results.table, expected, None, None)
    assert quiet[quiet["severity"] == "fail"].empty
    assert "donor_gained" not in set(quiet["event"])  # it is expected there
    for atom in glu.tolist():
        site.place(atom, 3.6, slice(WHEN, None))
    found = events(site.series().results.table, expected, None, None)
    (row,) = found[found["event"] == "ligand_lost"].itertuples()
    assert (row.severity, row.start_ns) == ("fail", pytest.approx(WHEN * STEP_NS))
    assert "Glu34 of the ligand" in row.detail
    # A state without a ligand misses none.
    alone = events(site.series().results.table, Expected("Mg", "open"), None, None)
    assert "ligand_lost" not in set(alone["event"])
