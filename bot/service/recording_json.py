"""A recording as the API, the events and the webhooks show it."""

from datetime import UTC, datetime
from typing import Any

from bot.library.catalogue.delivery import Delivery, Kind
from bot.library.catalogue.recording import Live, Recording


def recording_values(recording: Recording) -> dict[str, Any]:
    """All that may leave the service, for those who look after the recording: where copies of it are, and what goes
    wrong there, but no secret, no link that opens anything, and not where the library lies. Times are RFC 3339 in
    UTC."""
    return {
        "id": recording.id,
        "room": {
            "id": recording.room,
            "title": recording.room_title,
            "kind": recording.room_kind.value,
            "parent": recording.parent,
        },
        "title": recording.title,
        "state": recording.state.value,
        "end_reason": None if recording.end_reason is None else recording.end_reason.value,
        "asked_at": moment(recording.asked_at),
        "recording_since": moment(recording.recording_since),
        "ended_at": moment(recording.ended_at),
        "published_at": moment(recording.published_at),
        "trashed_at": moment(recording.trashed_at),
        "duration_s": _rounded(recording.duration_s),
        "size_bytes": recording.size_bytes,
        "started_by": recording.started_by,
        "owner": recording.owner,
        "folder": recording.folder,
        "file": recording.file,
        "parts": recording.parts,
        "interruptions": recording.interruptions,
        "problem": recording.problem,
        "held": recording.held,
        "layout": recording.layout,
        "chapters": [{"start_s": _rounded(start_s), "text": text} for start_s, text in recording.chapters],
        "host_absent_until": moment(recording.host_absent_until),
        "poster": recording.poster,
        "companions": list(recording.companions),
        "sha256": recording.sha256,
        "destinations": [delivery_values(one) for one in recording.destinations],
        "live": None if recording.live is None else live_values(recording.live),
    }


def outside_values(recording: Recording) -> dict[str, Any]:
    """For an address that came with a room: of each destination how it stands, not where it is."""
    unsaid = {"uri": None, "problem": ""}
    values = recording_values(recording)
    return {**values, "destinations": [one | unsaid for one in values["destinations"]]}


def reduced_values(recording: Recording) -> dict[str, Any]:
    """What everyone in the room may know of a recording that is not over: that there is one."""
    return {"id": recording.id, "room": {"id": recording.room}, "state": recording.state.value}


def held_values(recording: Recording) -> dict[str, Any]:
    """What moderators may know of one that is held back until its room is closed."""
    return {
        **reduced_values(recording),
        "title": recording.title,
        "asked_at": moment(recording.asked_at),
        "ended_at": moment(recording.ended_at),
        "held": True,
    }


def delivery_values(delivery: Delivery) -> dict[str, Any]:
    """Where the library lies on this machine is nobody's business."""
    shown = delivery.evidence is not None and delivery.kind is not Kind.FOLDER
    return {
        "name": delivery.name,
        "kind": delivery.kind.value,
        "state": delivery.state.value,
        "problem": delivery.problem,
        "uri": delivery.evidence.uri if shown and delivery.evidence is not None else None,
        "confirmed_at": moment(delivery.confirmed_at),
    }


def live_values(live: Live) -> dict[str, Any]:
    return {
        "time_s": _rounded(live.time_s),
        "connected": live.connected,
        "tracks": live.tracks,
        "participants": live.participants,
        "fps": _rounded(live.fps),
        "bitrate_kbps": _rounded(live.bitrate_kbps),
        "lag_ms": _rounded(live.lag_ms),
        "load": _rounded(live.load),
        "gives_way": live.gives_way,
        "packets": live.packets,
        "lost": live.lost,
        "recovered": live.recovered,
        "rejoins": live.rejoins,
    }


def moment(seconds: float | None) -> str | None:
    """Unix seconds as RFC 3339, to the millisecond."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
