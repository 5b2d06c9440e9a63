"""What a file says about itself: title, when it was made, chapters, a report of its making (the udta box)."""

import datetime
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mixer.mp4.box import Bytes, box, child, full_box

_UTF8 = 1
_MOST_CHAPTERS = 255  # the count is one byte
_MOST_TITLE = 255  # so is a chapter title's length
_CHAPTER_TICKS_NS = 100
_LATEST_S = 253_402_300_799  # the last second of the year 9999: a damaged head can say anything
# Ours alone, so that nobody takes it for something else (ISO/IEC 14496-12 §4.2, user types).
_REPORT = uuid.UUID("6b1f0c62-53a9-5f0e-9d53-6a3b7f0f2f11").bytes


class Chapter(NamedTuple):
    start_ns: int
    title: str


@dataclass(frozen=True, slots=True)
class Label:
    """`created_s` is seconds since 1970, UTC; 0 when unknown. Chapters after the 255th are left out. `report` is kept
    as it is given; players pass it over."""

    title: str = ""
    created_s: int = 0
    chapters: Sequence[Chapter] = ()
    report: bytes = b""


def label_box(label: Label) -> bytes:
    chapters = [_chpl(label.chapters)] if label.chapters else []
    report = [box(b"uuid", _REPORT, label.report)] if label.report else []
    return box(b"udta", *chapters, _meta(label), *report)


def read_title(moov: Bytes) -> str:
    """The title of a moov box's payload, empty when it has none."""
    meta = child(moov, b"udta", b"meta")
    data = child(meta[4:], b"ilst", b"\xa9nam", b"data") if meta else None
    return bytes(data[8:]).decode("utf-8", errors="replace") if data else ""


def read_report(moov: Bytes) -> bytes:
    """Empty when there is none."""
    found = bytes(child(moov, b"udta", b"uuid") or b"")
    return found[len(_REPORT) :] if found.startswith(_REPORT) else b""


def read_chapters(moov: Bytes) -> tuple[Chapter, ...]:
    table = bytes(child(moov, b"udta", b"chpl") or b"")
    if len(table) < 9:
        return ()
    chapters, position = [], 9
    for _ in range(table[8]):
        if position + 9 > len(table):
            break
        start, length = struct.unpack_from(">QB", table, position)
        title = table[position + 9 : position + 9 + length].decode("utf-8", errors="replace")
        chapters.append(Chapter(start * _CHAPTER_TICKS_NS, title))
        position += 9 + length
    return tuple(chapters)


def _meta(label: Label) -> bytes:
    """Tags where QuickTime, FFmpeg and file managers look for them."""
    values = {b"\xa9nam": label.title, b"\xa9day": _day(label.created_s), b"\xa9too": "roomreel"}
    tags = [
        box(name, box(b"data", struct.pack(">II", _UTF8, 0), value.encode())) for name, value in values.items() if value
    ]
    handler = full_box(b"hdlr", 0, 0, bytes(4), b"mdirappl", bytes(9))
    return full_box(b"meta", 0, 0, handler, box(b"ilst", *tags))


def _day(created_s: int) -> str:
    if not 0 < created_s <= _LATEST_S:
        return ""
    return datetime.datetime.fromtimestamp(created_s, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _chpl(chapters: Sequence[Chapter]) -> bytes:
    rows = []
    for start_ns, text in chapters[:_MOST_CHAPTERS]:
        title = text.encode()[:_MOST_TITLE].decode(errors="ignore").encode()
        rows.append(struct.pack(">QB", start_ns // _CHAPTER_TICKS_NS, len(title)) + title)
    return full_box(b"chpl", 1, 0, struct.pack(">IB", 0, len(rows)), *rows)
