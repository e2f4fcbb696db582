"""The figures of an exported fracture detector and the thresholds chosen by them, for its model card.

Measured on the FracAtlas validation split, read as bonescan reads it, and on non-fractured images that were not
trained on; post-processing is that of the card.
"""
from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from bonescan_training import detection_metrics, fracatlas, ssd300
from bonescan_training.command_line import chart_file, existing_folder, positive_integer
from bonescan_training.fracture_data import NO_BOXES, evaluation_negatives
from bonescan_training.froc_plot import draw_froc

# The default threshold is the lowest whose F1 is no further below the best: the F1 is flat there, and finding a
# fracture counts more than a false alarm.
F1_GIVEN_UP = 0.01
# Boxes that overlap the one that stays by so much move it. AP50 on the validation split is alike from 0.45 to 0.7.
BOX_VOTING_IOU = 0.6


def network_input(image: np.ndarray, size: int) -> Tensor:
    """Upright RGB image [H,W,3] to network input [1,3,size,size]: stretched by area averaging, then normalised."""
    square = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    square = (square - np.float32(ssd300.MEAN)) / np.float32(ssd300.STD)
    return torch.from_numpy(square.transpose(2, 0, 1)[None].copy())


@torch.no_grad()
def detect(
    model: torch.nn.Module, root: Path, names: list[str], size: int, box_voting_iou: float
) -> list[detection_metrics.Prediction]:
    """Detections of each image, boxes in pixels of the upright image."""
    predictions = []
    for name in names:
        image = fracatlas.read_upright(fracatlas.image_path(root, name))
        logits, deltas, anchors = model(network_input(image, size))
        boxes, scores = ssd300.postprocess(logits[0], deltas[0], anchors, size, box_voting_iou=box_voting_iou)
        height, width = image.shape[:2]
        predictions.append((boxes * np.float32([width, height, width, height]) / size, scores))
    return predictions


@torch.no_grad()
def check_heads(saved: torch.nn.Module, network: torch.nn.Module, size: int) -> None:
    """Raises where a saved model, of input size x size, does not give on noise what the network gives."""
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0)) * 60
    for batch in (x[:1], x):
        for expected, value in zip(network(batch), saved(batch)):
            torch.testing.assert_close(value, expected, rtol=1e-4, atol=1e-4)
    logits, deltas, anchors = saved(x[:1])
    if not (logits.shape[1] == deltas.shape[1] == anchors.shape[0]) or anchors.dtype != torch.float32:
        raise ValueError("heads and anchors of the saved model do not fit together")


@dataclass
class Validation:
    """What a model finds on the validation split, and on non-fractured images that it was not trained on."""

    predictions: list[detection_metrics.Prediction]
    truths: list[np.ndarray]
    normal: list[detection_metrics.Prediction]
    box_voting_iou: float

    def fractured_matches(self) -> list[detection_metrics.Matches]:
        """Image by image, as pycocotools matches: 100 detections an image."""
        return [detection_metrics.match([p], [t], 0.5) for p, t in zip(self.predictions, self.truths)]

    def all_matches(self) -> list[detection_metrics.Matches]:
        """Image by image, the non-fractured ones last, with every detection."""
        pairs = zip(self.predictions + self.normal, self.truths + [NO_BOXES] * len(self.normal))
        return [detection_metrics.match([p], [t], 0.5, limit=ssd300.MAX_DETECTIONS) for p, t in pairs]


def validate(model: torch.nn.Module, root: Path, size: int, negatives: int, box_voting_iou: float) -> Validation:
    """What `model`, of input size x size, finds on the validation split and on `negatives` non-fractured images."""
    boxes, names = fracatlas.read_boxes(root), fracatlas.split_ids(root, "valid")
    return Validation(
        detect(model, root, names, size, box_voting_iou), [boxes[name] for name in names],
        detect(model, root, evaluation_negatives(negatives), size, box_voting_iou), box_voting_iou,
    )


def measure(found: Validation) -> tuple[dict[str, Any], dict[str, Any]]:
    """Operating points and metrics for the card; intervals are 95 % of 1000 bootstrap samples of images."""
    images = len(found.truths)
    at_half, mixed = found.fractured_matches(), found.all_matches()
    best_f1 = detection_metrics.best_f1(detection_metrics.pool(at_half))
    sensitive = detection_metrics.best_f1(detection_metrics.pool(at_half), within=F1_GIVEN_UP)
    threshold = sensitive["score_threshold"]
    image_iou, image_ap50 = detection_metrics.image_figures(found.predictions, found.truths, threshold)

    def ap50(sample: np.ndarray) -> float:
        """AP50 of some of the validation images."""
        return detection_metrics.average_precision(detection_metrics.pool([at_half[i] for i in sample]))

    def one_false(sample: np.ndarray) -> dict[str, float]:
        """The operating point of some of all images."""
        return detection_metrics.at_false_positives_per_image(detection_metrics.pool([mixed[i] for i in sample]), 1.0)

    interval = detection_metrics.bootstrap_interval
    operating_point = {
        "score_threshold": threshold, "nms_iou": ssd300.NMS_IOU, "box_voting_iou": found.box_voting_iou,
        "max_detections": ssd300.MAX_DETECTIONS, "candidate_score": ssd300.CANDIDATE_SCORE,
        "candidates_per_class": ssd300.CANDIDATES_PER_CLASS,
        "at_score_threshold": sensitive, "best_f1": best_f1,
        "one_false_positive_per_image": one_false(np.arange(len(mixed))),
        "chosen_on": f"FracAtlas valid ({images} images); one_false_positive_per_image with {len(found.normal)} "
        "non-fractured images beside them",
    }
    metrics = {
        "valid_images": images, "valid_boxes": int(sum(map(len, found.truths))),
        "valid_ap50": ap50(np.arange(images)), "valid_ap50_interval": interval(images, ap50),
        "valid_ap": detection_metrics.coco_ap(found.predictions, found.truths),
        "valid_image_iou_mean": float(image_iou.mean()), "valid_image_iou_max": float(image_iou.max()),
        "valid_image_iou_mean_interval": interval(images, lambda sample: float(image_iou[sample].mean())),
        "valid_image_ap50_mean": float(image_ap50.mean()), "valid_image_ap50_max": float(image_ap50.max()),
        "sensitivity_at_1_false_positive_per_image": operating_point["one_false_positive_per_image"]["sensitivity"],
        "sensitivity_at_1_false_positive_per_image_interval": interval(
            len(mixed), lambda sample: one_false(sample)["sensitivity"]
        ),
        "non_fractured_images": len(found.normal),
        "non_fractured_images_with_a_detection_at_score_threshold": float(
            np.mean([bool((scores >= threshold).any()) for _, scores in found.normal])
        ),
    }
    return rounded(operating_point), rounded(metrics)


def rounded(value: Any) -> Any:
    """Floats to six places, throughout."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return round(value, 6)
    return value


def draw_froc_of(found: Validation, path: Path) -> None:
    """Free-response curves of the validation split alone and with the non-fractured images, as a PNG."""
    draw_froc({
        f"{len(found.truths)} fractured images (valid)": detection_metrics.pool(found.fractured_matches()),
        f"with {len(found.normal)} non-fractured images": detection_metrics.pool(found.all_matches()),
    }, path)


def add_figure_options(parser: argparse.ArgumentParser) -> None:
    """What the figures are measured on, and how."""
    parser.add_argument("--fracatlas", type=existing_folder, required=True, help="root of a FracAtlas download")
    parser.add_argument(
        "--negatives", type=positive_integer, default=300,
        help="non-fractured images, %(default)s at most and by default: the card tells how often they raise an alarm",
    )
    parser.add_argument(
        "--box-voting-iou", type=float, default=BOX_VOTING_IOU, help="1: no box voting (default %(default)s)"
    )
    parser.add_argument("--froc", type=chart_file, help="PNG to draw the free-response curves of these images into")
    parser.add_argument("--threads", type=positive_integer, default=1, help="of PyTorch (default %(default)s)")
