"""What the API answers, as JSON Schema; the document refers to each by its name."""

from typing import Any

from bot.configuration import LAYOUTS
from bot.library.catalogue.delivery import DeliveryState, Kind
from bot.lifecycle import EndReason, State
from bot.service.access.companion import What
from bot.service.access.person import Device, PersonRole, Right
from bot.service.access.rights import Act
from signaling.model import RoomKind

_Schema = dict[str, Any]


def ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(name: str) -> _Schema:
    return {"type": "array", "items": ref(name)}


def closed(**properties: _Schema) -> _Schema:
    """An object with exactly these keys."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def or_null(schema: _Schema) -> _Schema:
    if "type" in schema and "enum" not in schema:
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def words(values: Any) -> _Schema:
    return {"type": "string", "enum": [str(value) for value in values]}


_TEXT: _Schema = {"type": "string"}
_TIME: _Schema = {"type": "string", "format": "date-time"}
_NUMBER: _Schema = {"type": "number"}
_COUNT: _Schema = {"type": "integer", "minimum": 0}
_SECONDS: _Schema = {"type": "number", "minimum": 0}
_FLAG: _Schema = {"type": "boolean"}

SCHEMAS: dict[str, _Schema] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457. `detail` is a sentence that says what to do.",
        "properties": {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "detail": _TEXT},
        "required": ["type", "title", "status", "detail"],
    },
    "Room": closed(id=_TEXT, title=_TEXT, kind=words(RoomKind), parent=or_null(_TEXT)),
    "Live": closed(
        time_s=_SECONDS | {"description": "In the file."},
        connected=_FLAG | {"description": "To the room."},
        tracks=_COUNT,
        participants=_COUNT,
        fps=_NUMBER,
        bitrate_kbps=_NUMBER,
        lag_ms=_NUMBER,
        load=_NUMBER | {"description": "Share of real time that the mixer is busy."},
        gives_way=_TEXT | {"description": "What quality was given up for time's sake, in words."},
        packets=_COUNT,
        lost=_COUNT | {"description": "Packets that never arrived."},
        recovered=_COUNT,
        rejoins=_COUNT,
    ),
    "Recording": closed(
        id=_TEXT,
        room=ref("Room"),
        title=_TEXT,
        state=words(State),
        end_reason=or_null(words(EndReason)),
        asked_at=_TIME,
        recording_since=or_null(_TIME | {"description": "Its first frame."}),
        ended_at=or_null(_TIME),
        published_at=or_null(_TIME | {"description": "Every destination has it."}),
        trashed_at=or_null(_TIME | {"description": "It is in the trash since then."}),
        duration_s=or_null(_SECONDS),
        size_bytes=or_null(_COUNT),
        started_by=_TEXT,
        owner=_TEXT,
        folder=_TEXT | {"description": "In the room's Media and Files."},
        file=or_null(_TEXT | {"description": "The finished file's name."}),
        parts=_COUNT | {"description": "What one bot process after another wrote of it."},
        interruptions=_COUNT,
        problem=_TEXT,
        held=_FLAG | {"description": "Nobody but the service has it before its room is closed."},
        layout=or_null(words(LAYOUTS)),
        chapters={"type": "array", "items": closed(start_s=_SECONDS, text=_TEXT)},
        host_absent_until=or_null(_TIME | {"description": "It ends then unless the host comes back."}),
        poster=_FLAG,
        companions={"type": "array", "items": _TEXT, "description": "Names of the files that go with it."},
        sha256=or_null(_TEXT | {"description": "Of the finished file; null until it has been worked out."}),
        destinations=list_of("Destination") | {"description": "Where it goes, once its file is whole."},
        live={"anyOf": [ref("Live"), {"type": "null"}]},
    ),
    "Destination": closed(
        name=_TEXT,
        kind=words(Kind),
        state=words(DeliveryState),
        problem=_TEXT,
        uri=or_null(_TEXT | {"description": "Where it is there."}),
        confirmed_at=or_null(_TIME | {"description": "The destination has it whole."}),
    ),
    "RunningRecording": closed(id=_TEXT, room=closed(id=_TEXT), state=words(State))
    | {"description": "What everyone in the room sees of a recording that runs."},
    "HeldRecording": closed(
        id=_TEXT,
        room=closed(id=_TEXT),
        state=words(State),
        title=_TEXT,
        asked_at=_TIME,
        ended_at=or_null(_TIME),
        held=_FLAG,
    )
    | {"description": "What moderators see of a live broadcast's recording before its room is closed."},
    "SeenRecording": {"anyOf": [ref("Recording"), ref("RunningRecording"), ref("HeldRecording")]},
    "Recorded": closed(
        room=ref("Room"),
        recording={"anyOf": [ref("SeenRecording"), {"type": "null"}]},
        recordings=list_of("SeenRecording"),
    ),
    "RoomPage": closed(
        room=ref("Room"),
        recording={"anyOf": [ref("SeenRecording"), {"type": "null"}]} | {"description": "The one that runs."},
        recordings=list_of("SeenRecording"),
        breakouts=list_of("Recorded"),
    ),
    "Folder": closed(
        name=_TEXT,
        recordings=list_of("SeenRecording"),
        next=or_null(_TEXT | {"description": "With `folder`, the cursor of its next page."}),
    ),
    "Media": closed(room=ref("Room"), folders=list_of("Folder")),
    "Companions": closed(
        companions={
            "type": "array",
            "items": closed(name=_TEXT, what=words(What), media_type=_TEXT, size_bytes=_COUNT),
        },
        may=closed(**{act.value: _FLAG for act in (Act.SHARE, Act.HAND_OVER, Act.REMOVE)}),
    ),
    "RoomOnly": closed(room=ref("Room")),
    "Results": closed(
        results={
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"room": ref("Room"), "recording": ref("SeenRecording"), "problem": _TEXT},
                "required": ["room"],
                "additionalProperties": False,
            },
        }
    ),
    "Page": closed(recordings=list_of("SeenRecording"), next=or_null(_TEXT)),
    "Link": closed(what=words(What), url=_TEXT | {"description": "On this service."}, expires_at=_TIME),
    "Health": {
        "type": "object",
        "properties": {"status": words(("ok", "unavailable")), "reason": _TEXT},
        "required": ["status"],
        "additionalProperties": False,
    },
    "Me": closed(
        identity=_TEXT,
        name=_TEXT,
        role=words(PersonRole),
        room=or_null(_TEXT),
        rights={"type": "array", "items": words(Right)},
        device=words(Device),
        expires_at=_TIME,
        may=closed(**{act.value: _FLAG for act in Act}),
    ),
    "Document": {"type": "object", "description": "This document."},
}
