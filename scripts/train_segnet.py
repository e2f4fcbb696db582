#!/usr/bin/env python3
"""Train the bone segmenter (SegNet, one logit) on bone masks, its teacher's masks, and pictures without bone.

Example:
    scripts/train_segnet.py --fracatlas FracAtlas --masks bone-masks --photographs photographs/train \
        --width 16 --steps 1000 --output runs/w16

Writes checkpoint.pt (resumed from when present) and log.csv (loss, and mean IoU of the held-out masks) to --output.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bonescan_training import bone_masks, negatives
from bonescan_training.bone_masks import INPUT_SIDE, Radiograph
from bonescan_training.checkpoint import load_if_present, save_atomically
from bonescan_training.precision import fast_autocast
from bonescan_training.segmentation_training import WeightAverage, learning_rate_factor, segmentation_loss, take_step
from bonescan_training.segnet import SegNet, training_state

SPLITS = Path(__file__).parent / "splits"
STATISTICS_BATCHES = 8  # from which an exported model's normalisation is found again
PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fracatlas", type=Path, required=True, help="root of a FracAtlas download")
    parser.add_argument("--masks", type=Path, required=True, help="folder with masks.csv and masks/")
    parser.add_argument("--photographs", type=Path, required=True, help="folder of pictures without bone")
    parser.add_argument("--drawn", type=Path, help="radiographs with masks drawn by train_bone_teacher.py (drawn.npz)")
    parser.add_argument("--held-out", type=Path, default=SPLITS / "bone_masks_valid.csv", help="masks to keep out")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoint.pt and log.csv")
    parser.add_argument("--start-from", type=Path, help="checkpoint or exported model to begin with")
    parser.add_argument("--width", type=int, default=16, help="channels of the first stage (default 16; full SegNet: 64)")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=8, help="images a step, negatives among them")
    parser.add_argument("--negatives", type=int, default=2, help="pictures without bone a step")
    parser.add_argument("--drawn-share", type=float, default=0.6, help="share of --drawn among the radiographs")
    parser.add_argument("--learning-rate", type=float, default=4e-3, help="peak of the one-cycle schedule")
    parser.add_argument("--weight-decay", type=float, default=0.02)
    parser.add_argument("--augmentation", type=float, default=1.0, help="strength of rotation, scale and shift")
    parser.add_argument("--validate-every", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def deeply_supervised_loss(outputs: list[Tensor], bone: Tensor, has_bone: Tensor) -> Tensor:
    """The loss at full size plus a fifth of it at each coarser decoder stage."""
    loss = segmentation_loss(outputs[0].float(), bone, has_bone)
    for logits in outputs[1:]:
        coarse = F.adaptive_avg_pool2d(bone, logits.shape[-2:])
        loss = loss + 0.2 * segmentation_loss(logits.float(), coarse, has_bone)
    return loss


def make_batch(
    labelled: list[Radiograph], drawn: list[Radiograph], photographs: list[np.ndarray], options: argparse.Namespace,
    random: np.random.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """Images [N,3,224,224] in 0..1, bone shares [N,1,224,224], and which images show bone [N]."""
    images, bones = [], []
    for _ in range(options.batch - options.negatives):
        radiographs = drawn if drawn and random.random() < options.drawn_share else labelled
        image, bone = bone_masks.training_sample(radiographs[random.integers(len(radiographs))], random, options.augmentation)
        images.append(image)
        bones.append(bone)
    for _ in range(options.negatives):
        images.append(negatives.training_negative(photographs, random))
        bones.append(np.zeros((1, INPUT_SIDE, INPUT_SIDE), np.float32))
    has_bone = torch.arange(options.batch) < options.batch - options.negatives
    return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(bones)), has_bone


def starting_state(
    labelled: list[Radiograph], drawn: list[Radiograph], photographs: list[np.ndarray], options: argparse.Namespace
) -> dict[str, Tensor]:
    """The weights that --start-from names: a checkpoint's average, or those of an exported model."""
    try:
        exported = torch.jit.load(str(options.start_from), map_location="cpu").float()
    except RuntimeError:
        return torch.load(options.start_from, map_location=options.device)["average"]
    random = np.random.default_rng(options.seed)
    batches = [make_batch(labelled, drawn, photographs, options, random)[0] for _ in range(STATISTICS_BATCHES)]
    return training_state(exported.state_dict(), options.width, normalise(torch.cat(batches)))


@torch.no_grad()
def held_out_iou(network: SegNet, held_out: list[Radiograph], device: str) -> float:
    """Mean IoU at threshold 0.5 and at network size (a close stand-in for measure_segnet.py, which goes by full size)."""
    network.eval()
    scores = []
    for radiograph in held_out:
        grey = bone_masks.stretch(radiograph.grey, INPUT_SIDE).astype(np.float32) / 255
        logits = network(normalise(torch.from_numpy(grey).expand(1, 3, -1, -1).to(device)))
        predicted = (logits[0, 0] > 0).cpu().numpy()
        truth = bone_masks.stretch(radiograph.bone, INPUT_SIDE) > 127
        scores.append((predicted & truth).sum() / max(1, (predicted | truth).sum()))
    network.train()
    return float(np.mean(scores))


def normalise(images: Tensor) -> Tensor:
    """Pixels in 0..1 to the network's range, channels last."""
    return ((images - bone_masks.MEAN) / bone_masks.STD).contiguous(memory_format=torch.channels_last)


def read_photographs(folder: Path) -> list[np.ndarray]:
    """Every picture under `folder`, in order of path."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
    if not paths:
        raise SystemExit(f"--photographs: no pictures under {folder}")
    return [negatives.read_photograph(path) for path in paths]


def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(0)
    torch.manual_seed(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)

    labelled, held_out = bone_masks.read_labelled(options.fracatlas, options.masks, options.held_out)
    drawn = bone_masks.read_drawn(options.drawn) if options.drawn else []
    photographs = read_photographs(options.photographs)
    print(f"{len(labelled)} masks, {len(held_out)} held out, {len(drawn)} drawn by the teacher, "
          f"{len(photographs)} pictures without bone", flush=True)

    network = SegNet(options.width).to(options.device, memory_format=torch.channels_last).train()
    if options.start_from:
        network.load_state_dict(starting_state(labelled, drawn, photographs, options))
    average = WeightAverage(network)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    undecayed = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": options.weight_decay}, {"params": undecayed, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=options.learning_rate)
    first_step = 0
    checkpoint = options.output / "checkpoint.pt"
    saved = load_if_present(checkpoint, options.device)
    if saved:
        network.load_state_dict(saved["network"])
        average.state = saved["average"]
        optimiser.load_state_dict(saved["optimiser"])
        first_step = saved["step"]

    evaluated = SegNet(options.width).to(options.device, memory_format=torch.channels_last)
    started, losses = time.monotonic(), []
    for step in range(first_step, options.steps):
        for group in optimiser.param_groups:
            group["lr"] = options.learning_rate * learning_rate_factor(step, options.steps)
        random = np.random.default_rng((options.seed, step))  # by step, so that a resumed run sees what an unbroken one would
        images, bone, has_bone = make_batch(labelled, drawn, photographs, options, random)
        images, bone, has_bone = (t.to(options.device) for t in (images, bone, has_bone))
        with fast_autocast(options.device):
            outputs = network.forward_all(normalise(images))
        loss = deeply_supervised_loss(outputs, bone, has_bone)
        take_step(loss, network, optimiser, average, step)
        losses.append(loss.item())

        if (step + 1) % options.validate_every == 0 or step + 1 == options.steps:
            evaluated.load_state_dict(average.state)
            iou = held_out_iou(evaluated, held_out, options.device)
            row = [step + 1, f"{np.mean(losses):.4f}", f"{iou:.4f}", f"{time.monotonic() - started:.0f}"]
            print("step {} loss {} held-out IoU {} after {} s".format(*row), flush=True)
            with open(options.output / "log.csv", "a", newline="") as file:
                csv.writer(file).writerow(row)
            losses = []
            state = {"network": network.state_dict(), "average": average.state, "optimiser": optimiser.state_dict(),
                     "step": step + 1, "width": options.width, "options": {k: str(v) for k, v in vars(options).items()}}
            save_atomically(state, checkpoint)


if __name__ == "__main__":
    main()
