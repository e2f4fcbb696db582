"""Reading FracAtlas: images upright, official splits, fracture boxes, and which images to leave out.

FracAtlas is by Abedeen et al., Scientific Data 10 (2023), doi 10.1038/s41597-023-02432-4, CC BY 4.0.
Every function takes the root of a download: the folder that holds images/, Annotations/ and Utilities/.
"""
from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np

ATTRIBUTION = (
    "FracAtlas: Abedeen et al., 'FracAtlas: A Dataset for Fracture Classification, Localization and "
    "Segmentation of Musculoskeletal Radiographs', Scientific Data 10, 2023, "
    "doi 10.1038/s41597-023-02432-4, CC BY 4.0"
)

# Training images that are near-copies of validation images: validation figures of a model that saw them are too good.
TRAIN_COPIES_OF_VALID = frozenset(
    f"IMG{number:07d}.jpg"
    for number in (2653, 2668, 2745, 2750, 2790, 2846, 2847, 2849, 2905, 2935, 2945, 2946, 3020)
)

# Images under Non_fractured that are copies of fractured ones.
NON_FRACTURED_COPIES_OF_FRACTURED = frozenset(f"IMG{number:07d}.jpg" for number in (2952, 4243, 4280, 4314, 4341))

# Non-fractured images that nearly repeat another non-fractured one.
NON_FRACTURED_WITH_COPIES = frozenset(
    f"IMG{number:07d}.jpg"
    for number in (
        1414, 2297, 2626, 2640, 2659, 2662, 2667, 2669, 2676, 2680, 2682, 2683, 2693, 2694, 2696, 2709, 2741, 2752,
        2762, 2767, 2770, 2773, 2777, 2779, 2796, 2808, 2816, 2822, 2825, 2828, 2830, 2836, 2858, 2866, 2868, 2875,
        2882, 2883, 2890, 2897, 2919, 2922, 2940, 2947, 2948, 2956, 2988, 2994, 3002, 3012, 3016, 3040, 3045, 3052,
        3060, 3063, 3064, 4059, 4060, 4062, 4065, 4075, 4081, 4087, 4094, 4096, 4097, 4105, 4106, 4107, 4108, 4112,
        4118, 4138, 4146, 4160, 4161, 4164, 4167, 4168, 4172, 4176, 4178, 4179, 4182, 4185, 4188, 4193, 4195, 4201,
        4214, 4223, 4225, 4236, 4241, 4244, 4245, 4260, 4264, 4265, 4270, 4274, 4277, 4284, 4287, 4294, 4295, 4296,
        4299, 4302, 4307, 4308, 4310, 4346, 4347
    )
)


def split_ids(root: Path, split: str, without_copies: bool = True) -> list[str]:
    """File names of an official split ("train", "valid", "test"), all fractured.

    without_copies leaves out of "train" what nearly repeats a validation image.
    """
    with open(root / "Utilities" / "Fracture Split" / f"{split}.csv", newline="") as file:
        names = [row["image_id"] for row in csv.DictReader(file)]
    if split == "train" and without_copies:
        names = [name for name in names if name not in TRAIN_COPIES_OF_VALID]
    return names


def non_fractured_ids(root: Path) -> list[str]:
    """File names, sorted, of the non-fractured images that are whole and copy no fractured one."""
    folder = root / "images" / "Non_fractured"
    return sorted(
        path.name
        for path in folder.glob("*.jpg")
        if path.name not in NON_FRACTURED_COPIES_OF_FRACTURED and not is_truncated_jpeg(path)
    )


def image_path(root: Path, name: str) -> Path:
    """Where an image lies; the folder, not dataset.csv, says whether it is fractured."""
    for folder in ("Fractured", "Non_fractured"):
        path = root / "images" / folder / name
        if path.is_file():
            return path
    raise FileNotFoundError(f"{name} is in neither images/Fractured nor images/Non_fractured of {root}")


def is_truncated_jpeg(path: Path) -> bool:
    """True if the file has no end-of-image marker (FF D9) in its last bytes."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - 64))
        return b"\xff\xd9" not in file.read()


def read_upright(path: Path) -> np.ndarray:
    """The image as 8-bit RGB [H,W,3], EXIF orientation applied, grey replicated."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} could not be decoded as an image")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def read_grey(path: Path) -> np.ndarray:
    """The image as 8-bit grey [H,W], EXIF orientation applied."""
    return cv2.cvtColor(read_upright(path), cv2.COLOR_RGB2GRAY)


def read_boxes(root: Path) -> dict[str, np.ndarray]:
    """Ground-truth boxes of every annotated image: name -> float32 [n,4] as x1,y1,x2,y2 in pixels of the upright image.

    From the COCO file: the VOC files are rounded to whole pixels.
    """
    with open(root / "Annotations" / "COCO JSON" / "COCO_fracture_masks.json") as file:
        coco = json.load(file)
    names = {image["id"]: image["file_name"] for image in coco["images"]}
    boxes: dict[str, list[list[float]]] = {name: [] for name in names.values()}
    for annotation in coco["annotations"]:
        x, y, width, height = annotation["bbox"]
        boxes[names[annotation["image_id"]]].append([x, y, x + width, y + height])
    return {name: np.asarray(rows, np.float32).reshape(-1, 4) for name, rows in boxes.items()}
