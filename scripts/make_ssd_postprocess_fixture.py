#!/usr/bin/env python3
"""Writes the fixture against which the C++ SSD post-processing is tested.

Random heads of two images and the answer of torchvision's own SSD.postprocess_detections to them, under several
settings. Inputs have four decimals, so that every parser reads the same float32. No decision is close: no two scores
are nearly equal, none is near a score threshold, and no overlap is near an NMS threshold.

    scripts/make_ssd_postprocess_fixture.py -o tests/data/ssd_postprocess/random_heads.json
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import torchvision
from torch import Tensor
from torchvision.models.detection._utils import BoxCoder
from torchvision.models.detection.ssd import SSD
from torchvision.ops import box_iou, clip_boxes_to_image

from bonescan_training.command_line import program

SIZE = 300
IMAGES, ANCHORS, CLASSES = 2, 300, 3
BOX_WEIGHTS = (10.0, 10.0, 5.0, 5.0)
DEFAULTS = {"score_threshold": 0.01, "candidates_per_class": 400, "nms_iou": 0.45, "max_detections": 200,
            "box_voting_iou": 1.0}
SETTINGS = {
    "torchvision defaults": {},
    "few candidates": {"candidates_per_class": 20},
    "few detections": {"max_detections": 10},
    "high score threshold": {"score_threshold": 0.5},
    "loose suppression": {"nms_iou": 0.7},
    "strict suppression": {"nms_iou": 0.1},
    "no detection": {"score_threshold": 0.9999},
    "box voting": {"box_voting_iou": 0.6},
    "box voting among few candidates": {"box_voting_iou": 0.3, "candidates_per_class": 20},
}


def four_decimals(values: Tensor) -> Tensor:
    """The float32 nearest to each value's four-decimal form."""
    return torch.tensor([round(value, 4) for value in values.flatten().tolist()]).view(values.shape)


def random_heads(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Class logits, box deltas and anchors; the anchors crowd around few centres, some of them at the border."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.rand(40, 2, generator=generator) * SIZE
    centre = centres[torch.randint(40, (ANCHORS,), generator=generator)]
    centre = centre + torch.randn(ANCHORS, 2, generator=generator) * 5
    extent = 15 + 60 * torch.rand(ANCHORS, 2, generator=generator)
    anchors = torch.cat([centre - extent / 2, centre + extent / 2], dim=1)
    logits = 2.5 * torch.randn(IMAGES, ANCHORS, CLASSES, generator=generator)
    logits[..., 0] += 1.5
    deltas = torch.randn(IMAGES, ANCHORS, 4, generator=generator) * torch.tensor([3.0, 3.0, 1.5, 1.5])
    return four_decimals(logits), four_decimals(deltas), four_decimals(anchors)


def has_close_decision(logits: Tensor, deltas: Tensor, anchors: Tensor) -> bool:
    """True if rounding could change what is kept."""
    coder = BoxCoder(weights=BOX_WEIGHTS)
    settings = [DEFAULTS | change for change in SETTINGS.values()]
    for image in range(IMAGES):
        scores = logits[image].softmax(dim=1)[:, 1:]
        if scores.flatten().sort().values.diff().min() < 4e-7:
            return True
        if any((scores - setting["score_threshold"]).abs().min() < 1e-6 for setting in settings):
            return True
        boxes = clip_boxes_to_image(coder.decode_single(deltas[image], anchors), (SIZE, SIZE))
        overlaps = box_iou(boxes, boxes)
        limits = [setting[name] for setting in settings for name in ("nms_iou", "box_voting_iou")]
        if any((overlaps - limit).abs().min() < 5e-6 for limit in limits if limit < 1):
            return True
    return False


def voted_boxes(
    detection: dict[str, Tensor], logits: Tensor, deltas: Tensor, anchors: Tensor, setting: dict[str, Any]
) -> Tensor:
    """For each detection the mean, weighted by score, of the candidates of its class that overlap it enough."""
    boxes = clip_boxes_to_image(BoxCoder(weights=BOX_WEIGHTS).decode_single(deltas, anchors), (SIZE, SIZE)).double()
    scores = logits.softmax(dim=1)
    result = []
    for box, label in zip(detection["boxes"].double(), detection["labels"]):
        of_class = scores[:, label]
        candidates = (of_class > setting["score_threshold"]).nonzero()[:, 0]
        best = of_class[candidates].topk(min(setting["candidates_per_class"], len(candidates))).indices
        candidates = candidates[best]
        overlaps = box_iou(box[None], boxes[candidates])[0] >= setting["box_voting_iou"]
        own = (boxes[candidates] == box).all(dim=1)  # without an area it overlaps nothing, not even itself
        votes = of_class[candidates].double() * (overlaps | own)
        result.append(votes @ boxes[candidates] / votes.sum())
    return torch.stack(result) if result else detection["boxes"]


def torchvision_answer(
    logits: Tensor, deltas: Tensor, anchors: Tensor, setting: dict[str, Any]
) -> list[dict[str, Any]]:
    """Boxes, scores and labels of each image from torchvision's method, run without a network around it.

    Boxes are then voted for, as Gidaris and Komodakis (ICCV 2015) do, where the setting says so.
    """
    ssd = SimpleNamespace(
        box_coder=BoxCoder(weights=BOX_WEIGHTS), score_thresh=setting["score_threshold"],
        topk_candidates=setting["candidates_per_class"], nms_thresh=setting["nms_iou"],
        detections_per_img=setting["max_detections"],
    )
    detections = SSD.postprocess_detections(
        ssd, {"cls_logits": logits, "bbox_regression": deltas}, [anchors] * IMAGES, [(SIZE, SIZE)] * IMAGES
    )
    if setting["box_voting_iou"] < 1:
        for image, detection in enumerate(detections):
            detection["boxes"] = voted_boxes(detection, logits[image], deltas[image], anchors, setting)
    return [
        {
            "boxes": [[round(value, 4) for value in box] for box in detection["boxes"].tolist()],
            "scores": [round(value, 7) for value in detection["scores"].tolist()],
            "labels": detection["labels"].tolist(),
        }
        for detection in detections
    ]


def as_lists(values: Tensor) -> Any:
    """Nested lists of four-decimal numbers."""
    if values.dim() == 1:
        return [round(value, 4) for value in values.tolist()]
    return [as_lists(row) for row in values]


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--seed", type=int, default=1, help="first seed that is tried (default %(default)s)")
    arguments = parser.parse_args()

    seed = arguments.seed
    while has_close_decision(*(heads := random_heads(seed))):
        seed += 1
    logits, deltas, anchors = heads
    fixture = {
        "made_by": "make_ssd_postprocess_fixture.py",
        "versions": f"torchvision {torchvision.__version__}, torch {torch.__version__}, seed {seed}",
        "input_width": SIZE, "input_height": SIZE, "box_weights": BOX_WEIGHTS,
        "boxes": "x1,y1,x2,y2 in pixels of the input; label 0 is background",
        "class_logits": as_lists(logits), "box_deltas": as_lists(deltas), "anchors": as_lists(anchors),
        "cases": [
            {"name": name, **setting, "images": torchvision_answer(logits, deltas, anchors, setting)}
            for name, setting in ((name, DEFAULTS | change) for name, change in SETTINGS.items())
        ],
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    for case in fixture["cases"]:
        print(case["name"], [len(image["scores"]) for image in case["images"]])
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e3:.0f} kB, seed {seed}")


if __name__ == "__main__":
    main()
