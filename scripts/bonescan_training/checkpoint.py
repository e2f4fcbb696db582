"""Checkpoints and other files that are either whole or absent, and whether a training may go on from a checkpoint."""
from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any, Collection, Iterator

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


def load_arrays(path: Path, keys: Collection[str], what: str) -> dict[str, np.ndarray]:
    """What save_arrays wrote to path; raises ValueError, "PATH is no WHAT", for other files, or where a key is missing."""
    try:
        with open(path, "rb") as file, np.load(file) as stored:
            arrays = dict(stored)
    except (ValueError, EOFError, TypeError, AttributeError, zipfile.BadZipFile):  # as its content goes
        arrays = {}
    if not arrays.keys() >= set(keys):
        raise ValueError(f"{path} is no {what}")
    return arrays


def load(path: Path) -> dict[str, Any]:
    """What torch.save wrote to path, on the CPU; raises ValueError where that is something else."""
    try:
        saved = torch.load(path, map_location="cpu")
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(f"{path} is no checkpoint: {str(error).splitlines()[0]}") from None
    if not isinstance(saved, dict):
        raise ValueError(f"{path} is no checkpoint")
    return saved


def load_if_present(path: Path) -> dict[str, Any] | None:
    """The checkpoint at path, or None where there is none yet."""
    return load(path) if path.is_file() else None


def differing_options(
    stored: dict[str, Any], options: dict[str, Any], may_differ: Collection[str]
) -> Iterator[tuple[str, str, str]]:
    """Each option that differs, as written on the command line, with its stored and its other value.

    Options that one of the two does not know are passed over: one is older than the other.
    """
    for name in sorted(stored.keys() & options.keys() - set(may_differ)):
        if str(stored[name]) != str(options[name]):
            yield "--" + name.replace("_", "-"), str(stored[name]), str(options[name])


def check_recipe(stored: dict[str, Any], options: dict[str, Any], may_differ: Collection[str]) -> None:
    """Raises ValueError where an option differs from the one that the checkpoint's training began with."""
    for option, before, now in differing_options(stored, options, may_differ):
        raise ValueError(f"{option} {now}: this training began with {before}; "
                         "give the same again, or another output folder")


def check_radiographs(stored: dict[str, str], hashes: dict[str, str]) -> None:
    """Raises ValueError where a list of radiographs, by its names_hash, is not the one that the training began with.

    Checkpoints from before these were stored have none, and pass.
    """
    for kind in sorted(stored.keys() & hashes.keys()):
        if stored[kind] != hashes[kind]:
            raise ValueError(f"the {kind} radiographs are not those that this training began with; "
                             "give the same again, or another output folder")
