"""The API: every route, once. The server's routes and the OpenAPI document are both made from this."""

from bot.service.api import listening, operations, recordings, rooms
from bot.service.api.answers import FULL, NO_HOOK, NOT_NOW, RUNNING, SEEN, answers_json, answers_problem
from bot.service.api.delivery_routes import DELIVERY_ROUTES
from bot.service.api.media_routes import FILE_ROUTES, MEDIA_ROUTES
from bot.service.api.names import (
    HOST_BODY,
    KEY,
    LAYOUT_BODY,
    LIMIT,
    RECORDING_ID,
    ROOM_BODY,
    ROOM_ID,
    START_BODY,
    STATE,
)
from bot.service.api.route import Answer, Handler, Route, Who
from bot.service.api.shape import Object
from bot.service.api.trash_routes import TRASH_ROUTES


def _command(word: str, about: str, handler: Handler) -> Route:
    return Route(
        method="POST",
        path=f"/v1/recordings/{{recording}}/{word}",
        name=f"{word}Recording",
        about=about,
        handler=handler,
        answers={200: SEEN, 409: NOT_NOW},
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
        answers={200: answers_json("Done.", answer), 503: FULL},
    )


_OPERATIONS = (
    Route(
        method="GET",
        path="/livez",
        name="livez",
        about="Whether the service answers.",
        handler=operations.livez,
        who=Who.ANYONE,
        answers={200: answers_json("It does.", "Health")},
    ),
    Route(
        method="GET",
        path="/readyz",
        name="readyz",
        about="Whether the service would take one more recording.",
        handler=operations.readyz,
        who=Who.ANYONE,
        answers={
            200: answers_json("It would.", "Health"),
            503: answers_json("It would not; `reason` says why.", "Health"),
        },
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
        answers={200: answers_json("OpenAPI 3.1.", "Document")},
    ),
    Route(
        method="GET",
        path="/v1/me",
        name="me",
        about="Who the token says is asking, and what that person may do in the token's room.",
        handler=operations.me,
        answers={200: answers_json("You.", "Me")},
    ),
)

_ROOMS = (
    Route(
        method="PUT",
        path="/v1/rooms/{room}",
        name="putRoom",
        about="Tells of a room: how a bot gets in, and what its recordings inherit. Replaces what was told before; a"
        " recording under way takes over `hosts`, `opened_at` and `timeout_s`.",
        handler=rooms.tell_room,
        who=Who.SERVICE,
        body=ROOM_BODY,
        answers={200: answers_json("Kept.", "RoomOnly"), 422: NO_HOOK},
    ),
    Route(
        method="GET",
        path="/v1/rooms/{room}",
        name="showRoom",
        about="A room, its running recording, the newest of its recordings; for moderators its breakouts with theirs.",
        handler=rooms.show_room,
        answers={200: answers_json("The room.", "RoomPage")},
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
            201: answers_json("Accepted: the bot is on its way.", "SeenRecording", "Location"),
            404: answers_problem("The room is not known, and more than its id was not sent."),
            409: RUNNING,
            422: NO_HOOK,
            503: FULL,
        },
    ),
    Route(
        method="GET",
        path="/v1/recordings",
        name="listRecordings",
        about="The newest first. Without `room`: those of the token's room, or for the service of all rooms.",
        handler=recordings.list_recordings,
        query={"room": ROOM_ID, "state": STATE, "limit": LIMIT, "cursor": RECORDING_ID},
        answers={200: answers_json("`next` is the cursor of the next page.", "Page")},
    ),
    Route(
        method="GET",
        path="/v1/recordings/{recording}",
        name="showRecording",
        about="One recording.",
        handler=recordings.show,
        answers={200: SEEN},
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
        answers={200: SEEN, 409: NOT_NOW},
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
        answers={200: Answer("Goes on until one of the two closes it.", None, "text/event-stream"), 503: FULL},
    ),
)

ROUTES = (*_OPERATIONS, *_ROOMS, *MEDIA_ROUTES, *_RECORDINGS, *FILE_ROUTES, *TRASH_ROUTES, *DELIVERY_ROUTES, *_EVENTS)
