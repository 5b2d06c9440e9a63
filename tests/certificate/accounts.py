"""Events, reports and facts as recordings leave them, made up."""

import random
from datetime import UTC, datetime
from typing import Any

from bot.library.certificate.facts import Check, Facts
from bot.lifecycle import EndReason
from signaling.model import RoomKind

HOUR = 3600.0
WHOLE = Check("It decodes from beginning to end", True)


def facts(duration_s: float = 60.0, **given: Any) -> Facts:
    """Of a recording with which all is well."""
    values: dict[str, Any] = {
        "recording": "rec-1",
        "title": "Weekly meeting",
        "room_title": "Engineering",
        "room_kind": RoomKind.CHANNEL,
        "duration_s": duration_s,
        "end_reason": EndReason.STOPPED,
        "file": "Rec - 2026-11-21 14-05-33 - Weekly meeting.mp4",
        "size_bytes": 123_456_789,
        "sha256": "ab" * 32,
        "asked_at": datetime(2026, 11, 21, 14, 5, 33, tzinfo=UTC),
        "recording_since": datetime(2026, 11, 21, 14, 5, 35, tzinfo=UTC),
        "checks": (WHOLE, Check("Sound and picture reach the end", True, "both to 60.0 s")),
    }
    return Facts(**values | given)


def person(identity: str, name: str | None = None, end_s: float = 60.0, **given: Any) -> dict[str, Any]:
    """There from beginning to end, heard and seen, without a flaw."""
    whole = [[0.0, end_s]]
    values: dict[str, Any] = {
        "identity": identity,
        "name": identity.capitalize() if name is None else name,
        "there": whole,
        "camera": whole,
        "microphone": whole,
        "stage": [],
        "speaking": [],
        "picture_frozen": [],
        "sound_missing": [],
        "packets": 1000,
        "lost": 0,
        "recovered": 0,
        "skew_worst_ms": 3.0,
    }
    return values | given


def events(*people: dict[str, Any], duration_s: float = 60.0, **given: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "version": 1,
        "recording": "rec-1",
        "title": "Weekly meeting",
        "started": "2026-11-21T14:05:33+00:00",
        "duration_s": duration_s,
        "participants": list(people) or [person("ann", end_s=duration_s), person("ben", end_s=duration_s)],
        "stage": [],
        "losses": [],
        "pauses": [],
        "interruptions": [],
        "load": [],
        "layouts": [{"at_s": 0, "layout": "auto"}],
        "known_until_s": duration_s,
        "left_out": 0,
    }
    return values | given


REPORT: dict[str, Any] = {
    "version": 1,
    "duration_s": 0.0,
    "interruptions_s": [],
    "load": {"pictures_repeated": 0, "reduced_s": 0.0, "steps": [], "steps_left_out": 0},
    "tracks": [],
}


def _spans(dice: random.Random, end_s: float, busy_s: float, rest_s: float) -> list[list[float]]:
    found = []
    at_s = dice.expovariate(1 / rest_s)
    while at_s < end_s:
        length_s = dice.expovariate(1 / busy_s)
        found.append([round(at_s, 2), round(min(end_s, at_s + length_s), 2)])
        at_s += length_s + dice.expovariate(1 / rest_s)
    return found


def crowd(number: int, duration_s: float, seed: int = 1) -> dict[str, Any]:
    """So many people who talk by turns, share their screens, lose packets and come back; with an interruption, two
    pauses and a busy machine."""
    dice = random.Random(seed)
    people = []
    for place in range(number):
        harm = place % 3 == 1
        people.append(
            person(
                f"p{place}",
                f"Participant {place + 1}",
                duration_s,
                there=_spans(dice, duration_s, duration_s, duration_s / 20),
                camera=_spans(dice, duration_s, duration_s / 3, duration_s / 10),
                microphone=_spans(dice, duration_s, duration_s / 6, duration_s / 9),
                speaking=_spans(dice, duration_s, 4, 4.0 * number),
                stage=[[duration_s * 0.1, duration_s * 0.4]] if place == 0 else [],
                picture_frozen=_spans(dice, duration_s, 0.6, duration_s / 4) if harm else [],
                sound_missing=_spans(dice, duration_s, 0.2, duration_s / 3) if harm else [],
                packets=100 * round(duration_s),
                lost=round(duration_s),
                recovered=round(duration_s * 0.99),
                skew_worst_ms=dice.uniform(1, 30),
            )
        )
    step_s = max(2.0, duration_s / 8640)
    windows = [step_s * place for place in range(int(duration_s / step_s))]
    return events(
        *people,
        duration_s=duration_s,
        stage=[
            {"from_s": duration_s * 0.1, "to_s": duration_s * 0.4, "identity": "p0", "kind": "screen_share"},
            {"from_s": duration_s * 0.6, "to_s": duration_s * 0.62, "identity": "p0", "kind": "file"},
        ],
        losses=[
            {"from_s": at, "to_s": at + step_s, "packets": 100 * number, "lost": lost, "recovered": lost - lost // 20}
            for at in windows
            if (lost := max(0, round(dice.gauss(0, 3 * number))))
        ],
        pauses=[{"at_s": duration_s * 0.3, "left_out_s": 42.0}, {"at_s": duration_s * 0.8, "left_out_s": 12.0}],
        interruptions=[{"from_s": duration_s * 0.5, "to_s": duration_s * 0.5 + 4, "why": "room"}],
        load=[
            {
                "from_s": duration_s * 0.7,
                "to_s": duration_s * 0.72,
                "level": 1,
                "words": "faster encoding",
                "lag_ms": 320,
            },
            {
                "from_s": duration_s * 0.72,
                "to_s": duration_s * 0.75,
                "level": 3,
                "words": "cameras at half",
                "lag_ms": 900,
            },
        ],
        known_until_s=duration_s * 0.97,
    )
