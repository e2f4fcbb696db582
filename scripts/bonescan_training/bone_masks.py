"""Radiographs with bone masks: reading them into memory, and which are held out.

An image is kept as one grey plane, stretched to CACHE_SIDE x CACHE_SIDE with area averaging.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bonescan_training import fracatlas
from bonescan_training.checkpoint import load_arrays, save_arrays
from bonescan_training.image_lists import read_names

INPUT_SIDE = 224
CACHE_SIDE = 320
MEAN, STD = 0.35, 0.28  # of all three channels, after division by 255


@dataclass
class Radiograph:
    """One radiograph: `grey` [S,S] uint8, `bone` [S,S] uint8, 255 = all bone, and width / height."""

    name: str
    grey: np.ndarray
    bone: np.ndarray
    aspect: float


def stretch(image: np.ndarray, side: int, interpolation: int = cv2.INTER_AREA) -> np.ndarray:
    """`image` resized to `side` x `side` without regard to its aspect ratio."""
    return cv2.resize(image, (side, side), interpolation=interpolation)


def read_mask(masks: Path, name: str) -> np.ndarray:
    """The bone mask of an image as booleans [H,W]; `masks` is the folder that holds masks.csv and masks/."""
    mask = cv2.imread(str(masks / "masks" / f"{Path(name).stem}.png"), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise ValueError(f"{name}: its bone mask is missing from {masks / 'masks'}")
    return mask > 127


def read_radiograph(root: Path, name: str, masks: Path) -> Radiograph:
    """Read a FracAtlas image and its bone mask, upright and at CACHE_SIDE."""
    image = fracatlas.read_upright(fracatlas.image_path(root, name))
    height, width = image.shape[:2]
    mask = read_mask(masks, name)
    if mask.shape != (height, width):
        raise ValueError(f"{name}: its bone mask is not of the upright image's size")
    bone = stretch(np.where(mask, 255, 0).astype(np.uint8), CACHE_SIDE)
    return Radiograph(name, stretch(image[:, :, 1], CACHE_SIDE), bone, width / height)


def read_labelled(root: Path, masks: Path, held_out: Path) -> tuple[list[Radiograph], list[Radiograph]]:
    """Radiographs with drawn masks: those to train on, and those of the list `held_out`.

    Raises ValueError where a held-out one has no mask: the list is not of these masks, and what it means to hold out
    would be trained on.
    """
    held_names, names = set(read_names(held_out)), sorted(set(read_names(masks / "masks.csv")))
    if missing := sorted(held_names - set(names)):
        raise ValueError(f"{held_out}: {len(missing)} of its radiographs have no mask in {masks}, such as {missing[0]}")
    radiographs = [read_radiograph(root, name, masks) for name in names]
    return [r for r in radiographs if r.name not in held_names], [r for r in radiographs if r.name in held_names]


def names_hash(radiographs: list[Radiograph]) -> str:
    """Tells whether two lists hold the radiographs of the same names in the same order."""
    return hashlib.sha256("\n".join(radiograph.name for radiograph in radiographs).encode()).hexdigest()[:16]


def read_drawn(path: Path) -> list[Radiograph]:
    """Radiographs with masks that the teacher drew, as write_drawn stored them; `bone` is 255 times a probability.

    Raises ValueError where path is no such file.
    """
    columns = ("names", "grey", "bone", "aspect")
    arrays = load_arrays(path, columns, "file of masks that train_bone_teacher.py drew")
    rows = zip(*(arrays[column] for column in columns))
    return [Radiograph(str(name), grey, bone, float(aspect)) for name, grey, bone, aspect in rows]


def write_drawn(path: Path, radiographs: list[Radiograph]) -> None:
    """Store radiographs for read_drawn."""
    save_arrays(path, {"names": [r.name for r in radiographs], "grey": [r.grey for r in radiographs],
                       "bone": [r.bone for r in radiographs], "aspect": [r.aspect for r in radiographs]})
