"""What is counted of one part of a recording, and of several together."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import chain
from typing import Any, Self

from bot.lifecycle import EndReason
from bot.receive.receiver import Receiver
from bot.recording import Order
from bot.report import NO_LOAD, VERSION, LoadReport, Report, TrackReport, load_report, track_reports
from bot.rig import Rig
from mixer.controller import MOST_STEPS

_SUMMED = (
    "packets", "lost", "recovered_nack", "recovered_fec", "unrecoverable", "frames", "frames_dropped", "decode_errors",
    "keyframe_requests", "freezes", "missing_s",
)  # fmt: skip
_WORST = ("longest_freeze_ms", "skew_worst_ms", "skew_median_ms")
_KINDS: Mapping[Any, Any] = {str: str, int: int, float: float, bool: bool}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """`skews_ms`: by participant, how far sound and picture were apart at worst. `away_s`: times without the room."""

    tracks: tuple[TrackReport, ...] = ()
    skews_ms: Mapping[str, float] = field(default_factory=dict)
    ticks_late: int = 0
    worst_lag_ms: float = 0.0
    load: LoadReport = NO_LOAD
    rejoins: int = 0
    away_s: tuple[float, ...] = ()

    @classmethod
    def read(cls, rig: Rig, receiver: Receiver, *, rejoins: int, before_ns: int) -> Self:
        """Of the part that is recorded now; `before_ns`: how much of the recording lies before it."""
        mix = rig.mixer.stats()
        return cls(
            tracks=track_reports(rig.attendance.known, receiver.stats(), mix.tracks),
            skews_ms={who: round(skew_ns / 1e6, 1) for who, skew_ns in receiver.skews_ns().items()},
            ticks_late=mix.ticks_late,
            worst_lag_ms=mix.worst_lag_ns / 1e6,
            load=load_report(mix, before_ns),
            rejoins=rejoins,
            away_s=tuple(one_ns / 1e9 for one_ns in rig.attendance.interruptions_ns),
        )

    def plus(self, later: "Ledger") -> "Ledger":
        """Both parts. A track of both is one."""
        tracks = {(track.track, track.participant): track for track in self.tracks}
        for track in later.tracks:
            key = (track.track, track.participant)
            tracks[key] = _both(tracks[key], track) if key in tracks else track
        steps = (*self.load.steps, *later.load.steps)
        left_out = self.load.steps_left_out + later.load.steps_left_out + max(0, len(steps) - MOST_STEPS)
        return Ledger(
            tracks=tuple(tracks.values()),
            skews_ms=_worst_of_each(self.skews_ms, later.skews_ms),
            ticks_late=self.ticks_late + later.ticks_late,
            worst_lag_ms=max(self.worst_lag_ms, later.worst_lag_ms),
            load=LoadReport(
                pictures_repeated=self.load.pictures_repeated + later.load.pictures_repeated,
                reduced_s=round(self.load.reduced_s + later.load.reduced_s, 3),
                steps=steps[:MOST_STEPS],
                steps_left_out=left_out,
            ),
            rejoins=self.rejoins + later.rejoins,
            away_s=(*self.away_s, *later.away_s),
        )

    def only(self, people: Collection[str]) -> "Ledger":
        """What is about nobody else."""
        return replace(
            self,
            tracks=tuple(track for track in self.tracks if track.participant in people),
            skews_ms={who: skew_ms for who, skew_ms in self.skews_ms.items() if who in people},
        )

    def report(
        self,
        order: Order,
        *,
        title: str,
        reason: EndReason,
        duration_ns: int,
        known_until_ns: int | None = None,
        gaps_s: Iterable[float] = (),
    ) -> Report:
        """`known_until_ns` None: to the end. `gaps_s`: between the parts."""
        return Report(
            version=VERSION,
            recording=order.recording_id,
            title=title,
            started=order.asked_at.isoformat(timespec="seconds"),
            end_reason=reason,
            duration_s=duration_ns / 1e9,
            known_until_s=(duration_ns if known_until_ns is None else min(known_until_ns, duration_ns)) / 1e9,
            rejoins=self.rejoins,
            interruptions_s=(*gaps_s, *self.away_s),
            ticks_late=self.ticks_late,
            worst_lag_ms=self.worst_lag_ms,
            load=self.load,
            tracks=self.tracks,
        )

    def figures(self, unlike: Mapping[str, TrackReport]) -> dict[str, Any]:
        """For a line of the journal: the tracks that are not as they were, and all the rest but for steps and times
        away, which have lines of their own."""
        news = [track for track in self.tracks if unlike.get(track.track) != track]
        return {
            "columns": [item.name for item in fields(TrackReport)],
            "rows": [list(asdict(track).values()) for track in news],
            "skews_ms": dict(self.skews_ms),
            "ticks_late": self.ticks_late,
            "worst_lag_ms": round(self.worst_lag_ms, 1),
            "pictures_repeated": self.load.pictures_repeated,
            "reduced_s": self.load.reduced_s,
            "steps_left_out": self.load.steps_left_out,
            "rejoins": self.rejoins,
        }

    def updated(self, values: Mapping[str, Any]) -> "Ledger":
        """By such a line. Raises KeyError, TypeError or ValueError for what is none."""
        tracks = {track.track: track for track in self.tracks}
        for row in values["rows"]:
            track = _track(dict(zip(values["columns"], row, strict=True)))
            tracks[track.track] = track
        return replace(
            self,
            tracks=tuple(tracks.values()),
            skews_ms={str(who): float(skew_ms) for who, skew_ms in values["skews_ms"].items()},
            ticks_late=int(values["ticks_late"]),
            worst_lag_ms=float(values["worst_lag_ms"]),
            load=replace(
                self.load,
                pictures_repeated=int(values["pictures_repeated"]),
                reduced_s=float(values["reduced_s"]),
                steps_left_out=int(values["steps_left_out"]),
            ),
            rejoins=int(values["rejoins"]),
        )


def _track(values: Mapping[str, Any]) -> TrackReport:
    return TrackReport(**{item.name: _KINDS[item.type](values[item.name]) for item in fields(TrackReport)})


def _both(earlier: TrackReport, later: TrackReport) -> TrackReport:
    summed = {name: getattr(earlier, name) + getattr(later, name) for name in _SUMMED}
    worst = {name: max(getattr(earlier, name), getattr(later, name)) for name in _WORST}
    return replace(later, codec=later.codec or earlier.codec, **summed, **worst)


def _worst_of_each(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    return {who: max(one.get(who, 0.0), other.get(who, 0.0)) for who in chain(one, other)}


def all_of(ledgers: Iterable[Ledger]) -> Ledger:
    total = Ledger()
    for ledger in ledgers:
        total = total.plus(ledger)
    return total
