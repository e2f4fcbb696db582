#!/usr/bin/env python3
"""Collect pictures without bone from Debian packages: what the bone segmenter learns to refuse, and is measured on.

Packages are fetched with apt-get download and unpacked beside the result; nothing is installed.  Whole packages are
either for training or for measuring, so that no near-copies cross.  The measuring package (gcompris-qt-data) holds its
photographs in Qt resource bundles; those listed in scripts/splits/gate_photographs_{valid,test}.csv are taken.
Training pictures are stored with no side over 640 pixels, measuring ones as they are.  None of them is shipped with
bonescan; their licences are in each package's copyright file.

Example:
    scripts/collect_photographs.py --output photographs
gives photographs/train/<package>/, photographs/valid/gcompris-qt-data/ and photographs/test/gcompris-qt-data/.
"""

from __future__ import annotations

import argparse
import hashlib
import struct
import subprocess
import sys
import tempfile
import zlib
from fnmatch import fnmatch
from pathlib import Path
from typing import Iterator

import cv2
import numpy as np

from bonescan_training import pictures_without_bone
from bonescan_training.command_line import positive_integer, program
from bonescan_training.image_lists import SPLITS, read_names
from bonescan_training.write_image import write_image

MEASURING_PACKAGE = "gcompris-qt-data"
# Package -> folder in it to look at.
TRAINING_PACKAGES = {
    "plasma-workspace-wallpapers": "usr/share/wallpapers",
    "mate-backgrounds": "usr/share/backgrounds",
    "gnome-backgrounds": "usr/share/backgrounds",
    "lomiri-wallpapers-16.04": "usr/share/backgrounds",
    "lomiri-wallpapers-20.04": "usr/share/backgrounds",
    "ukui-wallpapers": "usr/share/backgrounds",
    "sway-backgrounds": "usr/share/backgrounds",
    "palapeli-data": "usr/share",
    "python3-sklearn": "usr/lib/python3/dist-packages/sklearn/datasets/images",
    "python3-skimage": "usr/lib/python3/dist-packages/skimage/data",
    "python3-imageio": "usr/lib/python3/dist-packages/imageio/resources/images",
    "hugin-data": "usr/share/hugin/xrc/data",
    "libvips-doc": "usr/share",
    "libvigraimpex-doc": "usr/share",
    "pymol-data": "usr/share",
    "wordpress-theme-twentytwentyone": "usr/share",
    "imagemagick-6-doc": "usr/share",
    "opencv-doc": "usr/share/doc/opencv-doc",
    "stellarium-data": "usr/share/stellarium/landscapes",
    "tuxpaint-stamps-default": "usr/share/tuxpaint/stamps",
}
SMALLEST_FILE = 15_000
# The same picture at another size or brightness, window captures, class diagrams, and a drawn head scan.
LEFT_OUT = (
    "*screenshot*", "*images_dark*", "*/1080x1920.*", "*/720x1440.*", "*/1622x2880.*", "*_3840x2160.*", "*_5640x3172.*",
    "*fog*.png", "*phantom*", "*/xrc/data/help*", "*/opencv4/html/*.png",
)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True,
                        help="folder for train/, valid/, test/ and the unpacked packages/")
    parser.add_argument("--longest-side", type=positive_integer, default=640,
                        help="of training pictures, in pixels (default %(default)s)")
    return parser.parse_args()


def unpack(package: str, folder: Path) -> Path:
    """Download a Debian package and unpack it to folder/<package>; does nothing where that is there."""
    target = folder / package
    if not target.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", "-q", package], cwd=folder, check=True)
        archive = next(folder.glob(f"{package}_*.deb"))
        with tempfile.TemporaryDirectory(dir=folder) as unpacked:  # an interrupted run leaves no half of a package
            subprocess.run(["dpkg-deb", "-x", archive, f"{unpacked}/{package}"], check=True)
            Path(unpacked, package).rename(target)
        archive.unlink()
    return target


def store(picture: np.ndarray, path: Path) -> None:
    """PNG where the picture has transparency, else JPEG."""
    if picture.shape[2] == 4:
        write_image(path.with_suffix(".png"), cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA))
    else:
        write_image(path.with_suffix(".jpg"), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 92])


def training_pictures(root: Path) -> list[Path]:
    """Picture files under `root`, in order of path, less those left out."""
    return [
        path
        for path in pictures_without_bone.picture_files(root)
        if not path.is_symlink() and path.stat().st_size >= SMALLEST_FILE
        and not any(fnmatch(str(path), pattern) for pattern in LEFT_OUT)
    ]


def resource_bundle_pictures(bundle: Path) -> Iterator[tuple[str, bytes]]:
    """Pictures in a Qt resource bundle (.rcc): name from content, file content.

    Header: "qres", version, then offsets of tree, data and names; data is a row of (length, content), big-endian.
    """
    content = bundle.read_bytes()
    tree, data, names = struct.unpack(">3I", content[8:20])
    end = min(offset for offset in (tree, names, len(content)) if offset > data)
    position = data
    while position + 4 <= end:
        (length,) = struct.unpack(">I", content[position : position + 4])
        blob = content[position + 4 : position + 4 + length]
        position += 4 + length
        if not blob.startswith((b"RIFF", b"\xff\xd8", b"\x89PNG")):
            try:
                blob = zlib.decompress(blob[4:])
            except zlib.error:
                continue
        if blob.startswith((b"RIFF", b"\xff\xd8", b"\x89PNG")):
            yield f"{bundle.stem}_{hashlib.md5(blob).hexdigest()[:8]}", blob


def collect_training(package: str, folder: Path, unpacked: Path, options: argparse.Namespace) -> int:
    """Store a training package's pictures; returns how many."""
    count = 0
    for number, path in enumerate(training_pictures(unpack(package, unpacked) / folder)):
        try:
            picture = pictures_without_bone.read_photograph(path, options.longest_side)
        except ValueError as error:
            print(error, file=sys.stderr)
            continue
        if min(picture.shape[:2]) >= 64:
            store(picture, options.output / "train" / package / f"{number:04d}_{path.stem}.jpg")
            count += 1
    return count


def collect_measuring(unpacked: Path, options: argparse.Namespace) -> None:
    """Store the measuring package's photographs, as listed."""
    split_of = {}
    for split in ("valid", "test"):
        names = read_names(SPLITS / f"gate_photographs_{split}.csv")
        split_of.update(dict.fromkeys(names, split))
    found = set()
    for bundle in sorted((unpack(MEASURING_PACKAGE, unpacked) / "usr/share/gcompris-qt/rcc").glob("*.rcc")):
        for name, blob in resource_bundle_pictures(bundle):
            if name in split_of and name not in found:
                found.add(name)
                suffix = {b"RI": ".webp", b"\xff\xd8": ".jpg", b"\x89P": ".png"}[blob[:2]]
                path = options.output / split_of[name] / MEASURING_PACKAGE / (name + suffix)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(blob)
    if missing := sorted(set(split_of) - found):
        print(f"{len(missing)} listed photographs are not in this version of {MEASURING_PACKAGE}: {missing[:5]} ...", file=sys.stderr)


@program
def main() -> None:
    options = parse_arguments()
    unpacked = options.output / "packages"
    for package, folder in TRAINING_PACKAGES.items():
        print(f"{package}: {collect_training(package, Path(folder), unpacked, options)} pictures", flush=True)
    collect_measuring(unpacked, options)


if __name__ == "__main__":
    main()
