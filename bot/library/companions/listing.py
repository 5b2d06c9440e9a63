"""companions.json: what goes with a recording's file, for the service that asked for it."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from bot.library.digest import sha256_of
from bot.library.replacement import replace_file

LISTING_FILE = "companions.json"
VERSION = 1

# What may leave a recording's folder. Everything else in it (the order and its secrets, logs, sockets) stays.
_MEDIA_TYPES = (
    (re.compile(r"poster\.jpg|contact-sheet\.jpg|seek-\d{3,}\.jpg", re.ASCII), "image/jpeg"),
    (re.compile(r"seek\.vtt|speakers\.vtt"), "text/vtt"),
    (re.compile(r"events\.json|report\.json"), "application/json"),
    (re.compile(r"report\.html"), "text/html"),
)


@dataclass(frozen=True, slots=True)
class Companion:
    name: str
    media_type: str
    size: int  # bytes
    sha256: str


def media_type(name: str) -> str | None:
    """None: no companion has such a name."""
    return next((kind for names, kind in _MEDIA_TYPES if names.fullmatch(name)), None)


def write_listing(folder: Path, sha256: str, size: int) -> None:
    """`sha256` and `size` are those of the recording's file. Raises OSError."""
    found = []
    for path in sorted(folder.iterdir()):
        if (kind := media_type(path.name)) is not None and path.is_file() and not path.is_symlink():
            digest, length = sha256_of(path)
            found.append(asdict(Companion(path.name, kind, length, digest)))
    values = {"version": VERSION, "sha256": sha256, "size": size, "companions": found}
    replace_file(folder / LISTING_FILE, json.dumps(values, indent=1).encode())
