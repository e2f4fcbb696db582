#!/usr/bin/env python3
"""Runs `bonescan eval detect` on random cases and compares every COCO figure, of all classes together and of each, with
pycocotools 2.0.11.

    python3 scripts/compare_with_pycocotools.py --bonescan build/release/bin/bonescan --count 500

The cases hold crowd regions, tied scores, boxes without area, ids from zero and with gaps, shuffled files, no
ground truth, no detections, more than 100 detections an image, and limits other than 100. Prints each figure
that differs by more than 1e-9 and exits with 1 if there is any.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bonescan_training.command_line import existing_file, positive_integer, program
from random_detection_cases import Case, pycocotools_figures, random_case

TOLERANCE = 1e-9


def run_bonescan(executable: Path, case: Case, folder: Path) -> dict[str, Any]:
    """The report of one case."""
    truth, results, output = folder / "ground_truth.json", folder / "detections.json", folder / "out"
    truth.write_text(json.dumps(case.ground_truth))
    results.write_text(json.dumps(case.detections))
    subprocess.run([executable, "eval", "detect", "--ground-truth", truth, "--predictions", results, "-o", output,
                    "--bootstrap", "0", "--max-detections", str(case.max_detections), "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)
    return json.loads((output / "report.json").read_text())


def differences(actual: dict[str, float | None], expected: dict[str, float | None], of: str) -> list[str]:
    """One line for each figure that differs or is defined on one side only; the report holds at least `expected`."""
    lines = []
    for name, theirs in expected.items():
        ours = actual[name]
        same = ours is theirs is None or (None not in (ours, theirs) and abs(ours - theirs) <= TOLERANCE)
        if not same:
            lines.append(f"{name} of {of}: bonescan {ours}, pycocotools {theirs}")
    return lines


def compare(report: dict[str, Any], case: Case) -> list[str]:
    """Every figure of the report that is not pycocotools'."""
    overall, per_class = pycocotools_figures(case)
    lines = differences(report["metrics"], overall, "all classes")
    by_id = {str(row["id"]): row for row in report["classes"]}
    if by_id.keys() != per_class.keys():
        return lines + [f"classes: bonescan {sorted(by_id)}, pycocotools {sorted(per_class)}"]
    for category, expected in per_class.items():
        lines += differences(by_id[category], expected, f"class {category}")
    return lines


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bonescan", type=existing_file, required=True, help="the executable")
    parser.add_argument("--count", type=positive_integer, default=300, help="how many cases (default: 300)")
    parser.add_argument("--first-seed", type=int, default=10_000, help="seed of the first case (default: 10000)")
    options = parser.parse_args()

    differing = 0
    for seed in range(options.first_seed, options.first_seed + options.count):
        case = random_case(seed)
        with tempfile.TemporaryDirectory() as folder:
            report = run_bonescan(options.bonescan, case, Path(folder))
        lines = compare(report, case)
        differing += bool(lines)
        for line in lines:
            print(f"seed {seed} ({', '.join(case.traits)}; at most {case.max_detections}): {line}")
    print(f"{options.count} cases, {differing} with a difference")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
