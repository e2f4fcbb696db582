#!/usr/bin/env python3
"""Turns checkpoints of train_ssd300.py into a model file: TorchScript with raw heads, fp16 weights and a model card.

Weights of several checkpoints of one run are averaged (Izmailov et al., Averaging Weights Leads to Wider Optima, 2018).

The figures on the card are measured here, with the rounded weights, on the validation split read as bonescan reads
it, and on non-fractured images that were not trained on. Both operating points come from them.

    scripts/export_ssd300.py runs/ssd300/epoch*.pt --fracatlas data/FracAtlas -o ssd300_vgg16.pt --froc froc.png
"""
from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import Tensor

from bonescan_training import checkpoint, detector_figures, fracatlas, model_card, ssd300

RECIPE_ON_CARD = (
    "size", "crop", "crop_until", "batch", "learning_rate", "trunk_learning_rate", "weight_decay", "warm_up",
    "frozen_blocks", "match_iou", "ignored_from", "iou_weight", "average_decay", "negatives", "minutes", "precision",
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


def current_commit() -> str | None:
    """The commit that these scripts are at; None where they are no git checkout, or git is missing."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        return subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+", help="last.pt or epoch*.pt of train_ssd300.py")
    parser.add_argument("-o", "--output", type=Path, required=True)
    detector_figures.add_figure_options(parser)
    parser.add_argument("--code-commit", help="commit of the training code (default: HEAD; null without git)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)

    states = []
    for path in arguments.checkpoints:
        states.append(checkpoint.load_if_present(path))
        if states[-1] is None:
            parser.error(f"{path} does not exist")
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
    code = arguments.code_commit or current_commit()
    card = make_card(states, operating_point, metrics, code, arguments.fracatlas)
    candidate = arguments.output.with_name(arguments.output.name + ".candidate")
    model_card.save_model(model_card.half_weights(torch.jit.script(model)), card, candidate)
    reference = ssd300.SSD300VGG16(scales, size=size).eval()
    reference.load_state_dict(average)
    for parameter in reference.parameters():
        parameter.data = parameter.data.half().float()
    check_file(candidate, reference, size)
    candidate.replace(arguments.output)
    if arguments.froc:
        detector_figures.draw_froc_of(found, arguments.froc)
    print(json.dumps({"operating_point": operating_point, "metrics": metrics}, indent=2))
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
