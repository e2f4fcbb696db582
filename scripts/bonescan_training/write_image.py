"""Writing pictures."""
from __future__ import annotations

from pathlib import Path
from typing import Sequence

import cv2
import numpy as np


def write_image(path: Path, image: np.ndarray, parameters: Sequence[int] = ()) -> None:
    """Writes a grey, BGR or BGRA picture in the format that the file's name says; makes its folder if that is missing.

    `parameters` are those of cv2.imwrite.  Raises OSError, which names the file, where it could not be written: cv2
    tells that by its result alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        written = cv2.imwrite(str(path), image, list(parameters))
    except cv2.error:  # no format of that name
        written = False
    if not written:
        raise OSError(f"{path} could not be written")
