"""The small system of tests/md, for the long harness."""

import importlib.util
import sys
from pathlib import Path


def _load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_small = _load("small_system", Path(__file__).parents[1] / "md" / "conftest.py")
for _name in ("cpu", "prepared", "systems", "minimised", "equilibrated", "make_study"):
    globals()[_name] = getattr(_small, _name)
