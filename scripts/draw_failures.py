#!/usr/bin/env python3
"""Draws the worst detections of a run as one picture: fractures that were missed, and the surest false alarms.

Ground truth is green, detections are red with their scores; each tile is a whole radiograph of the validation split.

    bonescan detect data/FracAtlas/images/Fractured -o out
    scripts/draw_failures.py out/results.jsonl --fracatlas data/FracAtlas -o failures.jpg
"""
from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bonescan_training import fracatlas
from bonescan_training.command_line import existing_file, existing_folder, positive_integer, program
from bonescan_training.detection_metrics import box_iou
from bonescan_training.write_image import write_image

TILE = 220
GREEN, RED = (0, 200, 0), (40, 40, 255)


@dataclass
class Outcome:
    """What a detector found on one image; boxes are x1,y1,x2,y2."""

    name: str
    boxes: np.ndarray
    scores: np.ndarray
    truth: np.ndarray

    def overlaps(self) -> np.ndarray:
        """IoU [detections,fractures]."""
        return box_iou(self.boxes, self.truth) if len(self.boxes) else np.zeros((0, len(self.truth)))

    def missed(self) -> float:
        """The side of the largest fracture without a detection at IoU 0.5, 0 if none was missed."""
        found = (self.overlaps() >= 0.5).any(axis=0)
        sides = np.sqrt((self.truth[:, 2:] - self.truth[:, :2]).prod(axis=1))
        return float(sides[~found].max(initial=0))

    def false_alarm(self) -> float:
        """The highest score that touches no fracture, 0 if there is none."""
        touching = (self.overlaps() > 0.1).any(axis=1)
        return float(self.scores[~touching].max(initial=0))


def read_outcomes(results: Path, root: Path) -> list[Outcome]:
    """The radiographs of the validation split among the results; raises ValueError where there is none."""
    truths, names = fracatlas.read_boxes(root), set(fracatlas.split_ids(root, "valid"))
    outcomes = []
    for line in results.read_text().splitlines():
        record = json.loads(line)
        name = Path(record["file"]).name
        if name in names and record["status"] == "ok":
            found = record["detections"]
            boxes = np.asarray([each["box"] for each in found], np.float32).reshape(-1, 4)
            boxes[:, 2:] += boxes[:, :2]
            outcomes.append(Outcome(name, boxes, np.asarray([each["score"] for each in found]), truths[name]))
    if not outcomes:
        raise ValueError(f"{results} holds no detections on radiographs of the validation split")
    return outcomes


def tile(outcome: Outcome, root: Path) -> np.ndarray:
    """A radiograph with its boxes, on a black square of TILE pixels; BGR."""
    image = fracatlas.read_upright(fracatlas.image_path(root, outcome.name))
    scale = TILE / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for box in outcome.truth * scale:
        cv2.rectangle(small, *box.round().astype(int).reshape(2, 2).tolist(), GREEN, 1, cv2.LINE_AA)
    for box, score in zip(outcome.boxes * scale, outcome.scores):
        corners = box.round().astype(int).reshape(2, 2).tolist()
        cv2.rectangle(small, *corners, RED, 1, cv2.LINE_AA)
        at = (min(corners[0][0], TILE - 30), max(8, corners[0][1] - 2))
        cv2.putText(small, f"{score:.2f}", at, cv2.FONT_HERSHEY_SIMPLEX, 0.3, RED, 1, cv2.LINE_AA)
    canvas = np.zeros((TILE, TILE, 3), np.uint8)
    top, left = (TILE - small.shape[0]) // 2, (TILE - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=existing_file, help="results.jsonl of bonescan detect")
    parser.add_argument("--fracatlas", type=existing_folder, required=True, help="root of a FracAtlas download")
    parser.add_argument("--columns", type=positive_integer, default=5, help="pictures in each of the two rows")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the picture to write")
    arguments = parser.parse_args()
    outcomes = read_outcomes(arguments.results, arguments.fracatlas)
    rows = []
    for worst_first in (Outcome.missed, Outcome.false_alarm):
        chosen = sorted(outcomes, key=worst_first, reverse=True)[: arguments.columns]
        rows.append(np.hstack([tile(outcome, arguments.fracatlas) for outcome in chosen]))
    write_image(arguments.output, np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 82])


if __name__ == "__main__":
    main()
