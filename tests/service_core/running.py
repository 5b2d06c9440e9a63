"""A service in this process with a library of its own, and small rooms that cost little."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from bot.configuration import Configuration, load
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.lifecycle import State
from bot.service.recordings import Recordings
from signaling.model import RoomKind
from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.plan import Plan

PATIENCE_S = 90  # catches a hang, promises nothing
CAMERA = VideoEncoding(VideoCodec.VP8, 320, 180, 15, 150)


def small_plan(cameras: int = 1) -> Plan:
    return steady_plan([CAMERA] * cameras)


def configured(library: Path, **flags: object) -> Configuration:
    """How many may run does not depend on how busy this machine happens to be."""
    small = {"width": 640, "height": 360, "fps": 15, "max_recordings": 20, "least_free_mb": 64}
    return load(None, {}, {"library": str(library), "max_bitrate_kbps": 300, **small, **flags})


def entry(url: str, room_id: str = "team", kind: RoomKind = RoomKind.SINGLE, parent: str | None = None) -> RoomEntry:
    return RoomEntry(room_id, url, title="Weekly", kind=kind, parent=parent)


async def until(condition: Callable[[], bool], patience_s: float = PATIENCE_S) -> float:
    """How long it took, in seconds."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < patience_s, "it never came"
        await asyncio.sleep(0.01)
    return time.monotonic() - began_s


async def until_recorded(service: Recordings, recording_id: str, time_s: float = 0.0) -> None:
    """So much of it is in the file."""

    def is_there() -> bool:
        recording = service.get(recording_id)
        assert recording.state is not State.FAILED, recording.problem
        return recording.state is State.RECORDING and recording.live is not None and recording.live.time_s >= time_s

    await until(is_there)


async def over(service: Recordings, recording_id: str) -> Recording:
    await until(lambda: service.get(recording_id).is_over)
    return service.get(recording_id)
