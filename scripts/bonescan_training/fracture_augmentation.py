"""Random training samples for the fracture detector: windows of a radiograph, brightness, flips.

Boxes are [n,4] x1,y1,x2,y2, in fractions of the image's width and height, unless said otherwise.
"""
from __future__ import annotations

import math

import cv2
import numpy as np

BOX_KEPT_FROM = 0.7  # of a box's area: less inside the window and it is not a training box
BOX_GONE_BELOW = 0.1
ANYWHERE = 0.15  # of the windows are chosen without regard to where the fractures lie
FLIPS = {"both": (True, True), "horizontal": (True, False), "none": (False, False)}  # left to right, upside down


def visible_fraction(boxes: np.ndarray, window: np.ndarray) -> np.ndarray:
    """How much of each box's area lies inside the window."""
    inside = np.clip(np.minimum(boxes[:, 2:], window[2:]) - np.maximum(boxes[:, :2], window[:2]), 0, None)
    return inside.prod(axis=1) / (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)


def random_window(boxes: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """A window x1,y1,x2,y2 in fractions of the image that cuts no box badly and, mostly, holds one.

    share is the part of the network input's side that the window fills at the scale of a whole image; windows are
    0.6 to 1.35 times that, a fifth of them close to it, with the aspect changed by up to 13 %.
    """
    anywhere = random.random() < ANYWHERE
    for _ in range(40):
        zoom = random.uniform(0.94, 1.06) if random.random() < 0.2 else math.exp(random.uniform(-0.51, 0.3))
        aspect = math.exp(random.uniform(-0.065, 0.065))
        side = share * zoom * np.array([aspect, 1 / aspect])
        low = random.uniform(np.minimum(0, 1 - side), np.maximum(0, 1 - side))
        window = np.concatenate([low, low + side])
        visible = visible_fraction(boxes, window)
        cut = ((visible > BOX_GONE_BELOW) & (visible < BOX_KEPT_FROM)).any()
        if len(boxes) == 0 or (not cut and (anywhere or visible.max() >= BOX_KEPT_FROM)):
            return window
    return np.array([0.0, 0.0, 1.0, 1.0])


def cut_window(image: np.ndarray, window: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The window of an image, black beyond its edges, resized to size x size; and the window on whole pixels."""
    height, width = image.shape
    sides = np.array([width, height, width, height])
    x1, y1, x2, y2 = corners = np.round(window * sides).astype(int)
    left, top, right, bottom = max(0, -x1), max(0, -y1), max(0, x2 - width), max(0, y2 - height)
    crop = image[max(0, y1) : y2, max(0, x1) : x2]
    if left or top or right or bottom:
        crop = cv2.copyMakeBorder(crop, top, bottom, left, right, cv2.BORDER_CONSTANT, value=0)
    return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA), corners / sides


def change_brightness(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Gamma, contrast and brightness at random, by a look-up table; only the darkest tenth can become black."""
    levels = np.arange(256) / 255
    levels = levels ** math.exp(random.uniform(-0.35, 0.35))
    levels = levels * random.uniform(0.8, 1.3) + random.uniform(-0.02, 0.08)
    return cv2.LUT(image, np.clip(levels * 255, 0, 255).astype(np.uint8))


def augment(
    image: np.ndarray, boxes: np.ndarray, size: int, share: float, flips: str, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A training sample: the image [size,size], about share x share of the radiograph, and its boxes in pixels.

    flips, a key of FLIPS, says about which axes a half of the pictures is flipped each; nothing else depends on it.
    """
    picture, window = cut_window(image, random_window(boxes, share, random), size)
    picture = change_brightness(picture, random)
    boxes = boxes[visible_fraction(boxes, window) >= BOX_KEPT_FROM]
    low, high = np.tile(window[:2], 2), np.tile(window[2:], 2)
    boxes = (np.clip(boxes, low, high) - low) / (high - low) * size
    left_to_right, upside_down = FLIPS[flips]
    if random.random() < 0.5 and left_to_right:
        picture = picture[:, ::-1]
        boxes = np.stack([size - boxes[:, 2], boxes[:, 1], size - boxes[:, 0], boxes[:, 3]], 1)
    if random.random() < 0.5 and upside_down:
        picture = picture[::-1]
        boxes = np.stack([boxes[:, 0], size - boxes[:, 3], boxes[:, 2], size - boxes[:, 1]], 1)
    return np.ascontiguousarray(picture), boxes.astype(np.float32)
