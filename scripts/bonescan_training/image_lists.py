"""Lists of images: which are held out of a training, and what figures are measured on."""
from __future__ import annotations

import csv
from pathlib import Path

SPLITS = Path(__file__).parents[1] / "splits"


def read_names(path: Path) -> list[str]:
    """File names of the images that a list holds in its column `image`, without the folders that may stand before them.

    Raises ValueError where it has no such column, or no image.
    """
    with open(path, newline="") as file:
        names = [Path(row.get("image") or "").name for row in csv.DictReader(file)]
    if not names or not all(names):
        raise ValueError(f"{path}: a list needs a column `image` with a name in every row")
    return names
