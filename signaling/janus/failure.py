"""What Janus answers when it refuses, and what that means to whoever wanted into the room.

Codes: 403-490 of the Janus core (apierror.h), 421-499 of the VideoRoom plugin. The two ranges overlap, so the place
the code was found in counts.
"""

from dataclasses import dataclass
from typing import Final

from signaling.errors import JoinError, NoSuchRoom, Refused, SignalingError

UNAUTHORIZED_CORE: Final = 403
NO_SUCH_SESSION: Final = 458
NO_SUCH_HANDLE: Final = 459
NO_SUCH_PLUGIN: Final = 460

NO_SUCH_ROOM: Final = 426
NO_SUCH_FEED: Final = 428
MISSING_ELEMENT: Final = 429
INVALID_ELEMENT: Final = 430
UNAUTHORIZED: Final = 433
NOTHING_TO_OFFER: Final = 437


class RequestError(SignalingError):
    """Janus refused one request. `core`: the core did, not the plugin. The text is Janus's own."""

    def __init__(self, code: int, text: str, *, core: bool) -> None:
        super().__init__(f"Janus refused a request: {text} ({code}).")
        self.code = code
        self.core = core


class Unanswered(SignalingError):  # noqa: N818 - reads as what it is
    """Janus left one request without an answer."""


class LinkLost(SignalingError):  # noqa: N818 - reads as what it is
    """The WebSocket or the session on it is gone."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    error: type[JoinError]
    sentence: str


_CORE = {
    UNAUTHORIZED_CORE: _Meaning(Refused, "This Janus wants a token, or another token than the one given (--token)."),
    405: _Meaning(Refused, "The token given does not allow the VideoRoom of this Janus."),
    NO_SUCH_PLUGIN: _Meaning(Refused, "This Janus has no VideoRoom plugin: switch it on in its configuration."),
}
_ROOM = {
    NO_SUCH_ROOM: _Meaning(NoSuchRoom, "There is no room {room} on this Janus: check the last part of the address."),
    MISSING_ELEMENT: _Meaning(Refused, "Room {room} wants a pin: add ?pin=… to the address."),
    INVALID_ELEMENT: _Meaning(NoSuchRoom, "{room} is no room number, and this Janus knows rooms by number only."),
    UNAUTHORIZED: _Meaning(Refused, "The pin for room {room} is wrong."),
}

PRIVATE_ID_WANTED: Final = (
    "Room {room} only lets its own publishers receive (require_pvtid), so a hidden participant cannot join: "
    "switch require_pvtid off for this room."
)
ENCRYPTED: Final = "Media in room {room} is encrypted from end to end (require_e2ee): there is nothing to record."


def join_error(error: RequestError, room: str) -> JoinError:
    """For a request that was refused on the way in."""
    meaning = (_CORE if error.core else _ROOM).get(error.code)
    if meaning is None:
        return JoinError(f"Room {room} could not be joined. {error}")
    return meaning.error(meaning.sentence.format(room=room))
