"""Configurations that `lfa1 config` must refuse, and unusual ones that it must understand."""

from __future__ import annotations

import json
import time

import openmm
import pytest
import yaml

CONFIG = """\
states:
  closed: {structure: closed}
replicas: 2
chemistry:
  padding: 1 nm
  ph: 7.4
equilibration:
  - {name: heat, ensemble: NVT, duration: 1 ps, restraint: 1000 kJ/mol/nm^2}
  - {name: release, ensemble: NPT, duration: 1 ps}
production:
  duration: 4 ps
  segment: 2 ps
  frame_interval: 1 ps
  energy_interval: 1 ps
"""
BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)

CHANGES = {
    "unknown key": ("replicas: 2", "replica: 2", ["'replica'", "did you mean 'replicas'"]),
    "unknown key inside": ("padding:", "pading:", ["chemistry.pading", "padding"]),
    "unit missing": ("1 nm", "1.0", ["chemistry.padding", "1.0", "needs a"]),
    "wrong unit": ("1 nm", "1 ps", ["chemistry.padding", "1 ps", "nm"]),
    "unknown unit": ("1 nm", "1 nanometer_s", ["chemistry.padding", "nanometer_s"]),
    "negative": ("1 nm", "-1 nm", ["chemistry.padding", "-1 nm"]),
    "MgCl2 without unit": ("ph: 7.4", "bulk_mgcl2: 0.005", ["chemistry.bulk_mgcl2", "unit"]),
    "negative MgCl2": ("ph: 7.4", "bulk_mgcl2: -5 mM", ["chemistry.bulk_mgcl2", "-5 mM"]),
    "MgCl2 beyond reason": ("ph: 7.4", "bulk_mgcl2: 5 M", ["chemistry.bulk_mgcl2", "5 M"]),
    "MgCl2 by a stranger": ("  ph: 7.4", "  bulk_mgcl2: 5 mM\n  ion_model: nanoMg\nions: [apo]",
                            ["nanoMg", "OPC3"]),
    "zero": ("duration: 4 ps", "duration: 0 ps", ["production.duration", "0 ps"]),
    "NaN quantity": ("duration: 4 ps", "duration: nan ps", ["duration", "nan ps", "finite"]),
    "infinite quantity": ("duration: 4 ps", "duration: inf ps", ["production.duration", "finite"]),
    "overflow": ("duration: 4 ps", "duration: 1e999 ps", ["production.duration", "1e999"]),
    "huge": ("duration: 4 ps", "duration: 1e30 ps", ["production.duration", "1e30 ps"]),
    "too many segments": ("duration: 4 ps", "duration: 1000 us", ["segment"]),
    "power tower": ("1 nm", "9**9**9**9 nm", ["chemistry.padding", "9**9**9**9"]),
    "unit power tower": ("1 nm", "1 nm**9**9**9**9", ["chemistry.padding"]),
    "prose": ("1 nm", "about one nanometre", ["chemistry.padding", "about one"]),
    "long value": ("1 nm", "1 nm" * 5000, ["chemistry.padding"]),
    "NaN": ("ph: 7.4", "ph: .nan", ["chemistry.ph", "nan"]),
    "infinity": ("ph: 7.4", "ph: .inf", ["chemistry.ph", "inf"]),
    "yes for a number": ("ph: 7.4", "ph: yes", ["chemistry.ph", "True"]),
    "list for a section": ("  padding: 1 nm\n  ph: 7.4", "  [1 nm]", ["chemistry", "keys"]),
    "list for a value": ("padding: 1 nm", "padding: [1 nm]", ["chemistry.padding", "1 nm"]),
    "key twice": ("replicas: 2", "replicas: 2\nreplicas: 8", ["line 4", "'replicas'", "twice"]),
    "key twice inside": ("ph: 7.4", "ph: 7.4\n  ph: 6", ["line 7", "'ph'", "twice"]),
    "tab": ("  padding", "\tpadding", ["line 5", "tab"]),
    "number as key": ("replicas: 2", "replicas: 2\n7: 8", ["'7'"]),
    "no states": ("  closed: {structure: closed}", "  {}", ["states", "empty"]),
    "null states": ("  closed: {structure: closed}", "", ["states"]),
    "wrong state name": ("closed:", "bent:", ["states", "'bent'", "closed or open"]),
    "structure missing": ("{structure: closed}", "{chain: A}", ["states.closed.structure"]),
    "segment no multiple": ("segment: 2 ps", "segment: 3 ps", ["duration", "4 ps", "3 ps"]),
    "replicas as text": ("replicas: 2", "replicas: two", ["replicas", "'two'"]),
    "replicas as quoted number": ("replicas: 2", "replicas: '2'", ["replicas", "'2'"]),
    "replicas as bool": ("replicas: 2", "replicas: true", ["replicas", "True"]),
    "replicas as fraction": ("replicas: 2", "replicas: 2.5", ["replicas", "2.5"]),
    "seed as bool": ("replicas: 2", "seed: true", ["seed", "True"]),
    "still restrained": ("NPT, duration: 1 ps", "NPT, duration: 1 ps, restraint: 9 kJ/mol/nm^2",
                         ["'release'", "still restrained"]),
    "stage without ensemble": ("ensemble: NPT, ", "", ["equilibration.1.ensemble", "missing"]),
    "cold stage": ("NPT, duration: 1 ps", "NPT, duration: 1 ps, temperature: -5 K",
                   ["equilibration.1.temperature", "-5 K"]),
    "unclosed bracket": ("structure: closed}", "structure: closed", ["line"]),
    "unknown alias": ("replicas: 2", "replicas: *two", ["line 3", "two"]),
    "python object": ("replicas: 2", "replicas: !!python/name:os.system", ["line 3"]),
    "endless alias": ("replicas: 2", "replicas: &a [*a]", ["line 3", "itself"]),
    "alias bomb": ("replicas: 2", BOMB + "replicas: *a11", ["aliases"]),
    "deeply nested": ("replicas: 2", "replicas: " + "[" * 20000, ["nested"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_a_bad_value(here, refused, case):
    old, new, mentions = CHANGES[case]
    assert CONFIG.count(old) == 1
    (here / "my.yaml").write_text(CONFIG.replace(old, new))
    start = time.process_time()  # whatever else the machine does meanwhile
    refused("config", "my.yaml", mentions=["my.yaml", *mentions])
    assert time.process_time() - start < 10


def test_no_equilibration(here, refused):
    content = yaml.safe_load(CONFIG) | {"equilibration": []}
    (here / "my.yaml").write_text(yaml.safe_dump(content))
    refused("config", "my.yaml", mentions=["my.yaml", "equilibration"])


FILES = {
    "empty": (b"", "no keys"),
    "comments alone": (b"# nothing\n", "no keys"),
    "a list": (b"- states\n- ions\n", "no keys"),
    "a word": (b"closed\n", "no keys"),
    "binary": (bytes(range(256)), "not UTF-8"),
    "NUL bytes": (b"replicas: 2\0\n", "special characters"),
    "latin-1": ("title: M\xfcller\n".encode("latin-1"), "not UTF-8"),
    "UTF-16": (CONFIG.encode("utf-16"), "not UTF-8"),
    "JSON with a key twice": (b'{"states": {}, "states": {}}', "'states' is given twice"),
    "two documents": (f"{CONFIG}---\n{CONFIG}".encode(), "single document"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file(here, refused, case):
    content, problem = FILES[case]
    (here / "my.yaml").write_bytes(content)
    refused("config", "my.yaml", mentions=["my.yaml", problem])


def test_no_file(here, refused):
    (here / "folder").mkdir()
    (here / "loop.yaml").symlink_to("loop.yaml")
    refused("config", "absent.yaml", mentions=["absent.yaml", "no such"])
    refused("config", "folder", mentions=["folder", "directory"])
    refused("config", "loop.yaml", mentions=["loop.yaml", "symbolic link"])


def test_no_name(refused):
    refused("config", mentions=["configuration file"])


UNUSUAL = {
    "CRLF": CONFIG.replace("\n", "\r\n").encode(),
    "byte order mark": CONFIG.encode("utf-8-sig"),
    "JSON with tabs": json.dumps(yaml.safe_load(CONFIG), indent="\t").encode(),
    "no line end": CONFIG.rstrip().encode(),
    "other letters": ("title: Größe 模型 Mg²⁺\n" + CONFIG).encode(),
    "an alias": CONFIG.replace("replicas: 2", "replicas: &n 2\nseed: *n").encode(),
    "a merged stage": CONFIG.replace(
        "- {name: heat", "- &s {name: warm, ensemble: NVT, duration: 1 ps}\n  - {<<: *s, name: heat"
    ).encode(),
}


@pytest.mark.parametrize("case", UNUSUAL)
def test_an_unusual_file(here, capsys, case):
    from lfa1_cli.main import main

    (here / "my config Å.yaml").write_bytes(UNUSUAL[case])
    assert main(["config", "my config Å.yaml"]) == 0
    assert "2 systems × 2 replicas × 0.004 ns" in capsys.readouterr().out


def test_a_state_that_is_not_in_it(refused, study):
    command = ("prepare", "--config", study(), "--state", "clsoed", "--output-dir", "out")
    refused(*command, mentions=["study.yaml", "'clsoed'", "closed"])


@pytest.mark.parametrize("options", [("--threads", "0"), ("--platform", "OpenCL")])
def test_a_computer_that_is_not_there(refused, study, options):
    command = ("prepare", "--config", study(), "--state", "closed", "--output-dir", "out")
    refused(*command, *options, mentions=[options[1]])


def test_cuda_that_is_not_there(refused, study):
    names = {
        openmm.Platform.getPlatform(i).getName() for i in range(openmm.Platform.getNumPlatforms())
    }
    if "CUDA" in names:
        pytest.skip("CUDA is installed here")
    command = ("prepare", "--config", study(platform="CUDA"), "--state", "closed")
    refused(*command, "--output-dir", "out", mentions=["CUDA", "openmm-cuda"])
