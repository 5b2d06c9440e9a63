"""Whose recordings are when a room's owners change: they follow the room, unless they were given away by hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from weakref import WeakValueDictionary

from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.places import owner_of
from bot.service.recordings import Recordings

_AT_ONCE = 50

_Rooms = Callable[[str], RoomEntry | None]

_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by the room's id; one that is used is kept


def heir(recording: Recording, before: _Rooms, after: _Rooms) -> str:
    """Who owns it after rooms have changed. One that was given away by hand stays where it is, and so does one whose
    room has nobody to take it: that takes nothing from anybody."""
    if recording.owner != _entitled(recording, before):
        return recording.owner
    return _entitled(recording, after, fallback=recording.owner) or recording.owner


def _entitled(recording: Recording, rooms: _Rooms, fallback: str | None = None) -> str | None:
    room = rooms(recording.room)
    if room is None:
        return None
    parent = None if room.parent is None else rooms(room.parent)
    return owner_of(room, parent, recording.started_by if fallback is None else fallback)


async def put_room(recordings: Recordings, room: RoomEntry) -> None:
    """Tells of a room, and hands over what its new owners get; a recording of it that is under way goes by its new
    hosts and its new time. Not done is not answered: told again after a crash it does the rest. Raises OutputError."""
    async with room_alone(recordings, room.id, room.parent):
        await _follow(recordings, recordings.room(room.id), room)
        recordings.put(room)
        await recordings.follow(room.id)


@contextlib.asynccontextmanager
async def room_alone(recordings: Recordings, room_id: str, parent: str | None = None) -> AsyncIterator[None]:
    """Around whatever tells of a room, and reads before what is known of it: nobody else does that meanwhile with the
    room, its parent (`parent` as well, if that is another one) or its breakouts. Other rooms do not wait."""
    known = recordings.room(room_id)
    ids = {room_id, parent, None if known is None else known.parent}
    async with contextlib.AsyncExitStack() as locks:
        for one in sorted(filter(None, ids)):  # in one order, or two would wait for each other
            await locks.enter_async_context(_locks.setdefault(one, asyncio.Lock()))
        yield


@contextlib.asynccontextmanager
async def owners_followed(recordings: Recordings, room: RoomEntry) -> AsyncIterator[None]:
    """Within `room_alone`, around what is to put `room`: before that its recordings, and those of its breakouts, are
    its new owners'; so what a crash leaves undone is done when it is told again. Where it was not put after all, they
    are given back. Raises OutputError."""
    try:
        await _follow(recordings, recordings.room(room.id), room)
        yield
    finally:
        kept = recordings.room(room.id)
        if kept is not None:
            await _follow(recordings, room, kept)


async def _follow(recordings: Recordings, before: RoomEntry | None, after: RoomEntry) -> None:
    known = None if before is None else (before.owners, before.kind, before.parent)
    if known == (after.owners, after.kind, after.parent):
        return

    def rooms(changed: RoomEntry | None) -> _Rooms:
        return lambda room_id: changed if room_id == after.id else recordings.room(room_id)

    await _give(recordings, recordings_of(recordings, room=after.id), rooms(before), rooms(after))
    await _give(recordings, recordings_of(recordings, parent=after.id), rooms(before), rooms(after))


async def _give(recordings: Recordings, some: Iterator[Recording], before: _Rooms, after: _Rooms) -> None:
    for recording in some:
        owner = heir(recording, before, after)
        if owner != recording.owner:
            hand_over(recordings, recording.id, owner)
            await asyncio.sleep(0)  # others have their turn


def recordings_of(recordings: Recordings, *, room: str | None = None, parent: str | None = None) -> Iterator[Recording]:
    """All of a room, or of its breakouts, the newest first."""
    before: str | None = None
    while page := recordings.list(room=room, parent=parent, limit=_AT_ONCE, before=before):
        yield from page
        before = page[-1].id


def hand_over(recordings: Recordings, recording_id: str, owner: str) -> Recording:
    """Access follows at once: links that its owner before has shared open nothing any more. Raises UnknownRecording,
    and OutputError when it cannot be kept."""

    def change(recording: Recording) -> Recording:
        if recording.owner == owner:
            return recording
        return replace(recording, owner=owner, link_series=recording.link_series + 1)

    return recordings.amend(recording_id, change)
