"""Reads what the head of an MP4 says, ours or anybody's. The other direction is movie.py."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from mixer.errors import UnreadableFile
from mixer.mp4.box import Bytes, boxes, child
from mixer.mp4.label import Label, read_chapters, read_report, read_title
from mixer.mp4.movie import EPOCH_S
from mixer.mp4.track import PICTURE, SOUND, Track


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a fragment leaves unsaid about a track (trex, ISO/IEC 14496-12 §8.8.3)."""

    duration: int = 0
    size: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Moov:
    """`tracks` are those with pictures or sound. `tables` are their sample tables (stbl payloads), views of what was
    read; `defaults` is empty when the file is not fragmented. `duration` is in `timescale`."""

    tracks: tuple[Track, ...]
    tables: Mapping[int, memoryview]
    defaults: Mapping[int, Defaults]
    label: Label
    timescale: int
    duration: int
    late: Mapping[int, int]  # how long after time 0 a track begins, in the movie's timescale


def read_moov(payload: bytes) -> Moov:
    """Raises UnreadableFile when it is no moov box's payload."""
    try:
        return _read(memoryview(payload))
    except (struct.error, IndexError, TypeError) as error:
        raise UnreadableFile("its head (moov) is damaged") from error


def _read(payload: memoryview) -> Moov:
    created_s, timescale, duration = _times(_found(child(payload, b"mvhd"), "mvhd"))
    tracks, tables, late = [], {}, {}
    for box in boxes(payload):
        if box.kind != b"trak":
            continue
        trak = box.within(payload)
        if _found(child(trak, b"mdia", b"hdlr"), "hdlr")[8:12] not in (PICTURE, SOUND):
            continue
        table = _found(child(trak, b"mdia", b"minf", b"stbl"), "stbl")
        track, begin = _track(trak, table)
        tracks.append(track)
        tables[track.id], late[track.id] = table, begin
    if not tracks or not timescale:
        raise UnreadableFile("it has neither picture nor sound")
    label = Label(read_title(payload), created_s, read_chapters(payload), read_report(payload))
    return Moov(tuple(tracks), tables, _defaults(payload), label, timescale, duration, late)


def _found(payload: Bytes | None, kind: str) -> Bytes:
    if payload is None:
        raise UnreadableFile(f"its head (moov) has no {kind}")
    return payload


def _times(header: memoryview) -> tuple[int, int, int]:
    """mvhd and mdhd begin alike: when created (in seconds since 1970), timescale, duration."""
    created, timescale, duration = struct.unpack_from(">Q8xIQ" if header[0] == 1 else ">I4xII", header, 4)
    return max(0, created - EPOCH_S), timescale, duration


def _track(trak: memoryview, table: memoryview) -> tuple[Track, int]:
    header = _found(child(trak, b"tkhd"), "tkhd")
    (track_id,) = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)
    width, height = struct.unpack_from(">II", header, len(header) - 8)
    _, timescale, _ = _times(_found(child(trak, b"mdia", b"mdhd"), "mdhd"))
    description = _found(child(table, b"stsd"), "stsd")
    entry = next(boxes(description, 8), None)
    if entry is None or not timescale:
        raise UnreadableFile("its head (moov) does not say how a track is encoded")
    begin, media_start = _edits(child(trak, b"edts", b"elst"))
    handler = bytes(_found(child(trak, b"mdia", b"hdlr"), "hdlr")[8:12])
    data = bytes(description[entry.start : entry.end])
    return Track(track_id, handler, timescale, data, media_start, width >> 16, height >> 16), begin


def _edits(table: memoryview | None) -> tuple[int, int]:
    """(how late the track begins, which media time is shown then): an empty edit first, then the first real one."""
    if table is None:
        return 0, 0
    row = struct.Struct(">QqI" if table[0] == 1 else ">IiI")
    (count,) = struct.unpack_from(">I", table, 4)
    late = 0
    for number in range(min(count, (len(table) - 8) // row.size)):
        span, start, _ = row.unpack_from(table, 8 + number * row.size)
        if start >= 0:
            return late, start
        late += span
    return late, 0


def _defaults(payload: memoryview) -> dict[int, Defaults]:
    extends = child(payload, b"mvex")
    if extends is None:
        return {}
    rows = [struct.unpack_from(">5I", box.within(extends), 4) for box in boxes(extends) if box.kind == b"trex"]
    return {track_id: Defaults(*rest) for track_id, _, *rest in rows}
