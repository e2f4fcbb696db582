#!/usr/bin/env python3
"""Make the small DICOM files in tests/data/dicom that hold the DICOM reader to its word.

All show the crop of tests/data/images (grey.png, rgb.png), so that what is read can be compared with those pictures. The
files are written and encoded by other programs: DCMTK's (Debian package dcmtk) and GDCM's (libgdcm-tools). Where the
expected pixels are not plain arithmetic, this script writes them beside the file as a PNG.

    scripts/make_dicom_fixtures.py tests/data/images tests/data/dicom
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np

from bonescan_training.command_line import existing_folder, program

UID_ROOT = "1.2.826.0.1.3680043.8.498.1"  # under it pydicom lets anybody count
SECONDARY_CAPTURE, DX, CR = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.1.1", "1.2.840.10008.5.1.4.1.1.1"
BASIC_TEXT_REPORT = "1.2.840.10008.5.1.4.1.1.88.11"
# Stands in every element that could name a person: no output may show it.
SECRET = "ZZSECRETZZ"


def run(*command: object) -> None:
    """Runs a program, and raises if it fails."""
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


class Files:
    """Writes DICOM files from element lists through dump2dcm."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch, self.count = folder, scratch, 0

    def raw(self, values: np.ndarray) -> str:
        """`values` as little-endian bytes of even length in a file, as dump2dcm takes them."""
        self.count += 1
        path = self.scratch / f"{self.count}.raw"
        data = values.tobytes()
        path.write_bytes(data + b"\0" * (len(data) % 2))
        return f"={path}"

    def write(self, name: str, elements: dict[str, object], *options: str) -> Path:
        """`elements` maps "gggg,eeee VR" to a value, or to a list of items for SQ."""
        dump = self.scratch / "dump.txt"
        lines = ["# Dicom-File-Format", "(0002,0010) UI =LittleEndianExplicit"]
        dump.write_text("\n".join(lines + self.lines(elements)) + "\n")
        path = self.folder / name
        run("dump2dcm", "-q", *options, dump, path)
        return path

    def lines(self, elements: dict[str, object]) -> list[str]:
        """The elements as dump2dcm reads them, items of sequences included."""
        result = []
        for key, value in sorted(elements.items()):
            tag, representation = key.split()
            if representation == "SQ":
                result.append(f"({tag}) SQ")
                for item in value:
                    result += ["(fffe,e000) -", *self.lines(item), "(fffe,e00d) -"]
                result.append("(fffe,e0dd) -")
            else:
                bracketed = representation not in ("US", "SS", "OW", "OB", "UI")
                result.append(f"({tag}) {representation} " + (f"[{value}]" if bracketed else str(value)))
        return result

    def image(self, name: str, pixels: np.ndarray, photometric: str = "MONOCHROME2", stored: int | None = None,
              more: dict[str, object] | None = None, without: tuple[str, ...] = (), options: tuple[str, ...] = ()) -> Path:
        """An image of `pixels` [H,W], [H,W,3] (planes together), [3,H,W] (planes apart) or [F,H,W] for frames."""
        bits = pixels.dtype.itemsize * 8
        samples = 3 if photometric in ("RGB", "YBR_FULL") else 1
        apart = samples == 3 and pixels.shape[0] == 3
        height, width = pixels.shape[1:3] if apart or (samples == 1 and pixels.ndim == 3) else pixels.shape[:2]
        stored = stored or bits
        elements: dict[str, object] = {
            "0008,0016 UI": SECONDARY_CAPTURE,
            "0008,0018 UI": f"{UID_ROOT}.{sum(name.encode())}",
            "0008,0060 CS": "OT",
            "0020,000d UI": f"{UID_ROOT}.1",
            "0020,000e UI": f"{UID_ROOT}.2",
            "0028,0002 US": samples,
            "0028,0004 CS": photometric,
            "0028,0010 US": height,
            "0028,0011 US": width,
            "0028,0100 US": bits,
            "0028,0101 US": stored,
            "0028,0102 US": stored - 1,
            "0028,0103 US": int(pixels.dtype.kind == "i"),
            f"7fe0,0010 {'OW' if bits == 16 else 'OB'}": self.raw(pixels),
        }
        if samples == 3:
            elements["0028,0006 US"] = int(apart)
        if samples == 1 and pixels.ndim == 3:
            elements["0028,0008 IS"] = len(pixels)
        elements |= more or {}
        return self.write(name, {key: value for key, value in elements.items() if key not in without}, *options)


def window(centre: float | str, width: float | str, function: str | None = None) -> dict[str, object]:
    """The elements of a VOI window, and of its function where that is not LINEAR."""
    elements: dict[str, object] = {"0028,1050 DS": centre, "0028,1051 DS": width}
    return elements | ({"0028,1056 CS": function} if function else {})


def lookup_table(files: Files, values: np.ndarray, first: int, tag: str) -> dict[str, object]:
    """A sequence `tag` with one LUT of 16-bit `values` that begins at `first`."""
    item = {"0028,3002 US": f"{len(values)}\\{first}\\16", "0028,3003 LO": "curve",
            "0028,3006 OW": files.raw(values.astype("<u2"))}
    return {f"{tag} SQ": [item]}


def make_transfer_syntaxes(files: Files, grey: np.ndarray, rgb: np.ndarray) -> None:
    """The same four images in every transfer syntax, and files without preamble or meta information."""
    folder = files.folder
    plain = files.image("grey_explicit.dcm", grey)
    deep = files.image("deep_explicit.dcm", grey.astype("<u2") * 16, stored=12)
    colour = files.image("rgb_explicit.dcm", rgb, "RGB")
    frames = files.image("frames_explicit.dcm", np.stack([grey, 255 - grey, grey // 2]))
    for kind, source in {"grey": plain, "deep": deep, "rgb": colour, "frames": frames}.items():
        def target(syntax: str) -> Path:
            """The file of this image in a transfer syntax."""
            return folder / f"{kind}_{syntax}.dcm"
        run("dcmconv", "+ti", source, target("implicit"))
        run("dcmconv", "+tb", source, target("big_endian"))
        run("dcmconv", "+td", source, target("deflated"))
        run("dcmcrle", source, target("rle"))
        run("dcmcjpeg", "+e1", source, target("jpeg_lossless"))
        run("dcmcjpls", source, target("jpeg_ls"))
        run("gdcmconv", "--j2k", source, target("jpeg2000"))
    run("dcmcjpeg", "+el", plain, folder / "grey_jpeg_lossless_14.dcm")
    run("dcmcjpeg", "+eb", "+q", 90, "+un", plain, folder / "grey_jpeg_baseline.dcm")
    run("dcmcjpeg", "+eb", "+q", 95, "+un", "+cy", "+s4", colour, folder / "rgb_jpeg_baseline.dcm")
    run("dcmcjpeg", "+ee", "+q", 95, "+un", deep, folder / "deep_jpeg_extended.dcm")
    run("dcmcjpls", "+en", "+md", 2, "+un", plain, folder / "grey_jpeg_ls_near.dcm")
    # Its scan begins with FF 01, which in a JPEG would be a marker.
    border = np.full((16, 64), 7, np.uint8)
    border[:, :12] = 0
    run("dcmcjpls", files.image("border_explicit.dcm", border), folder / "border_jpeg_ls.dcm")
    run("gdcmconv", "--j2k", "--lossy", "-q", 45, plain, folder / "grey_jpeg2000_lossy.dcm")
    run("dcmconv", "-F", "+te", plain, folder / "bare_explicit")
    run("dcmconv", "-F", "+ti", plain, folder / "bare_implicit")
    (folder / "meta_without_preamble").write_bytes(plain.read_bytes()[132:])


def make_depths(files: Files, grey: np.ndarray) -> None:
    """Depths, signs, windows, rescaling and look-up tables."""
    deep = grey.astype("<u2") * 16  # 0..4080
    files.image("white_is_zero.dcm", 255 - grey, "MONOCHROME1")
    files.image("deep_white_is_zero.dcm", 4095 - deep, "MONOCHROME1", stored=12)
    files.image("signed.dcm", deep.astype("<i2") - 2048, stored=12)
    files.image("signed_8bit.dcm", (grey.astype("<i2") - 128).astype("i1"))
    files.image("sixteen_bits.dcm", grey.astype("<u2") * 257)
    # 100..200 of 0..255, thus 1600..3200 of 12 bits
    files.image("window.dcm", deep, stored=12, more=window(2400.5, 1601))
    files.image("window_exact.dcm", deep, stored=12, more=window(2400, 1600, "LINEAR_EXACT"))
    files.image("window_8bit.dcm", grey, more=window(150.5, 101))
    files.image("two_windows.dcm", deep, stored=12, more=window("2400.5\\40", "1601\\80"))
    files.image("window_white_is_zero.dcm", 4095 - deep, "MONOCHROME1", stored=12,
                more=window(4095 - 2400 + 0.5, 1601))
    rescale = {"0028,1052 DS": -1024, "0028,1053 DS": 0.5, "0028,1054 LO": "US"}
    files.image("window_rescaled.dcm", deep.astype("<i2") - 2048, stored=12,
                more=rescale | window((2400 - 2048) / 2 - 1024 + 0.5, 801))
    falling = {"0028,1052 DS": 4095, "0028,1053 DS": -1, "0028,1054 LO": "US"}
    files.image("window_falling.dcm", 4095 - deep, stored=12, more=falling | window(2400.5, 1601))
    files.image("window_useless.dcm", deep, stored=12, more=window(100, 0))
    files.image("sigmoid.dcm", deep, stored=12, more=window(2400, 800, "SIGMOID"))
    # A square root, from 12 to 16 bits.
    curve = np.round(np.sqrt(np.arange(4096) / 4095) * 65535).astype("<u2")
    files.image("voi_lut.dcm", deep, stored=12, more=lookup_table(files, curve, 0, "0028,3010") | window(1, 2))
    files.image("modality_lut.dcm", deep, stored=12, more=lookup_table(files, curve, 0, "0028,3000") |
                window(32768, 65536))
    groups = [{"0028,9132 SQ": [window(1000 * frame + 500.5, 1001)]} for frame in (1, 2)]
    files.image("enhanced.dcm", np.stack([deep, deep]), stored=12, more={"5200,9230 SQ": groups})
    files.image("tall_pixels.dcm", grey, more={"0028,0034 IS": "2\\1"})


def make_colours(files: Files, rgb: np.ndarray, images: Path) -> None:
    """Colour in planes, as YBR, by palette, and as img2dcm wraps a JPEG."""
    files.image("rgb_planar.dcm", np.ascontiguousarray(rgb.transpose(2, 0, 1)), "RGB")
    ycrcb = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb)
    files.image("ybr_full.dcm", np.ascontiguousarray(ycrcb[:, :, [0, 2, 1]]), "YBR_FULL")
    colours = cv2.cvtColor(cv2.imread(str(images / "palette_as_rgb.png")), cv2.COLOR_BGR2RGB)
    palette, indices = np.unique(colours.reshape(-1, 3), axis=0, return_inverse=True)
    tables: dict[str, object] = {}
    for channel in range(3):
        tables[f"0028,{0x1101 + channel:04x} US"] = f"{len(palette)}\\0\\16"
        tables[f"0028,{0x1201 + channel:04x} OW"] = files.raw(palette[:, channel].astype("<u2") * 257)
    files.image("palette.dcm", indices.reshape(colours.shape[:2]).astype("u1"), "PALETTE COLOR", more=tables)
    run("img2dcm", images / "rgb.jpg", files.folder / "img2dcm.dcm", "-k", f"SOPInstanceUID={UID_ROOT}.3",
        "-k", f"StudyInstanceUID={UID_ROOT}.1", "-k", f"SeriesInstanceUID={UID_ROOT}.2")


def make_refused(files: Files, grey: np.ndarray) -> None:
    """Files that are no images, or whose elements contradict each other."""
    report = {"0008,0016 UI": BASIC_TEXT_REPORT, "0008,0018 UI": f"{UID_ROOT}.4", "0008,0060 CS": "SR",
              "0010,0010 PN": SECRET}
    files.write("report.dcm", report)
    pixels = ("7fe0,0010 OB",)
    files.image("huge.dcm", grey, more={"0028,0010 US": 60000, "0028,0011 US": 60000})
    files.image("many_frames.dcm", grey, more={"0028,0008 IS": 90000})
    files.image("no_size.dcm", grey, without=("0028,0010 US",))
    files.image("short_pixels.dcm", grey[:20], more={"0028,0010 US": grey.shape[0]})
    files.image("thirty_two_bits.dcm", grey, more={"0028,0100 US": 32, "0028,0101 US": 32, "0028,0102 US": 31})
    files.image("odd_photometric.dcm", grey, SECRET)
    files.image("no_pixel_data.dcm", grey, without=pixels)


def make_personal(files: Files, grey: np.ndarray) -> None:
    """Whatever may name somebody holds SECRET; the pixels are right, so that the file is read."""
    more: dict[str, object] = {f"{tag} {representation}": SECRET for tag, representation in {
        "0008,0050": "SH", "0008,0080": "LO", "0008,0081": "ST", "0008,0090": "PN", "0008,1030": "LO", "0008,103e": "LO",
        "0008,1070": "PN", "0010,0010": "PN", "0010,0020": "LO", "0010,1000": "LO", "0010,1040": "LO", "0010,4000": "LT",
        "0018,1000": "LO", "0020,0010": "SH", "0020,4000": "LT", "0032,4000": "LT"}.items()}
    more |= {"0009,0010 LO": f"{SECRET} CREATOR", "0009,1001 LT": SECRET, "0008,0005 CS": "ISO_IR 100",
             "0028,3010 SQ": [{"0028,3002 US": "0\\0\\0", "0028,3003 LO": SECRET, "0028,3006 OW": files.raw(grey[:2])}],
             # values that do not fit their representation: DCMTK's log would quote them
             "0010,0030 DA": SECRET, "0010,1010 AS": SECRET, "0028,1050 DS": SECRET, "0028,1051 DS": SECRET,
             "0020,0013 IS": SECRET}
    files.image("personal.dcm", grey, more=more)
    cut = files.folder / "personal.dcm"
    (files.folder / "personal_cut.dcm").write_bytes(cut.read_bytes()[:-700])


def make_directory(files: Files, grey: np.ndarray) -> None:
    """A DICOMDIR as on a disc, with names without endings; one image that it lists is gone."""
    disc = files.folder / "disc"
    (disc / "IMAGES").mkdir(parents=True, exist_ok=True)
    patient = {"0008,0020 DA": "20200101", "0008,0030 TM": "120000", "0008,0050 SH": "1", "0010,0010 PN": SECRET,
               "0010,0020 LO": SECRET, "0020,0010 SH": "1", "0020,0011 IS": "1"}
    for index in (1, 2, 3):
        image = files.image(f"disc{index}.dcm", grey // index, more=patient | {
            "0008,0018 UI": f"{UID_ROOT}.5.{index}", "0020,0013 IS": index})
        image.rename(disc / "IMAGES" / f"IM{index}")
    run("dcmmkdir", "-q", "-Pgp", "-Nxc", "--invent", "+id", disc, "+D", disc / "DICOMDIR", "IMAGES/IM1", "IMAGES/IM2",
        "IMAGES/IM3")
    (disc / "IMAGES" / "IM3").unlink()
    for backup in disc.glob("DICOMDIR.*"):
        backup.unlink()


@program
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=existing_folder, help="tests/data/images")
    parser.add_argument("output", type=Path, help="tests/data/dicom")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    grey = cv2.imread(str(arguments.images / "grey.png"), cv2.IMREAD_UNCHANGED)
    rgb = cv2.cvtColor(cv2.imread(str(arguments.images / "rgb.png")), cv2.COLOR_BGR2RGB)
    with tempfile.TemporaryDirectory() as scratch:
        files = Files(arguments.output, Path(scratch))
        make_transfer_syntaxes(files, grey, rgb)
        make_depths(files, grey)
        make_colours(files, rgb, arguments.images)
        make_refused(files, grey)
        make_personal(files, grey)
        make_directory(files, grey)


if __name__ == "__main__":
    main()
