"""A start that was accepted, as the catalogue keeps it and as the bot is told of it."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import BadOrder, UnknownRoom
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.manifest import START_FILE, Manifest, write_start
from bot.library.places import PLACES, RECORDINGS, media_folder, owner_of
from bot.lifecycle import State
from bot.recording import ORDER_FILE, Order, new_recording_id
from signaling.address import parse_address


def new_recording(
    room: RoomEntry, parent: RoomEntry | None, *, by: str, title: str | None, layout: str | None, asked_at: datetime
) -> Recording:
    return Recording(
        id=new_recording_id(asked_at),
        room=room.id,
        room_title=room.title,
        room_kind=room.kind,
        parent=room.parent,
        title=title or room.title,
        state=State.STARTING,
        asked_at=asked_at.timestamp(),
        started_by=by,
        owner=owner_of(room, parent, by),
        folder=PLACES[room.kind].folder,
        layout=layout,
    )


def new_order(room: RoomEntry, recording: Recording, library: Path, *, announces: bool = True) -> Order:
    """`announces`: where the bot puts the file is where people look for it. Raises AddressError; UnknownRoom when the
    catalogue had to be made anew, and where the room is was lost."""
    if not room.url:
        raise UnknownRoom("It is not known any more where this room is: tell of it again by PUT /v1/rooms/ID.")
    return Order(
        recording_id=recording.id,
        address=parse_address(room.url),
        token=room.token,
        title=recording.title or None,
        output=library / RECORDINGS,
        asked_at=datetime.fromtimestamp(recording.asked_at).astimezone(),
        target=media_folder(library, room),
        hosts=room.hosts,
        room_kind=room.kind,
        parent=room.parent,
        opened_at=_opened(room),
        room_timeout_s=room.timeout_s,
        layout=recording.layout,
        room_id=room.id,
        announces=announces,
    )


def amend_order(folder: Path, room: RoomEntry) -> bool:
    """What was told of the room since: who its hosts are, and when its time is over. False: there is no order that
    could be read. Raises OSError."""
    try:
        order = Order.read(folder)
    except BadOrder:
        return False
    amended = replace(order, hosts=room.hosts, opened_at=_opened(room), room_timeout_s=room.timeout_s)
    if amended != order:
        amended.write(folder)
    return True


def write_down(order: Order, recording: Recording, room: RoomEntry, parent: RoomEntry | None) -> None:
    """Into the recording's folder: what its bot is to do, and for whoever has lost the catalogue, whose it is. Raises
    OSError, and then nothing is left: what was refused is not to begin at the next start of the service."""
    try:
        order.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_start(order.folder, Manifest(recording=recording, room=room, parent=parent))
        order.write(order.folder)
    except OSError:
        with contextlib.suppress(OSError):
            (order.folder / ORDER_FILE).unlink(missing_ok=True)
            (order.folder / START_FILE).unlink(missing_ok=True)
            order.folder.rmdir()
        raise


def _opened(room: RoomEntry) -> datetime | None:
    return None if room.opened_at is None else datetime.fromtimestamp(room.opened_at, UTC)
