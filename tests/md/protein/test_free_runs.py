"""Recording free runs: what is missing is named, and the checksums cover every model."""

import shutil

import pytest

from lfa1_analysis.io.errors import InputError
from lfa1_md.protein import free_runs, models


def test_a_folder_without_runs_is_named(tmp_path):
    with pytest.raises(InputError, match=r"protein\.cif: no such file"):
        free_runs.record(tmp_path, ["closed"])


def test_one_model_is_written_and_the_others_stay(tmp_path):
    folder = shutil.copytree(models.FOLDER, tmp_path / "structures")
    model = models.load("bound", folder)
    about = {**model.preparation, "marked": True}
    models.write({"bound.cif": models.text(model.topology, model.positions, about)}, folder)
    assert models.load("bound", folder).preparation["marked"] is True
    for name in ("closed", "open"):  # their checksums still hold
        shipped = (models.FOLDER / f"{name}.cif").read_bytes()
        assert models.path(name, folder).read_bytes() == shipped


def test_a_model_that_is_missing_is_named(tmp_path):
    with pytest.raises(InputError, match=r"closed\.cif"):
        models.write({"bound.cif": "data_bound\n"}, tmp_path)
    assert not list(tmp_path.iterdir())
