#!/usr/bin/env python3
"""Train the bone segmenter's teacher on bone masks, and let it draw masks for other radiographs of FracAtlas.

The trunk never changes, so its maps of a few augmented views of each radiograph are computed once (8 MB a view in
memory) and only the decoder is trained.

Example:
    scripts/train_bone_teacher.py --fracatlas FracAtlas --masks bone-masks --trunk weights/ssd300_vgg16.pt --output runs/teacher

Writes training.pt (the decoder), log.jsonl (for plot_training.py) and drawn.npz, for train_segnet.py, to --output.
Started again, it goes on from training.pt where --steps are left, and from drawn.partial.npz with the masks; where the
data lie, device, threads, learning rate, length, how many masks, and how often it saves, may differ then. The trunk's
maps are computed anew: they are too large to keep.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from bonescan_training import bone_augmentation, bone_masks, fracatlas, model_card
from bonescan_training.bone_masks import CACHE_SIDE, Radiograph, names_hash
from bonescan_training.bone_teacher import TEACHER_SIDE, Decoder, Trunk, bone_probability
from bonescan_training.checkpoint import check_radiographs, check_recipe, load_if_present, save_atomically
from bonescan_training.code_commit import code_commit
from bonescan_training.command_line import (
    existing_file, existing_folder, positive_integer, positive_number, program, torch_device,
)
from bonescan_training.image_lists import SPLITS, read_names
from bonescan_training.precision import fast_autocast
from bonescan_training.segmentation_training import Training, held_out_iou, learning_rate_factor, segmentation_loss
from bonescan_training.weight_average import WeightAverage

NEIGHBOURS = 3  # file numbers this near to a held-out one may be of the same person
ROW_STEPS = 100  # between two lines of the log
# Options that a training may go on with other values of; the trunk is told by its content, radiographs by their names.
MAY_DIFFER = (
    "fracatlas", "masks", "trunk", "held_out", "gate", "output", "steps", "learning_rate", "draw", "checkpoint_minutes",
    "device", "threads",
)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fracatlas", type=existing_folder, required=True, help="root of a FracAtlas download")
    parser.add_argument("--masks", type=existing_folder, required=True, help="folder with masks.csv and masks/")
    parser.add_argument("--trunk", type=existing_file, required=True, help="exported fracture detector (TorchScript)")
    parser.add_argument("--held-out", type=existing_file, default=SPLITS / "bone_masks_valid.csv",
                        help="list of the masks to keep out (default: that of scripts/splits)")
    parser.add_argument("--gate", type=existing_file, nargs="*",
                        help="lists of radiographs not to draw (default: both of scripts/splits)",
                        default=[SPLITS / "gate_radiographs_valid.csv", SPLITS / "gate_radiographs_test.csv"])
    parser.add_argument("--output", type=Path, required=True, help="folder for training.pt, log.jsonl and drawn.npz")
    parser.add_argument("--views", type=positive_integer, default=4,
                        help="augmented views of each radiograph (default %(default)s)")
    parser.add_argument("--steps", type=positive_integer, default=500,
                        help="length of the training (default %(default)s)")
    parser.add_argument("--batch", type=positive_integer, default=8, help="views in a step (default %(default)s)")
    parser.add_argument("--learning-rate", type=positive_number, default=2e-3,
                        help="peak of the one-cycle schedule (default %(default)s)")
    parser.add_argument("--draw", type=positive_integer, default=1300,
                        help="radiographs to draw masks for (default %(default)s)")
    parser.add_argument("--checkpoint-minutes", type=float, default=5, help="between two checkpoints")
    parser.add_argument("--seed", type=int, default=1,
                        help="of initial weights, views, order and what to draw (default %(default)s)")
    parser.add_argument("--device", type=torch_device, default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--threads", type=positive_integer, default=1, help="of PyTorch (default %(default)s)")
    return parser.parse_args()


def compute_maps(trunk: Trunk, labelled: list[Radiograph], options: argparse.Namespace) -> list[tuple[list[Tensor], Tensor]]:
    """The trunk's maps [1,C,h,w] and the bone share [1,1,S,S] of every view of every radiograph, on the CPU."""
    samples = []
    for view in range(options.views):
        for index, radiograph in enumerate(labelled):
            random = np.random.default_rng((options.seed, view, index))
            image, bone = bone_augmentation.training_sample(radiograph, random, 1.0, TEACHER_SIDE)
            maps = [x.cpu() for x in trunk(torch.from_numpy(image)[None].to(options.device))]
            samples.append((maps, torch.from_numpy(bone)[None]))
        print(f"maps of view {view + 1} of {options.views}", flush=True)
    return samples


def draw(trunk: Trunk, decoder: Decoder, grey: np.ndarray, device: str) -> np.ndarray:
    """255 times the probability of bone of a grey radiograph [S,S], as large as it; the mean with its mirror image's."""
    image = torch.from_numpy(bone_masks.stretch(grey, TEACHER_SIDE).astype(np.float32) / 255)
    images = torch.stack([image, image.fliplr()])[:, None].expand(-1, 3, -1, -1)
    both = bone_probability(trunk, decoder, images.to(device)).cpu()
    probability = ((both[0, 0] + both[1, 0].fliplr()) / 2).numpy()
    return np.round(bone_masks.stretch(probability, len(grey), cv2.INTER_LINEAR) * 255).astype(np.uint8)


def ready_decoder(weights: dict[str, Tensor], device: str) -> Decoder:
    """A decoder to draw with."""
    decoder = Decoder().to(device, memory_format=torch.channels_last).eval()
    decoder.load_state_dict(weights)
    return decoder


def measure(trunk: Trunk, weights: dict[str, Tensor], held_out: list[Radiograph], device: str) -> float:
    """Mean IoU of the held-out masks at threshold 0.5."""
    decoder = ready_decoder(weights, device)
    return held_out_iou(lambda grey: draw(trunk, decoder, grey, device) > 127, held_out)


def make_training(recipe: dict[str, Any], options: argparse.Namespace) -> Training:
    """A new training of the decoder, or the one that OUTPUT/training.pt holds; `recipe` becomes that one's.

    Raises ValueError where that one began with another trunk, other radiographs or options that must not differ.
    """
    decoder = Decoder().to(options.device, memory_format=torch.channels_last).train()
    optimiser = torch.optim.AdamW(decoder.parameters(), lr=options.learning_rate, weight_decay=0.05)
    training = Training(decoder, WeightAverage(decoder, decay=0.99), optimiser)
    saved = load_if_present(options.output / "training.pt")
    if saved:
        if saved["trunk_sha256"] != recipe["trunk_sha256"]:
            raise ValueError(f"{options.output / 'training.pt'} was trained on another trunk; name another --output")
        check_recipe(saved["options"], vars(options), MAY_DIFFER)
        check_radiographs(saved.get("radiographs", {}), recipe["radiographs"])
        recipe["code_commit"] = saved.get("code_commit")
        training.go_on_from(saved)
    return training


def train_decoder(
    training: Training, trunk: Trunk, labelled: list[Radiograph], held_out: list[Radiograph], recipe: dict[str, Any],
    options: argparse.Namespace,
) -> None:
    """The steps that are left on the masks, with their log and OUTPUT/training.pt; `recipe` goes into that."""
    samples = compute_maps(trunk, labelled, options)
    has_bone = torch.ones(options.batch, dtype=torch.bool, device=options.device)
    saved = time.monotonic()
    while training.step < options.steps:
        # By step, so that a resumed training sees what an unbroken one would, and drops out the same channels.
        random = np.random.default_rng((options.seed, training.step))
        torch.manual_seed(int(random.integers(2**31)))
        chosen = [samples[i] for i in random.integers(len(samples), size=options.batch)]
        maps = [torch.cat(of_level).to(options.device) for of_level in zip(*(maps for maps, _ in chosen))]
        bone = torch.cat([bone for _, bone in chosen]).to(options.device)
        with fast_autocast(options.device):
            logits = training.network([x.contiguous(memory_format=torch.channels_last) for x in maps])
        loss = segmentation_loss(logits.float(), bone, has_bone)
        training.take_step(loss, options.learning_rate * learning_rate_factor(training.step, options.steps))
        if training.step % ROW_STEPS == 0 or training.step == options.steps:
            iou = measure(trunk, training.average.state, held_out, options.device)
            training.write_row(options.output / "log.jsonl", {"held_out_iou": iou})
        if time.monotonic() - saved > 60 * options.checkpoint_minutes:
            save_atomically(training.state() | recipe, options.output / "training.pt")
            saved = time.monotonic()
    save_atomically(training.state() | recipe, options.output / "training.pt")


def names_to_draw(options: argparse.Namespace) -> list[str]:
    """Radiographs without a mask, in random order: none of the gate's lists, none near a held-out one."""
    left_out = set(read_names(options.masks / "masks.csv"))
    for path in options.gate:
        left_out.update(read_names(path))
    for name in read_names(options.held_out):
        number = int(Path(name).stem.removeprefix("IMG"))
        left_out.update(f"IMG{near:07d}.jpg" for near in range(number - NEIGHBOURS, number + NEIGHBOURS + 1))
    names = fracatlas.split_ids(options.fracatlas, "train") + fracatlas.non_fractured_ids(options.fracatlas)
    names = sorted(set(names) - left_out)
    return [str(name) for name in np.random.default_rng(options.seed).permutation(names)[: options.draw]]


def draw_all(trunk: Trunk, decoder: Decoder, options: argparse.Namespace) -> list[Radiograph]:
    """Radiographs with drawn masks, those of drawn.partial.npz not drawn again."""
    partial, names = options.output / "drawn.partial.npz", names_to_draw(options)
    drawn = bone_masks.read_drawn(partial) if partial.is_file() else []
    if [radiograph.name for radiograph in drawn] != names[: len(drawn)]:
        drawn = []
    saved = time.monotonic()
    for name in names[len(drawn) :]:
        image = fracatlas.read_upright(fracatlas.image_path(options.fracatlas, name))
        grey = bone_masks.stretch(image[:, :, 1], CACHE_SIDE)
        bone = draw(trunk, decoder, grey, options.device)
        drawn.append(Radiograph(name, grey, bone, image.shape[1] / image.shape[0]))
        if time.monotonic() - saved > 60 * options.checkpoint_minutes:
            bone_masks.write_drawn(partial, drawn)
            saved = time.monotonic()
    return drawn


@program
def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(0)
    torch.manual_seed(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    partial = options.output / "drawn.partial.npz"

    trunk = Trunk(model_card.load_network(options.trunk).state_dict()).to(options.device)
    labelled, held_out = bone_masks.read_labelled(options.fracatlas, options.masks, options.held_out)
    print(f"{len(labelled)} masks, {len(held_out)} held out", flush=True)
    recipe = {
        "trunk_sha256": hashlib.sha256(options.trunk.read_bytes()).hexdigest(),
        "options": {name: str(value) for name, value in vars(options).items()},
        "radiographs": {"labelled": names_hash(labelled), "held-out": names_hash(held_out)},
        "code_commit": code_commit(),
    }
    training = make_training(recipe, options)
    if training.step < options.steps:
        partial.unlink(missing_ok=True)  # drawn by the decoder as it was
        train_decoder(training, trunk, labelled, held_out, recipe, options)
    weights = training.average.state
    print(f"held-out IoU {measure(trunk, weights, held_out, options.device):.4f}", flush=True)

    drawn = draw_all(trunk, ready_decoder(weights, options.device), options)
    bone_masks.write_drawn(options.output / "drawn.npz", drawn)
    partial.unlink(missing_ok=True)
    print(f"drew {len(drawn)} masks", flush=True)


if __name__ == "__main__":
    main()
