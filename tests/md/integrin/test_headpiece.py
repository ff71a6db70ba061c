"""A headpiece from its entry to dynamics, through the program: minutes on one core."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from lfa1_cli import main as cli
from lfa1_md.box import system
from lfa1_md.run import states
from lfa1_md.run.site_frames import examine

SITES = ["propeller_1", "propeller_2", "propeller_3", "propeller_4"]
SITES += ["beta_i_midas", "admidas", "symbs"]
STAGES = [
    {"name": "heat", "ensemble": "NVT", "duration": "0.02 ps", "restraint": "1000 kJ/mol/nm^2"},
    {"name": "release", "ensemble": "NPT", "duration": "0.01 ps"},
]


@pytest.mark.slow
def test_a_headpiece_is_prepared_minimised_and_stepped(headpiece_file, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENMM_CPU_THREADS", "1")
    monkeypatch.chdir(tmp_path)
    production = {
        "duration": "0.04 ps",
        "segment": "0.04 ps",
        "frame_interval": "0.02 ps",
        "energy_interval": "0.02 ps",
    }
    content = {
        "states": {
            "closed": {
                "structure": str(headpiece_file),
                "gaps": "cap",
                "integrin": {"titrate": "beta_i_midas", "sites": {"symbs": "ca", "admidas": "ca"}},
            }
        },
        "ions": ["mg", "apo"],
        "replicas": 1,
        "platform": "CPU",
        "chemistry": {"padding": "0.8 nm", "box": "rectangular"},
        "minimisation": {"max_iterations": 30},
        "equilibration": STAGES,
        "production": production,
    }
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(content))

    def lfa1(*words):
        assert cli.main([words[0], "--config", "c.yaml", *words[1:]]) == 0

    lfa1("prepare", "--state", "closed", "--output-dir", "prepared", "--threads", "1")
    record = json.loads((tmp_path / "prepared/site.json").read_text())
    assert record["accepted"] and list(record["sites"]) == SITES
    assert len(record["disulfides"]) == 9
    assert sum("glycan" in d["what"] for d in record["decisions"]) == 8
    charged = {p["residue"] for p in record["protonation"] if "metal site" in p["why"]}
    assert {"beta GLU229", "beta ASP226", "beta ASP138"} <= charged

    lfa1("solvate", "--state", "closed", "--prepared", "prepared", "--output-dir", "solvated")
    for ion in ("mg", "apo"):
        where = ("--solvated", "solvated", "--output-dir", f"systems/closed-{ion}")
        lfa1("build", "--system", f"closed-{ion}", *where)
    made, empty = (system.load(tmp_path / f"systems/closed-{ion}") for ion in ("mg", "apo"))
    assert made.manifest["charge_e"] == empty.manifest["charge_e"] == 0
    assert made.manifest["ions"]["CA"] == empty.manifest["ions"]["CA"] == 6
    assert np.array_equal(made.model.positions[:-1], empty.model.positions)
    metals = {s["name"]: s["metal"] for s in empty.manifest["sites"]}
    assert metals == {name: "none" if name == "beta_i_midas" else "ca" for name in SITES}

    folder, start = ("--system-dir", "systems/closed-mg"), "minimised.state.xml.gz"
    lfa1("minimise", *folder, "--output", start, "--threads", "1")
    minimised = states.read(tmp_path / start, made.manifest["n_atoms"])
    assert_accepted(made, minimised)
    replica = (*folder, "--replica", "0", "--threads", "1")
    lfa1("equilibrate", *replica, "--state", start, "--output-dir", "equilibrated")
    lfa1(
        *("simulate", *replica, "--segment", "0", "--from", "equilibrated/state.xml.gz"),
        *("--output-dir", "production"),
    )
    rows = pd.read_csv(tmp_path / "production/segment-0.csv")
    assert np.isfinite(rows.select_dtypes("number").to_numpy()).all() and len(rows) == 2
    record = json.loads((tmp_path / "production/segment-0.json").read_text())
    assert not [e for e in record["site_events"] if e["severity"] == "fail"]
    final = states.read(tmp_path / "production/segment-0.state.xml.gz", made.manifest["n_atoms"])
    assert_accepted(made, final)


def assert_accepted(made, state):
    positions = state.getPositions(asNumpy=True)._value
    seen = examine(made, positions, state.getPeriodicBoxVectors(asNumpy=True)._value)
    assert [s.name for s in seen] == SITES
    assert {s.name: s.faults for s in seen if s.faults} == {}
