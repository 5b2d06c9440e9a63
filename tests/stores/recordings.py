"""Recordings as destinations meet them: growing, and finished with another head and tables at the end."""

import asyncio
import hashlib
import random
from pathlib import Path

from bot.library.catalogue.recording import Recording
from bot.library.destinations.destination import Finished, Growing
from bot.lifecycle import State
from signaling.model import RoomKind

MIB = 1 << 20
ID = "20261122T100000Z-0a1b2c3d"
NAME = "Rec - 2026-11-22 10-00-00 - Größe & Maß.mp4"
HEAD_AT = 32  # of 16 bytes that finishing changes


def recording(recording_id: str = ID) -> Recording:
    return Recording(
        id=recording_id,
        room="r",
        room_title="Room",
        room_kind=RoomKind.SINGLE,
        parent=None,
        title="Größe & Maß",
        state=State.UPLOADING,
        asked_at=1_795_341_600.0,
        started_by="ann",
        owner="ann",
        folder="Recordings",
    )


def content(size: int, seed: int = 1) -> bytes:
    """Always the same, and no two parts alike."""
    source = random.Random(seed)
    return b"".join(source.randbytes(min(MIB, size - offset)) for offset in range(0, size, MIB))


def growing(part: Path, recording_id: str = ID) -> Growing:
    return Growing(recording(recording_id), part, None)


def finished(file: Path, *companions: Path, recording_id: str = ID, name: str = NAME) -> Finished:
    return Finished(
        recording=recording(recording_id),
        file=file,
        size=file.stat().st_size,
        name=name,
        room=None,
        parent=None,
        folder="Recordings",
        owner="ann",
        editors=(),
        companions=companions,
        sha256=None,
        folder_path=file.parent,
    )


def finish(file: Path, tables: bytes = b"moov" * 5000) -> None:
    """As the bot does it: tables behind, then sixteen bytes of the head."""
    with file.open("r+b") as opened:
        opened.seek(0, 2)
        opened.write(tables)
        opened.seek(HEAD_AT)
        opened.write(b"\0\0\0\1mdat\0\0\0\0\0\0\0\x10")


async def grow(file: Path, data: bytes, *, seconds: float, steps: int = 40) -> None:
    """Written a fragment at a time."""
    for step in range(steps):
        with file.open("ab") as opened:
            opened.write(data[len(data) * step // steps : len(data) * (step + 1) // steps])
        await asyncio.sleep(seconds / steps)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
