"""All that a recording's events, its report and its facts say, read once: what the verdict and the page lean on."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.library.certificate.facts import Facts
from bot.library.certificate.reading import Reading
from bot.library.certificate.spans import Span, Spans, total_s

TRACK_FIGURES = (
    "packets",
    "lost",
    "recovered_nack",
    "recovered_fec",
    "unrecoverable",
    "frames",
    "frames_dropped",
    "decode_errors",
    "keyframe_requests",
    "freezes",
    "longest_freeze_ms",
    "skew_median_ms",
    "skew_worst_ms",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    identity: str
    name: str  # as the room had it: anything at all
    is_namesake: bool  # somebody else has the same name
    there: Spans
    camera: Spans
    microphone: Spans
    stage: Spans
    speaking: Spans
    frozen: Spans
    missing: Spans  # sound
    frozen_s: float
    missing_s: float  # those moments, too, that are too short to have a place in `missing`
    packets: int
    lost: int  # at first
    recovered: int
    skew_worst_ms: float


@dataclass(frozen=True, slots=True)
class StageTurn:
    span: Span
    identity: str
    kind: str


@dataclass(frozen=True, slots=True)
class Losses:
    span: Span
    packets: int
    lost: int
    recovered: int

    @property
    def gone(self) -> int:
        return max(0, self.lost - self.recovered)


@dataclass(frozen=True, slots=True)
class Pause:
    at_s: float
    left_out_s: float


@dataclass(frozen=True, slots=True)
class Interruption:
    span: Span
    why: str


@dataclass(frozen=True, slots=True)
class Load:
    span: Span
    level: int
    words: str
    lag_ms: float


@dataclass(frozen=True, slots=True)
class Track:
    """As the report has it: `figures` are those of TRACK_FIGURES."""

    participant: str
    kind: str
    is_stage: bool
    codec: str
    figures: Mapping[str, float]


ROUNDED_S = 0.01  # what events, report and file say of one duration differs by no more


@dataclass(frozen=True, slots=True)
class Account:
    """Times are seconds of the file, inside [0, `duration_s`]."""

    duration_s: float  # the longest that anybody speaks of
    file_s: float
    is_known: bool  # there is an account of the events at all
    known_until_s: float
    unknown: Spans  # before that
    left_out: int  # events that were too many to be kept
    unreadable: int
    people: tuple[Person, ...]
    stage: tuple[StageTurn, ...]
    losses: tuple[Losses, ...]
    pauses: tuple[Pause, ...]
    interruptions: tuple[Interruption, ...]
    load: tuple[Load, ...]
    layouts: tuple[tuple[float, str], ...]
    reported_interruptions_s: tuple[float, ...]
    reduced_s: float
    repeated: int
    tracks: tuple[Track, ...]

    @property
    def is_known_to_the_end(self) -> bool:
        return self.is_known and self.duration_s - self.known_until_s <= ROUNDED_S

    @property
    def names(self) -> Mapping[str, Person]:
        return {person.identity: person for person in self.people}


def account(events: Mapping[str, Any], report: Mapping[str, Any], facts: Facts) -> Account:
    """Never raises: what is missing is nothing, what cannot be read is counted."""
    reading = Reading()
    is_known = "duration_s" in events
    told_s = max(reading.number(events, "duration_s"), reading.number(report, "duration_s"))
    end_s = max(facts.duration_s, told_s)
    load = report.get("load")
    reduced = load if isinstance(load, Mapping) else {}
    return Account(
        duration_s=end_s,
        file_s=facts.duration_s,
        is_known=is_known,
        known_until_s=min(end_s, reading.number(events, "known_until_s", end_s)) if is_known else 0.0,
        unknown=reading.spans(events, "unknown", end_s),
        left_out=reading.count(events, "left_out"),
        people=_people(reading, events, end_s),
        stage=tuple(
            StageTurn(span, reading.text(row, "identity"), reading.text(row, "kind"))
            for row, span in _spanned(reading, events, "stage", end_s)
        ),
        losses=_losses(reading, events, end_s),
        pauses=tuple(
            Pause(min(end_s, reading.number(row, "at_s")), reading.number(row, "left_out_s"))
            for row in reading.rows(events, "pauses")
        ),
        interruptions=tuple(
            Interruption(span, reading.text(row, "why"))
            for row, span in _spanned(reading, events, "interruptions", end_s)
        ),
        load=_load(reading, events, end_s),
        layouts=tuple(
            (min(end_s, reading.number(row, "at_s")), reading.text(row, "layout"))
            for row in reading.rows(events, "layouts")
        ),
        reported_interruptions_s=reading.numbers(report, "interruptions_s"),
        reduced_s=reading.number(reduced, "reduced_s"),
        repeated=reading.count(reduced, "pictures_repeated"),
        tracks=tuple(_track(reading, row) for row in reading.rows(report, "tracks")),
        unreadable=reading.unreadable,
    )


def _spanned(
    reading: Reading, events: Mapping[str, Any], name: str, end_s: float
) -> Iterator[tuple[Mapping[str, Any], Span]]:
    found = ((row, reading.span(row, end_s)) for row in reading.rows(events, name))
    rows = [(row, span) for row, span in found if span is not None]
    yield from sorted(rows, key=lambda pair: pair[1])


def _losses(reading: Reading, events: Mapping[str, Any], end_s: float) -> tuple[Losses, ...]:
    return tuple(
        Losses(span, *(reading.count(row, name) for name in ("packets", "lost", "recovered")))
        for row, span in _spanned(reading, events, "losses", end_s)
    )


def _load(reading: Reading, events: Mapping[str, Any], end_s: float) -> tuple[Load, ...]:
    return tuple(
        Load(span, reading.count(row, "level"), reading.text(row, "words"), reading.number(row, "lag_ms"))
        for row, span in _spanned(reading, events, "load", end_s)
    )


def _people(reading: Reading, events: Mapping[str, Any], end_s: float) -> tuple[Person, ...]:
    rows = list(reading.rows(events, "participants"))
    names = Counter(str(row.get("name")) for row in rows)
    return tuple(_person(reading, row, end_s, names) for row in rows)


def _person(reading: Reading, row: Mapping[str, Any], end_s: float, names: Counter[str]) -> Person:
    def spans(name: str) -> Spans:
        return reading.spans(row, name, end_s)

    name = reading.text(row, "name")
    frozen, missing = spans("picture_frozen"), spans("sound_missing")
    return Person(
        identity=reading.text(row, "identity"),
        name=name,
        is_namesake=names[str(row.get("name"))] > 1,
        there=spans("there"),
        camera=spans("camera"),
        microphone=spans("microphone"),
        stage=spans("stage"),
        speaking=spans("speaking"),
        frozen=frozen,
        missing=missing,
        frozen_s=max(total_s(frozen), reading.number(row, "picture_frozen_s")),
        missing_s=max(total_s(missing), reading.number(row, "sound_missing_s")),
        packets=reading.count(row, "packets"),
        lost=reading.count(row, "lost"),
        recovered=reading.count(row, "recovered"),
        skew_worst_ms=reading.number(row, "skew_worst_ms"),
    )


def _track(reading: Reading, row: Mapping[str, Any]) -> Track:
    return Track(
        reading.text(row, "participant"),
        reading.text(row, "kind"),
        row.get("stage") is True,
        reading.text(row, "codec"),
        {name: reading.number(row, name) for name in TRACK_FIGURES},
    )
