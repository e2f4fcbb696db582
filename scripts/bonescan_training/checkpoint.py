"""Checkpoints and other files that are either whole or absent, and whether a training may go on from a checkpoint."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Collection

import numpy as np
import torch


def save_atomically(state: dict[str, Any], path: Path) -> None:
    """Writes a checkpoint beside path, then renames it onto path: an interrupted run leaves the previous one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    torch.save(state, partial)
    os.replace(partial, path)


def save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Writes an npz, whole or not at all, under just the name that is given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with open(partial, "wb") as file:
        np.savez(file, **arrays)
    os.replace(partial, path)


def load_if_present(path: Path, device: str = "cpu") -> dict[str, Any] | None:
    """The checkpoint at path, or None where there is none yet."""
    if not path.is_file():
        return None
    return torch.load(path, map_location=device)


def check_recipe(stored: dict[str, Any], options: dict[str, Any], may_differ: Collection[str]) -> None:
    """Raises ValueError where an option differs from the one that the checkpoint's training began with.

    Options that one of the two does not know are passed over: the checkpoint is older or younger than the script.
    """
    for name in sorted(stored.keys() & options.keys() - set(may_differ)):
        if str(stored[name]) != str(options[name]):
            option = "--" + name.replace("_", "-")
            raise ValueError(f"{option} {options[name]}: this training began with {stored[name]}; "
                             "give the same again, or another output folder")
