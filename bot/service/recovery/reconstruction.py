"""A recording as its files tell of it, for a catalogue that does not know it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from bot.control.status import STATUS_FILE, Status
from bot.errors import BadManifest, BadOrder
from bot.library.catalogue.delivery import Delivery, DeliveryState
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.room_entry import RoomEntry
from bot.library.folder import RecordingFolder
from bot.library.manifest import START_FILE, Manifest, manifest_path, read_manifest
from bot.library.places import PLACES, RECORDINGS, owner_of, work_folder
from bot.library.retention.trash import TRASH, WORK
from bot.library.survey import Shelved, moved
from bot.lifecycle import EndReason, State
from bot.recording import Order
from bot.service.standing import settled, told
from bot.service.workplace import POSTER
from signaling.address import Address, parse_address
from signaling.errors import AddressError
from signaling.model import RoomKind

WAITS = "Its room had another recording that was not over; the next start of the service finishes this one."
NO_ORDER = "What its bot was to record is no longer known; the parts that it left are kept in {}."


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """`rooms`: what its files know of them; secrets only where an order is left."""

    recording: Recording
    deliveries: tuple[Delivery, ...] = ()
    rooms: tuple[RoomEntry, ...] = ()


def from_shelf(library: Path, shelved: Shelved) -> Rebuilt:
    """From the manifest beside its file; both may have been moved."""
    return _known(moved(shelved, library), work_folder(library, shelved.manifest.recording.id))


def from_trash(library: Path, recording_id: str) -> Rebuilt | None:
    """None: it was not meant to be there, or nothing can be known of it."""
    folder = library / TRASH / recording_id
    manifest = _manifest(folder / START_FILE, recording_id)
    if manifest is None or manifest.recording.trashed_at is None:
        return None
    return _known(manifest, folder / WORK)


def from_folder(library: Path, recording_id: str, room: Callable[[str], RoomEntry | None]) -> Rebuilt | None:
    """From where it grew: what was asked for, and the last word of its bot. None: no recording was ever there.
    `room`: what else is known of one, for whose it is."""
    folder = work_folder(library, recording_id)
    manifest, order, status = _manifest(folder / START_FILE, recording_id), _order(folder), Status.read(folder)
    has_parts = bool(RecordingFolder(library / RECORDINGS, recording_id).parts())
    if manifest is not None:
        known = manifest.recording
    elif order is not None:
        known = _asked_for(order, room)
    elif status is not None or has_parts:
        known = _nameless(recording_id, folder)
    else:
        return None
    if status is not None:
        known = told(known, status, now_s=_changed_s(folder / STATUS_FILE))
        if status.is_final:
            known = replace(settled(known, library, status.path), poster=(folder / POSTER).exists())
            written = None if known.path is None else _manifest(manifest_path(library / known.path), recording_id)
            if written is not None:  # what could not be moved to the media has its manifest where it grew
                return _known(written, folder)
    if order is None and known.is_in_room:
        known = _without_order(known, folder)
    return Rebuilt(known, (), _rooms(manifest, order))


def enterable(
    recording: Recording, *, now_s: float, is_held: Callable[[Recording], bool]
) -> tuple[Recording, Recording]:
    """As it is, and as it is entered where its room is taken: then its parts wait. Nothing is open to anybody because
    the catalogue was lost: what is to be held is, and links that were shared before open nothing any more, for which of
    them had been taken back is in no file."""
    closed = replace(recording, link_series=max(recording.link_series + 1, int(now_s)))
    waiting = replace(
        closed,
        state=State.FAILED,
        end_reason=recording.end_reason or EndReason.FAILED,
        given_up=True,
        problem=f"{recording.problem} {WAITS}".lstrip(),
        live=None,
    )
    is_new = recording.published_at is None  # what was published is held no longer, whatever is known of its room
    held = recording.is_made and is_new and is_held(recording)
    return replace(closed, held=held), replace(waiting, held=is_held(waiting))


def _known(manifest: Manifest, folder: Path) -> Rebuilt:
    deliveries = tuple(
        Delivery(
            recording=manifest.recording.id,
            name=one.name,
            kind=one.kind,
            place=place,
            state=DeliveryState.WAITING if one.state is DeliveryState.SENDING else one.state,
            evidence=one.evidence,
            confirmed_at=one.confirmed_at,
        )
        for place, one in enumerate(manifest.deliveries)
    )
    return Rebuilt(manifest.recording, deliveries, _rooms(manifest, _order(folder)))


def _asked_for(order: Order, known: Callable[[str], RoomEntry | None]) -> Recording:
    """Who started it is not in an order."""
    kind = order.room_kind or RoomKind.SINGLE
    room_id = order.room_id or order.address.room
    room = known(room_id)
    parent = known(order.parent) if order.parent is not None else None
    return Recording(
        id=order.recording_id,
        room=room_id,
        room_title=room.title if room is not None else "",
        room_kind=kind,
        parent=order.parent,
        title=order.title or "",
        state=State.STARTING,
        asked_at=order.asked_at.timestamp(),
        started_by="",
        owner=owner_of(room, parent, "") if room is not None else "",
        folder=PLACES[kind].folder,
        layout=order.layout,
    )


def _nameless(recording_id: str, folder: Path) -> Recording:
    kind = RoomKind.SINGLE
    return Recording(
        id=recording_id,
        room="",
        room_title="",
        room_kind=kind,
        parent=None,
        title="",
        state=State.STARTING,
        asked_at=min(_changed_s(path) for path in (folder, *folder.iterdir())),
        started_by="",
        owner="",
        folder=PLACES[kind].folder,
    )


def _without_order(recording: Recording, folder: Path) -> Recording:
    return replace(
        recording,
        state=State.FAILED,
        end_reason=recording.end_reason or EndReason.FAILED,
        ended_at=recording.ended_at or _changed_s(folder),
        problem=NO_ORDER.format(f"{RECORDINGS}/{folder.name}"),
        live=None,
    )


def _rooms(manifest: Manifest | None, order: Order | None) -> tuple[RoomEntry, ...]:
    room, parent = (None, None) if manifest is None else (manifest.room, manifest.parent)
    if order is not None:
        room = replace(room or _room(order), url=room_url(order.address), token=order.token)
    return tuple(one for one in (parent, room) if one is not None)


def _room(order: Order) -> RoomEntry:
    return RoomEntry(
        id=order.room_id or order.address.room,
        url="",
        kind=order.room_kind or RoomKind.SINGLE,
        parent=order.parent,
        hosts=order.hosts,
        opened_at=None if order.opened_at is None else order.opened_at.timestamp(),
        timeout_s=order.room_timeout_s,
    )


def room_url(address: Address) -> str:
    """As somebody has told of it. Empty, when that cannot be said."""
    url = f"{address.kind}+{address.url}"
    pin = "" if address.pin is None else f"?pin={quote(address.pin, safe='')}"
    for whole in (url, f"{url.rstrip('/')}/{quote(address.room, safe='')}{pin}"):
        try:
            if parse_address(whole) == address:
                return whole
        except AddressError:
            continue
    return ""


def _manifest(path: Path, recording_id: str) -> Manifest | None:
    try:
        manifest = read_manifest(path)
    except BadManifest:
        return None
    return manifest if manifest.recording.id == recording_id else None


def _order(folder: Path) -> Order | None:
    try:
        return Order.read(folder)
    except BadOrder:
        return None


def _changed_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
