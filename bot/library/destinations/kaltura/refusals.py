"""What Kaltura's noes mean: words for a person, and whether trying again soon makes sense.

DeliveryError
├── Refusal      the API's own error, by its code
└── Unanswered   no answer of the API: whether it did what it was asked for is not known, unless `sent` is False
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import DeliveryError

RARELY_S = 3600.0  # between attempts at what only a person can mend
FORBIDDEN = frozenset({"SERVICE_FORBIDDEN", "SERVICE_FORBIDDEN_CONTENT_BLOCKED", "SERVICE_ACCESS_CONTROL_RESTRICTED"})
INVALID_SESSION = frozenset({"INVALID_KS", "MISSING_KS", "EXPIRED_KS"})

_LONGEST_WORDS = 200
_SECRET_LIKE = re.compile(r"[A-Za-z0-9+/=_|-]{28,}")  # messages repeat the session they were asked in
_CODE = re.compile(r"[^A-Z0-9_]")


@dataclass(frozen=True, slots=True)
class _Meaning:
    words: str
    wait_s: float | None = RARELY_S


_FORBIDDEN = _Meaning("this partner may not do that; have the partner's permissions extended at Kaltura.")
_PARTNER = _Meaning("it starts no session: correct `partner` in the destination's address, or kaltura_secret.")

_MEANINGS: Mapping[str, _Meaning] = {
    "START_SESSION_ERROR": _PARTNER,
    "INVALID_PARTNER_ID": _PARTNER,
    "UNKNOWN_PARTNER_ID": _PARTNER,
    "PARTNER_NOT_FOUND": _PARTNER,
    "INVALID_KS": _Meaning("it does not take the session that it has just started.", None),
    **dict.fromkeys(FORBIDDEN, _FORBIDDEN),
    "SERVICE_DOES_NOT_EXISTS": _Meaning("this server does not know the request; is the destination's address right?"),
    "ACTION_DOES_NOT_EXISTS": _Meaning("this server does not know the request; is the destination's address right?"),
    "CATEGORY_NOT_FOUND": _Meaning("there is no such category; tell the room's `categories` anew."),
    "CANNOT_ASSIGN_ENTRY_TO_CATEGORY": _Meaning("the category takes no entry of this owner; have it allowed there."),
    "MAX_CATEGORIES_FOR_ENTRY_REACHED": _Meaning("the entry is in as many categories as Kaltura allows."),
    "INVALID_USER_ID": _Meaning("it does not know the owner; tell the room's `owners` by their ids at Kaltura."),
    "ENTRY_ID_NOT_FOUND": _Meaning("the entry is not there.", None),
    "INTERNAL_SERVERL_ERROR": _Meaning("it met an error of its own.", None),
}


class Refusal(DeliveryError):  # noqa: N818 - reads as what it is
    """`code` is Kaltura's word for it."""

    def __init__(self, asked: str, code: str, message: str = "") -> None:
        self.code = _CODE.sub("", code)[:80]
        meaning = _MEANINGS.get(self.code)
        words = meaning.words if meaning is not None else f"it said: {_plain(message)}"
        super().__init__(
            f"Kaltura refused {asked} ({self.code}): {words}", meaning.wait_s if meaning is not None else None
        )


class Unanswered(DeliveryError):  # noqa: N818
    """`sent` False: nothing of the request left this machine."""

    def __init__(self, message: str, wait_s: float | None = None, *, sent: bool = True) -> None:
        super().__init__(message, wait_s)
        self.sent = sent


def _plain(message: str) -> str:
    """One short line without anything that may be a secret."""
    line = " ".join("".join(character if character.isprintable() else " " for character in message).split())
    return _SECRET_LIKE.sub("…", line)[:_LONGEST_WORDS] or "nothing more."
