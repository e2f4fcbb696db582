#!/usr/bin/env python3
"""Draws the course of a detector training, from its log.jsonl, as a PNG: losses, and AP50 and AP on the validation split.

    scripts/plot_training.py runs/ssd300/log.jsonl -o training.png
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot


def read_log(path: Path) -> list[dict]:
    """One row an epoch, the last one where a run that was cut off repeated an epoch."""
    rows = {row["epoch"]: row for row in map(json.loads, path.read_text().splitlines())}
    return [rows[epoch] for epoch in sorted(rows)]


def draw(rows: list[dict], path: Path) -> None:
    figure, (losses, precision) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    epochs = [row["epoch"] for row in rows]
    losses.plot(epochs, [row["class_loss"] for row in rows], label="classification")
    losses.plot(epochs, [row["box_loss"] for row in rows], label="boxes")
    losses.set(title="Training loss", xlabel="epoch", ylim=(0, None))
    measured = [row for row in rows if "valid_ap50" in row]
    for key, label in (("valid_ap50", "AP50"), ("valid_ap", "AP (IoU 0.50 to 0.95)")):
        precision.plot([row["epoch"] for row in measured], [row[key] for row in measured], "o-", label=label)
    precision.set(title="Validation split, averaged weights", xlabel="epoch", ylim=(0, None))
    for axes in (losses, precision):
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", type=Path, help="log.jsonl of train_ssd300.py")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the PNG to write")
    arguments = parser.parse_args()
    draw(read_log(arguments.log), arguments.output)


if __name__ == "__main__":
    main()
