#!/usr/bin/env python3
"""Train the bone segmenter (SegNet, one logit) on bone masks, its teacher's masks, and pictures without bone.

Example:
    scripts/train_segnet.py --fracatlas FracAtlas --masks bone-masks --photographs photographs/train \
        --width 16 --steps 1000 --output runs/w16

Writes checkpoint.pt and log.jsonl (loss, and mean IoU of the held-out masks, for plot_training.py) to --output. Started
again, a training goes on from its checkpoint; where the data lie, device, threads, learning rate, length, and what is
measured and saved when, may differ then.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bonescan_training import bone_augmentation, bone_masks, pictures_without_bone
from bonescan_training.bone_masks import INPUT_SIDE, Radiograph, names_hash
from bonescan_training.checkpoint import check_radiographs, check_recipe, load, load_if_present, save_atomically
from bonescan_training.code_commit import code_commit
from bonescan_training.command_line import (
    existing_file, existing_folder, positive_integer, positive_number, program, torch_device,
)
from bonescan_training.image_lists import SPLITS
from bonescan_training.precision import fast_autocast
from bonescan_training.segmentation_training import Training, held_out_iou, learning_rate_factor, segmentation_loss
from bonescan_training.segnet import SegNet, training_state, widened, width_of
from bonescan_training.weight_average import WeightAverage

STATISTICS_BATCHES = 8  # from which an exported model's normalisation is found again
# Options that a training may go on with other values of; radiographs are told by their names.
MAY_DIFFER = (
    "fracatlas", "masks", "photographs", "drawn", "held_out", "output", "start_from", "steps", "learning_rate",
    "validate_every", "checkpoint_minutes", "device", "threads",
)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fracatlas", type=existing_folder, required=True, help="root of a FracAtlas download")
    parser.add_argument("--masks", type=existing_folder, required=True, help="folder with masks.csv and masks/")
    parser.add_argument("--photographs", type=existing_folder, required=True, help="folder of pictures without bone")
    parser.add_argument("--drawn", type=existing_file,
                        help="radiographs with masks drawn by train_bone_teacher.py (drawn.npz)")
    parser.add_argument("--held-out", type=existing_file, default=SPLITS / "bone_masks_valid.csv",
                        help="list of the masks to keep out (default: that of scripts/splits)")
    parser.add_argument("--output", type=Path, required=True, help="folder for checkpoint.pt and log.jsonl")
    parser.add_argument("--start-from", type=existing_file,
                        help="checkpoint or exported model to begin with, as wide as --width or narrower")
    parser.add_argument("--width", type=positive_integer, default=16,
                        help="channels of the first stage (default 16; full SegNet: 64)")
    parser.add_argument("--steps", type=positive_integer, default=1000,
                        help="length of the training (default %(default)s)")
    parser.add_argument("--batch", type=positive_integer, default=8, help="images a step, negatives among them")
    parser.add_argument("--negatives", type=int, default=2, help="pictures without bone a step")
    parser.add_argument("--drawn-share", type=float, default=0.6, help="share of --drawn among the radiographs")
    parser.add_argument("--learning-rate", type=positive_number, default=4e-3, help="peak of the one-cycle schedule")
    parser.add_argument("--weight-decay", type=float, default=0.02, help="of weights, not biases (default %(default)s)")
    parser.add_argument("--augmentation", type=float, default=1.0, help="strength of rotation, scale and shift")
    parser.add_argument("--auxiliary-weight", type=float, default=0.2,
                        help="of the loss at each coarser decoder stage (default %(default)s); 0 spares an exported "
                             "model, which has lost the heads of these stages, the gradients of new ones")
    parser.add_argument("--validate-every", type=positive_integer, default=250,
                        help="steps from one measurement on the held-out masks to the next (default %(default)s)")
    parser.add_argument("--checkpoint-minutes", type=float, default=5, help="between two checkpoints")
    parser.add_argument("--seed", type=int, default=1,
                        help="of initial weights, order and augmentation (default %(default)s)")
    parser.add_argument("--device", type=torch_device, default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=positive_integer, default=1, help="of PyTorch (default %(default)s)")
    options = parser.parse_args()
    if not 0 <= options.negatives < options.batch:
        parser.error(f"--negatives {options.negatives}: of the {options.batch} pictures of a step, some must show bone")
    return options


def deeply_supervised_loss(
    outputs: list[Tensor], bone: Tensor, has_bone: Tensor, auxiliary_weight: float
) -> Tensor:
    """The loss at full size plus `auxiliary_weight` times that at each coarser decoder stage."""
    loss = segmentation_loss(outputs[0].float(), bone, has_bone)
    for logits in outputs[1:] if auxiliary_weight else []:
        coarse = F.adaptive_avg_pool2d(bone, logits.shape[-2:])
        loss = loss + auxiliary_weight * segmentation_loss(logits.float(), coarse, has_bone)
    return loss


def make_batch(
    labelled: list[Radiograph], drawn: list[Radiograph], photographs: list[np.ndarray], options: argparse.Namespace,
    random: np.random.Generator,
) -> tuple[Tensor, Tensor, Tensor]:
    """Images [N,3,224,224] in 0..1, bone shares [N,1,224,224], and which images show bone [N]."""
    images, bones = [], []
    for _ in range(options.batch - options.negatives):
        radiographs = drawn if drawn and random.random() < options.drawn_share else labelled
        image, bone = bone_augmentation.training_sample(
            radiographs[random.integers(len(radiographs))], random, options.augmentation)
        images.append(image)
        bones.append(bone)
    for _ in range(options.negatives):
        images.append(pictures_without_bone.training_picture(photographs, random))
        bones.append(np.zeros((1, INPUT_SIDE, INPUT_SIDE), np.float32))
    has_bone = torch.arange(options.batch) < options.batch - options.negatives
    return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(bones)), has_bone


def starting_state(
    labelled: list[Radiograph], drawn: list[Radiograph], photographs: list[np.ndarray], options: argparse.Namespace
) -> dict[str, Tensor]:
    """The weights that --start-from names, a checkpoint's average or those of an exported model, widened to --width."""
    try:
        folded = torch.jit.load(str(options.start_from), map_location="cpu").float().state_dict()
    except RuntimeError:
        state = load(options.start_from)["average"]
    else:
        random = np.random.default_rng(options.seed)
        batches = [make_batch(labelled, drawn, photographs, options, random)[0] for _ in range(STATISTICS_BATCHES)]
        state = training_state(folded, width_of(folded), normalise(torch.cat(batches)))
    if options.width < width_of(state):
        raise ValueError(f"--width {options.width}: {options.start_from} is of width {width_of(state)}")
    return widened(state, options.width)


@torch.no_grad()
def measure(weights: dict[str, Tensor], held_out: list[Radiograph], options: argparse.Namespace) -> float:
    """Mean IoU at threshold 0.5 and at network size (a close stand-in for measure_segnet.py, which goes by full size)."""
    network = SegNet(options.width).to(options.device, memory_format=torch.channels_last)
    network.load_state_dict(weights)
    network.eval()

    def draw(grey: np.ndarray) -> np.ndarray:
        """The bone mask of a grey radiograph."""
        pixels = torch.from_numpy(bone_masks.stretch(grey, INPUT_SIDE).astype(np.float32) / 255)
        return (network(normalise(pixels.expand(1, 3, -1, -1).to(options.device)))[0, 0] > 0).cpu().numpy()

    return held_out_iou(draw, held_out)


def normalise(images: Tensor) -> Tensor:
    """Pixels in 0..1 to the network's range, channels last."""
    return ((images - bone_masks.MEAN) / bone_masks.STD).contiguous(memory_format=torch.channels_last)


def make_training(options: argparse.Namespace, start: dict[str, Tensor] | None) -> Training:
    """A new training, from the weights of `start` if there are any."""
    network = SegNet(options.width).to(options.device, memory_format=torch.channels_last).train()
    if start:
        network.load_state_dict(start)
    decayed = [p for p in network.parameters() if p.ndim > 1]
    undecayed = [p for p in network.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": options.weight_decay}, {"params": undecayed, "weight_decay": 0.0}]
    return Training(network, WeightAverage(network, decay=0.995), torch.optim.AdamW(groups, lr=options.learning_rate))


def train(
    training: Training, labelled: list[Radiograph], held_out: list[Radiograph], drawn: list[Radiograph],
    photographs: list[np.ndarray], recipe: dict[str, Any], options: argparse.Namespace,
) -> None:
    """The steps that are left, with their log and checkpoints; `recipe` goes into each of these."""
    saved = time.monotonic()
    while training.step < options.steps:
        # By step, so that a resumed training sees what an unbroken one would.
        random = np.random.default_rng((options.seed, training.step))
        batch = make_batch(labelled, drawn, photographs, options, random)
        images, bone, has_bone = (part.to(options.device) for part in batch)
        with fast_autocast(options.device):
            outputs = training.network.forward_all(normalise(images))
        loss = deeply_supervised_loss(outputs, bone, has_bone, options.auxiliary_weight)
        training.take_step(loss, options.learning_rate * learning_rate_factor(training.step, options.steps))
        validated = training.step % options.validate_every == 0 or training.step == options.steps
        if validated:
            iou = measure(training.average.state, held_out, options)
            training.write_row(options.output / "log.jsonl", {"held_out_iou": iou})
        if validated or time.monotonic() - saved > 60 * options.checkpoint_minutes:
            save_atomically(training.state() | recipe, options.output / "checkpoint.pt")
            saved = time.monotonic()


@program
def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(0)
    torch.manual_seed(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    saved = load_if_present(options.output / "checkpoint.pt")
    if saved:
        check_recipe(saved["options"], vars(options), MAY_DIFFER)

    labelled, held_out = bone_masks.read_labelled(options.fracatlas, options.masks, options.held_out)
    drawn = bone_masks.read_drawn(options.drawn) if options.drawn else []
    photographs = [picture for _, picture in pictures_without_bone.read_photographs(options.photographs)]
    print(f"{len(labelled)} masks, {len(held_out)} held out, {len(drawn)} drawn by the teacher, "
          f"{len(photographs)} pictures without bone", flush=True)
    recipe = {
        "width": options.width, "options": {name: str(value) for name, value in vars(options).items()},
        "radiographs": {"labelled": names_hash(labelled), "held-out": names_hash(held_out), "drawn": names_hash(drawn)},
        "code_commit": saved.get("code_commit") if saved else code_commit(),  # when the training began
    }
    if saved:
        check_radiographs(saved.get("radiographs", {}), recipe["radiographs"])
    begins_from = options.start_from and not saved
    training = make_training(options, starting_state(labelled, drawn, photographs, options) if begins_from else None)
    if saved:
        training.go_on_from(saved)
    train(training, labelled, held_out, drawn, photographs, recipe, options)


if __name__ == "__main__":
    main()
