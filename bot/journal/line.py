"""The lines of journal.jsonl: what can be in one, and reading them back, whatever a crash has left of the last."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class What(StrEnum):
    """Every kind of line, and its values. Times are nanoseconds of the recording's file, all parts; figures are counts
    since the part began. Who came or was switched on is so until it is said otherwise, or until everything ends:
    `part`, `away` and `hole`, after which those who are there are named again."""

    PART = "part"  # part, gap_ns: one begins, with a gap of this length
    CAME = "came"  # who, name; again when the name has changed
    LEFT = "left"  # who
    ON = "on"  # track, who, shown: camera, microphone or stage; source
    OFF = "off"  # track
    SPEAKS = "speaks"  # who
    SILENT = "silent"  # who
    FROZEN = "frozen"  # who, to_ns: a picture stood
    MISSING = "missing"  # who, to_ns: sound was gone
    TOTALS = "totals"  # packets, lost, recovered
    FIGURES = "figures"  # columns, rows: a TrackReport each; skews_ms by participant; of the mix: see Ledger
    LOAD = "load"  # level, lag_ms, and a StepReport's before, after and why
    AWAY = "away"  # the room is lost
    BACK = "back"
    PAUSE = "pause"
    RESUME = "resume"  # left_out_ns
    LAYOUT = "layout"  # layout
    HOLE = "hole"  # left_out: from here on so many lines could not be written; to where the next `alive` is
    ALIVE = "alive"  # nothing else has happened; behind a hole: from here on everything is known again
    END = "end"  # reason, left_out


# Without them the others would be misunderstood.
ESSENTIAL = frozenset({What.PART, What.PAUSE, What.RESUME, What.AWAY, What.BACK, What.HOLE, What.END})


@dataclass(frozen=True, slots=True)
class Line:
    at_ns: int
    what: What
    values: Mapping[str, Any]

    def encoded(self) -> bytes:
        values = {"at_ns": self.at_ns, "what": self.what, **self.values}
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"


def parse(text: bytes) -> Line | None:
    """None for what is no line: torn by a crash, or of a bot of another version."""
    try:
        values = json.loads(text)
        at_ns, what = values.pop("at_ns"), What(values.pop("what"))
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return Line(at_ns, what, values) if isinstance(at_ns, int) and not isinstance(at_ns, bool) else None


def read_lines(path: Path) -> Iterator[Line | None]:
    """In the order in which they were written; None for each that is damaged. Nothing when there is no journal; what
    cannot be read any more is as if it were not there."""
    try:
        with path.open("rb") as file:
            for text in file:
                yield parse(text)
    except OSError:
        return
