#!/usr/bin/python3
"""Turns checkpoints of train_ssd300.py into a model file: TorchScript with raw heads, fp16 weights and a model card.

Weights of several checkpoints of one run are averaged (Izmailov et al., Averaging Weights Leads to Wider Optima, 2018).

The figures on the card are measured here, with the rounded weights, on the validation split read as bonescan reads
it, and on non-fractured images that were not trained on. Both operating points come from them.

    scripts/export_ssd300.py runs/ssd300/epoch*.pt --fracatlas data/FracAtlas -o ssd300_vgg16.pt --froc froc.png
"""
from __future__ import annotations

import argparse
import json
import math
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from bonescan_training import checkpoint, detection_metrics, fracatlas, model_card, ssd300
from bonescan_training.fracture_data import NO_BOXES, evaluation_negatives
from bonescan_training.froc_plot import draw_froc

# The default threshold is the lowest whose F1 is no further below the best: the F1 is flat there, and finding a
# fracture counts more than a false alarm.
F1_GIVEN_UP = 0.01
RECIPE_ON_CARD = (
    "size", "crop", "crop_until", "batch", "learning_rate", "trunk_learning_rate", "weight_decay", "warm_up",
    "frozen_blocks", "match_iou", "ignored_from", "iou_weight", "average_decay", "negatives", "minutes", "precision",
)


def network_input(image: np.ndarray, size: int) -> Tensor:
    """Upright RGB image [H,W,3] to network input [1,3,size,size]: stretched by area averaging, then normalised."""
    square = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    square = (square - np.float32(ssd300.MEAN)) / np.float32(ssd300.STD)
    return torch.from_numpy(square.transpose(2, 0, 1)[None].copy())


@torch.no_grad()
def detect(model: torch.nn.Module, root: Path, names: list[str], size: int) -> list[detection_metrics.Prediction]:
    """Detections of each image, boxes in pixels of the upright image."""
    predictions = []
    for name in names:
        image = fracatlas.read_upright(fracatlas.image_path(root, name))
        logits, deltas, anchors = model(network_input(image, size))
        boxes, scores = ssd300.postprocess(logits[0], deltas[0], anchors, size)
        height, width = image.shape[:2]
        predictions.append((boxes * np.float32([width, height, width, height]) / size, scores))
    return predictions


@dataclass
class Validation:
    """What a model finds on the validation split, and on non-fractured images that it was not trained on."""

    predictions: list[detection_metrics.Prediction]
    truths: list[np.ndarray]
    normal: list[detection_metrics.Prediction]

    def fractured_matches(self) -> list[detection_metrics.Matches]:
        """Image by image, as pycocotools matches: 100 detections an image."""
        return [detection_metrics.match([p], [t], 0.5) for p, t in zip(self.predictions, self.truths)]

    def all_matches(self) -> list[detection_metrics.Matches]:
        """Image by image, the non-fractured ones last, with every detection."""
        pairs = zip(self.predictions + self.normal, self.truths + [NO_BOXES] * len(self.normal))
        return [detection_metrics.match([p], [t], 0.5, limit=200) for p, t in pairs]


def validate(model: torch.nn.Module, root: Path, size: int, negatives: int) -> Validation:
    boxes, names = fracatlas.read_boxes(root), fracatlas.split_ids(root, "valid")
    return Validation(
        detect(model, root, names, size), [boxes[name] for name in names],
        detect(model, root, evaluation_negatives(root, negatives), size),
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
        return detection_metrics.average_precision(detection_metrics.pool([at_half[i] for i in sample]))

    def one_false(sample: np.ndarray) -> dict[str, float]:
        return detection_metrics.at_false_positives_per_image(detection_metrics.pool([mixed[i] for i in sample]), 1.0)

    interval = detection_metrics.bootstrap_interval
    operating_point = {
        "score_threshold": threshold, "nms_iou": 0.45, "max_detections": 200,
        "candidate_score": 0.01, "candidates_per_class": 400,
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


def rounded(value: Any, name: str = "") -> Any:
    """Floats to six places, throughout; thresholds downwards, so that the detection that sets one still reaches it."""
    if isinstance(value, dict):
        return {key: rounded(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return math.floor(value * 1e6) / 1e6 if name == "score_threshold" else round(value, 6)
    return value


def make_card(
    states: list[dict[str, Any]], operating_point: dict[str, Any], metrics: dict[str, Any], code: str
) -> dict[str, Any]:
    state = max(states, key=lambda each: each["epoch"])
    recipe, size = state["recipe"], state["size"]
    return {
        "schema": model_card.SCHEMA,
        "name": f"ssd{size}_vgg16_fracatlas",
        "task": "detection",
        "architecture": "ssd300_vgg16",
        "input": {
            "width": size, "height": size, "channels": 3, "resize": "stretch",
            "mean": list(ssd300.MEAN), "std": list(ssd300.STD),
        },
        "output": {"kind": "ssd_heads", "box_weights": list(ssd300.BOX_WEIGHTS), "anchor_format": "xyxy"},
        "classes": ["background", "fractured"],
        "operating_point": operating_point,
        "trained_on": {
            "dataset": "FracAtlas", "split": "train",
            "images": f"561 fractured (574 less {len(fracatlas.TRAIN_COPIES_OF_VALID)} near-copies of valid images)"
            f", and {recipe['negative_images']} non-fractured",
            "code_commit": code, "seed": recipe["seed"], "epochs": state["epoch"], "steps": state["step"],
            "weights_averaged_over_epochs": sorted(each["epoch"] for each in states),
            "recipe": {name: recipe[name] for name in RECIPE_ON_CARD},
        },
        "metrics": metrics,
        "licence": "CC-BY-4.0",
        "attribution": f"{fracatlas.ATTRIBUTION}. {model_card.VGG_ATTRIBUTION}.",
    }


def mean_weights(states: list[dict[str, Any]]) -> dict[str, Tensor]:
    """The mean of the checkpoints' averaged weights, by name."""
    weights = [state["average"] for state in states]
    return {name: torch.stack([each[name] for each in weights]).mean(dim=0) for name in weights[0]}


@torch.no_grad()
def check_file(path: Path, model: torch.nn.Module, size: int) -> None:
    """Raises if the saved model, loaded and turned to fp32, does not give what the network gave."""
    loaded = torch.jit.load(str(path), map_location="cpu").to(torch.float32).eval()
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(0)) * 60
    for batch in (x[:1], x):
        for expected, value in zip(model(batch), loaded(batch)):
            torch.testing.assert_close(value, expected, rtol=1e-4, atol=1e-4)
    logits, deltas, anchors = loaded(x[:1])
    if not (logits.shape[1] == deltas.shape[1] == anchors.shape[0]) or anchors.dtype != torch.float32:
        raise ValueError(f"{path}: heads and anchors do not fit together")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="last.pt or epoch*.pt of train_ssd300.py")
    parser.add_argument("--fracatlas", type=Path, required=True, help="root of a FracAtlas download")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument(
        "--negatives", type=int, default=300, help="non-fractured images to measure on (default %(default)s)"
    )
    parser.add_argument("--froc", type=Path, help="PNG to draw the free-response curves of these images into")
    parser.add_argument("--code-commit", help="commit of the training code (default: HEAD)")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)

    if arguments.negatives < 1:
        parser.error("--negatives must be at least 1: the card tells how often non-fractured images raise an alarm")
    states = []
    for path in arguments.checkpoints:
        states.append(checkpoint.load_if_present(path))
        if states[-1] is None:
            parser.error(f"{path} does not exist")
    scales, size, average = states[0]["scales"], states[0]["size"], mean_weights(states)
    code = arguments.code_commit or subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    ).stdout.strip()
    model = ssd300.SSD300VGG16(scales, size=size)
    model.load_state_dict(average)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
        parameter.copy_(parameter.half().float())
    model.eval()
    found = validate(model, arguments.fracatlas, size, arguments.negatives)
    operating_point, metrics = measure(found)
    card = make_card(states, operating_point, metrics, code)
    model_card.save_model(model_card.half_weights(torch.jit.script(model)), card, arguments.output)
    reference = ssd300.SSD300VGG16(scales, size=size).eval()
    reference.load_state_dict(average)
    for parameter in reference.parameters():
        parameter.data = parameter.data.half().float()
    check_file(arguments.output, reference, size)
    if arguments.froc:
        draw_froc({
            f"{len(found.truths)} fractured images (valid)": detection_metrics.pool(found.fractured_matches()),
            f"with {len(found.normal)} non-fractured images": detection_metrics.pool(found.all_matches()),
        }, arguments.froc)
    print(json.dumps({"operating_point": operating_point, "metrics": metrics}, indent=2))
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
