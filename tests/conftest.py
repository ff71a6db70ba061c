"""How the tests are shared among processes: a file's stay together, the workflow's come first."""

from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parent / "workflow"


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests by file; those of the workflow share one long study, which starts at once."""
    for item in items:
        name = "workflow" if WORKFLOW in item.path.parents else str(item.path)
        item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=lambda item: WORKFLOW not in item.path.parents)
