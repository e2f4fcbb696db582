#!/usr/bin/env python3
"""Writes tests/data/eval/random_cases.json: random cases with the answers of pycocotools 2.0.11.

    python3 scripts/make_eval_fixtures.py --output tests/data/eval/random_cases.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bonescan_training.command_line import positive_integer, program
from random_detection_cases import Case, pycocotools_figures, random_case


def compact(case: Case, seed: int) -> dict[str, Any]:
    """Rows instead of objects, so that the file stays small."""
    overall, per_class = pycocotools_figures(case)
    truth = case.ground_truth
    return {
        "seed": seed,
        "traits": case.traits,
        "max_detections": case.max_detections,
        "images": [image["id"] for image in truth["images"]],
        "categories": [category["id"] for category in truth["categories"]],
        "ground_truth": [[a["image_id"], a["category_id"], *a["bbox"], a["area"], a["iscrowd"]]
                         for a in truth["annotations"]],
        "detections": [[d["image_id"], d["category_id"], *d["bbox"], d["score"]] for d in case.detections],
        "coco": overall,
        "coco_per_class": per_class,
    }


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=positive_integer, default=30, help="how many cases (default: 30)")
    parser.add_argument("--first-seed", type=int, default=1, help="seed of the first case (default: 1)")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.count)
    lines = [json.dumps(compact(random_case(seed), seed), separators=(",", ":")) for seed in seeds]
    options.output.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
