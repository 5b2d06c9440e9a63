"""Where a viewer may want to jump to. The file is passed on, so nobody is named in it."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from bot.duration import short_clock_text
from bot.journal.events import Events, Interruption, OnStage, Person
from bot.journal.span import Span, merged
from bot.library.finalise import INTERRUPTED

BEGINS = "Presentation begins"
CHANGES = "Presentation changes"
ENDS = "Presentation ends"
SPEAKER = "Speaker {}"

CALM_S = 5.0  # at least between two chapters of a kind; what is over sooner has none
TURN_S = 10.0  # who speaks for less has no section,
SILENCE_S = 3.0  # and who falls silent for less has not ended
DWELL_S = 30.0  # a section lasts at least
MOST = 100  # of a kind: beyond it they are spread out until they are so few
_NS = 1_000_000_000

Mark = tuple[float, str]


def chapters_of(events: Events, *, speakers: bool) -> tuple[tuple[int, str], ...]:
    """Nanoseconds of the file, and text, in order. Those of pauses and of dead bots are no part of it."""
    marks = _few(lambda calm_s: _of_the_stage(events, calm_s), CALM_S)
    marks += _few(lambda apart_s: _of_the_room(events, apart_s), CALM_S)
    if speakers:
        marks += _few(lambda dwell_s: _of_speakers(events.participants, dwell_s), DWELL_S)
    return tuple(sorted((round(at_s * _NS), text) for at_s, text in marks))


def _few(found: Callable[[float], list[Mark]], apart_s: float) -> list[Mark]:
    while len(marks := found(apart_s)) > MOST:
        apart_s *= 2
    return marks


def _of_the_stage(events: Events, calm_s: float) -> list[Mark]:
    marks: list[Mark] = []
    latest: dict[str, float] = {}
    before: frozenset[tuple[str, str]] = frozenset()
    for from_s, to_s, shown in _scenes(events.stage, events.duration_s):
        if shown == before or (not shown and _is_soon_over(from_s, to_s, events.interruptions, calm_s)):
            continue
        text = BEGINS if not before else CHANGES if shown else ENDS
        before = shown
        if text not in latest or from_s - latest[text] >= calm_s:
            latest[text] = from_s
            marks.append((from_s, text))
    return marks


def _scenes(stage: Sequence[OnStage], end_s: float) -> list[tuple[float, float, frozenset[tuple[str, str]]]]:
    """What was on stage from when to when."""
    turns: dict[float, list[tuple[int, tuple[str, str]]]] = {end_s: []}
    for one in stage:
        turns.setdefault(one.from_s, []).append((1, (one.identity, one.kind)))
        turns.setdefault(one.to_s, []).append((-1, (one.identity, one.kind)))
    shown: Counter[tuple[str, str]] = Counter()
    scenes = []
    for from_s, to_s in pairwise(sorted(turns)):
        for count, key in turns[from_s]:
            shown[key] += count
        shown = +shown  # without those of whom there is nothing left
        scenes.append((from_s, to_s, frozenset(shown)))
    return scenes


def _is_soon_over(from_s: float, to_s: float, interruptions: Sequence[Interruption], calm_s: float) -> bool:
    """An empty stage: for a moment only, or because nobody could see it."""
    if to_s - from_s < calm_s:
        return True
    return any(one.from_s <= from_s + 1 and from_s < one.to_s and to_s < one.to_s + calm_s for one in interruptions)


def _of_the_room(events: Events, apart_s: float) -> list[Mark]:
    marks: list[Mark] = []
    for one in events.interruptions:
        lasts_s = one.to_s - one.from_s
        if one.why == "room" and lasts_s >= CALM_S and (not marks or one.from_s - marks[-1][0] >= apart_s):
            marks.append((one.from_s, INTERRUPTED.format(short_clock_text(lasts_s))))
    return marks


def _of_speakers(people: Sequence[Person], dwell_s: float) -> list[Mark]:
    """Numbered in the order of their first sections."""
    turns = sorted((turn.from_ns, one.identity) for one in people for turn in _turns(one))
    numbers: dict[str, int] = {}
    marks: list[Mark] = []
    current = ""
    for from_ns, who in turns:
        from_s = from_ns / _NS
        if who != current and (not marks or from_s - marks[-1][0] >= dwell_s):
            current = who
            marks.append((from_s, SPEAKER.format(numbers.setdefault(who, len(numbers) + 1))))
    return marks


def _turns(person: Person) -> list[Span]:
    spoken = (Span(round(from_s * _NS), round(to_s * _NS)) for from_s, to_s in person.speaking)
    long_ns = round(TURN_S * _NS)
    return [one for one in merged(spoken, bridge_ns=round(SILENCE_S * _NS)) if one.to_ns - one.from_ns >= long_ns]
