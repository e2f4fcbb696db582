#!/usr/bin/env python3
"""Draws the course of a training, from its log.jsonl, as a PNG: losses, and the figures on held-out images.

For train_ssd300.py these are AP50 and AP on the validation split, for train_segnet.py and train_bone_teacher.py the
mean IoU of held-out bone masks.

    scripts/plot_training.py runs/ssd300/log.jsonl -o training.png
"""
from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from bonescan_training import training_log
from bonescan_training.command_line import existing_file, program

LOSSES = {"class_loss": "classification", "box_loss": "boxes", "loss": "cross-entropy and Dice"}
FIGURES = {"valid_ap50": "AP50", "valid_ap": "AP (IoU 0.50 to 0.95)", "held_out_iou": "mean IoU"}


def draw(rows: list[dict], unit: str, path: Path) -> None:
    """Rows of a log over their epochs or steps, as `unit` says."""
    figure, (losses, figures) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    for axes, labels, style in ((losses, LOSSES, "-"), (figures, FIGURES, "o-")):
        for key, label in labels.items():
            known = [row for row in rows if key in row]
            if known:
                # A line of one point would not be seen.
                marked = style if len(known) > 1 else "o"
                axes.plot([row[unit] for row in known], [row[key] for row in known], marked, label=label)
    losses.set(title="Training loss", xlabel=unit, ylim=(0, None))
    figures.set(title="Held-out images, averaged weights", xlabel=unit, ylim=(0, None))
    for axes in (losses, figures):
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
        if axes.lines:
            axes.legend()
    figure.savefig(path, dpi=80)


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=existing_file,
                        help="log.jsonl of train_ssd300.py, train_segnet.py or train_bone_teacher.py")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the PNG to write")
    arguments = parser.parse_args()
    for unit in ("epoch", "step"):
        if rows := training_log.read_rows(arguments.log, unit):
            return draw(rows, unit, arguments.output)
    parser.error(f"{arguments.log} holds no epochs and no steps")


if __name__ == "__main__":
    main()
