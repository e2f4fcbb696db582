#!/usr/bin/env python3
"""Measure an exported bone segmenter: IoU and Dice on held-out masks, and the gate's error rates.

Radiographs and photographs are ones that training has not seen.  Photographs are shown as they are and disguised
(grey, inverted, sepia, dark).

Example:
    scripts/measure_segnet.py --model weights/segnet.pt --fracatlas FracAtlas --masks bone-masks \
        --photographs photographs/valid photographs/test --output metrics.json
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from bonescan_training import bone_gate, bone_masks, fracatlas, model_card, pictures_without_bone
from bonescan_training.bone_gate import BoneNetwork, OperatingPoint
from bonescan_training.command_line import existing_file, existing_folder, program
from bonescan_training.image_lists import SPLITS, read_names
from bonescan_training.write_image import write_image


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=existing_file, required=True, help="exported segmenter (TorchScript)")
    parser.add_argument("--operating-point", type=existing_file, help="JSON file; default: the model card's")
    parser.add_argument("--fracatlas", type=existing_folder, required=True, help="root of a FracAtlas download")
    parser.add_argument("--masks", type=existing_folder, required=True, help="folder with masks.csv and masks/")
    parser.add_argument("--held-out", type=existing_file, default=SPLITS / "bone_masks_valid.csv",
                        help="list of the masks to measure on (default: that of scripts/splits)")
    parser.add_argument("--radiographs", type=existing_file, nargs="*",
                        default=[SPLITS / "gate_radiographs_valid.csv", SPLITS / "gate_radiographs_test.csv"],
                        help="lists of radiographs for the gate (default: both of scripts/splits)")
    parser.add_argument("--photographs", type=existing_folder, nargs="*", default=[],
                        help="folders of photographs that training has not seen")
    parser.add_argument("--tta", action="store_true",
                        help="masks from the mean over each radiograph and its mirror image")
    parser.add_argument("--overlays", type=Path,
                        help="folder for pictures with drawn (green) and predicted (red) outlines")
    parser.add_argument("--output", type=Path, help="JSON file for the figures")
    options = parser.parse_args()
    for option, names in (("--radiographs", [path.stem for path in options.radiographs]),
                          ("--photographs", [folder.name for folder in options.photographs])):
        if len(set(names)) < len(names):
            parser.error(f"{option}: the figures tell them by name, and two have the same: {', '.join(names)}")
    return options


def draw_overlay(image: np.ndarray, truth: np.ndarray, probability: np.ndarray, threshold: float) -> np.ndarray:
    """The image, no side over 600, with outlines: truth green, prediction, as it is measured, red; BGR."""
    scale = 600 / max(image.shape[:2])
    size = (round(image.shape[1] * scale), round(image.shape[0] * scale))
    canvas = cv2.cvtColor(cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2BGR)
    predicted = bone_gate.bone_mask(probability, truth.shape[1::-1], threshold)
    for mask, colour in ((truth, (0, 255, 0)), (predicted, (0, 0, 255))):
        resized = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
        outlines, _ = cv2.findContours(resized, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(canvas, outlines, -1, colour, 1)
    return canvas


def measure_masks(network: BoneNetwork, threshold: float, options: argparse.Namespace) -> dict[str, Any]:
    """Mean and maximum IoU and mean Dice at the upright image's size, and each image's IoU."""
    rows = {}
    for name in read_names(options.held_out):
        image = fracatlas.read_upright(fracatlas.image_path(options.fracatlas, name))
        probability = bone_gate.bone_probability(network, image)
        truth = bone_masks.read_mask(options.masks, name)
        rows[name] = bone_gate.mask_overlap(probability, truth, threshold)
        if options.overlays:
            write_image(options.overlays / name, draw_overlay(image, truth, probability, threshold))
    iou, dice = np.array(list(rows.values())).T
    return {"images": len(rows), "iou_mean": round(float(iou.mean()), 4), "iou_max": round(float(iou.max()), 4),
            "dice_mean": round(float(dice.mean()), 4), "iou_by_image": {name: round(row[0], 3) for name, row in rows.items()}}


def measure_radiographs(network: BoneNetwork, point: OperatingPoint, path: Path, root: Path) -> dict[str, Any]:
    """How many of the radiographs of a list pass, and which do not."""
    names = read_names(path)
    refused = []
    for name in names:
        probability = bone_gate.bone_probability(network, fracatlas.read_upright(fracatlas.image_path(root, name)))
        if not bone_gate.shows_bone(probability, point):
            fraction, confidence = bone_gate.fraction_and_confidence(probability, point.mask_threshold)
            refused.append(f"{name} ({fraction:.4f}, {confidence:.2f})")
    return {"images": len(names), "passed": len(names) - len(refused), "refused": refused}


def measure_photographs(network: BoneNetwork, point: OperatingPoint, folder: Path) -> dict[str, Any]:
    """How many photographs of a folder pass, for each way of showing them, and which."""
    photographs = pictures_without_bone.read_photographs(folder)
    passed: Counter[str] = Counter()
    accepted = []
    for name, photograph in photographs:
        for look, version in bone_gate.disguises(pictures_without_bone.on_white(photograph)):
            probability = bone_gate.bone_probability(network, version)
            present = bone_gate.shows_bone(probability, point)
            passed[look] += present
            if present:
                fraction, confidence = bone_gate.fraction_and_confidence(probability, point.mask_threshold)
                accepted.append(f"{name}, {look} ({fraction:.4f}, {confidence:.2f})")
    return {"images": len(photographs), "passed": dict(passed), "accepted": accepted}


def milliseconds_per_image(network: torch.jit.ScriptModule, repeats: int = 15) -> float:
    """Median processor time of the frozen network: channels last, float32, one thread, one image."""
    frozen = torch.jit.freeze(network.eval().to(memory_format=torch.channels_last))
    image = torch.rand(1, 3, bone_masks.INPUT_SIDE, bone_masks.INPUT_SIDE).contiguous(memory_format=torch.channels_last)
    times = []
    with torch.no_grad():
        for _ in range(repeats + 5):
            started = time.process_time()
            frozen(image)
            times.append(time.process_time() - started)
    return round(float(np.median(times[5:])) * 1000, 1)


@program
def main() -> None:
    options = parse_arguments()
    if options.output:
        options.output.parent.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    network = model_card.load_network(options.model)
    if options.operating_point:
        stored = json.loads(options.operating_point.read_text())
    else:
        stored = model_card.read_card(options.model)["operating_point"]
    point = OperatingPoint(**stored)
    drawing = bone_gate.mean_over_mirror_image(network) if options.tta else network
    figures: dict[str, Any] = {
        "operating_point": stored,
        "masks": measure_masks(drawing, point.mask_threshold, options),
        "radiographs": {path.stem: measure_radiographs(network, point, path, options.fracatlas) for path in options.radiographs},
        "photographs": {folder.name: measure_photographs(network, point, folder) for folder in options.photographs},
        "file_mb": round(options.model.stat().st_size / 1e6, 2),
        "milliseconds_per_image": milliseconds_per_image(network),
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if options.output:
        options.output.write_text(text + "\n")


if __name__ == "__main__":
    main()
