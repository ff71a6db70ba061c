"""What the long harness kills: the small system of tests/md, and the real closed I domain."""

import importlib.util
import sys
from pathlib import Path

import pytest
import yaml
from biased import LONG, biased
from segments import CONFIG, Segment


def _load(name, folder):
    path = Path(__file__).parents[1] / folder / "conftest.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_small, _workflow = _load("small_system", "md"), _load("whole_studies", "workflow")
for _name in ("cpu", "prepared", "systems", "minimised", "equilibrated", "make_study", "forks"):
    globals()[_name] = getattr(_small, _name)


@pytest.fixture(scope="session")
def production(minimised, equilibrated, tmp_path_factory):
    """A segment of production of the small system."""
    config = tmp_path_factory.mktemp("production") / "config.yaml"
    config.write_text(CONFIG)
    return Segment(config, minimised / "closed-mg", equilibrated / "closed-mg" / "state.xml.gz")


@pytest.fixture(scope="session")
def of_the_domain(forks, tmp_path_factory):
    """A pull and a window of the closed I domain, which the workflow prepares and equilibrates."""
    folder = tmp_path_factory.mktemp("domain")
    content = _workflow.short_study()
    del content["states"]["open"]
    config, state = folder / "study.yaml", "results/equilibrated/closed-mg/replica-0/state.xml.gz"
    config.write_text(yaml.safe_dump(content))
    run = _workflow.snakemake(folder, state, "--cores", "1", config=config)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-6000:]
    home = folder / "results/systems/closed-mg"
    return biased(forks, content, LONG, home, folder / state, folder)


@pytest.fixture
def segment(request, kind):
    """The segment of a kind."""
    if kind == "production":
        return request.getfixturevalue("production")
    return request.getfixturevalue("of_the_domain")[kind]
