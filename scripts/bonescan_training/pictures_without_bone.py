"""Pictures without bone: photographs, drawings, pages and noise, as the gate will meet them.

Colour alone must not give a photograph away, so most are shown grey, some inverted, toned, dimmed, or cut out
on a dark ground as a radiograph would be.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from bonescan_training.bone_masks import INPUT_SIDE, stretch

PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}
STORED_SIDE = 512
SYNTHETIC_SHARE = 0.18


def read_photograph(path: Path, longest: int = STORED_SIDE) -> np.ndarray:
    """An RGB or RGBA picture [H,W,3 or 4] uint8, no side longer than `longest`."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError(f"{path} could not be decoded as an image")
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    elif image.shape[2] == 4:
        image = cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA)
        if image[:, :, 3].min() > 250:
            image = np.ascontiguousarray(image[:, :, :3])
    else:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    scale = longest / max(image.shape[:2])
    if scale < 1:
        size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return image


def picture_files(folder: Path) -> list[Path]:
    """Files under `folder` that are named as pictures are, in order of path."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file())


def read_photographs(folder: Path) -> list[tuple[str, np.ndarray]]:
    """File name and content of every picture under `folder`, in order of path; says which could not be read.

    Raises ValueError where there is none.
    """
    photographs = []
    for path in picture_files(folder):
        try:
            photographs.append((path.name, read_photograph(path)))
        except ValueError as error:
            print(error, file=sys.stderr)
    if not photographs:
        raise ValueError(f"{folder} holds no pictures")
    return photographs


def ground(random: np.random.Generator, side: int) -> np.ndarray:
    """A plain or shaded ground [side,side,3] float32: mostly dark, as behind a limb on film."""
    kind = random.random()
    if kind < 0.45:
        level = random.uniform(0, 0.15)
    elif kind < 0.7:
        level = random.uniform(0.85, 1)
    else:
        level = random.uniform(0, 1)
    plane = np.full((side, side), level, np.float32)
    if random.random() < 0.3:
        direction = random.uniform(-1, 1, 2)
        rows, columns = np.mgrid[0:side, 0:side] / side - 0.5
        plane += (rows * direction[0] + columns * direction[1]).astype(np.float32) * random.uniform(0.1, 0.6)
    return np.clip(np.repeat(plane[:, :, None], 3, axis=2), 0, 1)


def compose_cutout(cutout: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Lay an RGBA cut-out on a ground at a random place, size and angle; [224,224,3] float32."""
    side = INPUT_SIDE
    scale = side * random.uniform(0.5, 1.15) / max(cutout.shape[:2])
    angle = random.uniform(-180, 180) if random.random() < 0.4 else random.uniform(-15, 15)
    height, width = cutout.shape[:2]
    transform = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
    transform[:, 2] += side / 2 - np.array([width / 2, height / 2]) + random.uniform(-0.15, 0.15, 2) * side
    premultiplied = cutout.astype(np.float32) / 255
    premultiplied[:, :, :3] *= premultiplied[:, :, 3:]
    if scale < 0.8:
        premultiplied = cv2.GaussianBlur(premultiplied, (0, 0), 0.4 / scale)
    placed = cv2.warpAffine(premultiplied, transform, (side, side), flags=cv2.INTER_LINEAR)
    return placed[:, :, :3] + ground(random, side) * (1 - placed[:, :, 3:])


def random_crop(photograph: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A crop of 15 to 100 % of the area, stretched to 224; [224,224,3] float32."""
    height, width = photograph.shape[:2]
    if random.random() < 0.25:
        crop = photograph
    else:
        area = random.uniform(0.15, 1)
        ratio = np.exp(random.uniform(-0.3, 0.3))
        crop_height = min(height, max(32, int(height * np.sqrt(area) * ratio)))
        crop_width = min(width, max(32, int(width * np.sqrt(area) / ratio)))
        top = random.integers(0, height - crop_height + 1)
        left = random.integers(0, width - crop_width + 1)
        crop = photograph[top : top + crop_height, left : left + crop_width]
    interpolation = cv2.INTER_AREA if random.random() < 0.7 else cv2.INTER_LINEAR
    return stretch(crop, INPUT_SIDE, interpolation).astype(np.float32) / 255


def frame_like_film(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Darken towards the edges, or black out a border as a collimator does."""
    side = INPUT_SIDE
    if random.random() < 0.5:
        rows, columns = np.mgrid[0:side, 0:side].astype(np.float32) / side
        centre, spread = random.uniform(0.3, 0.7, 2), random.uniform(0.15, 0.45, 2)
        fall = np.exp(-0.5 * (((rows - centre[0]) / spread[0]) ** 2 + ((columns - centre[1]) / spread[1]) ** 2))
        return image * fall[:, :, None]
    corners = random.uniform(0, 0.3, (4, 2)) * [[1, 1], [-1, 1], [-1, -1], [1, -1]] + [[0, 0], [1, 0], [1, 1], [0, 1]]
    window = np.zeros((side, side), np.float32)
    cv2.fillConvexPoly(window, np.round(corners * side).astype(np.int32), 1.0)
    return image * window[:, :, None]


def change_look(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Grey, sepia, inverted, faint, dark or framed versions of an RGB picture [224,224,3] float32."""
    if random.random() < 0.5:
        image = image[:, ::-1]
    if random.random() < 0.15:
        image = image[::-1]
    if random.random() < 0.12:
        image = np.rot90(image, random.integers(1, 4))
    look = random.random()
    if look < 0.68:
        weights = np.array([0.299, 0.587, 0.114]) if random.random() < 0.6 else random.dirichlet(np.ones(3))
        grey = image @ weights
        image = np.repeat(grey[:, :, None], 3, axis=2)
        if look > 0.6:
            image = image * np.array([1.0, 0.87, 0.68]) ** random.uniform(0.3, 1.3)
    elif look > 0.97:
        image = image[:, :, random.permutation(3)]
    if random.random() < 0.13:
        image = 1 - image
    if random.random() < 0.4:
        image = np.clip(image, 0, 1) ** np.exp(random.uniform(-0.6, 0.8))
    if random.random() < 0.3:
        image = (image - image.mean()) * random.uniform(0.25, 1.5) + np.clip(image.mean() + random.uniform(-0.3, 0.2), 0, 1)
    if random.random() < 0.25:
        image = image * random.uniform(0.25, 0.9)
    if random.random() < 0.2:
        image = frame_like_film(image, random)
    image = np.clip(image, 0, 1).astype(np.float32)
    if random.random() < 0.2:
        image = cv2.GaussianBlur(np.ascontiguousarray(image), (0, 0), random.uniform(0.4, 2.5))
    if random.random() < 0.15:
        image = np.clip(image + random.normal(0, random.uniform(0.01, 0.06), image.shape[:2])[:, :, None], 0, 1)
    return np.ascontiguousarray(image, dtype=np.float32)


def page_of_text(random: np.random.Generator) -> np.ndarray:
    """Lines of text on paper."""
    canvas = np.full((448, 448), random.uniform(0.7, 1), np.float32)
    scale = random.uniform(0.35, 1.2)
    for top in range(20, 440, max(14, int(30 * scale))):
        letters = "".join(chr(random.integers(33, 122)) if random.random() < 0.8 else " " for _ in range(60))
        if random.random() < 0.9:
            cv2.putText(canvas, letters[: random.integers(5, 60)], (random.integers(5, 40), top),
                        int(random.integers(0, 8)), scale, random.uniform(0, 0.4), int(random.integers(1, 3)))
    return cv2.resize(canvas, (INPUT_SIDE, INPUT_SIDE), interpolation=cv2.INTER_AREA)


def line_drawing(random: np.random.Generator) -> np.ndarray:
    """Circles, boxes and lines, outlined or filled."""
    canvas = np.full((INPUT_SIDE, INPUT_SIDE), random.uniform(0, 1), np.float32)
    for _ in range(random.integers(1, 14)):
        level, thickness = random.uniform(0, 1), int(random.choice([-1, 1, 2, 4]))
        first, second = (tuple(int(v) for v in random.integers(0, INPUT_SIDE, 2)) for _ in range(2))
        shape = random.random()
        if shape < 0.35:
            cv2.line(canvas, first, second, level, max(1, thickness), cv2.LINE_AA)
        elif shape < 0.65:
            cv2.rectangle(canvas, first, second, level, thickness)
        else:
            axes = tuple(int(v) for v in random.integers(4, 90, 2))
            cv2.ellipse(canvas, first, axes, random.uniform(0, 180), 0, 360, level, thickness, cv2.LINE_AA)
    return canvas


def coloured_noise(random: np.random.Generator) -> np.ndarray:
    """Noise with a power spectrum that falls with frequency, from white to cloud-like."""
    rows = np.fft.fftfreq(INPUT_SIDE)[:, None]
    frequency = np.hypot(rows, np.fft.rfftfreq(INPUT_SIDE)[None]) + 1 / INPUT_SIDE
    spectrum = np.fft.rfft2(random.normal(size=(INPUT_SIDE, INPUT_SIDE))) / frequency ** random.uniform(0, 2)
    field = np.fft.irfft2(spectrum, (INPUT_SIDE, INPUT_SIDE))
    return np.clip(0.5 + field / (field.std() + 1e-6) * random.uniform(0.05, 0.3), 0, 1).astype(np.float32)


def synthetic_picture(random: np.random.Generator) -> np.ndarray:
    """A page, a drawing, noise, or a plain ground; [224,224,3] float32."""
    kind = random.random()
    if kind < 0.3:
        plane = page_of_text(random)
    elif kind < 0.6:
        plane = line_drawing(random)
    elif kind < 0.85:
        plane = coloured_noise(random)
    else:
        return ground(random, INPUT_SIDE)
    image = np.repeat(plane[:, :, None], 3, axis=2)
    return image * random.uniform(0.5, 1, 3) if random.random() < 0.3 else image


def training_picture(photographs: list[np.ndarray], random: np.random.Generator) -> np.ndarray:
    """A picture without bone, [3,224,224] float32 in 0..1."""
    if random.random() < SYNTHETIC_SHARE:
        image = synthetic_picture(random)
    else:
        photograph = photographs[random.integers(len(photographs))]
        image = compose_cutout(photograph, random) if photograph.shape[2] == 4 else random_crop(photograph, random)
    return change_look(image, random).transpose(2, 0, 1)


def on_white(picture: np.ndarray) -> np.ndarray:
    """An RGB picture; transparent parts become white."""
    if picture.shape[2] == 3:
        return picture
    share = picture[:, :, 3:].astype(np.float32) / 255
    return (picture[:, :, :3] * share + 255 * (1 - share)).astype(np.uint8)
