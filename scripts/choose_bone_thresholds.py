#!/usr/bin/env python3
"""Choose the bone segmenter's operating point on held-out masks, radiographs and photographs.

The mask threshold is the one with the best mean IoU.  The gate's two thresholds are the pair with the smallest sum of
error rates (radiographs refused, photographs and their disguises let through), in the middle of where that is so.

Example:
    scripts/choose_bone_thresholds.py --model runs/w16/segnet.pt --fracatlas FracAtlas --masks bone-masks \
        --photographs photographs/valid --output runs/w16/operating_point.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from bonescan_training import bone_gate, bone_masks, fracatlas, model_card
from bonescan_training.command_line import existing_file, existing_folder, program
from bonescan_training.image_lists import SPLITS, read_names
from bonescan_training.pictures_without_bone import on_white, read_photographs


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=existing_file, required=True, help="exported segmenter (TorchScript)")
    parser.add_argument("--fracatlas", type=existing_folder, required=True, help="root of a FracAtlas download")
    parser.add_argument("--masks", type=existing_folder, required=True, help="folder with masks.csv and masks/")
    parser.add_argument("--held-out", type=existing_file, default=SPLITS / "bone_masks_valid.csv",
                        help="list of the masks to choose by (default: that of scripts/splits)")
    parser.add_argument("--radiographs", type=existing_file, default=SPLITS / "gate_radiographs_valid.csv",
                        help="list of the radiographs to let through (default: the valid one of scripts/splits)")
    parser.add_argument("--photographs", type=existing_folder, required=True, help="folder of held-out photographs")
    parser.add_argument("--output", type=Path, required=True, help="JSON file for the operating point")
    return parser.parse_args()


def best_mask_threshold(network: torch.jit.ScriptModule, options: argparse.Namespace) -> float:
    """The threshold, in steps of 0.05, with the best mean IoU on the held-out masks."""
    thresholds = np.round(np.arange(0.2, 0.75, 0.05), 2)
    scores = np.zeros(len(thresholds))
    names = read_names(options.held_out)
    for name in names:
        probability = bone_gate.bone_probability(network, fracatlas.read_upright(fracatlas.image_path(options.fracatlas, name)))
        truth = bone_masks.read_mask(options.masks, name)
        scores += [bone_gate.mask_overlap(probability, truth, threshold)[0] for threshold in thresholds]
    for threshold, score in zip(thresholds, scores / len(names)):
        print(f"mask threshold {threshold:.2f}: mean IoU {score:.4f}")
    return float(thresholds[scores.argmax()])


def share_passed(rows: np.ndarray, fraction: float, confidence: float) -> float:
    """Share of (fraction, confidence) rows [n,2] that reach both minima."""
    return float(((rows[:, 0] >= fraction) & (rows[:, 1] >= confidence)).mean())


def gate_thresholds(bone: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Minimum fraction and confidence, given (fraction, confidence) rows of radiographs and of pictures without bone.

    Minimises the sum of the two error rates; among equals, takes the pair nearest the middle of the equal region.
    """
    fractions = np.geomspace(0.002, 0.08, 40)
    confidences = np.arange(0.5, 0.951, 0.01)
    errors = np.zeros((len(fractions), len(confidences)))
    for i, fraction in enumerate(fractions):
        for j, confidence in enumerate(confidences):
            errors[i, j] = (1 - share_passed(bone, fraction, confidence)) + share_passed(other, fraction, confidence)
    best = np.argwhere(errors <= errors.min() + 1e-9)
    i, j = best[np.abs(best - np.median(best, axis=0)).sum(1).argmin()]
    print(f"gate: fraction {fractions[i]:.4f}, confidence {confidences[j]:.2f}: sum of error rates {errors[i, j]:.4f}")
    return float(fractions[i]), float(confidences[j])


@program
def main() -> None:
    options = parse_arguments()
    options.output.parent.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    network = model_card.load_network(options.model)
    mask_threshold = best_mask_threshold(network, options)

    def rate(image: np.ndarray) -> tuple[float, float]:
        """Fraction and confidence of a picture."""
        return bone_gate.fraction_and_confidence(bone_gate.bone_probability(network, image), mask_threshold)

    names = read_names(options.radiographs)
    bone = np.array([rate(fracatlas.read_upright(fracatlas.image_path(options.fracatlas, name))) for name in names])
    pictures = [on_white(photograph) for _, photograph in read_photographs(options.photographs)]
    other = np.array([rate(version) for picture in pictures for _, version in bone_gate.disguises(picture)])
    print(f"{len(bone)} radiographs, {len(pictures)} photographs ({len(other)} versions)")
    fraction, confidence = gate_thresholds(bone, other)
    point = {"mask_threshold": mask_threshold, "min_bone_fraction": round(fraction, 4), "min_bone_confidence": round(confidence, 2)}
    options.output.write_text(json.dumps(point, indent=2) + "\n")


if __name__ == "__main__":
    main()
