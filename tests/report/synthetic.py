"""Writes results trees with known effects, laid out exactly as the pipeline lays them out.

Run as a program to get a tree for looking at the report: ``python tests/report/synthetic.py DIR``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from lfa1_analysis.interface.residue_pairs import pair_table
from lfa1_analysis.interface.verdict import verdicts
from lfa1_analysis.metal_site.expectation import expect
from lfa1_analysis.metal_site.gate import events
from lfa1_analysis.proteins.ion_names import BESIDE, MG_SHAM
from lfa1_md.study.configfile import check
from lfa1_md.study.settings import StudyConfig

TRUTH = {
    "closed": {"shift": -0.6, "fraction": 0.06, "gap": 3.8, "glu": 12.0, "midas": 20.2},
    "open": {"shift": 7.6, "fraction": 0.93, "gap": 3.0, "glu": 9.5, "midas": 26.0},
    "bound": {"shift": 4.5, "fraction": 0.50, "gap": 2.9, "glu": 6.5, "midas": 23.9},
}
POCKET = {
    "closed": (6.2, 7.4, 4.4),
    "open": (3.6, 8.0, 11.0),
    "bound": (8.5, 3.2, 10.1),
}
DONORS = {
    "closed": ("ser139", "ser141", "asp239"),
    "open": ("ser139", "ser141", "thr206"),
    "bound": ("ser139", "ser141", "thr206"),
}


def correlated(rng: np.random.Generator, n: int, tau: float, sd: float) -> np.ndarray:
    """AR(1) series with correlation time `tau` (frames)."""
    keep = np.exp(-1 / tau)
    noise = rng.normal(size=n) * np.sqrt(1 - keep**2)
    noise[0] = rng.normal()
    out = np.empty(n)
    out[0] = noise[0]
    for i in range(1, n):
        out[i] = keep * out[i - 1] + noise[i]
    return out * sd


def write_study(
    root: Path,
    *,
    replicas: int = 8,
    n_frames: int = 400,
    frame_ns: float = 1.25,
    ions: tuple[str, ...] = ("mg", "apo"),
    states: tuple[str, ...] = ("closed", "open"),
    effect: dict[str, float] | None = None,
    spread: float = 0.3,
    broken: tuple[tuple[str, int], ...] = (),
    missing: tuple[tuple[str, int], ...] = (),
    sodium: tuple[tuple[str, int], ...] = (),
    seed: int = 1,
) -> Path:
    """Write a tree below `root` and return it.

    Parameters
    ----------
    effect : dict
        Added to the systems that hold a metal: ``shift``, ``fraction``, ``gap`` …
    spread : float
        Standard deviation between replicas, Å.
    broken, missing, sodium : pairs of system and replica
        Metal site lost; nothing there at all; Na⁺ visits to the empty site.
    """
    for state in states:
        _prepared(root, state)
        for ion in ions:
            system = f"{state}-{ion}"
            _manifest(root, system, state, ion)
            for n in range(replicas):
                if (system, n) in missing:
                    continue
                rng = np.random.default_rng([seed, n, len(state), sum(map(ord, ion))])
                pair = np.random.default_rng([seed, n, len(state)])
                folder = root / "analysis" / system / f"replica-{n}"
                folder.mkdir(parents=True)
                time = (np.arange(n_frames) + 1) * frame_ns
                shift = {} if ion == "apo" else (effect or {})
                opening = _opening(rng, pair, time, state, shift, spread)
                opening.to_csv(folder / "opening.csv", index=False)
                midas = _midas(rng, time, state, ion, (system, n) in broken, (system, n) in sodium)
                midas.to_csv(folder / "midas.csv", index=False)
                expected = expect(midas, ion.partition("_")[0], state)
                events(midas, expected).to_csv(folder / "midas-events.csv", index=False)
                _flexibility(rng, time).to_csv(folder / "flexibility.csv", index=False)
                _rmsf(rng, n_frames).to_csv(folder / "rmsf.csv", index=False)
                if state == "bound":
                    _interface(rng, time, ion, folder, leaves=n % 3 == 2)
                _production(root, system, n, time, rng)
    _config(root, replicas, n_frames, frame_ns, states, ions)
    return root


def _opening(
    rng: np.random.Generator,
    pair: np.random.Generator,
    time: np.ndarray,
    state: str,
    effect: dict[str, float],
    spread: float,
) -> pd.DataFrame:
    n = len(time)
    base = {k: v + effect.get(k, 0.0) for k, v in TRUTH[state].items()}
    common = pair.normal() * spread

    def series(mean: float, sd: float, tau: float = 6.0) -> np.ndarray:
        own = rng.normal() * spread * sd
        return mean + (common * 0.5 + own) * sd / 0.6 + correlated(rng, n, tau, sd)

    shift = series(base["shift"], 0.6)
    leu289, phe292, leu295 = (series(x, 0.4) for x in POCKET[state])
    pocket = np.stack([leu295, phe292, leu289])
    names = np.array(["closed", "intermediate", "open"])
    occupant = np.where(pocket.min(0) < 5.5, names[pocket.argmin(0)], "none")
    return pd.DataFrame(
        {
            "frame": np.arange(n),
            "time_ns": time,
            "alpha7_shift_angstrom": shift,
            "opening_fraction": series(base["fraction"], 0.05),
            "rmsd_closed_angstrom": np.abs(series(1.0 if state == "closed" else 2.4, 0.2)),
            "rmsd_open_angstrom": np.abs(series(2.4 if state == "closed" else 1.0, 0.2)),
            "midas_alpha7_angstrom": series(base["midas"], 0.4),
            "pocket_leu289_angstrom": leu289,
            "pocket_phe292_angstrom": phe292,
            "pocket_leu295_angstrom": leu295,
            "pocket_occupant": occupant,
            "ser139og_thr206og1_angstrom": series(base["gap"], 0.15),
            "glu241cd_ser139og_angstrom": series(base["glu"], 0.4),
        }
    )


def _midas(
    rng: np.random.Generator, time: np.ndarray, state: str, ion: str, broken: bool, sodium: bool
) -> pd.DataFrame:
    n = len(time)
    distance = {}
    for donor in ("ser139", "ser141", "thr206", "asp239", "asp137"):
        near = donor in DONORS[state]
        distance[donor] = (2.08 if near else 4.0) + rng.normal(size=n) * (0.06 if near else 0.25)
    number = np.full(n, 6)
    denticity = np.zeros(n, dtype=int)
    if broken:
        lost = np.arange(n) > n // 5
        distance["ser141"][lost] += 2.0
        distance["asp137"][lost] = 2.1
        number[lost], denticity[lost] = 5, 2
    table: dict[str, Any] = {
        "frame": np.arange(n),
        "time_ns": time,
        "metal": "none" if ion == "apo" else ion.partition("_")[0].capitalize(),
    }
    for donor in ("ser139", "ser141", "thr206", "asp239", "asp137"):
        table[f"{donor}_angstrom"] = distance[donor] + (0.9 if ion == "apo" else 0.0)
        if donor.startswith("asp"):
            far = np.where(denticity == 2, 0.1, 1.9) if donor == "asp137" else 1.9
            table[f"{donor}_far_angstrom"] = distance[donor] + far
    table |= {"ligand_angstrom": np.nan}
    for k in (1, 2, 3):
        table[f"water_{k}_angstrom"] = 2.08 + rng.normal(size=n) * 0.06 + 0.03 * k
    held = "+".join(DONORS[state])
    table |= {
        "coordination_number": 0 if ion == "apo" else number,
        "coordination_smooth": 0.0 if ion == "apo" else number - 0.05,
        "n_waters": 0 if ion == "apo" else 3,
        "asp137_denticity": denticity,
        "asp239_denticity": int(state == "closed" and ion != "apo"),
        "pattern": "none" if ion == "apo" else state,
        "donors": held,
        "nearest_other_ion": "Na",
        "nearest_other_ion_angstrom": 9.0 + correlated(rng, n, 10, 1.5),
    }
    frame = pd.DataFrame(table)
    if sodium:
        frame.loc[n // 2 : n // 2 + n // 4, "metal"] = "Na"
    return frame


def _interface(
    rng: np.random.Generator, time: np.ndarray, ion: str, folder: Path, leaves: bool
) -> None:
    """ICAM-1 on the I domain; without metal Glu34 leaves half-way where it is said to."""
    n = len(time)
    distance = 2.2 + np.abs(correlated(rng, n, 6, 0.1))
    kept = 0.95 + np.clip(correlated(rng, n, 10, 0.03), -0.2, 0.05)
    area = 1220 + correlated(rng, n, 10, 30)
    if ion == "apo":
        distance += 1.5 + correlated(rng, n, 10, 0.3)
        kept -= 0.1
        if leaves:
            distance[n // 2 :] += 4.0
            kept[n // 2 :] -= 0.3
            area[n // 2 :] -= 350
    on = ion != "apo"
    table = pd.DataFrame(
        {
            "frame": np.arange(n),
            "time_ns": time,
            "metal": ion.partition("_")[0].capitalize() if on else "none",
            "glu34_metal_angstrom": distance if on else np.nan,
            "glu34_denticity": 1 if on else np.nan,
            "metal_bound_to_ligand": 1 if on else np.nan,
            "glu34_midas_angstrom": distance,
            "contacts_kept_fraction": kept,
            "buried_area_angstrom2": area,
            "interface_rmsd_angstrom": 1.0 + np.abs(correlated(rng, n, 10, 0.2)),
        }
    )
    table.to_csv(folder / "interface.csv", index=False)
    verdicts(table).to_csv(folder / "interface-verdicts.csv", index=False)
    flags = {
        ("contact", 205, 34): np.ones(n, dtype=bool),
        ("salt_bridge", 241, 39): rng.random(n) < (0.9 if on else 0.4),
    }
    names = ("Leu205", "Glu241")
    pairs = pair_table(
        flags,
        flags,
        n,
        (lambda i: names[i == 241], lambda i: {34: "Glu34", 39: "Lys39"}[i]),
    )
    pairs.to_csv(folder / "interface-pairs.csv", index=False)


def _flexibility(rng: np.random.Generator, time: np.ndarray) -> pd.DataFrame:
    n = len(time)
    return pd.DataFrame(
        {
            "frame": np.arange(n),
            "time_ns": time,
            "radius_of_gyration_angstrom": 15.2 + correlated(rng, n, 8, 0.1),
            "longest_extent_angstrom": 50 + correlated(rng, n, 8, 0.8),
            "alpha7_helicity": np.clip(0.9 + correlated(rng, n, 8, 0.05), 0, 1),
            "contacts_lost": rng.poisson(12, n),
            "contacts_won": rng.poisson(9, n),
            "rmsd_first_angstrom": 1.2 + correlated(rng, n, 20, 0.15),
        }
    )


def _rmsf(rng: np.random.Generator, n_frames: int) -> pd.DataFrame:
    residues = np.arange(128, 308)
    bumps = sum(
        height * np.exp(-(((residues - centre) / width) ** 2))
        for centre, width, height in ((128, 3, 2.0), (155, 5, 0.6), (205, 4, 0.8), (300, 8, 1.8))
    )
    return pd.DataFrame(
        {
            "residue": residues,
            "residue_name": "ALA",
            "rmsf_angstrom": 0.5 + bumps + np.abs(rng.normal(size=len(residues))) * 0.08,
            "n_frames": n_frames,
        }
    )


def _sha(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _prepared(root: Path, state: str) -> None:
    folder = root / "prepared" / state
    folder.mkdir(parents=True)
    atoms = {"ser139": "SER139 OG", "ser141": "SER141 OG", "thr206": "THR206 OG1"}
    donors = [
        {"atom": atoms.get(d, "ASP239 OD1"), "distance_angstrom": 2.08, "kind": "protein"}
        for d in DONORS[state]
    ] + [{"atom": f"HOH{k} O", "distance_angstrom": 2.1, "kind": "water"} for k in (1, 2, 3)]
    site = {
        "state": state,
        "metal": "MG",
        "accepted": True,
        "coordination_number": 6,
        "donors": donors,
        "asp137": {"denticity": 0, "nearest_angstrom": 4.1},
        "asp239": {"denticity": int(state == "closed"), "nearest_angstrom": 2.1},
        "source": "1CQP",
        "decisions": [{"what": "placed Mg²⁺", "why": "the entry has none <b>here</b>"}],
        "protonation": [{"residue": "HIS201", "variant": "HIE", "pka": 6.1, "why": ""}],
        "repairs": [{"what": "W189 reverted to R189", "why": "wild type"}],
        "provenance": {
            "entry": "3F74" if state == "closed" else "3HI6",
            "citation": f"Author A ({2009 + len(state)}) A crystal. A journal 1, 2. doi:10.1000/x",
        },
    }
    _json(folder / "site.json", site)


SETTINGS = {
    "chemistry": {
        "force_field": "ff19SB",
        "water": "OPC3",
        "ph": 7.4,
        "ionic_strength": "0.15 molar",
        "padding": "1 nm",
    },
    "dynamics": {"hydrogen_mass": "3 dalton", "cutoff": "0.9 nm"},
    "seed": 2022,
}
VERSIONS = {"openmm": "8.6.1", "lfa1-study": "0.1.0", "python": "3.11.7"}


def _manifest(root: Path, system: str, state: str, ion: str) -> None:
    folder = root / "systems" / system
    folder.mkdir(parents=True)
    manifest = {
        "system": system,
        "state": state,
        "ion": ion,
        "n_atoms": 21000,
        "n_protein_atoms": 2900,
        "n_waters": 6000,
        "ions": {"NA": 18, "CL": 17, "MG": int(ion.startswith("mg"))},
        "charge_e": 0,
        "ionic_strength_molar": 0.15,
        "box_vectors_nm": [[6.6, 0, 0], [0, 6.6, 0], [3.3, 3.3, 4.67]],
        "force_field": "ff19SB",
        "water": "OPC3",
        "pair": {
            "partner": f"{state}-{'apo' if ion != 'apo' else 'mg'}",
            "differences": []
            if ion == "mg"
            else ["Mg²⁺ removed (atom 2922)", "Cl⁻ turned into Na⁺ at the same place"],
        },
        "files": {"system.xml.gz": _sha(system), "topology.cif": _sha(system + "t")},
        "settings": SETTINGS,
        "settings_digest": "0123456789abcdef",
        "versions": VERSIONS,
    }
    _json(folder / "manifest.json", manifest)


def _production(
    root: Path, system: str, n: int, time: np.ndarray, rng: np.random.Generator
) -> None:
    folder = root / "production" / system / f"replica-{n}"
    folder.mkdir(parents=True)
    rows = len(time)
    temperature = 310 + rng.normal(size=rows) * 310 * np.sqrt(2 / 42000)
    potential = -250000 + correlated(rng, rows, 3, 400)
    kinetic = temperature * 42000 * 0.0083144626 / 2
    pd.DataFrame(
        {
            "time_ps": time * 1000,
            "potential_energy_kj_per_mol": potential,
            "kinetic_energy_kj_per_mol": kinetic,
            "total_energy_kj_per_mol": potential + kinetic,
            "temperature_kelvin": temperature,
            "volume_nm3": 205 + rng.normal(size=rows) * 0.4,
            "density_g_per_ml": 1.012 + rng.normal(size=rows) * 0.002,
        }
    ).to_csv(folder / "segment-0.csv", index=False)
    name = f"{system}{n}"
    segment = {
        "system": system,
        "replica": n,
        "segment": 0,
        "steps": round(time[-1] * 1e6 / 4),
        "timestep_fs": 4.0,
        "frames": rows,
        "first_time_ps": float(time[0] * 1000),
        "last_time_ps": float(time[-1] * 1000),
        "seed": 1000 + n,
        "platform": {"name": "CPU", "properties": {"Threads": "1"}},
        "ns_per_day": 3.4,
        "wall_seconds": 100.0,
        "files": {"segment-0.xtc": _sha(name), "segment-0.state.xml.gz": _sha(name + "s")},
        "started_from": {"file": "state.xml.gz", "sha256": _sha(name + "e")},
        "settings_digest": "fedcba9876543210",
        "versions": VERSIONS,
        "temperature_kelvin": {"mean": float(temperature.mean()), "sd": float(temperature.std())},
        "density_g_per_ml": {"mean": 1.012, "sd": 0.002},
    }
    _json(folder / "segment-0.json", segment)


def _config(
    root: Path,
    replicas: int,
    n_frames: int,
    frame_ns: float,
    states: tuple[str, ...],
    ions: tuple[str, ...],
) -> None:
    length = f"{n_frames * frame_ns * 1000:g} ps"
    lines = ["title: Mg²⁺ at the MIDAS of LFA-1", "seed: 2022", f"replicas: {replicas}", "states:"]
    lines += [f"  {state}: {{structure: {state}}}" for state in states]
    lines += [
        f"ions: [{', '.join(ion for ion in ions if not ion.startswith('mg_') or ion == MG_SHAM)}]",
        f"ion_models: [{', '.join(BESIDE[slug] for ion in ions if (slug := ion[3:]) in BESIDE)}]",
        "chemistry: {force_field: ff19SB, water: OPC3, temperature: 310 K, pressure: 1 bar}",
        "equilibration:",
        "  - {name: heat, ensemble: NVT, duration: 100 ps, timestep: 2 fs, "
        "restraint: 1000 kJ/mol/nm^2}",
        "  - {name: release, ensemble: NPT, duration: 2 ns, timestep: 4 fs}",
        "production:",
        f"  duration: {length}",
        f"  segment: {length}",
        f"  frame_interval: {frame_ns * 1000:g} ps",
        f"  energy_interval: {frame_ns * 1000:g} ps",
    ]
    (root / "config.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


MINIMAL = """
states: {closed: {structure: closed}}
equilibration: [{name: heat, ensemble: NVT, duration: 100 ps}]
production: {duration: 1 ns, segment: 1 ns, frame_interval: 10 ps, energy_interval: 10 ps}
"""


def configuration(root: Path | None = None, **changes: Any) -> StudyConfig:
    """Return the checked configuration of a tree, or a minimal one, with some keys changed."""
    text = MINIMAL if root is None else (root / "config.yaml").read_text(encoding="utf-8")
    return check(yaml.safe_load(text) | changes, "the test's configuration")


def _json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    options: dict[str, Any] = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    for key in ("broken", "missing", "sodium"):
        if key in options:
            options[key] = tuple((system, n) for system, n in options[key])
    write_study(Path(sys.argv[1]), **options)
