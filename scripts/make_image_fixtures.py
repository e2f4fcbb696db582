#!/usr/bin/env python3
"""Make the small pictures in tests/data/images that hold the image reader to its word.

All show the same crop of one radiograph of tests/data/samples, in every format, depth and orientation that bonescan
reads, and in ways that it must refuse. Where a result depends on another program, that program is this script's cv2:
resized/ holds what cv2.resize makes of a picture.

    scripts/make_image_fixtures.py tests/data/samples/IMG0003767.jpg tests/data/images
"""

from __future__ import annotations

import argparse
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bonescan_training.command_line import existing_file, program
from bonescan_training.write_image import write_image

ORIENTATION_TAG = 0x0112
# What a camera held the other way stored: the upright picture, turned so that the orientation turns it back.
STORED_FOR_ORIENTATION = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: np.swapaxes(upright, 0, 1),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(np.swapaxes(upright, 0, 1), 2),
    8: lambda upright: np.rot90(upright, -1),
}

TIFF_SHORT, TIFF_LONG = 3, 4


def write_tiff(path: Path, chunks: list[bytes], tags: dict[int, int | list[int]], tiled: bool = False) -> None:
    """A little-endian TIFF: `chunks` are its strips or tiles; the directory comes first, as cameras write it."""
    offsets_tag, counts_tag = (324, 325) if tiled else (273, 279)
    tags = dict(tags) | {offsets_tag: [0] * len(chunks), counts_tag: [len(chunk) for chunk in chunks]}
    entries = sorted((tag, value if isinstance(value, list) else [value]) for tag, value in tags.items())
    values_at = 8 + 2 + 12 * len(entries) + 4
    data_at = values_at + sum(4 * len(values) for _, values in entries if len(values) > 1)
    for tag, values in entries:
        if tag == offsets_tag:
            values[:] = [data_at + sum(map(len, chunks[:index])) for index in range(len(chunks))]
    directory, more = struct.pack("<H", len(entries)), b""
    for tag, values in entries:
        short = tag not in (offsets_tag, counts_tag, 256, 257)
        packed = b"".join(struct.pack("<H" if short else "<L", value) for value in values)
        if len(packed) > 4:
            packed, more = struct.pack("<L", values_at + len(more)), more + packed
        directory += struct.pack("<HHL", tag, TIFF_SHORT if short else TIFF_LONG, len(values)) + packed.ljust(4, b"\0")
    header = (b"II*\0" + struct.pack("<L", 8) + directory + b"\0" * 4 + more).ljust(data_at, b"\0")
    path.write_bytes(header + b"".join(chunks))


def tiff_tags(picture: np.ndarray, photometric: int) -> dict[int, int | list[int]]:
    """The tags of `picture` [H,W] or [H,W,C] in one strip."""
    samples = 1 if picture.ndim == 2 else picture.shape[2]
    bits = [8 * picture.itemsize] * samples
    tags: dict[int, int | list[int]] = {256: picture.shape[1], 257: picture.shape[0], 258: bits if samples > 1 else bits[0]}
    return tags | {259: 1, 262: photometric, 277: samples, 278: picture.shape[0]}


def tiles_of(picture: np.ndarray, side: int) -> list[bytes]:
    """Square tiles from left to right and top to bottom, those at the edge filled up."""
    height, width = picture.shape[:2]
    padded = np.pad(picture, ((0, -height % side), (0, -width % side)), mode="edge")
    rows, columns = range(0, height, side), range(0, width, side)
    return [padded[y : y + side, x : x + side].tobytes() for y in rows for x in columns]


def tinted(grey: np.ndarray) -> np.ndarray:
    """RGB [H,W,3] whose three channels cannot be taken for one another."""
    return np.stack([grey, grey // 2 + 60, 255 - grey], axis=2)


def alpha_ramp(grey: np.ndarray) -> np.ndarray:
    """Transparent at the left, opaque at the right."""
    return np.tile(np.linspace(0, 255, grey.shape[1]).astype(np.uint8), (grey.shape[0], 1))


def make_png(folder: Path, grey: np.ndarray) -> None:
    """PNG of every colour type and depth, and one that is turned by EXIF."""
    rgb, alpha = tinted(grey), alpha_ramp(grey)
    Image.fromarray(grey).save(folder / "grey.png")
    Image.fromarray(rgb).save(folder / "rgb.png")
    Image.fromarray(np.dstack([rgb, alpha])).save(folder / "rgba.png")
    grey_alpha = Image.fromarray(np.dstack([grey, alpha]), "LA")
    grey_alpha.save(folder / "grey_alpha.png")
    grey_alpha.save(folder / "grey_alpha.tif", compression="tiff_deflate")
    Image.fromarray(rgb).quantize(64).save(folder / "palette.png")
    Image.fromarray(rgb).quantize(64).convert("RGB").save(folder / "palette_as_rgb.png")
    Image.fromarray(grey).convert("1").save(folder / "bilevel.png")
    Image.fromarray(grey // 16 * 17).quantize(16).save(folder / "palette_4bit.png", bits=4)
    deep = grey.astype(np.uint16) * 257
    write_image(folder / "grey_16bit.png", deep)
    write_image(folder / "grey_12bit_in_16.png", grey.astype(np.uint16) * 16)
    write_image(folder / "rgb_16bit.png", rgb[:, :, ::-1].astype(np.uint16) * 257)
    write_image(folder / "rgba_16bit.png", np.dstack([rgb[:, :, ::-1], alpha]).astype(np.uint16) * 257)
    write_image(folder / "constant_16bit.png", np.full((5, 7), 1234, np.uint16))
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 6
    Image.fromarray(np.ascontiguousarray(STORED_FOR_ORIENTATION[6](grey))).save(folder / "orientation_6.png", exif=exif)


def make_tiff(folder: Path, grey: np.ndarray) -> None:
    """TIFF of several depths, layouts, compressions and orientations."""
    rgb = tinted(grey)
    deep, deep_rgb = grey.astype("<u2") * 257, rgb.astype("<u2") * 257
    black_is_zero, white_is_zero, is_rgb = 1, 0, 2
    write_tiff(folder / "grey.tif", [grey.tobytes()], tiff_tags(grey, black_is_zero))
    write_tiff(folder / "grey_white_is_zero.tif", [(255 - grey).tobytes()], tiff_tags(grey, white_is_zero))
    write_tiff(folder / "rgb.tif", [rgb.tobytes()], tiff_tags(rgb, is_rgb))
    write_tiff(folder / "grey_16bit.tif", [deep.tobytes()], tiff_tags(deep, black_is_zero))
    write_tiff(folder / "grey_16bit_white_is_zero.tif", [(65535 - deep).tobytes()], tiff_tags(deep, white_is_zero))
    signed = (deep.astype(np.int32) - 32768).astype("<i2")
    write_tiff(folder / "grey_16bit_signed.tif", [signed.tobytes()], tiff_tags(signed, black_is_zero) | {339: 2})
    tiled = tiff_tags(deep, black_is_zero) | {322: 32, 323: 32}
    del tiled[278]
    write_tiff(folder / "grey_16bit_tiled.tif", tiles_of(deep, 32), tiled, tiled=True)
    write_tiff(folder / "rgb_16bit.tif", [deep_rgb.tobytes()], tiff_tags(deep_rgb, is_rgb))
    planes = [np.ascontiguousarray(deep_rgb[:, :, channel]).tobytes() for channel in range(3)]
    write_tiff(folder / "rgb_16bit_planar.tif", planes, tiff_tags(deep_rgb, is_rgb) | {284: 2})
    deep_rgba = np.dstack([deep_rgb, alpha_ramp(grey).astype("<u2") * 257])
    write_tiff(folder / "rgba_16bit.tif", [deep_rgba.tobytes()], tiff_tags(deep_rgba, is_rgb) | {338: 2})
    Image.fromarray(grey).convert("1").save(folder / "bilevel.tif", compression="group4")
    Image.fromarray(grey).save(folder / "lzw.tif", compression="tiff_lzw")
    Image.fromarray(rgb).quantize(64).save(folder / "palette.tif")
    Image.fromarray(grey).save(folder / "two_pages.tif", save_all=True, append_images=[Image.new("L", (8, 8))])
    for orientation in (3, 6, 8):
        stored = np.ascontiguousarray(STORED_FOR_ORIENTATION[orientation](grey))
        tags = tiff_tags(stored, black_is_zero) | {274: orientation}
        write_tiff(folder / f"orientation_{orientation}.tif", [stored.tobytes()], tags)
    stored = np.ascontiguousarray(STORED_FOR_ORIENTATION[6](deep))
    write_tiff(folder / "orientation_6_16bit.tif", [stored.tobytes()], tiff_tags(stored, black_is_zero) | {274: 6})


def without_adobe_marker(jpeg: bytes) -> bytes:
    """The JPEG less its APP14 segment."""
    start = jpeg.index(b"\xff\xee")
    return jpeg[:start] + jpeg[start + 2 + struct.unpack(">H", jpeg[start + 2 : start + 4])[0] :]


def make_jpeg(folder: Path, grey: np.ndarray) -> None:
    """JPEG in grey, colour and CMYK, progressive, and in the eight orientations."""
    rgb = tinted(grey)
    Image.fromarray(grey).save(folder / "grey.jpg", quality=95)
    Image.fromarray(rgb).save(folder / "rgb.jpg", quality=95)
    Image.fromarray(grey).save(folder / "progressive.jpg", quality=95, progressive=True)
    inks = np.dstack([255 - rgb, np.zeros_like(grey)])
    cmyk = folder / "cmyk_adobe.jpg"
    Image.fromarray(inks, "CMYK").save(cmyk, quality=95)  # Pillow writes the inks inverted, and the marker
    Image.fromarray(255 - inks, "CMYK").save(folder / "cmyk_plain.jpg", quality=95)
    (folder / "cmyk_plain.jpg").write_bytes(without_adobe_marker((folder / "cmyk_plain.jpg").read_bytes()))
    for orientation, turn in STORED_FOR_ORIENTATION.items():
        exif = Image.Exif()
        exif[ORIENTATION_TAG] = orientation
        stored = Image.fromarray(np.ascontiguousarray(turn(grey)))
        stored.save(folder / f"orientation_{orientation}.jpg", quality=95, exif=exif)


def bmp_32bit(rgb: np.ndarray) -> bytes:
    """A 32-bit BMP from the top down, whose fourth byte is unused."""
    height, width = rgb.shape[:2]
    pixels = np.dstack([rgb[:, :, ::-1], np.zeros((height, width), np.uint8)]).tobytes()
    info = struct.pack("<LllHHLLllLL", 40, width, -height, 1, 32, 0, len(pixels), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<LHHL", 54 + len(pixels), 0, 0, 54) + info + pixels


def make_bmp(folder: Path, grey: np.ndarray) -> None:
    """BMP of 1, 8, 24 and 32 bits."""
    Image.fromarray(grey).save(folder / "grey.bmp")
    Image.fromarray(tinted(grey)).save(folder / "rgb.bmp")
    Image.fromarray(grey).convert("1").save(folder / "bilevel.bmp")
    (folder / "rgb_32bit.bmp").write_bytes(bmp_32bit(tinted(grey)))


def make_bad(folder: Path, images: Path) -> None:
    """Files that must be refused: truncated, damaged, unsupported, absurd, or no images at all."""
    for name in ("grey.jpg", "progressive.jpg", "grey.png", "grey.tif", "lzw.tif", "grey_16bit.tif", "grey.bmp"):
        whole = (images / name).read_bytes()
        (folder / f"truncated_{name}").write_bytes(whole[: len(whole) * 3 // 5])
    for name in ("grey.jpg", "grey.png", "grey.tif", "grey.bmp"):
        (folder / f"header_only_{name}").write_bytes((images / name).read_bytes()[:20])
    png = bytearray((images / "grey.png").read_bytes())
    png[len(png) // 2] ^= 0x55
    (folder / "damaged.png").write_bytes(png)
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "text.jpg").write_text("This is a letter, not a radiograph.\n")
    (folder / "dicom.dcm").write_bytes(b"II*\0".ljust(128, b"\0") + b"DICM" + b"\x02\0\0\0UL\x04\0")
    real = np.zeros((4, 4), "<f4")
    write_tiff(folder / "float.tif", [real.tobytes()], tiff_tags(real, 1) | {339: 3})
    make_absurd(folder, images)


def make_absurd(folder: Path, images: Path) -> None:
    """Headers that ask for 60000 x 60000 pixels and more."""
    jpeg = bytearray((images / "grey.jpg").read_bytes())
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 60000, 60000)
    (folder / "absurd.jpg").write_bytes(jpeg)
    Image.new("L", (1, 1)).save(folder / "absurd.png")
    png = bytearray((folder / "absurd.png").read_bytes())
    png[16:24] = struct.pack(">LL", 900000, 900000)
    png[29:33] = struct.pack(">L", zlib.crc32(bytes(png[12:29])))
    (folder / "absurd.png").write_bytes(png)
    tags = tiff_tags(np.zeros((1, 1), np.uint8), 1) | {256: 60000, 257: 60000}
    tags[278] = 60000
    write_tiff(folder / "absurd.tif", [b"\0"], tags)
    bmp = bytearray((images / "rgb.bmp").read_bytes())
    bmp[18:26] = struct.pack("<ll", 2_000_000_000, -2_000_000_000)
    (folder / "absurd.bmp").write_bytes(bmp)


def make_resized(folder: Path, images: Path, sample: Path) -> None:
    """What cv2.resize(..., INTER_AREA) makes of pictures: smaller, larger, and smaller one way only."""
    grey = cv2.imread(str(images / "grey.png"), cv2.IMREAD_UNCHANGED)
    rgb = cv2.imread(str(images / "rgb.png"), cv2.IMREAD_UNCHANGED)
    for width, height in ((20, 17), (100, 90), (30, 90)):
        resized = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
        write_image(folder / f"grey_{width}x{height}.png", resized)
    write_image(folder / "rgb_33x29.png", cv2.resize(rgb, (33, 29), interpolation=cv2.INTER_AREA))
    radiograph = cv2.imread(str(sample), cv2.IMREAD_COLOR)
    resized = cv2.resize(radiograph, (224, 224), interpolation=cv2.INTER_AREA)
    write_image(folder / "sample_224x224.png", resized[:, :, 0] if (resized == resized[:, :, :1]).all() else resized)


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sample", type=existing_file, help="the radiograph that is cropped")
    parser.add_argument("output", type=Path, help="folder for the pictures; made if missing")
    arguments = parser.parse_args()
    folders = {name: arguments.output / name for name in ("", "bad", "resized")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    radiograph = cv2.imread(str(arguments.sample), cv2.IMREAD_GRAYSCALE)
    # Odd, unequal sides, and more of the image than is kept: every fixture stays within some kilobytes.
    side = min(radiograph.shape)
    grey = cv2.resize(radiograph[:side * 3 // 4, :side], (61, 47), interpolation=cv2.INTER_AREA)
    grey = cv2.normalize(grey, None, 0, 255, cv2.NORM_MINMAX)
    for make in (make_png, make_tiff, make_jpeg, make_bmp):
        make(folders[""], grey)
    make_bad(folders["bad"], folders[""])
    make_resized(folders["resized"], folders[""], arguments.sample)


if __name__ == "__main__":
    main()
