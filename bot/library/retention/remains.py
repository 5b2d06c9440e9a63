"""Halves of manifests, which a process that was killed was just writing."""

import contextlib
import os
import re
from pathlib import Path

from bot.library.places import MEDIA
from bot.library.retention.rules import DAY_S

_HALF = re.compile(r"\..+\.json\.[a-z0-9_]{8}")  # as `replace_file` calls them


def remove_halves(library: Path, *, now_s: float) -> int:
    """How many there were; what is younger than a day may still become whole. Blocks for the disk."""
    removed = 0
    for where, _, names in os.walk(library / MEDIA):
        for name in filter(_HALF.fullmatch, names):
            path = Path(where, name)
            with contextlib.suppress(OSError):
                if now_s - path.stat().st_mtime > DAY_S:
                    path.unlink()
                    removed += 1
    return removed
