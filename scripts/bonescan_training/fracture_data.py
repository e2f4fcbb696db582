"""What the fracture detector is trained and measured on: radiographs, fracture boxes and start weights.

Read from a FracAtlas download, or from one file (a pack) that another machine can train from. A pack is written for one
size of the network input, and serves smaller ones, too.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Callable

import cv2
import numpy as np
import torch
from torch import Tensor

from bonescan_training import fracatlas
from bonescan_training.checkpoint import load_arrays, save_arrays
from bonescan_training.image_lists import SPLITS, read_names

# Zoomed windows of training images stay sharp.
KEPT_SIDES = 1.5
EVALUATION_NEGATIVES = SPLITS / "detector_negatives_valid.csv"
NO_BOXES = np.zeros((0, 4), np.float32)
PACK_JPEG_QUALITY = 90
PACK_BYTES = 60_000_000
PACK_HEADERS = 100_000


@dataclass
class FractureData:
    """Grey uint8 images and boxes [n,4] x1,y1,x2,y2 in fractions of the image's width and height.

    Training images are no wider and no higher than KEPT_SIDES times the network input, validation images are stretched
    to it; start holds network weights by name.
    """

    train: list[np.ndarray]
    train_boxes: list[np.ndarray]
    negatives: list[np.ndarray]
    valid: list[np.ndarray]
    valid_boxes: list[np.ndarray]
    start: dict[str, Tensor]

    def size(self) -> int:
        """Side of the network input that the images are meant for."""
        return len(self.valid[0])


def training_negatives(root: Path, count: int, seed: int = 7) -> list[str]:
    """Non-fractured images for training, at most `count`: none of evaluation_negatives, and no copy of one."""
    held_out = set(read_names(EVALUATION_NEGATIVES))
    names = np.random.default_rng(seed).permutation(fracatlas.non_fractured_ids(root))
    return [str(name) for name in names if name not in held_out][:count]


def evaluation_negatives(count: int) -> list[str]:
    """Non-fractured images for choosing thresholds, the last `count` of a list of 300; there are no copies of them."""
    return read_names(EVALUATION_NEGATIVES)[-count:]


def training_image(image: np.ndarray, size: int) -> np.ndarray:
    """A grey image for training at a network input of size x size."""
    height, width = image.shape
    side = round(size * KEPT_SIDES)
    return cv2.resize(image, (min(width, side), min(height, side)), interpolation=cv2.INTER_AREA)


def validation_image(image: np.ndarray, size: int) -> np.ndarray:
    """A grey image as the network sees it."""
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)


def read_fracatlas(root: Path, start: dict[str, Tensor], size: int, negatives: int) -> FractureData:
    """Everything from a FracAtlas download, for a network input of size x size."""
    boxes = fracatlas.read_boxes(root)

    def read(
        names: list[str], prepare: Callable[[np.ndarray, int], np.ndarray]
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Prepared images, and their boxes in fractions of width and height."""
        images, fractions = [], []
        for name in names:
            image = fracatlas.read_grey(fracatlas.image_path(root, name))
            height, width = image.shape
            images.append(prepare(image, size))
            fractions.append(boxes.get(name, NO_BOXES) / np.float32([width, height, width, height]))
        return images, fractions

    train, train_boxes = read(fracatlas.split_ids(root, "train"), training_image)
    normal, _ = read(training_negatives(root, negatives), training_image)
    valid, valid_boxes = read(fracatlas.split_ids(root, "valid"), validation_image)
    return FractureData(train, train_boxes, normal, valid, valid_boxes, start)


def for_size(data: FractureData, size: int) -> FractureData:
    """The same for a network input of size x size; raises ValueError where the images are too small for it."""
    if size > data.size():
        raise ValueError(f"these images are for a network input of {data.size()} at most, not {size}")
    if size == data.size():
        return data
    return replace(
        data, train=[training_image(image, size) for image in data.train],
        negatives=[training_image(image, size) for image in data.negatives],
        valid=[validation_image(image, size) for image in data.valid],
    )


def write_pack(data: FractureData, path: Path) -> None:
    """One npz of at most PACK_BYTES: images as JPEG (validation: PNG), boxes, start weights as fp16.

    As many negatives as there is room for; raises ValueError where not even one fits.
    """
    arrays: dict[str, np.ndarray] = {}
    for part in ("train", "valid"):
        boxes = getattr(data, f"{part}_boxes")
        arrays[f"{part}_boxes"] = np.concatenate(boxes)
        arrays[f"{part}_box_counts"] = np.asarray([len(rows) for rows in boxes])
    for name, value in data.start.items():
        arrays[f"start/{name}"] = value.numpy().astype(np.float16)
    for part in ("train", "valid", "negatives"):
        options = (".png", [cv2.IMWRITE_PNG_COMPRESSION, 9])
        if part != "valid":
            options = (".jpg", [cv2.IMWRITE_JPEG_QUALITY, PACK_JPEG_QUALITY])
        codes = [cv2.imencode(options[0], image, options[1])[1].ravel() for image in getattr(data, part)]
        if part == "negatives":
            room = PACK_BYTES - PACK_HEADERS - sum(array.nbytes for array in arrays.values())
            codes = codes[: int((np.cumsum([code.nbytes for code in codes]) <= room).sum())]
        if not codes:
            raise ValueError(f"{path}: no room for {part} images in {PACK_BYTES / 1e6:.0f} MB; start from VGG16 alone")
        arrays[f"{part}_bytes"] = np.concatenate(codes)
        arrays[f"{part}_lengths"] = np.asarray([len(code) for code in codes], np.int64)
    save_arrays(path, arrays)
    counts = ", ".join(f"{len(arrays[f'{part}_lengths'])} {part}" for part in ("train", "valid", "negatives"))
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, for inputs of up to {data.size()}, images: {counts}")


def read_pack(path: Path) -> FractureData:
    """What write_pack wrote; start weights are fp32 again.  Raises ValueError where path is no pack."""
    arrays = load_arrays(path, ["valid_lengths"], "pack that train_ssd300.py --write-pack wrote")

    def images(part: str) -> list[np.ndarray]:
        """The images of train, valid or negatives."""
        ends = np.cumsum(arrays[f"{part}_lengths"])
        codes = [arrays[f"{part}_bytes"][end - length : end] for end, length in zip(ends, arrays[f"{part}_lengths"])]
        return [cv2.imdecode(code, cv2.IMREAD_GRAYSCALE) for code in codes]

    def boxes(part: str) -> list[np.ndarray]:
        """The boxes of each image of train or valid."""
        return np.split(arrays[f"{part}_boxes"], np.cumsum(arrays[f"{part}_box_counts"])[:-1])

    start = {
        name[len("start/") :]: torch.from_numpy(value.astype(np.float32))
        for name, value in arrays.items() if name.startswith("start/")
    }
    return FractureData(images("train"), boxes("train"), images("negatives"), images("valid"), boxes("valid"), start)
