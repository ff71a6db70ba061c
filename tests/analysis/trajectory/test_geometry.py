"""Superposition and periodic images against exact answers."""

import itertools

import numpy as np
import pytest
from MDAnalysis.lib.mdamath import triclinic_box, triclinic_vectors
from scipy.spatial.transform import Rotation

from lfa1_analysis.trajectory.geometry import (
    make_whole,
    nearest_images,
    principal_axis,
    rmsd,
    superpose,
)
from lfa1_analysis.trajectory.many_frames import image_free, images
from lfa1_analysis.trajectory.superposition import Motion, rmsds

DODECAHEDRON = 60.0 * np.array([[1, 0, 0], [0, 1, 0], [0.5, 0.5, np.sqrt(0.5)]])
BOXES = {
    "cube": triclinic_box(*(50.0 * np.eye(3))),
    "dodecahedron": triclinic_box(*DODECAHEDRON),
    "octahedron": np.array([60, 60, 60, 109.4712, 109.4712, 109.4712], dtype=np.float32),
}


def test_superposition_undoes_a_rigid_motion():
    random = np.random.default_rng(0)
    points = random.normal(scale=10, size=(40, 3))
    moved = Rotation.random(rng=random).apply(points) + np.array([30, -4, 5])
    assert superpose(moved, moved[:20], points[:20]) == pytest.approx(points, abs=1e-9)
    assert rmsd(moved, points) == pytest.approx(0, abs=1e-9)


def test_a_mirror_image_is_not_superposed():
    points = np.random.default_rng(1).normal(scale=10, size=(40, 3))
    assert rmsd(points * [1, 1, -1], points) > 3


def test_principal_axis_points_along_the_chain():
    points = np.outer(np.arange(8), [0, 0, -1.5]) + np.random.default_rng(2).normal(0, 0.05, (8, 3))
    assert principal_axis(points) == pytest.approx([0, 0, -1], abs=0.05)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES.keys())
def test_nearest_images_against_every_image(box):
    vectors = np.random.default_rng(3).uniform(-90, 90, (300, 3))
    cell = triclinic_vectors(box).astype(float)
    shifts = np.array(list(itertools.product(range(-5, 6), repeat=3))) @ cell
    shortest = np.linalg.norm(vectors[:, None] + shifts, axis=-1).min(axis=1)
    found = nearest_images(vectors, box)
    assert np.linalg.norm(found, axis=1) == pytest.approx(shortest, abs=1e-3)


@pytest.mark.parametrize("box", BOXES.values(), ids=BOXES.keys())
def test_a_chain_cut_by_the_boundary_is_joined(box):
    random = np.random.default_rng(4)
    steps = random.normal(size=(180, 3))
    alphas = np.cumsum(3.8 * steps / np.linalg.norm(steps, axis=1)[:, None], axis=0)
    atoms = np.concatenate([alphas, alphas + random.normal(size=alphas.shape)])
    owner = np.tile(np.arange(180), 2)
    cell = triclinic_vectors(box).astype(float)
    wrapped = atoms - np.floor(atoms @ np.linalg.inv(cell)) @ cell
    whole = make_whole(wrapped, np.arange(180), owner, box)
    assert whole - whole[0] == pytest.approx(atoms - atoms[0], abs=1e-3)
    assert make_whole(atoms, np.arange(180), owner, None) is atoms


def test_many_frames_are_superposed_as_one_is():
    random = np.random.default_rng(5)
    xyz, target = random.normal(scale=9, size=(40, 3, 6)), random.normal(scale=9, size=(40, 3))
    xyz[:, :, 0] = target * [1, 1, -1]
    moved = Motion(xyz[:30], target[:30]).apply(xyz)
    for i in range(6):
        alone = superpose(xyz[:, :, i], xyz[:30, :, i], target[:30])
        assert moved[:, :, i] == pytest.approx(alone, abs=1e-9)
        assert rmsds(xyz, target)[0][i] == pytest.approx(rmsd(xyz[:, :, i], target), abs=1e-9)


def test_images_of_many_frames_are_those_of_one():
    vectors = np.random.default_rng(6).uniform(-90, 90, (200, 3, 4))
    skewed = triclinic_box([40, 0, 0], [19, 50, 0], [-18, 24, 30])
    cells = [*BOXES.values(), skewed]
    boxes = np.array([triclinic_vectors(box).astype(float) for box in cells])
    free = image_free(boxes)
    found = images(vectors, boxes, free)
    for i, box in enumerate(cells):
        alone = np.linalg.norm(nearest_images(vectors[:, :, i], box), axis=1)
        assert np.linalg.norm(found[:, :, i], axis=1) == pytest.approx(alone, abs=1e-3)
        inside = np.linalg.norm(vectors[:, :, i], axis=1) <= free[i]
        assert (found[inside, :, i] == vectors[inside, :, i]).all()
        assert alone[inside] == pytest.approx(np.linalg.norm(vectors[inside, :, i], axis=1))
    nothing = np.full_like(boxes, np.nan)
    assert images(vectors, nothing, image_free(nothing)) is vectors
