"""The recordings of all breakouts of a room at once."""

import asyncio
from collections.abc import Sequence

from bot.errors import AlreadyRecording, BotError, NotNow
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.service.recordings import Recordings
from signaling.errors import SignalingError

Breakout = tuple[RoomEntry, Recording | str]  # the sentence says why there is no recording


async def start_all(recordings: Recordings, parent_id: str, by: str) -> Sequence[Breakout]:
    """All of the room's that nobody records yet; the others answer with the recording they have."""
    return [(room, await _start_or_say(recordings, room, by)) for room in recordings.breakouts(parent_id)]


async def stop_all(recordings: Recordings, parent_id: str) -> Sequence[Breakout]:
    """Those that are recorded."""
    running = [(room, one) for room in recordings.breakouts(parent_id) if (one := recordings.active(room.id))]
    ended = await asyncio.gather(*(_stop(recordings, one) for _, one in running))
    return [(room, recording) for (room, _), recording in zip(running, ended, strict=True)]


async def _start_or_say(recordings: Recordings, room: RoomEntry, by: str) -> Recording | str:
    try:
        return await recordings.start(room, by=by)
    except AlreadyRecording as error:
        return recordings.get(error.recording)
    except (BotError, SignalingError) as error:
        return str(error)


async def _stop(recordings: Recordings, recording: Recording) -> Recording:
    try:
        return await recordings.stop(recording.id)
    except NotNow:  # it is over, and only not kept yet
        return recordings.get(recording.id)
