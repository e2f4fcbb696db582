"""Seeded random detection cases and the COCO figures that pycocotools computes for them.

A library for make_eval_fixtures.py, compare_with_pycocotools.py and benchmark_eval.py. Needs numpy and
pycocotools 2.0.11.
"""

from __future__ import annotations

import contextlib
import io
import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

FIGURES = (
    "ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large",
    "ar_1", "ar_10", "ar_100", "ar_small", "ar_medium", "ar_large",
)


@dataclass
class Case:
    """A COCO annotation file, a COCO result file and the limit on detections."""

    ground_truth: dict[str, Any]
    detections: list[dict[str, Any]]
    max_detections: int = 100
    traits: list[str] = field(default_factory=list)


def random_case(seed: int) -> Case:
    """A small case with some of the traits that evaluators get wrong."""
    rng = random.Random(seed)
    traits = [name for name in ("crowd", "ties", "zero_area", "ids_from_zero", "gaps", "shuffled", "crowded", "own_area")
              if rng.random() < 0.4]
    case = Case(ground_truth={}, detections=[], traits=traits)
    image_ids = _ids(rng, rng.randint(1, 6), traits)
    category_ids = _ids(rng, rng.randint(1, 3), traits)
    annotations = [_annotation(rng, image, rng.choice(category_ids), traits)
                   for image in image_ids for _ in range(rng.choice([0, 1, 2, 3, 8]))]
    if rng.random() < 0.06:
        annotations = []
        traits.append("no_ground_truth")
    for image in image_ids:
        count = rng.choice([0, 2, 5, 15]) if "crowded" not in traits else rng.choice([5, 5, 120])
        case.detections += [_detection(rng, image, category_ids, annotations, traits) for _ in range(count)]
    if rng.random() < 0.06:
        case.detections = []
        traits.append("no_detections")
    if "shuffled" in traits:
        for items in (image_ids, category_ids, annotations, case.detections):
            rng.shuffle(items)
    first_id = 0 if "ids_from_zero" in traits else 1
    for number, annotation in enumerate(annotations):
        annotation["id"] = first_id + number * (7 if "gaps" in traits else 1)
    case.ground_truth = {
        "images": [{"id": i, "file_name": f"{i}.png", "width": 640, "height": 480} for i in image_ids],
        "categories": [{"id": c, "name": f"class {c}"} for c in category_ids],
        "annotations": annotations,
    }
    case.max_detections = rng.choice([100, 100, 100, 1, 3, 10, 20, 200])
    return case


def large_case(seed: int, images: int, boxes: int, detections: int) -> Case:
    """One class, as many boxes and detections as asked for, most detections near a box."""
    rng = random.Random(seed)
    annotations = []
    for number in range(boxes):
        annotation = _annotation(rng, rng.randint(1, images), 1, [])
        annotations.append({**annotation, "id": number + 1})
    by_image: dict[int, list[dict[str, Any]]] = {}
    for annotation in annotations:
        by_image.setdefault(annotation["image_id"], []).append(annotation)
    results = []
    for _ in range(detections):
        image = rng.randint(1, images)
        results.append(_detection(rng, image, [1], by_image.get(image, []), []))
    ground_truth = {
        "images": [{"id": i + 1, "file_name": f"{i + 1}.png", "width": 640, "height": 480} for i in range(images)],
        "categories": [{"id": 1, "name": "fractured"}],
        "annotations": annotations,
    }
    return Case(ground_truth, results)


def pycocotools_figures(case: Case) -> tuple[dict[str, float | None], dict[str, dict[str, float | None]]]:
    """The twelve figures over all classes and for each class; None where pycocotools says -1.

    Annotation ids are renumbered from 1, since pycocotools takes id 0 for "unmatched", and the figures
    are read from its arrays, since its summary knows no other limit than 100.
    """
    evaluation = run_pycocotools(case)
    limits = evaluation.params.maxDets
    last, first, second = (limits.index(min(limit, case.max_detections)) for limit in (case.max_detections, 1, 10))
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]

    def figures(classes: slice) -> dict[str, float | None]:
        """The twelve figures of some classes."""
        values = [precision[:, :, classes, 0, last], precision[0, :, classes, 0, last], precision[5, :, classes, 0, last]]
        values += [precision[:, :, classes, area, last] for area in (1, 2, 3)]
        values += [recall[:, classes, 0, limit] for limit in (first, second, last)]
        values += [recall[:, classes, area, last] for area in (1, 2, 3)]
        return {name: _mean(value) for name, value in zip(FIGURES, values)}

    per_class = {str(category): figures(slice(k, k + 1)) for k, category in enumerate(evaluation.params.catIds)}
    return figures(slice(None)), per_class


def run_pycocotools(case: Case) -> COCOeval:
    """evaluate() and accumulate() with the case's limit."""
    evaluation = prepare_pycocotools(case)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.evaluate()
        evaluation.accumulate()
    return evaluation


def prepare_pycocotools(case: Case) -> COCOeval:
    """The evaluator with its data loaded, so that what follows can be timed by itself."""
    annotations = [{**a, "id": n + 1} for n, a in enumerate(case.ground_truth["annotations"])]
    results = [{**d, "id": n + 1, "iscrowd": 0, "area": d["bbox"][2] * d["bbox"][3]}
               for n, d in enumerate(case.detections)]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = _coco({**case.ground_truth, "annotations": annotations})
        evaluation = COCOeval(truth, _coco({**case.ground_truth, "annotations": results}), "bbox")
    evaluation.params.maxDets = sorted({min(limit, case.max_detections) for limit in (1, 10, case.max_detections)})
    return evaluation


def _coco(dataset: dict[str, Any]) -> COCO:
    coco = COCO()
    coco.dataset = dataset
    coco.createIndex()
    return coco


def _mean(values: np.ndarray) -> float | None:
    defined = values[values > -1]
    return float(np.mean(defined)) if defined.size else None


def _ids(rng: random.Random, count: int, traits: list[str]) -> list[int]:
    first = 0 if "ids_from_zero" in traits else rng.randint(1, 3)
    steps = [rng.randint(10, 15) if "gaps" in traits else 1 for _ in range(count)]
    return [first + sum(steps[:n]) for n in range(count)]


def _box(rng: random.Random, traits: list[str]) -> list[float]:
    size = rng.choice([20, 60, 200])
    width, height = rng.randint(5, size), rng.randint(5, size)
    if "zero_area" in traits and rng.random() < 0.2:
        width = 0
    return [rng.randint(0, 400), rng.randint(0, 300), width, height]


def _annotation(rng: random.Random, image: int, category: int, traits: list[str]) -> dict[str, Any]:
    box = _box(rng, traits)
    area = box[2] * box[3] if "own_area" not in traits else rng.choice([100, 1024, 5000, 9216, 50000])
    crowd = int("crowd" in traits and rng.random() < 0.3)
    return {"image_id": image, "category_id": category, "bbox": box, "area": area, "iscrowd": crowd}


def _detection(rng: random.Random, image: int, category_ids: list[int], annotations: list[dict[str, Any]],
               traits: list[str]) -> dict[str, Any]:
    near = [a for a in annotations if a["image_id"] == image]
    category, box = rng.choice(category_ids), _box(rng, traits)
    if near and rng.random() < 0.7:
        target = rng.choice(near)
        category = target["category_id"]
        x, y, width, height = target["bbox"]
        shift = rng.choice([0, 0.05, 0.15, 0.3])
        box = [x + rng.uniform(-shift, shift) * width, y + rng.uniform(-shift, shift) * height,
               width * rng.uniform(1 - shift, 1 + shift), height * rng.uniform(1 - shift, 1 + shift)]
    score = rng.randint(1, 5) / 5 if "ties" in traits else round(rng.random(), 6)
    return {"image_id": image, "category_id": category, "bbox": [round(v, 3) for v in box], "score": score}
