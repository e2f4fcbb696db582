"""The log of a training: a file of JSON objects, one a line."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Adds a line; one that a crash left half-written stays a line of its own."""
    cut_off = path.is_file() and not path.read_bytes().endswith(b"\n")
    with open(path, "a") as log:
        log.write(("\n" if cut_off else "") + json.dumps(row) + "\n")


def read_rows(path: Path, key: str) -> list[dict[str, Any]]:
    """The rows that have the key, in its order: the last one where a training that was cut off repeated a row."""
    rows = {}
    for line in path.read_text().splitlines():
        try:
            row = json.loads(line)
        except json.JSONDecodeError:  # half-written when the training was cut off
            continue
        if key in row:
            rows[row[key]] = row
    return [rows[value] for value in sorted(rows)]
