"""Who is shown when there are more cameras than tiles."""

from collections.abc import Sequence

from mixer.layout.roster import Roster
from mixer.layout.speech import Speech


def seat(cameras: Sequence[tuple[str, str]], limit: int, roster: Roster, speech: Speech) -> list[str]:
    """Tracks to show, in order. `cameras` are (track, participant) in order of arrival.

    The first places are shown. Whoever speaks without being shown changes places with the one shown who spoke least
    recently and does not speak now; among those who never spoke, the last one gives way. Nobody else moves.
    """
    ordered = sorted(cameras, key=lambda camera: roster.place(camera[1]))
    if len(ordered) <= limit:
        return [track for track, _ in ordered]
    shown = [participant for _, participant in ordered[:limit]]
    for _, participant in ordered[limit:]:
        if participant in shown or not speech.is_speaking(participant):
            continue
        quiet = [other for other in shown if not speech.is_speaking(other)]
        if not quiet:
            break
        gives_way = min(quiet, key=lambda other: (speech.last_spoke_ns(other), -roster.place(other)))
        roster.swap(participant, gives_way)
        shown[shown.index(gives_way)] = participant
    ordered = sorted(cameras, key=lambda camera: roster.place(camera[1]))
    return [track for track, _ in ordered[:limit]]
