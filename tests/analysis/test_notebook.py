"""The notebook runs from top to bottom, in a kernel of its own."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebooks" / "own_trajectory.ipynb"


def notebook() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def said(cell: nbformat.NotebookNode) -> str:
    return "".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "")
        for output in cell.outputs
    )


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> list[str]:
    """What each code cell says."""
    folder = tmp_path_factory.mktemp("notebook")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        client = NotebookClient(notebook(), timeout=120, resources={"metadata": {"path": folder}})
        executed = client.execute()
    cells = [cell for cell in executed.cells if cell.cell_type == "code"]
    figures = [output for cell in cells for output in cell.outputs if "image/png" in str(output)]
    assert len(figures) == 1
    return [said(cell) for cell in cells]


def test_it_is_kept_without_outputs():
    cells = [cell for cell in notebook().cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in cells)


def test_it_runs_and_says_what_its_text_says(done):
    everything = "\n".join(done)
    assert "6 frames, chain A, mature numbering, residues 128 to 307, wild type" in everything
    assert "water_exchange_unknown" in everything and "donor_lost" not in everything
    assert "no answer (3 ps per run)" in everything
    assert "cannot tell" in everything
    assert "largest difference between both ways: 0.000" in everything
