#!/usr/bin/env python3
"""Times `bonescan eval detect` against pycocotools' evaluate() + accumulate() on one seeded case.

    python3 scripts/benchmark_eval.py --bonescan build/release/bin/bonescan

Both take the same 5,000 images, 36,000 ground-truth boxes and 180,000 detections, one after the other on the
same machine. bonescan's time is that of the whole process, from reading both files to writing the reports,
without the bootstrap; pycocotools' leaves out reading and indexing. Exits with 1 if the ratio is below
--at-least.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from random_detection_cases import Case, large_case, prepare_pycocotools


def time_pycocotools(case: Case) -> float:
    """Seconds for evaluate() and accumulate()."""
    evaluation = prepare_pycocotools(case)
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.evaluate()
        evaluation.accumulate()
    return time.perf_counter() - start


def time_bonescan(executable: Path, case: Case, runs: int) -> float:
    """Median seconds of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        truth, results = Path(folder) / "ground_truth.json", Path(folder) / "detections.json"
        truth.write_text(json.dumps(case.ground_truth))
        results.write_text(json.dumps(case.detections))
        command = [executable, "eval", "detect", "--ground-truth", truth, "--predictions", results,
                   "--bootstrap", "0", "--quiet"]
        seconds = []
        for _ in range(runs):
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bonescan", type=Path, required=True, help="the executable")
    parser.add_argument("--images", type=int, default=5000)
    parser.add_argument("--boxes", type=int, default=36000)
    parser.add_argument("--detections", type=int, default=180000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5, help="runs of bonescan, of which the median counts")
    parser.add_argument("--at-least", type=float, default=10.0, help="the ratio that is required")
    options = parser.parse_args()

    case = large_case(options.seed, options.images, options.boxes, options.detections)
    ours = time_bonescan(options.bonescan, case, options.runs)
    theirs = time_pycocotools(case)
    print(f"pycocotools evaluate() + accumulate(): {theirs:.2f} s")
    print(f"bonescan eval detect, whole command:   {ours:.3f} s")
    print(f"ratio: {theirs / ours:.1f}")
    sys.exit(0 if theirs / ours >= options.at_least else 1)


if __name__ == "__main__":
    main()
