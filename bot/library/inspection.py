"""What is in a recording, and whether it is all there."""

import json
from dataclasses import dataclass
from pathlib import Path

from bot.duration import clock_text
from bot.errors import NotARecording
from mixer.errors import UnreadableFile
from mixer.mp4.codec import describe
from mixer.mp4.contents import Contents, read_contents
from mixer.mp4.track import PICTURE, SOUND, Track

_NS = 1_000_000_000
_KINDS = {PICTURE: "video", SOUND: "audio"}
_MOST_RAGGED_S = 0.5  # tracks may end this far apart before it is called a fault


@dataclass(frozen=True, slots=True)
class InspectedTrack:
    """`profile` is empty where the codec has none that is known. `rate` is pictures a second, or Hz."""

    kind: str  # video, audio
    codec: str
    profile: str
    rate: float
    channels: int  # 0 for video
    samples: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class InspectedChapter:
    start_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """`created_s` is seconds since 1970 (0: unknown). Width, height and fps are of the first video track, 0 without
    one. A gap is time in which nothing new comes, beyond the usual. `fragments` counts those a file of ours
    grew in, finished or not; 0 for other ordinary files. `whole` is
    True when there are no `problems`, each a sentence. `report` is what the bot kept in
    a file of its own, else None."""

    path: Path
    size_bytes: int
    title: str
    created_s: int
    duration_s: float
    width: int
    height: int
    fps: float
    tracks: tuple[InspectedTrack, ...]
    fragments: int
    longest_fragment_s: float
    longest_gap_video_s: float
    longest_gap_audio_s: float
    problems: tuple[str, ...]
    chapters: tuple[InspectedChapter, ...] = ()
    report: dict[str, object] | None = None

    @property
    def whole(self) -> bool:
        return not self.problems


def inspect_file(path: Path) -> Inspection:
    """Reads heads and tables, decodes nothing: a second for an hour, finished or not. Raises NotARecording."""
    contents = _contents(path)
    tracks = tuple(_inspected(track, contents) for track in contents.moov.tracks)
    duration_s = max((track.duration_s for track in tracks), default=0.0)
    picture = next((track for track in contents.moov.tracks if track.handler == PICTURE), None)
    return Inspection(
        path=path,
        size_bytes=contents.size,
        title=contents.moov.label.title,
        created_s=contents.moov.label.created_s,
        duration_s=duration_s,
        width=picture.width if picture else 0,
        height=picture.height if picture else 0,
        fps=next((track.rate for track in tracks if track.kind == "video"), 0.0),
        tracks=tracks,
        fragments=contents.fragments,
        longest_fragment_s=contents.longest_fragment_ns / _NS,
        longest_gap_video_s=_longest_gap_s(contents, PICTURE),
        longest_gap_audio_s=_longest_gap_s(contents, SOUND),
        problems=tuple(_problems(contents, tracks, duration_s)),
        chapters=tuple(InspectedChapter(at_ns / _NS, text) for at_ns, text in contents.moov.label.chapters),
        report=_report(contents.moov.label.report),
    )


def _report(kept: bytes) -> dict[str, object] | None:
    """Anybody can write such a box: what is no JSON object is none of ours."""
    try:
        report = json.loads(kept) if kept else None
    except (ValueError, RecursionError):
        return None
    return report if isinstance(report, dict) else None


def _contents(path: Path) -> Contents:
    try:
        contents = read_contents(path)
    except FileNotFoundError:
        raise NotARecording(f"There is no file {path}.") from None
    except IsADirectoryError:
        raise NotARecording(f"{path} is a folder, not a recording.") from None
    except OSError as error:
        raise NotARecording(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnreadableFile as error:
        raise NotARecording(f"{path} is no recording: {error}.") from error
    if not any(len(shown.decoded) for shown in contents.shown.values()):
        raise NotARecording(f"{path} is no recording: there is no whole fragment in it.")
    return contents


def _inspected(track: Track, contents: Contents) -> InspectedTrack:
    shown = contents.shown[track.id]
    codec = describe(track.entry)
    rate: float = codec.sample_rate or track.timescale
    if track.handler == PICTURE:
        rate = round(track.timescale / shown.usual, 3) if shown.usual else 0.0
    late_s = contents.moov.late[track.id] / contents.moov.timescale
    end_s = late_s + shown.end(track.media_start) / track.timescale
    if not contents.moov.defaults and contents.moov.duration:
        end_s = min(end_s, contents.moov.duration / contents.moov.timescale)
    return InspectedTrack(
        kind=_KINDS[track.handler],
        codec=codec.name,
        profile=codec.profile,
        rate=rate,
        channels=codec.channels if track.handler == SOUND else 0,
        samples=len(shown.decoded),
        duration_s=round(end_s, 6),
    )


def _longest_gap_s(contents: Contents, handler: bytes) -> float:
    longest = 0.0
    for track in contents.moov.tracks:
        if track.handler == handler:
            late = contents.moov.late[track.id] * track.timescale // contents.moov.timescale
            gap = contents.shown[track.id].longest_gap(track.media_start, late)
            longest = max(longest, round(gap / track.timescale, 6))
    return longest


def _problems(contents: Contents, tracks: tuple[InspectedTrack, ...], duration_s: float) -> list[str]:
    problems = []
    if contents.cut:
        problems.append(
            f"The last {contents.cut} bytes are no whole fragment: what was in them is lost. It plays up to"
            f" {clock_text(duration_s)}."
        )
    if contents.unfinished:
        problems.append(
            "It was never finished: it is still being written, or its writer was killed and at most a second is lost."
        )
    if contents.missing:
        problems.append(f"It is cut off: {contents.missing} of the pictures and blocks of sound it lists are missing.")
    problems += [
        f"Its {track.kind} ends {duration_s - track.duration_s:.1f} s early, at {clock_text(track.duration_s)}."
        for track in tracks
        if duration_s - track.duration_s > _MOST_RAGGED_S
    ]
    problems += [f"There is no {kind} in it." for kind in _KINDS.values() if all(t.kind != kind for t in tracks)]
    return problems
