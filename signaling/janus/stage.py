"""Janus has no word for a screen share: a stage is told from a camera by what its publisher wrote on it."""

import re
from dataclasses import dataclass

from signaling.model import TrackKind, TrackSource

# Letters of one word, so that "screenShare", "screen_share" and "Screen share 2" all hold the word "screen".
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")

_SOURCES = {
    (TrackKind.AUDIO, False): TrackSource.MICROPHONE,
    (TrackKind.VIDEO, False): TrackSource.CAMERA,
    (TrackKind.AUDIO, True): TrackSource.SCREEN_SHARE_AUDIO,
    (TrackKind.VIDEO, True): TrackSource.SCREEN_SHARE,
}


@dataclass(frozen=True, slots=True)
class StageNames:
    """What marks the stage, compared without regard to case.

    `descriptions`: a stream whose `description` has one of these as a whole word is on stage, and only that stream.
    `display_endings`: all of a publisher whose display name ends so is on stage (a second handle that shares a screen).
    """

    descriptions: tuple[str, ...] = (
        "screen",
        "screenshare",
        "screensharing",
        "desktop",
        "stage",
        "presentation",
        "slides",
        "whiteboard",
    )
    display_endings: tuple[str, ...] = (
        "(screen)",
        "(screen share)",
        "(stage)",
        "(presentation)",
        "[screen]",
        "[screen share]",
        "[stage]",
        "[presentation]",
    )


def on_stage(names: StageNames, description: str, display: str) -> bool:
    words = {word.casefold() for word in _WORD.findall(description)} | {description.strip().casefold()}
    if not words.isdisjoint(name.casefold() for name in names.descriptions):
        return True
    return display.rstrip().casefold().endswith(tuple(ending.casefold() for ending in names.display_endings))


def source_of(kind: TrackKind, stage: bool) -> TrackSource:
    return _SOURCES[kind, stage]
