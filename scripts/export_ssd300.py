#!/usr/bin/env python3
"""Turns checkpoints of train_ssd300.py into a model file: TorchScript with raw heads, fp16 weights and a model card.

Weights of several checkpoints of one run are averaged (Izmailov et al., Averaging Weights Leads to Wider Optima, 2018);
checkpoints of different runs are refused.

The figures on the card are measured here, with the rounded weights, on the validation split read as bonescan reads
it, and on non-fractured images that were not trained on. Both operating points come from them.

    scripts/export_ssd300.py runs/ssd300/epoch*.pt --fracatlas data/FracAtlas -o ssd300_vgg16.pt --froc froc.png
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor

from bonescan_training import checkpoint, detector_figures, fracatlas, model_card, ssd300
from bonescan_training.checkpoint import differing_options
from bonescan_training.code_commit import code_commit
from bonescan_training.command_line import existing_file, program
from train_ssd300 import MAY_DIFFER

RECIPE_ON_CARD = (
    "size", "crop", "crop_until", "batch", "learning_rate", "trunk_learning_rate", "weight_decay", "warm_up",
    "frozen_blocks", "match_iou", "ignored_from", "iou_weight", "average_decay", "negatives", "flips", "epochs",
    "minutes", "precision",
)


def make_card(
    states: list[dict[str, Any]], operating_point: dict[str, Any], metrics: dict[str, Any], code: str | None,
    root: Path,
) -> dict[str, Any]:
    """The model card: schema bonescan.model/1; root is that of the FracAtlas download."""
    split, trained = (len(fracatlas.split_ids(root, "train", without_copies)) for without_copies in (False, True))
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
            "images": f"{trained} fractured ({split} less {split - trained} near-copies of valid images), and "
            f"{recipe['negative_images']} non-fractured",
            "code_commit": code, "seed": recipe["seed"], "epochs": state["epoch"], "steps": state["step"],
            "weights_averaged_over_epochs": sorted(each["epoch"] for each in states),
            # An older training did not know all of these options.
            "recipe": {name: recipe[name] for name in RECIPE_ON_CARD if name in recipe},
        },
        "metrics": metrics,
        "licence": "CC-BY-4.0",
        "attribution": f"{fracatlas.ATTRIBUTION}. {model_card.VGG_ATTRIBUTION}.",
    }


def mean_weights(states: list[dict[str, Any]]) -> dict[str, Tensor]:
    """The mean of the checkpoints' averaged weights, by name."""
    weights = [state["average"] for state in states]
    return {name: torch.stack([each[name] for each in weights]).mean(dim=0) for name in weights[0]}


def load_states(paths: list[Path]) -> list[dict[str, Any]]:
    """The checkpoints of one run; raises ValueError where one is of another run than the first."""
    states = [checkpoint.load(path) for path in paths]
    for path, state in zip(paths, states):
        if missing := [key for key in ("average", "recipe", "scales", "size", "epoch", "step") if key not in state]:
            raise ValueError(f"{path} is no checkpoint of train_ssd300.py: it has no {missing[0]}")
        if (state["size"], state["scales"]) != (states[0]["size"], states[0]["scales"]):
            raise ValueError(f"{path} has another input size or other anchors than {paths[0]}: it is of another run")
        for option, first, other in differing_options(states[0]["recipe"], state["recipe"], MAY_DIFFER):
            raise ValueError(f"{path} was trained with {option} {other}, {paths[0]} with {first}: it is of another run")
    return states


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=existing_file, nargs="+", help="last.pt or epoch*.pt of train_ssd300.py")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the model file to write")
    detector_figures.add_figure_options(parser)
    parser.add_argument("--code-commit", help="commit of the training code (default: the checkpoint's, else HEAD)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)

    states = load_states(arguments.checkpoints)
    scales, size, average = states[0]["scales"], states[0]["size"], mean_weights(states)
    model = ssd300.SSD300VGG16(scales, size=size)
    model.load_state_dict(average)
    for parameter in model.parameters():
        parameter.requires_grad_(False)
        parameter.copy_(parameter.half().float())
    model.eval()
    found = detector_figures.validate(
        model, arguments.fracatlas, size, arguments.negatives, arguments.box_voting_iou
    )
    operating_point, metrics = detector_figures.measure(found)
    code = arguments.code_commit or states[0].get("code_commit") or code_commit()
    card = make_card(states, operating_point, metrics, code, arguments.fracatlas)
    reference = ssd300.SSD300VGG16(scales, size=size).eval()
    reference.load_state_dict(average)
    for parameter in reference.parameters():
        parameter.data = parameter.data.half().float()
    model_card.save_model(
        model_card.half_weights(torch.jit.script(model)), card, arguments.output,
        lambda saved: detector_figures.check_heads(saved, reference, size),
    )
    if arguments.froc:
        detector_figures.draw_froc_of(found, arguments.froc)
    print(json.dumps({"operating_point": operating_point, "metrics": metrics}, indent=2))
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
