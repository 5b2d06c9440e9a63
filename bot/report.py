"""What is said of a recording when it is over: how it ended, and what became of every track."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.duration import clock_text
from bot.lifecycle import EndReason
from bot.receive.stats import TrackStats
from mixer.controller import Step
from mixer.picture.timeline import TimelineStats
from mixer.stats import MixStats
from signaling.model import Track

VERSION = 1
REPORT_FILE = "report.json"  # beside the parts


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackReport:
    """One track from its first packet to its last. A freeze is a picture that stood, or a sound that was gone, 0.2 s
    longer than usual because packets were lost. Skew is how far the track was from its participant's clock."""

    track: str
    participant: str
    kind: str
    stage: bool
    codec: str
    packets: int
    lost: int  # missing at first
    recovered_nack: int
    recovered_fec: int  # from redundancy: RED, or in-band FEC
    unrecoverable: int
    frames: int
    frames_dropped: int
    decode_errors: int
    keyframe_requests: int
    freezes: int
    longest_freeze_ms: float
    missing_s: float  # of sound, because of losses, however short; of pictures as long as they were frozen
    skew_median_ms: float
    skew_worst_ms: float
    drift_ppm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """Quality gave way because the machine was too busy, or came back."""

    at_s: float  # in the recording
    before: str  # in words, as is `after`
    after: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a busy machine has cost. The sound and the clock are never part of it."""

    pictures_repeated: int  # in place of new ones, because giving quality up was not enough
    reduced_s: float  # at less than full quality, altogether
    steps: tuple[StepReport, ...]  # the first of them,
    steps_left_out: int  # and how many followed


NO_LOAD = LoadReport(pictures_repeated=0, reduced_s=0.0, steps=(), steps_left_out=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Values for JSON."""

    version: int
    recording: str
    title: str
    started: str  # ISO 8601 with its time zone
    end_reason: EndReason
    duration_s: float
    known_until_s: float  # what came after it until the end is not known: the bot died
    rejoins: int
    interruptions_s: tuple[float, ...]  # without the room
    ticks_late: int
    worst_lag_ms: float
    load: LoadReport
    tracks: tuple[TrackReport, ...]

    def as_values(self) -> dict[str, Any]:
        return asdict(self)

    def without_identities(self) -> dict[str, Any]:
        """What the file itself carries, which people pass on: who it was stays with those who run the bot."""
        numbers: dict[str, str] = {}
        values = self.as_values()
        for track in values["tracks"]:
            person = numbers.setdefault(track["participant"], str(len(numbers) + 1))
            track["participant"] = person
            track["track"] = f"{person} {'stage ' if track['stage'] else ''}{track['kind']}"
        return values


def load_report(mix: MixStats, before_ns: int = 0) -> LoadReport:
    """`before_ns`: how much of the recording lies before the part that the mix has made."""
    return LoadReport(
        pictures_repeated=mix.ticks_repeated,
        reduced_s=round(mix.reduced_ns / 1e9, 3),
        steps=tuple(step_report(step, before_ns) for step in mix.steps),
        steps_left_out=mix.steps_left_out,
    )


def step_report(step: Step, before_ns: int) -> StepReport:
    loads = f"mixing took {step.mix_load:.0%} of the time there is, encoding {step.encode_load:.0%}"
    gave_way = step.after.level > step.before.level
    return StepReport(
        at_s=round((before_ns + step.at_ns) / 1e9, 3),
        before=step.before.name,
        after=step.after.name,
        why=f"{step.behind_ns / 1e9:.1f} s behind: {loads}" if gave_way else f"there is room again: {loads}",
    )


def track_reports(
    tracks: Iterable[Track], received: Mapping[str, TrackStats], shown: Mapping[str, TimelineStats]
) -> tuple[TrackReport, ...]:
    """In the order in which the tracks came. A track that never sent anything is in it, with zeros."""
    return tuple(_track_report(track, received.get(track.id) or TrackStats(), shown.get(track.id)) for track in tracks)


def _track_report(track: Track, received: TrackStats, shown: TimelineStats | None) -> TrackReport:
    return TrackReport(
        track=track.id,
        participant=track.participant,
        kind=track.kind,
        stage=track.stage,
        codec=shown.codec if shown else "",
        packets=received.packets,
        lost=received.lost,
        recovered_nack=received.recovered_nack + received.recovered_rtx,
        recovered_fec=received.recovered_red + received.recovered_fec,
        unrecoverable=received.unrecoverable,
        frames=received.frames,
        frames_dropped=received.frames_dropped,
        decode_errors=shown.decode_errors if shown else 0,
        keyframe_requests=received.plis,
        freezes=received.freezes,
        longest_freeze_ms=_ms(received.longest_freeze_ns),
        missing_s=round(received.missing_ns / 1e9, 3),
        skew_median_ms=_ms(received.skew_median_ns),
        skew_worst_ms=_ms(received.skew_worst_ns),
        drift_ppm=round(received.drift_ppm, 1),
    )


def _ms(nanoseconds: int) -> float:
    return round(nanoseconds / 1e6, 3)


_COLUMNS = (
    ("track", "{track}", "<"),
    ("packets", "{packets}", ">"),
    ("lost", "{lost}", ">"),
    ("nack", "{recovered_nack}", ">"),
    ("fec", "{recovered_fec}", ">"),
    ("gone", "{unrecoverable}", ">"),
    ("freezes", "{freezes}", ">"),
    ("longest", "{longest_freeze_ms:.0f} ms", ">"),
    ("skew", "{skew_median_ms:.1f} ms", ">"),
    ("worst", "{skew_worst_ms:.1f} ms", ">"),
    ("drift", "{drift_ppm:+.0f} ppm", ">"),
)


def as_table(tracks: Iterable[Mapping[str, object]]) -> list[str]:
    """Aligned lines, a header first; `tracks` are values of `TrackReport`. Nothing for a recording without tracks."""
    rows = [[text.format(**track) for _, text, _ in _COLUMNS] for track in tracks]
    if not rows:
        return []
    rows.insert(0, [head for head, _, _ in _COLUMNS])
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    return [
        "  ".join(f"{cell:{align}{width}}" for cell, width, (_, _, align) in zip(row, widths, _COLUMNS, strict=True))
        for row in rows
    ]


def as_steps(load: Mapping[str, Any]) -> list[str]:
    """What a busy machine has cost, a line a step; `load` is the values of a `LoadReport`. Nothing for no cost."""
    steps, repeated = load["steps"], load["pictures_repeated"]
    if not steps and not repeated:
        return []
    lines = [f"reduced quality for {load['reduced_s']:.1f} s, {repeated} pictures repeated"]
    lines += [f"{clock_text(step['at_s'])}  {step['after']} ({step['why']})" for step in steps]
    left_out = load["steps_left_out"]
    return [*lines, f"and {left_out} more"] if left_out else lines
