#!/usr/bin/env python3
"""Train the bone segmenter's teacher on bone masks, and let it draw masks for other radiographs of FracAtlas.

The trunk never changes, so its maps of a few augmented views of each radiograph are computed once (8 MB a view in
memory) and only the decoder is trained.

Example:
    scripts/train_bone_teacher.py --fracatlas FracAtlas --masks bone-masks --trunk weights/ssd300_vgg16.pt --output runs/teacher

Writes decoder.pt (kept when present) and drawn.npz, for train_segnet.py, to --output.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from bonescan_training import bone_masks, fracatlas
from bonescan_training.bone_masks import CACHE_SIDE, Radiograph
from bonescan_training.bone_teacher import TEACHER_SIDE, Decoder, Trunk, bone_probability
from bonescan_training.checkpoint import load_if_present, save_atomically
from bonescan_training.precision import fast_autocast
from bonescan_training.segmentation_training import WeightAverage, learning_rate_factor, segmentation_loss, take_step

SPLITS = Path(__file__).parent / "splits"
NEIGHBOURS = 3  # file numbers this near to a held-out one may be of the same person


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fracatlas", type=Path, required=True, help="root of a FracAtlas download")
    parser.add_argument("--masks", type=Path, required=True, help="folder with masks.csv and masks/")
    parser.add_argument("--trunk", type=Path, required=True, help="exported fracture detector (TorchScript)")
    parser.add_argument("--held-out", type=Path, default=SPLITS / "bone_masks_valid.csv", help="masks to keep out")
    parser.add_argument("--gate", type=Path, nargs="*", help="lists of radiographs not to draw",
                        default=[SPLITS / "gate_radiographs_valid.csv", SPLITS / "gate_radiographs_test.csv"])
    parser.add_argument("--output", type=Path, required=True, help="folder for decoder.pt and drawn.npz")
    parser.add_argument("--views", type=int, default=4, help="augmented views of each radiograph")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--draw", type=int, default=1300, help="radiographs to draw masks for")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def compute_maps(trunk: Trunk, labelled: list[Radiograph], options: argparse.Namespace) -> list[tuple[list[Tensor], Tensor]]:
    """The trunk's maps [1,C,h,w] and the bone share [1,1,S,S] of every view of every radiograph."""
    samples = []
    for view in range(options.views):
        for index, radiograph in enumerate(labelled):
            random = np.random.default_rng((options.seed, view, index))
            image, bone = bone_masks.training_sample(radiograph, random, 1.0, TEACHER_SIDE)
            samples.append((trunk(torch.from_numpy(image)[None]), torch.from_numpy(bone)[None]))
        print(f"maps of view {view + 1} of {options.views}", flush=True)
    return samples


def draw(trunk: Trunk, decoder: Decoder, grey: np.ndarray) -> np.ndarray:
    """255 times the probability of bone of a grey radiograph [S,S], as large as it; the mean with its mirror image's."""
    image = torch.from_numpy(bone_masks.stretch(grey, TEACHER_SIDE).astype(np.float32) / 255)
    both = bone_probability(trunk, decoder, torch.stack([image, image.fliplr()])[:, None].expand(-1, 3, -1, -1))
    probability = ((both[0, 0] + both[1, 0].fliplr()) / 2).numpy()
    return np.round(bone_masks.stretch(probability, len(grey), cv2.INTER_LINEAR) * 255).astype(np.uint8)


def held_out_iou(trunk: Trunk, decoder: Decoder, held_out: list[Radiograph]) -> float:
    """Mean IoU at threshold 0.5."""
    scores = []
    for radiograph in held_out:
        predicted, truth = draw(trunk, decoder, radiograph.grey) > 127, radiograph.bone > 127
        scores.append((predicted & truth).sum() / max(1, (predicted | truth).sum()))
    return float(np.mean(scores))


def train_decoder(trunk: Trunk, labelled: list[Radiograph], options: argparse.Namespace) -> dict[str, Tensor]:
    """The moving average of the weights of a decoder trained on the masks."""
    samples = compute_maps(trunk, labelled, options)
    decoder = Decoder().to(memory_format=torch.channels_last).train()
    average = WeightAverage(decoder, decay=0.99)
    optimiser = torch.optim.AdamW(decoder.parameters(), lr=options.learning_rate, weight_decay=0.05)
    has_bone = torch.ones(options.batch, dtype=torch.bool)
    losses, started = [], time.monotonic()
    for step in range(options.steps):
        for group in optimiser.param_groups:
            group["lr"] = options.learning_rate * learning_rate_factor(step, options.steps)
        chosen = [samples[i] for i in torch.randint(len(samples), (options.batch,)).tolist()]
        maps = [torch.cat(of_level) for of_level in zip(*(maps for maps, _ in chosen))]
        with fast_autocast("cpu"):
            logits = decoder([x.contiguous(memory_format=torch.channels_last) for x in maps])
        loss = segmentation_loss(logits.float(), torch.cat([bone for _, bone in chosen]), has_bone)
        take_step(loss, decoder, optimiser, average, step)
        losses.append(loss.item())
        if (step + 1) % 100 == 0:
            print(f"step {step + 1} loss {np.mean(losses):.4f} after {time.monotonic() - started:.0f} s", flush=True)
            losses = []
    return average.state


def names_to_draw(options: argparse.Namespace) -> list[str]:
    """Radiographs without a mask, in random order: none of the gate's lists, none near a held-out one."""
    left_out = set(bone_masks.mask_rows(options.masks))
    for path in options.gate:
        left_out.update(bone_masks.read_names(path))
    for name in bone_masks.read_names(options.held_out):
        number = int(Path(name).stem.removeprefix("IMG"))
        left_out.update(f"IMG{near:07d}.jpg" for near in range(number - NEIGHBOURS, number + NEIGHBOURS + 1))
    names = fracatlas.split_ids(options.fracatlas, "train") + fracatlas.non_fractured_ids(options.fracatlas)
    names = sorted(set(names) - left_out)
    return [str(name) for name in np.random.default_rng(options.seed).permutation(names)[: options.draw]]


def main() -> None:
    options = parse_arguments()
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(0)
    torch.manual_seed(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)

    trunk = Trunk(torch.jit.load(str(options.trunk)).float().state_dict())
    labelled, held_out = bone_masks.read_labelled(options.fracatlas, options.masks, options.held_out)
    print(f"{len(labelled)} masks, {len(held_out)} held out", flush=True)
    trained_on = hashlib.sha256(options.trunk.read_bytes()).hexdigest()
    saved = load_if_present(options.output / "decoder.pt")
    if saved is None:
        saved = {"trunk_sha256": trained_on, "weights": train_decoder(trunk, labelled, options)}
        save_atomically(saved, options.output / "decoder.pt")
    if saved.get("trunk_sha256") != trained_on:
        sys.exit(f"{options.output / 'decoder.pt'} was trained on another trunk; name another --output")
    decoder = Decoder().to(memory_format=torch.channels_last).eval()
    decoder.load_state_dict(saved["weights"])
    print(f"held-out IoU {held_out_iou(trunk, decoder, held_out):.4f}", flush=True)

    drawn = []
    for name in names_to_draw(options):
        image = fracatlas.read_upright(fracatlas.image_path(options.fracatlas, name))
        grey = bone_masks.stretch(image[:, :, 1], CACHE_SIDE)
        drawn.append(Radiograph(name, grey, draw(trunk, decoder, grey), image.shape[1] / image.shape[0]))
    bone_masks.write_drawn(options.output / "drawn.npz", drawn)
    print(f"drew {len(drawn)} masks", flush=True)


if __name__ == "__main__":
    main()
