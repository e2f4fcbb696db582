#!/usr/bin/env python3
"""Writes the tiny TorchScript models that the tests of lib/bonescan/model load.

Their answers follow from arithmetic, so that tests need no reference run: the segmenter's logit is 20 x (mean of the
channels - 0.5); the detector has one anchor for each quadrant of its 16x16 input, whose fracture logit is
8 x (mean of the quadrant - 0.5). The others are wrong in one way each, which their names say.

    scripts/make_model_fixtures.py -o tests/data/models
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Tuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bonescan_training.command_line import program
from bonescan_training.model_card import CARD_NAME, SCHEMA


class Segmenter(nn.Module):
    """Bone where the mean of the channels is above 0.5."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(channels, 1, 1)
        nn.init.constant_(self.convolution.weight, 20.0 / channels)
        nn.init.constant_(self.convolution.bias, -10.0)

    def forward(self, images: Tensor) -> Tensor:
        return self.convolution(images)


class PoolingSegmenter(Segmenter):
    """Logits at half the resolution."""

    def forward(self, images: Tensor) -> Tensor:
        return F.avg_pool2d(self.convolution(images), 2)


class UnpoolingSegmenter(nn.Module):
    """SegNet in small: max-pooling whose indices the decoder uses, batch normalisation, random weights."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
        self.decoder = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True))
        self.head = nn.Conv2d(16, 1, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.running_mean, std=0.2)
                nn.init.uniform_(module.running_var, 0.5, 2.0)

    def forward(self, images: Tensor) -> Tensor:
        features, indices = F.max_pool2d_with_indices(self.encoder(images), [2, 2], [2, 2])
        return self.head(self.decoder(F.max_unpool2d(features, indices, [2, 2], [2, 2])))


class InPlaceSegmenter(Segmenter):
    """Writes into its input."""

    def forward(self, images: Tensor) -> Tensor:
        return self.convolution(images.mul_(1.0))


class FlatteningSegmenter(nn.Module):
    """Asks for a layout in memory that channels-last tensors do not have."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 2, 3, padding=1)
        nn.init.zeros_(self.convolution.weight)
        self.convolution.weight.data[:, :, 1, 1] = torch.tensor([[20.0 / 3], [-20.0 / 3]])
        self.convolution.bias.data = torch.tensor([-10.0, 10.0])

    def forward(self, images: Tensor) -> Tensor:
        features = self.convolution(images)
        halves = features.view(images.shape[0], -1).view(features.shape)
        return (halves[:, :1] - halves[:, 1:]) / 2


class DictionarySegmenter(Segmenter):
    """Logits under a name."""

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        return {"out": self.convolution(images)}


class Detector(nn.Module):
    """Anchors as corners, or as centre and size."""

    def __init__(self, centre_size: bool = False, classes: int = 2) -> None:
        super().__init__()
        self.classes = classes
        self.scale = nn.Parameter(torch.tensor(8.0))
        corners = torch.tensor([[0.0, 0, 8, 8], [8, 0, 16, 8], [0, 8, 8, 16], [8, 8, 16, 16]])
        size = corners[:, 2:] - corners[:, :2]
        centres = torch.cat([corners[:, :2] + size / 2, size], dim=1)
        self.register_buffer("anchors", centres if centre_size else corners)
        self.register_buffer("count", torch.tensor(4))

    def forward(self, images: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        brightness = F.avg_pool2d(images.mean(dim=1, keepdim=True), 8).reshape(-1, 4)
        logit = self.scale * (brightness - 0.5)
        logits = torch.stack([torch.zeros_like(logit)] * (self.classes - 1) + [logit], dim=2)
        return logits, torch.zeros(images.shape[0], int(self.count), 4), self.anchors


class SamePaddingDetector(nn.Module):
    """The detector behind a convolution that changes nothing; optimize_for_inference cannot read its padding."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 3, 3, padding="same")
        nn.init.dirac_(self.convolution.weight)
        nn.init.zeros_(self.convolution.bias)
        self.detector = Detector()

    def forward(self, images: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        return self.detector(self.convolution(images))


def card(task: str, channels: int = 3, resize: str = "stretch", **output: Any) -> dict[str, Any]:
    """The model card of a segmenter or detector; `output` is added to what it says of a detector's output."""
    detection = task == "detection"
    return {
        "schema": SCHEMA,
        "name": f"tiny {task} model for tests",
        "task": task,
        "architecture": "arithmetic",
        "input": {"width": 16, "height": 16, "channels": channels, "resize": resize,
                  "mean": [0.0] * channels, "std": [1.0] * channels},
        "output": {"kind": "ssd_heads", "box_weights": [10, 10, 5, 5], **output} if detection else {"kind": "mask_logits"},
        "classes": ["background", "fractured" if detection else "bone"],
        "operating_point": {"score_threshold": 0.5} if detection
        else {"mask_threshold": 0.5, "min_bone_fraction": 0.1, "min_bone_confidence": 0.6},
        "licence": "Apache-2.0",
        "attribution": "made by scripts/make_model_fixtures.py",
    }


def save(folder: Path, name: str, module: nn.Module, model_card: dict[str, Any] | None) -> None:
    """Writes folder/name.pt, with a card unless that is None."""
    module.eval()
    for parameter in module.parameters():
        parameter.data = parameter.data.half()  # as the released models are stored
    extra = {} if model_card is None else {CARD_NAME: json.dumps(model_card)}
    torch.jit.save(torch.jit.script(module), str(folder / f"{name}.pt"), _extra_files=extra)


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the models; made if missing")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)

    segmentation, detection = card("segmentation"), card("detection")
    save(folder, "segmenter", Segmenter(), segmentation)
    save(folder, "segmenter_grey", Segmenter(1), card("segmentation", channels=1))
    save(folder, "segmenter_letterbox", Segmenter(), card("segmentation", resize="letterbox"))
    save(folder, "segmenter_unpooling", UnpoolingSegmenter(), segmentation)
    save(folder, "segmenter_in_place", InPlaceSegmenter(), segmentation)
    save(folder, "segmenter_flattening", FlatteningSegmenter(), segmentation)
    save(folder, "wrong_no_card", Segmenter(), None)
    save(folder, "wrong_channels", Segmenter(1), segmentation)
    save(folder, "wrong_mask_size", PoolingSegmenter(), segmentation)
    save(folder, "wrong_output_type", DictionarySegmenter(), segmentation)

    save(folder, "detector", Detector(), detection)
    save(folder, "detector_centre_size", Detector(centre_size=True), card("detection", anchor_format="cxcywh"))
    save(folder, "detector_centre_size_unsaid", Detector(centre_size=True), detection)
    save(folder, "detector_same_padding", SamePaddingDetector(), detection)
    save(folder, "wrong_class_count", Detector(classes=3), detection)
    torch.save({"weight": torch.zeros(2)}, folder / "wrong_no_program.pt")


if __name__ == "__main__":
    main()
