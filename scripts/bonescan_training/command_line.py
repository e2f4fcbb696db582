"""What the scripts' command lines share: types of options, and bad input told in a sentence.

Needs nothing beyond Python, since scripts without PyTorch share it; what concerns PyTorch is imported when asked for.
"""
from __future__ import annotations

import argparse
import functools
import importlib.util
import sys
from pathlib import Path
from typing import Callable


def program(main: Callable[[], None]) -> Callable[[], None]:
    """Decorates a script's main: OSError and ValueError become "PROGRAM: error: sentence" and exit code 2.

    These two are how the package says that input is missing or wrong; every other exception is a mistake in a script,
    and keeps its traceback.
    """

    @functools.wraps(main)
    def run() -> None:
        """main, with bad input told."""
        try:
            main()
        except (OSError, ValueError) as error:
            print(f"{Path(sys.argv[0]).name}: error: {sentence(error)}", file=sys.stderr)
            sys.exit(2)

    return run


def sentence(error: OSError | ValueError) -> str:
    """What happened, without Python's error number; the file first, where one is known."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def positive_integer(text: str) -> int:
    """A whole number from 1 on."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return value


def positive_number(text: str) -> float:
    """A number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number above 0")
    return value


def existing_file(text: str) -> Path:
    """A file that is there."""
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    return Path(text)


def existing_folder(text: str) -> Path:
    """A folder that is there."""
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text}")
    return Path(text)


def torch_device(text: str) -> str:
    """A device that PyTorch can compute on: cpu, cuda or cuda:N."""
    import torch

    try:
        wanted = torch.device(text)
    except RuntimeError:
        raise argparse.ArgumentTypeError(f"{text} is not cpu, cuda or cuda:N") from None
    if wanted.type not in ("cpu", "cuda"):
        raise argparse.ArgumentTypeError(f"{text} is not cpu, cuda or cuda:N")
    if wanted.type == "cuda" and (wanted.index or 0) >= torch.cuda.device_count():
        raise argparse.ArgumentTypeError(f"PyTorch finds no {text}; it sees {torch.cuda.device_count()} CUDA devices")
    return text


def chart_file(text: str) -> Path:
    """A PNG to draw curves into; tells now, not after hours of work, that matplotlib is missing."""
    if importlib.util.find_spec("matplotlib") is None:
        raise argparse.ArgumentTypeError("curves are drawn with matplotlib, which this Python does not have")
    return Path(text)
