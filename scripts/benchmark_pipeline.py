#!/usr/bin/env python3
"""Times `bonescan pipeline` against the same two models in plain Python, one picture after another.

    /usr/bin/python3 scripts/benchmark_pipeline.py FracAtlas/images/Fractured --count 60

The peer is what the reference system does: PyTorch and OpenCV from Debian, a loop over the files, masks written as PNG,
torchvision's non-maximum suppression; PyTorch has as many threads as bonescan. Both sides start from nothing, model
loading included; each figure is the median of --runs.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time

from bonescan_training.command_line import existing_file, existing_folder, positive_integer, program

PEER = """
import json, sys
import cv2, numpy as np, torch, torchvision

def load(path):
    files = {"bonescan.json": ""}
    network = torch.jit.freeze(torch.jit.load(path, _extra_files=files).float().eval())
    return network, json.loads(files["bonescan.json"])

def network_input(picture, spec):
    small = cv2.resize(picture, (spec["width"], spec["height"]), interpolation=cv2.INTER_AREA)
    pixels = (small[:, :, ::-1] / 255.0 - np.array(spec["mean"])) / np.array(spec["std"])
    return torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32))

def boxes(logits, deltas, anchors, weights, side):
    scores = logits[0].softmax(-1)[:, 1]
    keep = (scores >= 0.01).nonzero()[:, 0]
    keep = keep[scores[keep].topk(min(400, len(keep))).indices]
    anchor, delta = anchors[keep], deltas[0][keep] / torch.tensor(weights, dtype=torch.float32)
    size = anchor[:, 2:] - anchor[:, :2]
    centre = anchor[:, :2] + size / 2 + delta[:, :2] * size
    size = size * delta[:, 2:].clamp(max=4.135).exp()
    found = torch.cat([centre - size / 2, centre + size / 2], 1).clamp(0, side)
    return found[torchvision.ops.nms(found, scores[keep], 0.45)[:200]]

output, threads, segmenter, detector, *files = sys.argv[1:]
torch.set_num_threads(int(threads))
(segnet, bone), (ssd, fracture) = load(segmenter), load(detector)
point = bone["operating_point"]
with torch.inference_mode():
    for number, file in enumerate(files):
        picture = cv2.imread(file)
        probability = segnet(network_input(picture, bone["input"])).sigmoid()[0, 0].numpy()
        mask = probability > point["mask_threshold"]
        cv2.imwrite(f"{output}/{number}.png", np.uint8(255) * cv2.resize(np.uint8(mask), picture.shape[1::-1]))
        if mask.mean() >= point["min_bone_fraction"] and probability[mask].mean() >= point["min_bone_confidence"]:
            heads = ssd(network_input(picture, fracture["input"]))
            boxes(*heads, fracture["output"]["box_weights"], fracture["input"]["width"])
"""


def seconds(command: list[str]) -> float:
    """Elapsed time of a command; raises if it fails."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=existing_folder, help="JPEG files that can be read")
    parser.add_argument("--bonescan", type=existing_file, default="build/release/bin/bonescan",
                        help="the executable (default: %(default)s)")
    parser.add_argument("--weights", type=existing_folder, default="weights",
                        help="folder of segnet.pt and ssd300_vgg16.pt (default: %(default)s)")
    parser.add_argument("--count", type=positive_integer, default=60, help="how many pictures (default: 60)")
    parser.add_argument("--runs", type=positive_integer, default=3, help="runs of each side, in turn (default: 3)")
    parser.add_argument("--threads", type=positive_integer, default=2, help="of each side (default: %(default)s)")
    options = parser.parse_args()

    files = [str(path) for path in sorted(options.folder.glob("*.jpg"))]
    if not files:
        raise ValueError(f"{options.folder} holds no *.jpg")
    files = files[:: max(1, len(files) // options.count)][: options.count]
    models = [str(options.weights / "segnet.pt"), str(options.weights / "ssd300_vgg16.pt")]
    times: dict[str, list[float]] = {"bonescan": [], "python": []}
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            times["python"].append(
                seconds([sys.executable, "-c", PEER, folder, str(options.threads), *models, *files]))
            times["bonescan"].append(
                seconds([str(options.bonescan), "pipeline", *files, "-o", f"{folder}/out", "--segmenter", models[0],
                         "--detector", models[1], "--threads", str(options.threads), "--quiet"]))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(json.dumps({"pictures": len(files), "threads": options.threads,
                      "seconds": {name: [round(value, 2) for value in values] for name, values in times.items()},
                      "python / bonescan": round(medians["python"] / medians["bonescan"], 2)}))


if __name__ == "__main__":
    main()
