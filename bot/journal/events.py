"""events.json: what happened in a recording, by the time of its file. Identities are in it, so it stays with those who
run the bot and those whom they show it."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from bot.journal.span import Span, merged
from bot.journal.story import Kind, Story, Stretch
from bot.ledger import Ledger, all_of
from bot.report import TrackReport

EVENTS_FILE = "events.json"
VERSION = 1
BREATH_NS = 600_000_000  # speech goes on after a silence as short as this
# What is shorter is no longer than what it is measured with: a tick, a look at the room. At the edge of a pause it may
# be of somebody who was there only in the pause.
LEAST_NS = 100_000_000
_NS = 1_000_000_000

Pairs = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Pairs are from and to, in seconds. `lost` packets were missing at first, of which `recovered` came after all or
    were made up for; `sound_missing_s` has also what was gone for less than 0.05 s each time. `skew_worst_ms`: how far
    sound and picture were apart."""

    identity: str
    name: str
    there: Pairs
    camera: Pairs
    microphone: Pairs
    stage: Pairs
    speaking: Pairs
    picture_frozen: Pairs
    sound_missing: Pairs
    picture_frozen_s: float
    sound_missing_s: float
    packets: int
    lost: int
    recovered: int
    skew_worst_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OnStage:
    from_s: float
    to_s: float
    identity: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Of everybody's packets in that time."""

    from_s: float
    to_s: float
    packets: int
    lost: int
    recovered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """`left_out_s` 0: it lasted until the end."""

    at_s: float
    left_out_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """Nobody was recorded: `why` is `bot` (it died, another went on) or `room` (the way to it was lost)."""

    from_s: float
    to_s: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduced:
    """Quality gave way because the machine was too busy."""

    from_s: float
    to_s: float
    level: int
    words: str
    lag_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arranged:
    at_s: float
    layout: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What is not known because the bot died, or could not write it down, lies behind `known_until_s` or in `unknown`,
    or is one of `left_out` notes."""

    version: int = VERSION
    recording: str
    title: str
    started: str  # ISO 8601 with its time zone
    duration_s: float
    participants: tuple[Person, ...]
    stage: tuple[OnStage, ...]
    losses: tuple[Loss, ...]
    pauses: tuple[Pause, ...]
    interruptions: tuple[Interruption, ...]
    load: tuple[Reduced, ...]
    layouts: tuple[Arranged, ...]
    known_until_s: float
    unknown: Pairs
    left_out: int

    def as_values(self) -> dict[str, Any]:
        return asdict(self)


def events_of(story: Story, *, recording: str, title: str, started: str, duration_ns: int) -> Events:
    """What has no time in the file is not in it: what happened in a pause, and those who came only then."""
    ledger = all_of(story.ledgers.values())
    within = [one for one in story.stretches if one.from_ns < duration_ns]
    return Events(
        recording=recording,
        title=title,
        started=started,
        duration_s=_s(duration_ns),
        participants=_people(story, within, ledger, duration_ns),
        stage=_on_stage(within, duration_ns),
        losses=tuple(
            Loss(from_s=_s(one.from_ns), to_s=_s(min(one.to_ns, duration_ns)), **one.details)
            for one in within
            if one.kind is Kind.LOSS
        ),
        pauses=tuple(Pause(at_s=_s(min(cut.at_ns, duration_ns)), left_out_s=_s(cut.left_out_ns)) for cut in story.cuts),
        interruptions=_interruptions(story, within, duration_ns),
        load=_reduced(within, duration_ns),
        layouts=_layouts(story, duration_ns),
        known_until_s=_s(min(duration_ns, duration_ns if story.is_whole else story.until_ns)),
        unknown=_pairs(merged((Span(*one) for one in story.unknown), until_ns=duration_ns)),
        left_out=story.left_out,
    )


def _people(story: Story, stretches: Sequence[Stretch], ledger: Ledger, until_ns: int) -> tuple[Person, ...]:
    """In the order in which they came."""
    spans: dict[str, dict[Kind, list[Span]]] = {}
    first_ns: dict[str, int] = {}
    for one in stretches:
        if one.who:
            spans.setdefault(one.who, {}).setdefault(one.kind, []).append(Span(one.from_ns, one.to_ns))
            if one.kind in _PRESENT and min(one.to_ns, until_ns) - one.from_ns >= LEAST_NS:
                first_ns[one.who] = min(one.from_ns, first_ns.get(one.who, until_ns))
    order = sorted(first_ns, key=lambda who: first_ns[who])
    tracks: dict[str, list[TrackReport]] = {}
    for track in ledger.tracks:
        tracks.setdefault(track.participant, []).append(track)
    return tuple(
        _person(
            who,
            story.names.get(who, ""),
            spans[who],
            tracks.get(who, []),
            skew_ms=ledger.skews_ms.get(who, 0.0),
            until_ns=until_ns,
        )
        for who in order
    )


def _person(
    who: str,
    name: str,
    spans: dict[Kind, list[Span]],
    tracks: Sequence[TrackReport],
    *,
    skew_ms: float,
    until_ns: int,
) -> Person:
    def pairs(kind: Kind, bridge_ns: int = 0) -> Pairs:
        least_ns = LEAST_NS if kind in _PRESENT else 1
        return _pairs(merged(spans.get(kind, ()), bridge_ns=bridge_ns, until_ns=until_ns, least_ns=least_ns))

    frozen, missing = pairs(Kind.FROZEN), pairs(Kind.MISSING)
    sounds = [track.missing_s for track in tracks if track.kind == "audio"]
    return Person(
        identity=who,
        name=name,
        there=pairs(Kind.THERE),
        camera=pairs(Kind.CAMERA),
        microphone=pairs(Kind.MICROPHONE),
        stage=pairs(Kind.STAGE),
        speaking=pairs(Kind.SPEAKING, BREATH_NS),
        picture_frozen=frozen,
        sound_missing=missing,
        picture_frozen_s=_length_s(frozen),
        sound_missing_s=round(max(_length_s(missing), *sounds, 0.0), 3),
        packets=sum(track.packets for track in tracks),
        lost=sum(track.lost for track in tracks),
        recovered=sum(track.recovered_nack + track.recovered_fec for track in tracks),
        skew_worst_ms=skew_ms,
    )


def _on_stage(stretches: Iterable[Stretch], until_ns: int) -> tuple[OnStage, ...]:
    shown: dict[tuple[str, str], list[Span]] = {}
    for one in stretches:
        if one.kind is Kind.STAGE:
            shown.setdefault((one.who, one.details["kind"]), []).append(Span(one.from_ns, one.to_ns))
    found = [
        (span, key) for key, spans in shown.items() for span in merged(spans, until_ns=until_ns, least_ns=LEAST_NS)
    ]
    return tuple(
        OnStage(from_s=_s(span.from_ns), to_s=_s(span.to_ns), identity=who, kind=kind)
        for span, (who, kind) in sorted(found)
    )


def _interruptions(story: Story, stretches: Iterable[Stretch], until_ns: int) -> tuple[Interruption, ...]:
    away = merged((Span(one.from_ns, one.to_ns) for one in stretches if one.kind is Kind.AWAY), until_ns=until_ns)
    gaps = merged((Span(part.from_ns, part.from_ns + part.gap_ns) for part in story.parts), until_ns=until_ns)
    found = sorted([(span, "room") for span in away] + [(span, "bot") for span in gaps])
    return tuple(Interruption(from_s=_s(span.from_ns), to_s=_s(span.to_ns), why=why) for span, why in found)


def _reduced(stretches: Iterable[Stretch], until_ns: int) -> tuple[Reduced, ...]:
    found = [one for one in stretches if one.kind is Kind.LOAD and one.details["level"]]
    return tuple(
        Reduced(
            from_s=_s(one.from_ns),
            to_s=_s(min(one.to_ns, until_ns)),
            level=one.details["level"],
            words=one.details["after"],
            lag_ms=one.details["lag_ms"],
        )
        for one in sorted(found, key=lambda one: one.from_ns)
    )


def _layouts(story: Story, until_ns: int) -> tuple[Arranged, ...]:
    """A later part begins with what the one before ended with. Of two at one instant of the file, because there was a
    pause, the last counts."""
    latest = {at_ns: layout for at_ns, layout in story.layouts if at_ns < until_ns}
    changed = [pair for before, pair in pairwise([(0, ""), *latest.items()]) if pair[1] != before[1]]
    return tuple(Arranged(at_s=_s(at_ns), layout=layout) for at_ns, layout in changed)


def _pairs(spans: Iterable[Span]) -> Pairs:
    return tuple((_s(span.from_ns), _s(span.to_ns)) for span in spans)


def _length_s(pairs: Pairs) -> float:
    return round(sum((to_s - from_s for from_s, to_s in pairs), 0.0), 3)


_PRESENT = frozenset({Kind.THERE, Kind.CAMERA, Kind.MICROPHONE, Kind.STAGE, Kind.SPEAKING})


def _s(time_ns: int) -> float:
    return round(time_ns / _NS, 3)
