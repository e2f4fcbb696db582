"""Detection figures on one class, in numpy: average precision, free-response counts, per-image figures.

A prediction is (boxes [n,4] x1,y1,x2,y2, scores [n]); predictions and ground truth are lists with one entry an image.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence

import numpy as np
import torch

from bonescan_training import overlap

Prediction = tuple[np.ndarray, np.ndarray]


@dataclass
class Matches:
    """All detections of a set of images by falling score, each right or wrong at one IoU threshold."""

    scores: np.ndarray
    correct: np.ndarray
    ground_truth: int
    images: int


def box_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union [len(a),len(b)]."""
    return overlap.box_iou(torch.from_numpy(a), torch.from_numpy(b)).numpy()


def match(predictions: Sequence[Prediction], truths: Sequence[np.ndarray], iou: float, limit: int = 100) -> Matches:
    """Matches as pycocotools' COCOeval does: by falling score, each detection takes the free box of largest IoU."""
    scores, correct = [], []
    for (boxes, image_scores), truth in zip(predictions, truths):
        order = np.argsort(-image_scores, kind="stable")[:limit]
        overlaps = box_iou(boxes[order], truth) if len(truth) else np.zeros((len(order), 0))
        free = np.ones(len(truth), bool)
        for row, index in enumerate(order):
            candidates = np.where(free, overlaps[row], -1)
            right = len(truth) > 0 and candidates.max() >= iou
            if right:
                free[candidates.argmax()] = False
            scores.append(image_scores[index])
            correct.append(right)
    by_score = np.argsort(-np.asarray(scores, np.float64), kind="stable")
    return Matches(
        np.asarray(scores, np.float64)[by_score], np.asarray(correct, bool)[by_score],
        sum(len(truth) for truth in truths), len(truths),
    )


def pool(parts: Sequence[Matches]) -> Matches:
    """Matches of several sets of images as one."""
    scores = np.concatenate([part.scores for part in parts])
    correct = np.concatenate([part.correct for part in parts])
    by_score = np.argsort(-scores, kind="stable")
    return Matches(
        scores[by_score], correct[by_score], sum(part.ground_truth for part in parts),
        sum(part.images for part in parts),
    )


def bootstrap_interval(count: int, figure: Callable[[np.ndarray], float], resamples: int = 1000) -> list[float]:
    """95 % percentile interval of a figure of resampled images; figure takes `count` indices below count."""
    random = np.random.default_rng(0)
    values = [figure(random.integers(0, count, count)) for _ in range(resamples)]
    return [float(value) for value in np.percentile(values, [2.5, 97.5])]


def average_precision(matches: Matches) -> float:
    """COCO's AP: mean over 101 recalls of the best precision at that recall or beyond."""
    true = np.cumsum(matches.correct)
    recall = true / matches.ground_truth
    precision = true / np.arange(1, len(true) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    index = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.where(index < len(best), np.append(best, 0)[np.minimum(index, len(best))], 0).mean())


def coco_ap(predictions: Sequence[Prediction], truths: Sequence[np.ndarray]) -> float:
    """AP averaged over IoU 0.50, 0.55 ... 0.95."""
    return float(np.mean([average_precision(match(predictions, truths, iou)) for iou in np.arange(0.5, 0.96, 0.05)]))


def thresholds(matches: Matches) -> tuple[np.ndarray, np.ndarray]:
    """The threshold that each detection sets, and the index of the last detection that reaches it.

    A threshold is a score rounded down to six places: the detection that sets it still reaches it, and so may others.
    """
    scores = matches.scores.astype(np.float64)
    rounded = np.floor(scores * 1e6) / 1e6
    return rounded, np.searchsorted(-scores, -rounded, side="right") - 1


def best_f1(matches: Matches, within: float = 0.0) -> dict[str, float]:
    """The score threshold of the best F1, with its precision, recall and F1.

    Or the lowest threshold whose F1 is at most `within` below the best: it finds most for nearly the same F1. All are 0
    where nothing was detected.
    """
    if not len(matches.scores):
        return dict.fromkeys(("score_threshold", "precision", "recall", "f1"), 0.0)
    score_thresholds, last = thresholds(matches)
    true = np.cumsum(matches.correct)[last]
    precision, recall = true / (last + 1), true / matches.ground_truth
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    at = int(np.nonzero(f1 >= f1.max() - within)[0][-1]) if within > 0 else int(f1.argmax())
    return {
        "score_threshold": float(score_thresholds[at]), "precision": float(precision[at]),
        "recall": float(recall[at]), "f1": float(f1[at]),
    }


def froc(matches: Matches) -> tuple[np.ndarray, np.ndarray]:
    """Free-response curve: false positives an image and sensitivity at the score of each detection, by falling score."""
    return np.cumsum(~matches.correct) / matches.images, np.cumsum(matches.correct) / matches.ground_truth


def at_false_positives_per_image(matches: Matches, rate: float) -> dict[str, float]:
    """The lowest score threshold with at most rate wrong detections an image, and the share of boxes found there.

    1 where every threshold has more, or nothing was detected.
    """
    score_thresholds, last = thresholds(matches)
    false_positives, sensitivity = (curve[last] for curve in froc(matches))
    within = np.nonzero(false_positives <= rate)[0]
    if not len(within):
        return {"score_threshold": 1.0, "sensitivity": 0.0, "false_positives_per_image": 0.0}
    at = int(within[-1])
    return {
        "score_threshold": float(score_thresholds[at]), "sensitivity": float(sensitivity[at]),
        "false_positives_per_image": float(false_positives[at]),
    }


def image_figures(
    predictions: Sequence[Prediction], truths: Sequence[np.ndarray], score_threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """image_iou and image_ap50 of each image with a ground-truth box.

    image_iou is the mean over the image's boxes of the best IoU with a detection at or above score_threshold;
    image_ap50 is the 101-point AP at IoU 0.5 of that image alone, over all detections.
    """
    ious, precisions = [], []
    for (boxes, scores), truth in zip(predictions, truths):
        if not len(truth):
            continue
        kept = boxes[scores >= score_threshold]
        ious.append(float(box_iou(truth, kept).max(axis=1).mean()) if len(kept) else 0.0)
        precisions.append(average_precision(match([(boxes, scores)], [truth], 0.5)))
    return np.asarray(ious), np.asarray(precisions)
