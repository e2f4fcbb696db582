#!/usr/bin/env python3
"""Export a trained bone segmenter as one TorchScript file with its model card.

Batch normalisation is folded into the convolutions and weights are stored as fp16; the file computes after
module.to(float32).  Checks that the stored network gives what the checkpoint gives.

Example:
    scripts/export_segnet.py --checkpoint runs/w16/checkpoint.pt --operating-point operating_point.json \
        --metrics metrics.json --output weights/segnet.pt
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from bonescan_training import checkpoint, fracatlas, model_card
from bonescan_training.bone_masks import INPUT_SIDE, MEAN, STD
from bonescan_training.code_commit import code_commit
from bonescan_training.command_line import existing_file, program
from bonescan_training.segnet import SegNet, inference_network

LARGEST_DIFFERENCE = 0.01  # of a probability, between the checkpoint in float32 and the file's fp16 weights


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=existing_file, required=True, help="checkpoint.pt of train_segnet.py")
    parser.add_argument("--operating-point", type=existing_file,
                        help="JSON of choose_bone_thresholds.py (default: 0.5, 0.02, 0.6)")
    parser.add_argument("--metrics", type=existing_file, help="JSON of measure_segnet.py, for the card")
    parser.add_argument("--training-images", default="", help="words for the card on what it was trained on")
    parser.add_argument("--commit", help="commit of the training code (default: the checkpoint's, else HEAD)")
    parser.add_argument("--output", type=Path, required=True, help="the model file to write")
    return parser.parse_args()


def make_card(options: argparse.Namespace, saved: dict[str, Any]) -> dict[str, Any]:
    """The model card: schema bonescan.model/1."""
    point = {"mask_threshold": 0.5, "min_bone_fraction": 0.02, "min_bone_confidence": 0.6}
    if options.operating_point:
        point = json.loads(options.operating_point.read_text())
    return {
        "schema": model_card.SCHEMA,
        "name": f"segnet-w{saved['width']}",
        "task": "segmentation",
        "architecture": "segnet",
        "input": {"width": INPUT_SIDE, "height": INPUT_SIDE, "channels": 3, "resize": "stretch", "mean": [MEAN] * 3, "std": [STD] * 3},
        "output": {"kind": "mask_logits"},
        "classes": ["background", "bone"],
        "operating_point": point,
        "trained_on": {
            "dataset": "FracAtlas, bone masks drawn for bonescan; photographs from Debian packages as pictures without bone",
            "split": "bone masks but those of scripts/splits/bone_masks_valid.csv; masks drawn by a teacher for other images",
            "images": options.training_images,
            "commit": options.commit or saved.get("code_commit") or code_commit(),
            "seed": int(saved["options"]["seed"]),
        },
        "metrics": json.loads(options.metrics.read_text()) if options.metrics else {},
        "licence": "CC-BY-4.0",
        "attribution": f"{fracatlas.ATTRIBUTION}; bone masks drawn for bonescan on its images. Trained in part on masks "
                       f"drawn by a network on the fracture detector's trunk: {model_card.VGG_ATTRIBUTION}.",
    }


@torch.no_grad()
def check_probabilities(stored: torch.nn.Module, saved: dict[str, Any]) -> None:
    """Raises ValueError where the stored model is too far from the checkpoint's, on noise, two images at once."""
    original = SegNet(saved["width"])
    original.load_state_dict(saved["average"])
    original.eval()
    noise = torch.randn(2, 3, 28, 28, generator=torch.Generator().manual_seed(0))
    images = torch.nn.functional.interpolate(noise, size=(INPUT_SIDE, INPUT_SIDE), mode="bicubic")
    difference = float((original(images).sigmoid() - stored(images).sigmoid()).abs().max())
    if difference > LARGEST_DIFFERENCE:
        raise ValueError(f"the stored network differs from the checkpoint by {difference:.4f} in probability")
    print(f"largest difference of probability to the checkpoint: {difference:.5f}")


@program
def main() -> None:
    options = parse_arguments()
    saved = checkpoint.load(options.checkpoint)
    if "average" not in saved or "width" not in saved:
        raise ValueError(f"{options.checkpoint} is no checkpoint of train_segnet.py")
    module = torch.jit.script(inference_network(saved["average"], saved["width"]))
    model_card.save_model(
        model_card.half_weights(module), make_card(options, saved), options.output,
        lambda stored: check_probabilities(stored, saved),
    )
    print(f"{options.output}: {options.output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
