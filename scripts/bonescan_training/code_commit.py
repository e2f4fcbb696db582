"""Which commit of bonescan a training runs, for its checkpoint and the model card."""
from __future__ import annotations

import subprocess
from pathlib import Path


def code_commit() -> str | None:
    """The commit that these scripts are at; None where they are no git checkout, or git is missing."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        return subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
