"""Recordings as people read them in a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.duration import clock_text

_HEADS = ("ID", "ROOM", "STATE", "LENGTH", "SIZE", "TITLE")
_MOST_CELL = 48


def table(recordings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Lines; a person's token may show no more than that a recording is there."""
    rows = [_HEADS, *(_row(recording) for recording in recordings)]
    if len(rows) == 1:
        return ["There are no recordings."]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def sheet(recording: Mapping[str, Any]) -> list[str]:
    """One recording, a line for each thing known of it."""
    room, live = recording["room"], recording.get("live") or {}
    parent = f", breakout of {room['parent']}" if room.get("parent") else ""
    rows: Sequence[tuple[str, Any]] = (
        ("Recording", recording["id"]),
        ("Room", f"{room['id']}{parent}"),
        ("Title", recording.get("title") or room.get("title")),
        ("State", state_text(recording)),
        ("Asked for", _asked(recording)),
        ("Began", recording.get("recording_since")),
        ("Ended", recording.get("ended_at")),
        ("Length", _length(recording)),
        ("Size", _size(recording)),
        ("Layout", recording.get("layout")),
        ("Folder", recording.get("folder")),
        ("File", recording.get("file")),
        ("SHA-256", recording.get("sha256")),
        ("Owner", recording.get("owner")),
        ("Interrupted", recording.get("interruptions")),
        ("Ends", recording.get("host_absent_until") and f"{recording['host_absent_until']}, without the host"),
        ("Reduced", live.get("gives_way")),
        ("Problem", recording.get("problem")),
        *(("Copy", _copy(one)) for one in recording.get("destinations", ())),
        *(("Chapter", f"{clock_text(one['start_s'])} {one['text']}") for one in recording.get("chapters", ())),
    )
    return [printable(f"{name:<12}{value}") for name, value in rows if value]


def line(recording: Mapping[str, Any]) -> str:
    """For a list that grows."""
    return printable(
        "  ".join(
            filter(
                None,
                (
                    recording["id"],
                    recording["room"]["id"],
                    state_text(recording),
                    _length(recording),
                    recording.get("problem"),
                ),
            )
        )
    )


def state_text(recording: Mapping[str, Any]) -> str:
    reason = recording.get("end_reason")
    state = str(recording["state"])
    return f"{state} ({reason})" if reason and reason not in ("stopped", state) else state


def printable(text: str) -> str:
    """A title is anything at all, and must not steer the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _row(recording: Mapping[str, Any]) -> tuple[str, ...]:
    title = recording.get("title") or recording["room"].get("title") or ""
    cells = (
        recording["id"],
        recording["room"]["id"],
        state_text(recording),
        _length(recording),
        _size(recording),
        title,
    )
    return tuple(_cut(printable(cell)) for cell in cells)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_CELL else f"{text[: _MOST_CELL - 1]}…"


def _asked(recording: Mapping[str, Any]) -> str:
    return f"{recording['asked_at']} by {recording['started_by']}" if "asked_at" in recording else ""


def _copy(destination: Mapping[str, Any]) -> str:
    """One destination's: where it is, or what it waits for."""
    more = destination.get("uri") or destination.get("problem") or ""
    return f"{destination['name']}: {destination['state']} {more}".rstrip()


def _length(recording: Mapping[str, Any]) -> str:
    live = recording.get("live") or {}
    seconds = live.get("time_s", recording.get("duration_s"))
    return "" if seconds is None else clock_text(seconds)


def _size(recording: Mapping[str, Any]) -> str:
    size = recording.get("size_bytes")
    return "" if size is None else f"{size / 1e6:.1f} MB"
