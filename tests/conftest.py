"""What all tests share: the PDB entries, and how tests are spread over processes.

A file's tests stay together, the workflow's come first.
"""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parent / "workflow"
ENTRIES = Path(__file__).parent / "data" / "entries"
MIRROR = "LFA1_STRUCTURE_MIRROR"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests by file; those of the workflow share one long study, which starts at once."""
    for item in items:
        name = "workflow" if WORKFLOW in item.path.parents else str(item.path)
        item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=lambda item: WORKFLOW not in item.path.parents)


@pytest.fixture(scope="session")
def entries(tmp_path_factory) -> Path:
    """Unpack the shipped PDB entries into a folder that LFA1_STRUCTURE_MIRROR may name."""
    folder = tmp_path_factory.mktemp("entries")
    for packed in ENTRIES.glob("*.pdb.gz"):
        (folder / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    return folder


@pytest.fixture(scope="session")
def entry(entries) -> Callable[[str], Path]:
    """Give the file of a shipped PDB entry by its name.

    A model that cannot be shipped, ``aiibb3_state2`` say, is looked for in the folders of
    LFA1_STRUCTURE_MIRROR and their folders ``integrins``; without it the test is skipped.
    """

    def find(name: str) -> Path:
        file = f"{name.lower()}.pdb"
        if (entries / file).is_file():
            return entries / file
        for folder in filter(None, os.environ.get(MIRROR, "").split(os.pathsep)):
            for found in (Path(folder) / file, Path(folder) / "integrins" / file):
                if found.is_file():
                    return found
        pytest.skip(f"{name} is not shipped, and not in a folder that {MIRROR} names")

    return find
