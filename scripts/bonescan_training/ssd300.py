"""SSD300-VGG16 in plain PyTorch: network, anchors, box coding, loss and post-processing.

The layout is torchvision's ssd300_vgg16 (Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016): source maps
conv4_3 (L2-normalised), fc7, conv8_2 ... conv11_2. No torchvision operator is used, so that the scripted network
loads in plain LibTorch. Boxes are x1,y1,x2,y2; anchors and boxes are in pixels of the network input.
"""
from __future__ import annotations

import math
from typing import List, Sequence, Tuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bonescan_training.overlap import box_iou

MEAN = (0.48235, 0.45882, 0.40784)
STD = (1 / 255, 1 / 255, 1 / 255)
BOX_WEIGHTS = (10.0, 10.0, 5.0, 5.0)
MAX_LOG_SIZE = math.log(1000 / 16)
ASPECT_RATIOS = ((2,), (2, 3), (2, 3), (2, 3), (2,), (2,))
SOURCE_CHANNELS = (512, 1024, 512, 256, 256, 256)
# Post-processing, as torchvision's ssd300_vgg16; the model card tells it to whoever runs the network.
CANDIDATE_SCORE, CANDIDATES_PER_CLASS, NMS_IOU, MAX_DETECTIONS = 0.01, 400, 0.45, 200
# Number, channels in, channels out and convolutions of VGG16's blocks.
BLOCKS = ((1, 3, 64, 2), (2, 64, 128, 2), (3, 128, 256, 3), (4, 256, 512, 3), (5, 512, 512, 3))


def vgg_block(channels_in: int, channels: int, layers: int) -> nn.Sequential:
    """The 3x3 convolutions of one of VGG's blocks, each followed by a ReLU; pooling is left to whoever uses it."""
    modules: list[nn.Module] = []
    for layer in range(layers):
        modules += [nn.Conv2d(channels_in if layer == 0 else channels, channels, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*modules)


def load_vgg_block(block: nn.Sequential, number: int, weights: dict[str, Tensor]) -> None:
    """Gives the block with this number the weights named conv<number>_1.weight, conv<number>_1.bias and so on."""
    for layer, convolution in enumerate(block[::2], start=1):
        convolution.weight.data.copy_(weights[f"conv{number}_{layer}.weight"])
        convolution.bias.data.copy_(weights[f"conv{number}_{layer}.bias"])


def make_anchors(size: int, map_sizes: Sequence[int], scales: Sequence[float]) -> Tensor:
    """Anchors [A,4] in torchvision's order: for each map, each cell by rows, then the sizes.

    scales are fractions of the input side, one for each map and one beyond the last. A cell has a square of scale k,
    a square of the geometric mean of scales k and k+1, and for each aspect ratio r the two shapes r and 1/r of scale
    k. The step is size / map size, so that no anchor's centre lies outside the image. Anchors are clipped in their
    width and height to the input, as in torchvision.
    """
    if len(scales) != len(map_sizes) + 1:
        raise ValueError(f"{len(map_sizes)} source maps need {len(map_sizes) + 1} scales, not {len(scales)}")
    anchors = []
    for index, cells in enumerate(map_sizes):
        scale, between = scales[index], math.sqrt(scales[index] * scales[index + 1])
        shapes = [(scale, scale), (between, between)]
        for ratio in ASPECT_RATIOS[index]:
            root = math.sqrt(ratio)
            shapes += [(scale * root, scale / root), (scale / root, scale * root)]
        shape = torch.tensor(shapes).clamp(max=1.0)
        centre = (torch.arange(cells) + 0.5) / cells
        y, x = torch.meshgrid(centre, centre, indexing="ij")
        middle = torch.stack([x, y], dim=2).reshape(-1, 1, 2)
        anchors.append(torch.cat([middle - shape / 2, middle + shape / 2], dim=2).reshape(-1, 4))
    return torch.cat(anchors) * size


class SSD300VGG16(nn.Module):
    """Network input [N,3,size,size] -> class logits [N,A,classes], box deltas [N,A,4], anchors [A,4]."""

    def __init__(self, scales: Sequence[float], classes: int = 2, size: int = 300) -> None:
        super().__init__()
        self.classes = classes
        self.block1, self.block2, self.block3, self.block4, self.block5 = (vgg_block(*block[1:]) for block in BLOCKS)
        self.conv4_3_scale = nn.Parameter(torch.full((512,), 20.0))
        self.fc = nn.Sequential(
            nn.Conv2d(512, 1024, 3, padding=6, dilation=6), nn.ReLU(), nn.Conv2d(1024, 1024, 1), nn.ReLU()
        )
        self.extras = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels_in, middle, 1), nn.ReLU(),
                nn.Conv2d(middle, channels, 3, stride=stride, padding=padding), nn.ReLU(),
            )
            for channels_in, middle, channels, stride, padding in (
                (1024, 256, 512, 2, 1), (512, 128, 256, 2, 1), (256, 128, 256, 1, 0), (256, 128, 256, 1, 0),
            )
        )
        counts = [2 + 2 * len(ratios) for ratios in ASPECT_RATIOS]
        self.class_heads = nn.ModuleList(
            nn.Conv2d(channels, count * classes, 3, padding=1) for channels, count in zip(SOURCE_CHANNELS, counts)
        )
        self.box_heads = nn.ModuleList(
            nn.Conv2d(channels, count * 4, 3, padding=1) for channels, count in zip(SOURCE_CHANNELS, counts)
        )
        for part in (self.fc, self.extras):
            for module in part.modules():
                if isinstance(module, nn.Conv2d):
                    nn.init.xavier_uniform_(module.weight)
                    nn.init.zeros_(module.bias)
        for head in (*self.class_heads, *self.box_heads):
            nn.init.normal_(head.weight, std=0.003)
            nn.init.zeros_(head.bias)
        for head in self.class_heads:
            head.bias.data.view(-1, classes)[:, 1:] = -2.0
        self.register_buffer("anchors", make_anchors(size, self.map_sizes(size), scales))

    def load_trunk(self, start: dict[str, Tensor]) -> None:
        """Takes VGG16 weights named conv1_1.weight ... conv5_3.bias."""
        for number, *_ in BLOCKS:
            load_vgg_block(getattr(self, f"block{number}"), number, start)

    @staticmethod
    def map_sizes(size: int) -> list[int]:
        """Side of each source map for a square input."""
        conv4_3 = -(-(size // 2 // 2) // 2)
        fc7 = conv4_3 // 2
        conv8_2 = (fc7 - 1) // 2 + 1
        conv9_2 = (conv8_2 - 1) // 2 + 1
        return [conv4_3, fc7, conv8_2, conv9_2, conv9_2 - 2, conv9_2 - 4]

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        logits, deltas = self.heads(x, 6)
        return logits, deltas, self.anchors

    def heads(self, x: Tensor, map_count: int) -> Tuple[Tensor, Tensor]:
        """Class logits and box deltas from the first map_count source maps (below 268 pixels fewer than six exist)."""
        x = F.max_pool2d(self.block1(x), 2)
        x = F.max_pool2d(self.block2(x), 2)
        x = F.max_pool2d(self.block3(x), 2, ceil_mode=True)
        x = self.block4(x)
        length = x.float().square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-6)
        maps: List[Tensor] = [x / length.to(x.dtype) * self.conv4_3_scale.view(1, -1, 1, 1).to(x.dtype)]
        x = F.max_pool2d(self.block5(F.max_pool2d(x, 2)), 3, stride=1, padding=1)
        x = self.fc(x)
        maps.append(x)
        for index, extra in enumerate(self.extras):
            if index + 2 < map_count:
                x = extra(x)
                maps.append(x)
        logits: List[Tensor] = []
        deltas: List[Tensor] = []
        for index, (class_head, box_head) in enumerate(zip(self.class_heads, self.box_heads)):
            if index < map_count:
                logits.append(class_head(maps[index]).permute(0, 2, 3, 1).reshape(x.shape[0], -1, self.classes))
                deltas.append(box_head(maps[index]).permute(0, 2, 3, 1).reshape(x.shape[0], -1, 4))
        return torch.cat(logits, dim=1), torch.cat(deltas, dim=1)


def crop_anchors(crop: int, size: int, scales: Sequence[float]) -> Tensor:
    """Anchors for training on crop x crop pieces of a size x size input: the same sizes in pixels, on the maps left."""
    maps = [cells for cells in SSD300VGG16.map_sizes(crop) if cells > 0]
    return make_anchors(crop, maps, [scale * size / crop for scale in scales[: len(maps) + 1]])


def encode(boxes: Tensor, anchors: Tensor) -> Tensor:
    """Deltas [n,4] of boxes relative to as many anchors, as torchvision's BoxCoder with BOX_WEIGHTS."""
    anchor_size, size = anchors[:, 2:] - anchors[:, :2], boxes[:, 2:] - boxes[:, :2]
    anchor_centre, centre = anchors[:, :2] + anchor_size / 2, boxes[:, :2] + size / 2
    weights = boxes.new_tensor(BOX_WEIGHTS)
    return torch.cat([(centre - anchor_centre) / anchor_size, (size / anchor_size).log()], dim=1) * weights


def decode(deltas: Tensor, anchors: Tensor) -> Tensor:
    """Boxes [n,4] from deltas, the inverse of encode; sizes are limited as in torchvision."""
    deltas = deltas / deltas.new_tensor(BOX_WEIGHTS)
    anchor_size = anchors[:, 2:] - anchors[:, :2]
    centre = anchors[:, :2] + anchor_size / 2 + deltas[:, :2] * anchor_size
    size = deltas[:, 2:].clamp(max=MAX_LOG_SIZE).exp() * anchor_size
    return torch.cat([centre - size / 2, centre + size / 2], dim=1)


def generalised_iou_loss(boxes: Tensor, targets: Tensor) -> Tensor:
    """1 - GIoU [n] of boxes and as many targets (Rezatofighi et al., CVPR 2019), 0 where they are equal."""
    overlap = (torch.minimum(boxes[:, 2:], targets[:, 2:]) - torch.maximum(boxes[:, :2], targets[:, :2])).clamp(min=0)
    hull = torch.maximum(boxes[:, 2:], targets[:, 2:]) - torch.minimum(boxes[:, :2], targets[:, :2])
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1) + (targets[:, 2:] - targets[:, :2]).prod(dim=1)
    intersection, enclosed = overlap.prod(dim=1), hull.prod(dim=1)
    union = areas - intersection
    return 1 - intersection / union + (enclosed - union) / enclosed


IGNORED = -2


def match(anchors: Tensor, boxes: Tensor, threshold: float = 0.5, ignored_from: float = 0.5) -> Tensor:
    """Index [A] of the ground-truth box that each anchor stands for, -1 (background), or IGNORED.

    An anchor stands for its best box if their IoU is at least the threshold, and a box's best anchor stands for it at
    any IoU; of boxes that share their best anchor, one has it. Below the threshold, down to ignored_from, an
    anchor is neither fracture nor background.
    """
    if len(boxes) == 0:
        return torch.full((len(anchors),), -1, dtype=torch.long, device=anchors.device)
    iou = box_iou(anchors, boxes)
    best, index = iou.max(dim=1)
    index[best < threshold] = IGNORED
    index[best < min(threshold, ignored_from)] = -1
    index[iou.argmax(dim=0)] = torch.arange(len(boxes), device=anchors.device)
    return index


def multibox_loss(
    logits: Tensor, deltas: Tensor, anchors: Tensor, boxes: Sequence[Tensor],
    match_iou: float = 0.5, ignored_from: float = 0.5, iou_weight: float = 0.0, negatives_per_positive: int = 3,
    negatives_without_boxes: int = 6,
) -> Tuple[Tensor, Tensor]:
    """SSD's losses (classification, boxes), each a sum over the batch divided by the number of matched anchors.

    Classification is cross-entropy over the matched anchors and, image by image, the hardest unmatched ones: three
    times as many, or negatives_without_boxes where an image has no box. Anchors that meet a box at ignored_from, but
    not at match_iou, take no part: suppression removes what they find, and as the hardest of all they would crowd out
    what only looks like a fracture. Boxes: smooth L1 of the deltas plus iou_weight times 1 - GIoU of the boxes.
    """
    labels = torch.zeros(logits.shape[:2], dtype=torch.long, device=logits.device)
    ignored = torch.zeros_like(labels, dtype=torch.bool)
    box_loss = deltas.sum() * 0
    for image, image_boxes in enumerate(boxes):
        index = match(anchors, image_boxes, match_iou, ignored_from)
        matched = index >= 0
        labels[image, matched] = 1
        ignored[image] = index == IGNORED
        found, target = deltas[image, matched], image_boxes[index[matched]]
        box_loss = box_loss + F.smooth_l1_loss(found, encode(target, anchors[matched]), reduction="sum")
        if iou_weight:
            overlap_loss = generalised_iou_loss(decode(found, anchors[matched]), target)
            box_loss = box_loss + iou_weight * overlap_loss.sum()
    class_loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="none").view(labels.shape)
    positive = labels > 0
    count = positive.sum(dim=1)
    wanted = torch.where(count > 0, negatives_per_positive * count, negatives_without_boxes)
    rank = class_loss.detach().masked_fill(positive | ignored, -math.inf).argsort(dim=1, descending=True).argsort(dim=1)
    chosen = positive | (rank < wanted[:, None])
    total = count.sum().clamp(min=1)
    return class_loss[chosen].sum() / total, box_loss / total


def non_maximum_suppression(boxes: np.ndarray, scores: np.ndarray, iou_threshold: float) -> np.ndarray:
    """Indices kept, by falling score: a box goes if its IoU with a better kept one is above the threshold.

    Two boxes without area have no IoU (0 / 0), and both stay, as with torchvision.ops.nms.
    """
    overlapping = box_iou(torch.from_numpy(boxes), torch.from_numpy(boxes)).numpy() > iou_threshold
    order = np.argsort(-scores, kind="stable")
    kept = []
    while len(order):
        first, rest = order[0], order[1:]
        kept.append(first)
        order = rest[~overlapping[first, rest]]
    return np.asarray(kept, np.int64)


def postprocess(
    logits: Tensor, deltas: Tensor, anchors: Tensor, size: int, box_voting_iou: float = 1.0
) -> Tuple[np.ndarray, np.ndarray]:
    """Boxes [n,4] in network-input pixels, clipped, and scores [n] of one image for class 1, by falling score.

    Below 1, box_voting_iou turns each kept box into the mean, weighted by score, of the candidates that overlap it by
    so much (Gidaris and Komodakis, ICCV 2015).
    """
    scores = logits.float().softmax(dim=1)[:, 1]
    keep = (scores >= CANDIDATE_SCORE).nonzero().squeeze(1)
    keep = keep[scores[keep].topk(min(CANDIDATES_PER_CLASS, len(keep))).indices]
    boxes = decode(deltas[keep].float(), anchors[keep]).clamp(0, size).numpy()
    kept_scores = scores[keep].numpy()
    kept = non_maximum_suppression(boxes, kept_scores, NMS_IOU)[:MAX_DETECTIONS]
    if box_voting_iou >= 1 or len(kept) == 0:
        return boxes[kept], kept_scores[kept]
    votes = np.where(box_iou(torch.from_numpy(boxes[kept]), torch.from_numpy(boxes)) >= box_voting_iou, kept_scores, 0)
    votes[np.arange(len(kept)), kept] = kept_scores[kept]
    return votes @ boxes / votes.sum(axis=1, keepdims=True), kept_scores[kept]
