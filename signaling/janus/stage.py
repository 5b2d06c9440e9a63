"""Janus has no word for a screen share: a stage is told from a camera by what its publisher wrote on it."""

import re

from signaling.model import TrackKind, TrackSource

STAGE_WORDS = (
    "screen",
    "screenshare",
    "screensharing",
    "share",
    "desktop",
    "stage",
    "presentation",
    "slides",
    "whiteboard",
)

# Letters of one word, so that "screenShare", "screen_share" and "Screen share 2" all hold the word "screen".
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
# What sets a note apart from a name: "Anna (screen)", "Anna [screen]", "Anna - screen", "anna_screen", "Anna/Screen".
_BEFORE_NOTE = re.compile(r"[(\[{|/:_\u2013\u2014-]")

_SOURCES = {
    (TrackKind.AUDIO, False): TrackSource.MICROPHONE,
    (TrackKind.VIDEO, False): TrackSource.CAMERA,
    (TrackKind.AUDIO, True): TrackSource.SCREEN_SHARE_AUDIO,
    (TrackKind.VIDEO, True): TrackSource.SCREEN_SHARE,
}


def on_stage(stage_words: tuple[str, ...], description: str, display: str) -> bool:
    """Compared without regard to case. A stream whose description has one of the words is on stage, and only that
    stream; all of a publisher is whose display name is made of such words, or ends in a note that is (a second handle
    that shares a screen): a person called Anna Stage is none."""
    wanted = {word.casefold() for word in stage_words}
    if not wanted.isdisjoint(_words(description) | {description.strip().casefold()}):
        return True
    note = _words(_BEFORE_NOTE.split(display.rstrip(" )]}"))[-1])
    return bool(note) and note <= wanted | {"sharing", "of"} and not wanted.isdisjoint(note)


def source_of(kind: TrackKind, stage: bool) -> TrackSource:
    return _SOURCES[kind, stage]


def _words(text: str) -> set[str]:
    """Numbers do not count: a second screen is a screen."""
    return {word.casefold() for word in _WORD.findall(text) if not word.isdigit()}
