"""Who is in the room and with what, as one value; and what has changed from one to the next."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from bot.journal.line import What
from signaling.model import Participant, Track, TrackKind

MOST_TEXT = 200  # characters of a name


class Shown(StrEnum):
    """What a track is in the recording."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    STAGE = "stage"


class Sender(NamedTuple):
    """A track that is on."""

    who: str
    shown: Shown
    source: str


@dataclass(frozen=True, slots=True)
class View:
    """`people`: identity to name. `tracks`: by id, those that are not muted."""

    people: Mapping[str, str] = field(default_factory=dict)
    tracks: Mapping[str, Sender] = field(default_factory=dict)


def view_of(people: Iterable[Participant], tracks: Iterable[Track]) -> View:
    """The stage's own sound is nobody's microphone, and no picture: it is not in it."""
    return View(
        {person.identity: person.display_name[:MOST_TEXT] for person in people},
        {track.id: sender for track in tracks if (sender := _sender(track)) is not None},
    )


def _sender(track: Track) -> Sender | None:
    if track.muted:
        return None
    picture = track.kind is TrackKind.VIDEO
    if track.stage:
        return Sender(track.participant, Shown.STAGE, track.source) if picture else None
    return Sender(track.participant, Shown.CAMERA if picture else Shown.MICROPHONE, track.source)


def changes(before: View, after: View) -> Iterator[tuple[What, dict[str, Any]]]:
    """As lines. Nobody is on before having come, nor after having left."""
    for track, sender in before.tracks.items():
        if after.tracks.get(track) != sender:
            yield What.OFF, {"track": track}
    for who in before.people.keys() - after.people.keys():
        yield What.LEFT, {"who": who}
    for who, name in after.people.items():
        if before.people.get(who) != name:
            yield What.CAME, {"who": who, "name": name}
    for track, sender in after.tracks.items():
        if before.tracks.get(track) != sender:
            yield What.ON, {"track": track, "who": sender.who, "shown": sender.shown, "source": sender.source}
