"""Every command of README and documentation is run, the long ones as a dry run.

`make test-slow` runs the demonstration itself, and those of the how-tos that take long.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT

BIN = Path(sys.executable).parent
README, GUIDES = "README.md", ("docs/*.md", "docs/how_to/*.md")

PRODUCTION = "--directory production --configfile config/production.yaml"
LONG = {
    "make study": "make --dry-run study",
    "make test": "make --dry-run test",
    "make setup": "make --dry-run setup",
    "make wheels": "make --dry-run wheels",
    "make study-free-energy": "make --dry-run study-free-energy",
    "snakemake --cores 8": "snakemake --dry-run --quiet",
    "snakemake --cores 16": "snakemake --dry-run --quiet",
    "snakemake --cores 2 --directory small --configfile small.yaml --until build": "snakemake "
    "--cores 2 --directory small --configfile small.yaml --until build --dry-run --quiet",
    "snakemake integrins --cores 8": "snakemake integrins --cores 8 --dry-run --quiet",
    # The README shows the same as a dry run.
    f"snakemake --profile profiles/slurm {PRODUCTION}": "snakemake --profile profiles/slurm "
    f"{PRODUCTION} --dry-run",
    "lfa1 ion-check --water OPC3 --model CM --model 12-6-4 --quick": "lfa1 ion-check --water OPC3 "
    "--model CM --model 12-6-4 --quick --shell '10 ps' --window '0 ps'",
    # What the reader has: files of their own, here of the crystals.
    "lfa1 integrin --topology ectodomain.pdb --trajectory run.xtc": "lfa1 integrin "
    "--topology ectodomain.pdb --trajectory ectodomain.pdb",
    "lfa1 interface --topology complex.pdb --trajectory run.xtc": "lfa1 interface "
    "--topology structures/bound.cif --trajectory structures/bound.cif",
    "lfa1 doctor --config config/production.yaml": "lfa1 doctor --seconds 1",
    "lfa1 doctor --config own.yaml": "lfa1 doctor --seconds 1",
    # An editor waits for its user.
    "nano profiles/slurm/config.yaml": "test -f profiles/slurm/config.yaml",
}
NOT_HERE = {
    "conda ": "needs conda and its channels",
    "pip install": "needs an address, and would change the environment that the tests run in",
    "docker ": "needs Docker and its registry",
    "apptainer ": "needs Apptainer and a registry",
    "python benchmarks/openmm_avx.py": "compares two environments, each with an OpenMM fetched",
}


# Above some 8 seconds, and not in a dry run.
SLOW = ("lfa1 doctor", "lfa1 ion-check", "snakemake", "lfa1 deposit results/ --output-dir")


def commands(*patterns: str) -> list[str]:
    """Return what the pages' bash blocks say, line by line, each once; long ones made quick."""
    found = []
    for page in (page for pattern in patterns for page in sorted(ROOT.glob(pattern))):
        for block in re.findall(r"^( *)```bash\n(.*?)```", page.read_text("utf-8"), re.M | re.S):
            # A backslash at the end goes on in the next line.
            lines = block[1].replace("\\\n", " ").splitlines()
            said = (re.sub(r"\s# .*", "", line) for line in lines)
            found += [" ".join(line.split()) for line in said if line.strip()]
    for long, quick in LONG.items():
        found = [
            quick + text.removeprefix(long) if starts(text, long) and "--dry" not in text else text
            for text in found
        ]
    return list(dict.fromkeys(found))


def starts(text: str, command: str) -> bool:
    """Say whether a line begins with a command and not with a longer word."""
    return text == command or text.startswith(f"{command} ")


def listed() -> list:
    """Return the README's commands, then the other pages'; of those the `SLOW` ones as slow."""
    first = commands(README)
    others = [text for text in commands(*GUIDES) if text not in first]
    slow = {text for text in others if text.startswith(SLOW)}
    slow |= {text for text in first if text.startswith("lfa1 doctor")}
    return [
        pytest.param(text, marks=pytest.mark.slow if text in slow else ())
        for text in [*first, *others]
    ]


def run(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"} | variables
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory, study):
    """A copy of the repository with a trajectory in it, as the README's commands expect."""
    folder = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    (folder / ".venv").symlink_to(BIN.parent)
    results = study / "results"
    (example,) = re.findall(
        r"```json\n(.*?)```", (ROOT / "docs/linkage.md").read_text("utf-8"), re.S
    )
    (folder / "free-energies.json").write_text(example)
    shutil.copy(results / "systems/closed-mg/trajectory.pdb", folder / "top.pdb")
    shutil.copy(results / "production/closed-mg/replica-0/segment-0.xtc", folder / "run.xtc")
    return folder


@pytest.fixture
def finished(request, checkout, study):
    """Let the study be in the checkout for the commands that look at it."""
    if "results/" in request.node.callspec.params["command"]:
        shutil.copytree(study / "results", checkout / "results")
    yield
    for name in ("results", "my-study"):
        shutil.rmtree(checkout / name, ignore_errors=True)


@pytest.mark.parametrize("command", listed())
@pytest.mark.usefixtures("finished")
def test_command(command, checkout, entry, entries):
    for start, reason in NOT_HERE.items():
        if command.startswith(start):
            pytest.skip(reason)
    if "ectodomain.pdb" in command:
        shutil.copy(entry("1L5G"), checkout / "ectodomain.pdb")
    done = run(command, checkout, LFA1_STRUCTURE_MIRROR=str(entries))
    assert done.returncode == 0, f"{command}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
    for flag, name in zip(*[iter(shlex.split(command))] * 2, strict=False):
        if flag == "--output":
            assert (checkout / name).stat().st_size > 0


def test_the_files_that_the_readme_names_are_there():
    text = (ROOT / "README.md").read_text()
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_pins_of_the_cuda_wheel_are_those_of_openmm():
    pinned = re.search(r'"openmm==([^"]+)"', (ROOT / "pyproject.toml").read_text())
    assert pinned
    for cuda in re.findall(r"make setup CUDA=(\S+)", (ROOT / "README.md").read_text()):
        done = run(f"env -u MAKEFLAGS make --dry-run --always-make setup CUDA={cuda}", ROOT)
        assert f"'openmm-cuda-{cuda}=={pinned[1]}'" in done.stdout
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
    written = {
        pin for page in pages for pin in re.findall(r"openmm-cuda-1\d==(\S+)", page.read_text())
    }
    assert written <= {pinned[1]}


@pytest.mark.slow
def test_make_study_from_a_fresh_checkout(tmp_path):
    """The demonstration itself, as a newcomer runs it (about 15 minutes on two cores)."""
    subprocess.run(["git", "clone", "--quiet", ROOT, tmp_path / "clone"], check=True)
    done = subprocess.run(
        ["make", "study"], cwd=tmp_path / "clone", capture_output=True, text=True, timeout=3600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (tmp_path / "clone/results/report.html").stat().st_size > 100_000
