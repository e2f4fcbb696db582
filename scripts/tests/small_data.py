"""What the tests share: the scripts on Python's path, one run of a script, and data sets of a few tiny pictures."""
from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any, Callable
from unittest import mock

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from bonescan_training import fracture_data, ssd300  # noqa: E402  (found by the line above)


def run(main: Callable[[], None], *words: object) -> None:
    """Runs a script's main with a command line, and without what it prints."""
    with mock.patch.object(sys, "argv", ["script.py", *map(str, words)]), mock.patch("builtins.print"):
        main()


def killed_at(call: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, but for an interruption instead of the call with that number, counted from 1."""
    calls = 0

    def counted(*arguments: Any) -> Any:
        """The call, or the interruption."""
        nonlocal calls
        calls += 1
        if calls == call:
            raise KeyboardInterrupt
        return function(*arguments)

    return counted


def same_tensors(a: Any, b: Any) -> bool:
    """Whether two nested structures hold the same tensors, bit for bit, and are equal otherwise."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_tensors(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same_tensors, a, b))
    return a == b


def write_list(path: Path, names: list[str]) -> Path:
    """A list with the column `image`."""
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([["image"], *([name] for name in names)])
    return path


def write_bone_masks(folder: Path, count: int) -> list[str]:
    """Radiographs folder/FracAtlas and masks folder/masks, and folder/photographs; returns the radiographs' names."""
    random = np.random.default_rng(0)
    for part in ("FracAtlas/images/Fractured", "masks/masks", "photographs"):
        (folder / part).mkdir(parents=True)
    names = [f"IMG{number:07d}.jpg" for number in range(10, 10 + 10 * count, 10)]
    for name in names:
        picture = random.integers(0, 255, (40, 30), np.uint8)
        cv2.imwrite(str(folder / "FracAtlas/images/Fractured" / name), picture)
        mask = np.where(picture > 127, 255, 0).astype(np.uint8)
        cv2.imwrite(str(folder / "masks/masks" / name.replace(".jpg", ".png")), mask)
    cv2.imwrite(str(folder / "photographs/cat.png"), random.integers(0, 255, (60, 50, 3), np.uint8))
    write_list(folder / "masks/masks.csv", names)
    return names


def write_pack(path: Path) -> None:
    """A pack of noise for train_ssd300.py, with random start weights."""
    random = np.random.default_rng(0)

    def images(count: int, side: int) -> list[np.ndarray]:
        """Noise."""
        return [random.integers(0, 255, (side, side), np.uint8) for _ in range(count)]

    torch.manual_seed(0)
    start = {
        f"conv{number}_{layer}.{name}": value.detach()
        for number, *shape in ssd300.BLOCKS
        for layer, convolution in enumerate(ssd300.vgg_block(*shape)[::2], start=1)
        for name, value in convolution.named_parameters()
    }
    box = np.float32([[0.3, 0.3, 0.5, 0.5]])
    data = fracture_data.FractureData(images(4, 450), [box] * 4, images(1, 450), images(1, 300), [box], start)
    with mock.patch("builtins.print"):
        fracture_data.write_pack(data, path)
