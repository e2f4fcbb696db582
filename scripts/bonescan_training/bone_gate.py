"""What the bone segmenter says about a picture: its mask, and whether it shows bone.

The decision is the C++ library's: mask = probability above mask_threshold on the 224x224 grid; fraction = share of
mask pixels; confidence = mean probability over them, 0 for an empty mask; bone is present if both reach their minimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Iterable

import cv2
import numpy as np
import torch

from bonescan_training.bone_masks import INPUT_SIDE, MEAN, STD, stretch

BoneNetwork = Callable[[torch.Tensor], torch.Tensor]  # normalised pictures [N,3,H,W] to logits [N,1,H,W]


@dataclass(frozen=True)
class OperatingPoint:
    """Thresholds of the decision, as stored in the model card."""

    mask_threshold: float
    min_bone_fraction: float
    min_bone_confidence: float


@torch.no_grad()
def bone_probability(network: BoneNetwork, image: np.ndarray) -> np.ndarray:
    """Bone probability [224,224] float32 of an upright RGB picture [H,W,3] uint8."""
    pixels = stretch(image, INPUT_SIDE).astype(np.float32).transpose(2, 0, 1) / 255
    logits = network(torch.from_numpy((pixels - MEAN) / STD)[None])
    return torch.sigmoid(logits)[0, 0].numpy()


def mean_over_mirror_image(network: BoneNetwork) -> BoneNetwork:
    """`network` with the option --tta of `bonescan segment`: logits of the mean probability over both pictures."""

    def run(pixels: torch.Tensor) -> torch.Tensor:
        """Logits of the mean."""
        mirrored = torch.sigmoid(network(pixels.flip(3))).flip(3)
        return torch.logit((torch.sigmoid(network(pixels)) + mirrored) / 2)

    return run


def fraction_and_confidence(probability: np.ndarray, mask_threshold: float) -> tuple[float, float]:
    """Share of the grid that is bone, and the mean probability there."""
    mask = probability > mask_threshold
    return float(mask.mean()), float(probability[mask].mean()) if mask.any() else 0.0


def shows_bone(probability: np.ndarray, point: OperatingPoint) -> bool:
    """The gate's decision."""
    fraction, confidence = fraction_and_confidence(probability, point.mask_threshold)
    return fraction >= point.min_bone_fraction and confidence >= point.min_bone_confidence


def bone_mask(probability: np.ndarray, size: tuple[int, int], mask_threshold: float) -> np.ndarray:
    """The mask [height,width] bool, of size (width, height): probabilities resized bilinearly, then the threshold."""
    return cv2.resize(probability, size, interpolation=cv2.INTER_LINEAR) > mask_threshold


def mask_overlap(probability: np.ndarray, truth: np.ndarray, mask_threshold: float) -> tuple[float, float]:
    """IoU and Dice of the mask at the size of `truth` [H,W] bool."""
    mask = bone_mask(probability, truth.shape[1::-1], mask_threshold)
    intersection, union = int((mask & truth).sum()), int((mask | truth).sum())
    total = int(mask.sum()) + int(truth.sum())
    return (intersection / union, 2 * intersection / total) if union else (1.0, 1.0)


def to_grey(image: np.ndarray) -> np.ndarray:
    """RGB to replicated grey."""
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def disguises(image: np.ndarray) -> Iterable[tuple[str, np.ndarray]]:
    """A photograph as it is and made harder to tell from a radiograph."""
    grey = to_grey(image)
    yield "as is", image
    yield "grey", grey
    yield "grey, inverted", 255 - grey
    yield "sepia", np.clip(grey * np.array([1.0, 0.87, 0.68]), 0, 255).astype(np.uint8)
    yield "grey, dark and faint", (grey * 0.4).astype(np.uint8)
