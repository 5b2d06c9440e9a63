"""Encoded media kept on disk, so that a room opens at once the second time.

One file a clip, named by a hash of everything it depends on, below `$XDG_CACHE_HOME/roomreel/rehearsal` (`~/.cache`
without the variable). Bounded: what was used longest ago goes first. A file that is damaged or cannot be written is
only a clip that is encoded again.
"""

import contextlib
import hashlib
import os
import struct
import tempfile
from collections.abc import Sequence
from pathlib import Path

import av

VERSION = 3  # to be raised when pictures, sounds or encoder settings change
LIMIT_BYTES = 256 << 20
_HEAD = struct.Struct(">4sI")
_MAGIC = b"RRC1"


def cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "roomreel" / "rehearsal"


def clip_name(request: object) -> str:
    """`request` is a frozen dataclass: its repr names every field."""
    words = f"{VERSION} {av.library_versions} {request!r}"
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def load(folder: Path, name: str) -> list[tuple[bytes, bool]] | None:
    """(data, keyframe) of each packet, or None when there is no whole file."""
    path = folder / name
    try:
        content = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    try:
        return _unpack(content)
    except (struct.error, ValueError):
        return None


def store(folder: Path, name: str, packets: Sequence[tuple[bytes, bool]], limit: int = LIMIT_BYTES) -> None:
    """Whole or not at all; what does not fit any more is deleted, oldest use first."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
            file.write(_pack(packets))
        Path(file.name).replace(folder / name)
        _trim(folder, limit)


def _pack(packets: Sequence[tuple[bytes, bool]]) -> bytes:
    lengths = b"".join(struct.pack(">I", len(data) << 1 | keyframe) for data, keyframe in packets)
    body = lengths + b"".join(data for data, _ in packets)
    return _HEAD.pack(_MAGIC, len(packets)) + hashlib.sha256(body).digest() + body


def _unpack(content: bytes) -> list[tuple[bytes, bool]]:
    magic, count = _HEAD.unpack_from(content)
    start = _HEAD.size + 32
    body = content[start:]
    if magic != _MAGIC or hashlib.sha256(body).digest() != content[_HEAD.size : start]:
        raise ValueError("damaged")
    packets, offset = [], 4 * count
    for (word,) in struct.iter_unpack(">I", body[:offset]):
        packets.append((body[offset : offset + (word >> 1)], bool(word & 1)))
        offset += word >> 1
    return packets


def _trim(folder: Path, limit: int) -> None:
    files = sorted(((entry.stat().st_mtime, entry.stat().st_size, entry) for entry in folder.iterdir()), reverse=True)
    total = 0
    for _, size, path in files:
        total += size
        if total > limit:
            path.unlink(missing_ok=True)
