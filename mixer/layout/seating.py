"""Who is shown when there are more cameras than tiles."""

from collections.abc import Sequence

from mixer.layout.roster import Roster
from mixer.layout.speech import Speech


def seat(cameras: Sequence[tuple[str, str]], limit: int, roster: Roster, speech: Speech) -> list[str]:
    """Tracks to show, in order. `cameras` are (track, participant) in order of arrival.

    The first places are shown. Whoever speaks without being shown changes places with the one shown who spoke least
    recently and does not speak now; among those who never spoke, the last one gives way. Nobody else moves.
    """
    ordered = _in_order(cameras, roster)
    if len(ordered) <= limit:
        return [track for track, _ in ordered]
    shown = _participants(ordered[:limit])
    for participant in _participants(ordered[limit:]):
        if participant in shown or not speech.is_speaking(participant):
            continue
        quiet = [other for other in shown if not speech.is_speaking(other)]
        if not quiet:
            break
        gives_way = min(quiet, key=lambda other: (speech.last_spoke_ns(other), -roster.place(other)))
        roster.swap(participant, gives_way)
        shown = _participants(_in_order(cameras, roster)[:limit])
    return [track for track, _ in _in_order(cameras, roster)[:limit]]


def _in_order(cameras: Sequence[tuple[str, str]], roster: Roster) -> list[tuple[str, str]]:
    return sorted(cameras, key=lambda camera: roster.place(camera[1]))


def _participants(cameras: Sequence[tuple[str, str]]) -> list[str]:
    """Once each, however many cameras they have."""
    return list(dict.fromkeys(participant for _, participant in cameras))
