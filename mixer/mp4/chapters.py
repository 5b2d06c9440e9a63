"""Chapters as a track of texts, which is what QuickTime's players know (QuickTime File Format, "Chapter Lists"); others
read the list in the label."""

import struct
from collections.abc import Sequence

from mixer.mp4.box import box
from mixer.mp4.index import TrackIndex
from mixer.mp4.label import Chapter
from mixer.mp4.track import TEXT, Track

TIMESCALE = 1000
_NS_A_TICK = 1_000_000_000 // TIMESCALE
_MOST_TEXT = 1000  # bytes
_UTF8 = box(b"encd", struct.pack(">I", 0x100))
# Every field 0: nobody draws it.
_ENTRY = box(b"text", struct.pack(">6xH", 1), bytes(43))


def chapter_track(track_id: int) -> Track:
    return Track(id=track_id, handler=TEXT, timescale=TIMESCALE, entry=_ENTRY)


def chapter_samples(chapters: Sequence[Chapter], end_ns: int, offset: int) -> tuple[bytes, TrackIndex]:
    """The samples, which are to lie at byte `offset` of the file, and where that is. `chapters` are in order of time
    and begin before `end_ns`; of several at one instant the last counts."""
    texts = {start_ns // _NS_A_TICK: text for start_ns, text in chapters}
    starts = list(texts)
    samples = [_sample(text) for text in texts.values()]
    ends = [*starts[1:], max(end_ns // _NS_A_TICK, starts[-1] + 1)]
    index = TrackIndex()
    index.append(
        offset,
        starts[0],
        sizes=[len(sample) for sample in samples],
        durations=[end - start for start, end in zip(starts, ends, strict=True)],
        shifts=[0] * len(samples),
        sync=[True] * len(samples),
    )
    return b"".join(samples), index


def _sample(text: str) -> bytes:
    words = text.encode()[:_MOST_TEXT].decode(errors="ignore").encode()
    return struct.pack(">H", len(words)) + words + _UTF8
