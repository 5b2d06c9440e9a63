"""The API: every route, once. The server's routes and the OpenAPI document are both made from this."""

from bot.service.api import files, listening, operations, recordings, rooms
from bot.service.api.names import (
    HOST_BODY,
    KEY,
    LAYOUT_BODY,
    LIMIT,
    LINK_BODY,
    PART,
    RECORDING_ID,
    ROOM_BODY,
    ROOM_ID,
    START_BODY,
    STATE,
    TICKET,
    WIDTH,
)
from bot.service.api.route import Answer, Handler, Route, Who
from bot.service.api.schemas import ref
from bot.service.api.shape import Object


def _json(about: str, schema: str, *headers: str) -> Answer:
    return Answer(about, ref(schema), "application/json", headers)


def _problem(about: str, *headers: str) -> Answer:
    return Answer(about, ref("Problem"), "application/problem+json", headers)


_RANGES = ("Content-Range", "Accept-Ranges", "ETag", "Content-Disposition")
_SEEN = _json("The recording as it stands.", "SeenRecording")
_NOT_NOW = _problem("The recording's state does not allow it.")
_FULL = _problem("The service takes no more; `detail` says why.", "Retry-After")
_NO_HOOK = _problem("Webhooks may not go to `webhook_url`; `detail` says why.")
_RUNNING = _problem("The room is being recorded, by `recording`; or the key was used for another request.")


def _command(word: str, about: str, handler: Handler) -> Route:
    return Route(
        method="POST",
        path=f"/v1/recordings/{{recording}}/{word}",
        name=f"{word}Recording",
        about=about,
        handler=handler,
        answers={200: _SEEN, 409: _NOT_NOW},
    )


def _room_command(
    word: str, name: str, about: str, handler: Handler, *, answer: str, body: Object | None = None
) -> Route:
    return Route(
        method="POST",
        path=f"/v1/rooms/{{room}}/{word}",
        name=name,
        about=about,
        handler=handler,
        body=body,
        answers={200: _json("Done.", answer), 503: _FULL},
    )


_OPERATIONS = (
    Route(
        method="GET",
        path="/livez",
        name="livez",
        about="Whether the service answers.",
        handler=operations.livez,
        who=Who.ANYONE,
        answers={200: _json("It does.", "Health")},
    ),
    Route(
        method="GET",
        path="/readyz",
        name="readyz",
        about="Whether the service would take one more recording.",
        handler=operations.readyz,
        who=Who.ANYONE,
        answers={200: _json("It would.", "Health"), 503: _json("It would not; `reason` says why.", "Health")},
    ),
    Route(
        method="GET",
        path="/metrics",
        name="metrics",
        about="For Prometheus.",
        handler=operations.metrics,
        who=Who.SERVICE,
        answers={200: Answer("In Prometheus' text format.", {"type": "string"}, "text/plain")},
    ),
    Route(
        method="GET",
        path="/v1/openapi.json",
        name="document",
        about="This document.",
        handler=operations.openapi,
        who=Who.ANYONE,
        answers={200: _json("OpenAPI 3.1.", "Document")},
    ),
    Route(
        method="GET",
        path="/v1/me",
        name="me",
        about="Who the token says is asking, and what that person may do in the token's room.",
        handler=operations.me,
        answers={200: _json("You.", "Me")},
    ),
)

_ROOMS = (
    Route(
        method="PUT",
        path="/v1/rooms/{room}",
        name="putRoom",
        about="Tells of a room: how a bot gets in, and what its recordings inherit. Replaces what was told before.",
        handler=rooms.put_room,
        who=Who.SERVICE,
        body=ROOM_BODY,
        answers={200: _json("Kept.", "RoomOnly"), 422: _NO_HOOK},
    ),
    Route(
        method="GET",
        path="/v1/rooms/{room}",
        name="showRoom",
        about="A room, its running recording, the newest of its recordings; for moderators its breakouts with theirs.",
        handler=rooms.show_room,
        answers={200: _json("The room.", "RoomPage")},
    ),
    _room_command("close", "closeRoom", "The room is closed: its recording ends.", rooms.close_room, answer="RoomOnly"),
    _room_command(
        "host", "tellHost", "The host has left, or has come back.", rooms.tell_host, answer="RoomOnly", body=HOST_BODY
    ),
    _room_command(
        "breakouts/start", "startBreakouts", "Records all breakouts of a room.", rooms.start_breakouts, answer="Results"
    ),
    _room_command(
        "breakouts/stop",
        "stopBreakouts",
        "Stops all recordings of a room's breakouts.",
        rooms.stop_breakouts,
        answer="Results",
    ),
)

_RECORDINGS = (
    Route(
        method="POST",
        path="/v1/recordings",
        name="startRecording",
        about="Starts recording a room. Only the service may send more of the room than its id; `layout` is for"
        " those who may change it.",
        handler=recordings.start,
        body=START_BODY,
        headers={"Idempotency-Key": KEY},
        answers={
            201: _json("Accepted: the bot is on its way.", "SeenRecording", "Location"),
            404: _problem("The room is not known, and more than its id was not sent."),
            409: _RUNNING,
            422: _NO_HOOK,
            503: _FULL,
        },
    ),
    Route(
        method="GET",
        path="/v1/recordings",
        name="listRecordings",
        about="The newest first. Without `room`: those of the token's room, or for the service of all rooms.",
        handler=recordings.list_recordings,
        query={"room": ROOM_ID, "state": STATE, "limit": LIMIT, "cursor": RECORDING_ID},
        answers={200: _json("`next` is the cursor of the next page.", "Page")},
    ),
    Route(
        method="GET",
        path="/v1/recordings/{recording}",
        name="showRecording",
        about="One recording.",
        handler=recordings.show,
        answers={200: _SEEN},
    ),
    _command("pause", "Nothing that is said from now on gets into the file.", recordings.pause),
    _command("resume", "Goes on in the same file.", recordings.resume),
    _command("stop", "Ends the recording in order.", recordings.stop),
    Route(
        method="PUT",
        path="/v1/recordings/{recording}/layout",
        name="setLayout",
        about="Changes how the picture is arranged.",
        handler=recordings.set_layout,
        body=LAYOUT_BODY,
        answers={200: _SEEN, 409: _NOT_NOW},
    ),
)

_FILES = (
    Route(
        method="GET",
        path="/v1/recordings/{recording}/file",
        name="giveFile",
        about="The finished file; or, where there is none, what there is of a part: up to its last whole fragment.",
        handler=files.give_file,
        who=Who.TOKEN_OR_TICKET,
        query={"part": PART, "ticket": TICKET},
        headers={"Range": KEY, "If-Range": KEY},
        answers={
            200: Answer("The file.", None, "video/mp4", _RANGES),
            206: Answer("A range of it.", None, "video/mp4", _RANGES),
            304: Answer("It is the one you have."),
            409: _NOT_NOW,
            416: _problem("The range begins behind the end.", "Content-Range"),
            503: _FULL,
        },
    ),
    Route(
        method="GET",
        path="/v1/recordings/{recording}/poster",
        name="givePoster",
        about="A picture from the recording's beginning.",
        handler=files.give_poster,
        who=Who.TOKEN_OR_TICKET,
        query={"ticket": TICKET},
        answers={
            200: Answer("The poster.", None, "image/jpeg", _RANGES),
            206: Answer("A range of it.", None, "image/jpeg", _RANGES),
            304: Answer("It is the one you have."),
            416: _problem("The range begins behind the end.", "Content-Range"),
            503: _FULL,
        },
    ),
    Route(
        method="GET",
        path="/v1/recordings/{recording}/picture",
        name="givePicture",
        about="The mixed picture of right now.",
        handler=files.give_picture,
        query={"width": WIDTH},
        answers={200: Answer("The picture.", None, "image/jpeg"), 409: _NOT_NOW},
    ),
    Route(
        method="POST",
        path="/v1/recordings/{recording}/links",
        name="makeLink",
        about="An address that needs no header, for players and pictures; good for one thing and ten minutes.",
        handler=files.make_link,
        body=LINK_BODY,
        answers={201: _json("The link.", "Link")},
    ),
)

_EVENTS = (
    Route(
        method="GET",
        path="/v1/events",
        name="events",
        about="Server-sent events: `recording` (a recording as it stands), `notice` (words for people in the room),"
        " `reset` (too much was missed: ask for everything again).",
        handler=listening.listen,
        query={"room": ROOM_ID},
        headers={"Last-Event-ID": KEY},
        answers={200: Answer("Goes on until one of the two closes it.", None, "text/event-stream"), 503: _FULL},
    ),
)

ROUTES = (*_OPERATIONS, *_ROOMS, *_RECORDINGS, *_FILES, *_EVENTS)
