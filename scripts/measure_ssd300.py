#!/usr/bin/env python3
"""Measures a fracture detector again and writes its card anew: thresholds and figures under other post-processing.

The network and the rest of the card stay as they are.

    scripts/measure_ssd300.py weights/ssd300_vgg16.pt --fracatlas data/FracAtlas --box-voting-iou 0.6 -o measured.pt
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import torch

from bonescan_training import detector_figures, model_card
from bonescan_training.command_line import existing_file, program


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=existing_file, help="model file of export_ssd300.py")
    parser.add_argument("-o", "--output", type=Path, required=True, help="model file with the new card")
    detector_figures.add_figure_options(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)

    card = model_card.read_card(arguments.model)
    network, size = model_card.load_network(arguments.model), card["input"]["width"]
    found = detector_figures.validate(network, arguments.fracatlas, size, arguments.negatives, arguments.box_voting_iou)
    card["operating_point"], card["metrics"] = detector_figures.measure(found)
    stored, _ = model_card.load_stored(arguments.model)
    model_card.save_model(
        stored, card, arguments.output, lambda saved: detector_figures.check_heads(saved, network, size)
    )
    if arguments.froc:
        detector_figures.draw_froc_of(found, arguments.froc)
    print(json.dumps({name: card[name] for name in ("operating_point", "metrics")}, indent=2))


if __name__ == "__main__":
    main()
