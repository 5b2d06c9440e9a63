"""The files that go with a finished one, by name: what each is, and who may have it. No other name is one."""

import re
from dataclasses import dataclass
from enum import StrEnum

from bot.service.access.rights import Act


class What(StrEnum):
    """What a link opens."""

    FILE = "file"
    POSTER = "poster"
    CONTACT_SHEET = "contact_sheet"
    SEEK = "seek"  # the pictures for a player's bar, and the text that says which is when
    REPORT = "report"
    EVENTS = "events"
    SPEAKERS = "speakers"


@dataclass(frozen=True, slots=True)
class Companion:
    what: What
    media_type: str
    headers: tuple[tuple[str, str], ...] = ()


# A page, but nobody's: no script, no form, nothing from anywhere, in an origin of its own that holds nothing.
_PAGE = (
    (
        "Content-Security-Policy",
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'",
    ),
)
_JPEG = "image/jpeg"
_VTT = "text/vtt; charset=utf-8"
_NAMED = {
    "poster.jpg": Companion(What.POSTER, _JPEG),
    "contact-sheet.jpg": Companion(What.CONTACT_SHEET, _JPEG),
    "seek.vtt": Companion(What.SEEK, _VTT),
    "report.html": Companion(What.REPORT, "text/html; charset=utf-8", _PAGE),
    "report.json": Companion(What.REPORT, "application/json"),
    "events.json": Companion(What.EVENTS, "application/json"),
    "speakers.vtt": Companion(What.SPEAKERS, _VTT),
}
_SEEK_PICTURE = re.compile(r"seek-\d{3,6}\.jpg", re.ASCII)
_NAMES_PEOPLE = frozenset({What.REPORT, What.EVENTS, What.SPEAKERS})
# The one that a link leads to.
FIRST = {
    What.CONTACT_SHEET: "contact-sheet.jpg",
    What.SEEK: "seek.vtt",
    What.REPORT: "report.html",
    What.EVENTS: "events.json",
    What.SPEAKERS: "speakers.vtt",
}


def companion(name: str) -> Companion | None:
    if _SEEK_PICTURE.fullmatch(name):
        return Companion(What.SEEK, _JPEG)
    return _NAMED.get(name)


def needed(what: What) -> Act | None:
    """What one must be allowed beyond seeing the recording. Who was there, and when somebody spoke, is not for all who
    may watch."""
    return Act.SEE_REPORT if what in _NAMES_PEOPLE else None
