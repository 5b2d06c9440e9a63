"""`roomreel inspect FILE`: what is in a recording, and whether it is all there."""  # noqa: A005 - named after its command

import datetime
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from bot.duration import clock_text
from bot.errors import NotARecording
from bot.library.inspection import InspectedTrack, Inspection, inspect_file
from bot.report import VERSION, as_steps, as_table

_LAYOUTS = {0: "", 1: "mono", 2: "stereo"}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def inspect(file: Path, as_json: bool) -> None:
    """Say what is in FILE, a recording finished or not, and whether it is whole.

    \b
    The keys of --json: file, size_bytes, title, created (ISO 8601 or null),
    duration_s, width, height, fps,
    tracks [kind, codec, profile, rate, channels, samples, duration_s],
    fragments (a finished file of ours: in which it grew), longest_fragment_s,
    longest_gap_video_s, longest_gap_audio_s, whole, problems [sentences],
    chapters [start_s, text],
    report (how a finished recording of ours was received: end_reason, rejoins, tracks [packets, lost, …]; or null).
    """
    try:
        inspection = inspect_file(file)
    except NotARecording as error:
        raise _Unusable(str(error)) from error
    click.echo(json.dumps(to_json(inspection), ensure_ascii=False, indent=2) if as_json else to_text(inspection))


class _Unusable(click.ClickException):
    exit_code = 2


def to_json(inspection: Inspection) -> dict[str, object]:
    values = asdict(inspection)
    file, created_s = values.pop("path"), values.pop("created_s")
    problems = values.pop("problems")
    created = _moment(created_s)
    values["created"] = created.isoformat() if created else None
    return {"file": str(file), **values, "whole": inspection.whole, "problems": list(problems)}


def to_text(inspection: Inspection) -> str:
    """A table for people; rows that have nothing to say are left out."""
    created = _moment(inspection.created_s)
    rows = [
        ("Title", inspection.title),
        ("Created", f"{created:%Y-%m-%d %H:%M:%S} UTC" if created else ""),
        ("Duration", _length(inspection.duration_s)),
        ("Size", f"{inspection.size_bytes / 1e6:.1f} MB, {_bitrate_kbps(inspection):.0f} kbit/s"),
        *((track.kind.capitalize(), _track(track, inspection)) for track in inspection.tracks),
        ("Fragments", _fragments(inspection)),
        ("Gaps", f"picture {_gap(inspection.longest_gap_video_s)}, sound {_gap(inspection.longest_gap_audio_s)}"),
        ("Whole", "yes" if inspection.whole else "no"),
        *(("", problem) for problem in inspection.problems),
        *_chapters(inspection),
    ]
    lines = [inspection.path.name, *(f"  {label:<10} {text}" for label, text in rows if text)]
    return "\n".join(_printable(line) for line in lines + _received(inspection.report))


def _chapters(inspection: Inspection) -> list[tuple[str, str]]:
    named = [f"{clock_text(chapter.start_s)}  {chapter.text}" for chapter in inspection.chapters]
    return list(zip(["Chapters", *[""] * len(named)], named, strict=False))


def _printable(line: str) -> str:
    """A title is anything at all, and must not steer the terminal."""
    return "".join(sign if sign.isprintable() else " " for sign in line)


def _received(report: Mapping[str, Any] | None) -> list[str]:
    """How each track was received and what a busy machine has cost, for a report of a version that we know, and of the
    shape that we write."""
    if report is None or report.get("version") != VERSION:
        return []
    try:
        parts = (as_table(report["tracks"]), as_steps(report["load"]))
        return [f"  {line}" if line else "" for part in parts if part for line in ("", *part)]
    except (KeyError, TypeError, ValueError):
        return []


def _moment(created_s: int) -> datetime.datetime | None:
    """None when it is not known, or beyond the calendar."""
    try:
        return datetime.datetime.fromtimestamp(created_s, datetime.UTC) if created_s else None
    except (OverflowError, ValueError, OSError):
        return None


def _length(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest / 1000:06.3f}"


def _bitrate_kbps(inspection: Inspection) -> float:
    return inspection.size_bytes * 8 / 1000 / inspection.duration_s if inspection.duration_s else 0


def _track(track: InspectedTrack, inspection: Inspection) -> str:
    codec = " ".join(word for word in (track.codec, track.profile) if word)
    if track.kind == "video":
        return f"{codec}, {inspection.width}x{inspection.height}, {track.rate:g} fps, {track.samples} pictures"
    layout = _LAYOUTS.get(track.channels, f"{track.channels} channels")
    return f"{codec}, {track.rate / 1000:g} kHz {layout}".rstrip()


def _fragments(inspection: Inspection) -> str:
    if not inspection.fragments:
        return "none: an ordinary file"
    return f"{inspection.fragments}, the longest {inspection.longest_fragment_s:.2f} s"


def _gap(seconds: float) -> str:
    return f"{seconds:.3f} s" if seconds >= 0.001 else "none"
