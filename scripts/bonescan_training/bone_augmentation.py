"""Random training samples for the bone segmenter: moderate rotation, scale, shift and tone.

Rotation and scaling take the radiograph's aspect ratio into account, so that a rotated hand stays a hand.
"""

from __future__ import annotations

import cv2
import numpy as np

from bonescan_training.bone_masks import CACHE_SIDE, INPUT_SIDE, Radiograph


def geometric_transform(random: np.random.Generator, aspect: float, strength: float, side: int) -> np.ndarray:
    """Affine map [2,3] from the pixels of an input of `side` to CACHE_SIDE pixels: flips, rotation, scale, shift."""
    angle = np.deg2rad(random.uniform(-20, 20)) * strength
    if random.random() < 0.05 * strength:
        angle += np.pi / 2 * random.integers(1, 4)
    zoom = np.exp(random.uniform(-0.2, 0.25) * strength)
    if random.random() < 0.1 * strength:
        zoom *= 0.65
    squeeze = np.exp(random.uniform(-0.1, 0.1) * strength)
    flip_x = -1 if random.random() < 0.5 else 1
    flip_y = -1 if random.random() < 0.2 * strength else 1
    ratio = np.sqrt(aspect)
    to_true = np.diag([ratio * flip_x, flip_y / ratio])
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = np.diag([1 / ratio, ratio]) @ rotation @ to_true @ np.diag([squeeze, 1 / squeeze]) * zoom
    linear = linear * CACHE_SIDE / side
    shift = random.uniform(-0.08, 0.08, 2) * strength * CACHE_SIDE
    centre = np.full(2, (side - 1) / 2)
    offset = np.full(2, (CACHE_SIDE - 1) / 2) + shift - linear @ centre
    return np.hstack([linear, offset[:, None]]).astype(np.float64)


def change_tone(grey: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Gamma, contrast, brightness, inversion, blur and noise, each now and then; [H,W] float32 in 0..1."""
    if random.random() < 0.5:
        grey = grey ** np.exp(random.uniform(-0.4, 0.4))
    if random.random() < 0.4:
        grey = (grey - grey.mean()) * random.uniform(0.65, 1.4) + grey.mean() + random.uniform(-0.1, 0.1)
    if random.random() < 0.06:
        grey = 1 - grey
    if random.random() < 0.15:
        grey = cv2.GaussianBlur(grey, (0, 0), random.uniform(0.4, 1.0))
    if random.random() < 0.15:
        grey = grey + random.normal(0, random.uniform(0.005, 0.03), grey.shape).astype(np.float32)
    return np.clip(grey, 0, 1).astype(np.float32)


def tint(grey: np.ndarray, random: np.random.Generator, strength: float) -> np.ndarray:
    """Replicate `grey` [H,W] to RGB [H,W,3] with a cast of random hue; 0 leaves it grey."""
    rgb = np.repeat(grey[:, :, None], 3, axis=2)
    if strength > 0:
        rgb = np.clip(rgb * (1 + random.uniform(-strength, strength, 3)), 0, 1)
    return rgb.astype(np.float32)


def training_sample(
    radiograph: Radiograph, random: np.random.Generator, strength: float, side: int = INPUT_SIDE
) -> tuple[np.ndarray, np.ndarray]:
    """An augmented image [3,side,side] float32 in 0..1 and its bone share [1,side,side]."""
    transform = geometric_transform(random, radiograph.aspect, strength, side)
    size = (side, side)
    flags = (cv2.INTER_LINEAR if random.random() < 0.7 else cv2.INTER_CUBIC) | cv2.WARP_INVERSE_MAP
    source = radiograph.grey
    if random.random() < 0.5:  # the area average that inference sees is smoother than bilinear sampling
        source = cv2.GaussianBlur(source, (0, 0), 0.6)
    border = int(source[0].mean()) if random.random() < 0.3 else 0
    grey = cv2.warpAffine(source, transform, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=border)
    bone = cv2.warpAffine(radiograph.bone, transform, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    image = change_tone(grey.astype(np.float32) / 255, random)
    rgb = tint(image, random, 0.15 if random.random() < 0.05 else 0.0)
    return rgb.transpose(2, 0, 1), bone[None].astype(np.float32) / 255
