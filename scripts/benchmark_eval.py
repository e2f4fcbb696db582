#!/usr/bin/env python3
"""Times `bonescan eval detect` against pycocotools' evaluate() + accumulate() on one seeded case.

    python3 scripts/benchmark_eval.py --bonescan build/release/bin/bonescan

Both take the same 5,000 images, 36,000 ground-truth boxes and 180,000 detections, one after the other on the
same machine. bonescan's time is that of the whole process, from reading both files to writing the table,
without the bootstrap; pycocotools' leaves out reading and indexing. Exits with 1 if the ratio of elapsed times is
below --at-least.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bonescan_training.command_line import existing_file, positive_integer, program
from random_detection_cases import Case, large_case, prepare_pycocotools


@dataclass
class Seconds:
    """Elapsed time, and the processor time of all cores: on a busy machine the latter says more."""

    elapsed: float
    processor: float


def time_pycocotools(case: Case) -> Seconds:
    """evaluate() and accumulate()."""
    evaluation = prepare_pycocotools(case)
    start, processor_start = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        evaluation.evaluate()
        evaluation.accumulate()
    return Seconds(time.perf_counter() - start, time.process_time() - processor_start)


def time_bonescan(command: list[str | Path]) -> Seconds:
    """The whole command."""
    start, processor_start = time.perf_counter(), _processor_time_of_children()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return Seconds(time.perf_counter() - start, _processor_time_of_children() - processor_start)


def median_of_runs(executable: Path, case: Case, runs: int) -> Seconds:
    """The medians of several runs on the same files."""
    with tempfile.TemporaryDirectory() as folder:
        truth, results = Path(folder) / "ground_truth.json", Path(folder) / "detections.json"
        truth.write_text(json.dumps(case.ground_truth))
        results.write_text(json.dumps(case.detections))
        command = [executable, "eval", "detect", "--ground-truth", truth, "--predictions", results,
                   "--bootstrap", "0", "--quiet"]
        times = [time_bonescan(command) for _ in range(runs)]
    return Seconds(statistics.median(t.elapsed for t in times), statistics.median(t.processor for t in times))


def _processor_time_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bonescan", type=existing_file, default="build/release/bin/bonescan",
                        help="the executable (default: %(default)s)")
    parser.add_argument("--images", type=positive_integer, default=5000, help="in the case (default: %(default)s)")
    parser.add_argument("--boxes", type=positive_integer, default=36000, help="of ground truth (default: %(default)s)")
    parser.add_argument("--detections", type=positive_integer, default=180000,
                        help="in the case (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the case (default: %(default)s)")
    parser.add_argument("--runs", type=positive_integer, default=5, help="runs of bonescan, of which the median counts")
    parser.add_argument("--at-least", type=float, default=10.0, help="the ratio that is required")
    options = parser.parse_args()

    case = large_case(options.seed, options.images, options.boxes, options.detections)
    ours = median_of_runs(options.bonescan, case, options.runs)
    theirs = time_pycocotools(case)
    ratio = theirs.elapsed / ours.elapsed
    print(f"pycocotools evaluate() + accumulate(): {theirs.elapsed:.2f} s, {theirs.processor:.2f} s of processor time")
    print(f"bonescan eval detect, whole command:   {ours.elapsed:.2f} s, {ours.processor:.2f} s of processor time")
    print(f"ratio: {ratio:.1f} elapsed, {theirs.processor / ours.processor:.1f} of processor time")
    sys.exit(0 if ratio >= options.at_least else 1)


if __name__ == "__main__":
    main()
