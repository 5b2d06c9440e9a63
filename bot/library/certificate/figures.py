"""The sums on top of the page."""

from dataclasses import dataclass

from bot.library.certificate.account import Account, Track
from bot.library.certificate.spans import merged, total_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seconds of frozen pictures and missing sound are summed over everybody; `times` are those that have a place."""

    frozen_s: float
    frozen_times: int
    frozen_people: int
    missing_s: float
    missing_times: int
    missing_people: int
    skew_worst_ms: float | None  # None: nobody is known to have had both sound and picture
    packets: int
    lost: int  # at first
    gone: int  # for good
    frames_dropped: int
    decode_errors: int
    freezes_counted: int  # by the report, which has no times for them
    longest_freeze_s: float
    interruptions: int
    interrupted_s: float
    reduced_s: float
    repeated: int
    pauses: int
    left_out_s: float


def figures(account: Account) -> Figures:
    """Where two tell of the same, the one that knows more packets is believed, and the worse of both otherwise."""
    people = account.people
    packets, lost, gone = max(_of_events(account), _of_report(account), key=lambda found: found[0])
    # Of a participant: sound and picture against each other. Of a track: against its sender's clock, the next best.
    skews = [person.skew_worst_ms for person in people] or _each(account.tracks, "skew_worst_ms")
    between = merged(one.span for one in account.interruptions)
    reported_s = account.reported_interruptions_s
    return Figures(
        frozen_s=sum(person.frozen_s for person in people),
        frozen_times=sum(len(person.frozen) for person in people),
        frozen_people=sum(1 for person in people if person.frozen or person.frozen_s),
        missing_s=sum(person.missing_s for person in people),
        missing_times=sum(len(person.missing) for person in people),
        missing_people=sum(1 for person in people if person.missing or person.missing_s),
        skew_worst_ms=max(skews, default=0.0) or None,
        packets=packets,
        lost=lost,
        gone=gone,
        frames_dropped=_total(account.tracks, "frames_dropped"),
        decode_errors=_total(account.tracks, "decode_errors"),
        freezes_counted=_total(account.tracks, "freezes"),
        longest_freeze_s=max(_each(account.tracks, "longest_freeze_ms"), default=0.0) / 1000,
        interruptions=max(len(between), sum(1 for one_s in reported_s if one_s)),
        interrupted_s=max(total_s(between), sum(reported_s)),
        reduced_s=max(account.reduced_s, total_s(merged(one.span for one in account.load if one.level))),
        repeated=account.repeated,
        pauses=len(account.pauses),
        left_out_s=sum(pause.left_out_s for pause in account.pauses),
    )


def _of_events(account: Account) -> tuple[int, int, int]:
    """Packets, lost at first, gone: of the people, or of the windows when those tell of more."""
    people = account.people
    by_person = (
        sum(person.packets for person in people),
        sum(person.lost for person in people),
        sum(max(0, person.lost - person.recovered) for person in people),
    )
    by_window = (
        sum(window.packets for window in account.losses),
        sum(window.lost for window in account.losses),
        sum(window.gone for window in account.losses),
    )
    return max(by_person, by_window, key=lambda found: found[0])


def _of_report(account: Account) -> tuple[int, int, int]:
    return tuple(_total(account.tracks, name) for name in ("packets", "lost", "unrecoverable"))  # type: ignore[return-value]


def _each(tracks: tuple[Track, ...], name: str) -> list[float]:
    return [track.figures[name] for track in tracks]


def _total(tracks: tuple[Track, ...], name: str) -> int:
    return round(sum(_each(tracks, name)))
