"""The head of a file: what it is, what is in it, how its tracks lie on one time line (ISO/IEC 14496-12 §4.3 and §8)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from mixer.mp4.box import box, full_box
from mixer.mp4.index import Index, TrackIndex
from mixer.mp4.label import Label, label_box
from mixer.mp4.tables import empty_table, sample_table
from mixer.mp4.track import PICTURE, SOUND, TEXT, Track

TIMESCALE = 48_000  # of the time line; fine enough to cut sound to the sample
EPOCH_S = 2_082_844_800  # from 1904, where MP4 counts from, to 1970

_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_ENABLED, _IN_MOVIE = 1, 2
_UNDETERMINED = 0x55C4  # language "und"
_MOST_PADDING = 2048  # samples of sound: a block of silence to fill the last one up, and one that flushes the encoder

_MEDIA_HEADERS = {
    PICTURE: full_box(b"vmhd", 0, 1, bytes(8)),
    SOUND: full_box(b"smhd", 0, 0, bytes(4)),
    TEXT: box(b"gmhd", full_box(b"gmin", 0, 0, struct.pack(">HHHHHH", 0x40, 0x8000, 0x8000, 0x8000, 0, 0))),
}
_HANDLER_NAMES = {PICTURE: b"VideoHandler\0", SOUND: b"SoundHandler\0", TEXT: b"ChapterHandler\0"}
_SELF_CONTAINED = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))

FILE_TYPE = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isom", b"iso6", b"mp41", b"mp42", b"avc1")
# Room for the header of one large mdat: writing it here turns the fragmented file into an ordinary one (finish.py).
RESERVED = box(b"free", bytes(8))


@dataclass(frozen=True, slots=True)
class Movie:
    tracks: Sequence[Track]
    label: Label


def head(movie: Movie) -> bytes:
    """What a fragmented file begins with."""
    extends = [full_box(b"trex", 0, 0, struct.pack(">5I", track.id, 1, 0, 0, 0)) for track in movie.tracks]
    moov = box(
        b"moov",
        _mvhd(movie, 0),
        *(_trak(movie, track, [(0, track.media_start)], empty_table(track.entry)) for track in movie.tracks),
        box(b"mvex", *extends),
        label_box(movie.label),
    )
    return FILE_TYPE + RESERVED + moov


def complete(movie: Movie, index: Index) -> bytes:
    """The moov of an ordinary file whose samples lie where `index` says. Tracks without a sample are left out."""
    ends = _ends(movie, index)
    return box(
        b"moov",
        _mvhd(movie, max(ends.values(), default=0)),
        *(
            _whole_track(movie, track, index.tracks[track.id], ends[track.id])
            for track in movie.tracks
            if track.id in ends
        ),
        label_box(movie.label),
    )


def duration(movie: Movie, index: Index) -> int:
    """How long the file shows something, in units of TIMESCALE."""
    return max(_ends(movie, index).values(), default=0)


def _ends(movie: Movie, index: Index) -> dict[int, int]:
    """Where each track ends on the time line. Sound's last block is filled up with silence: its edit ends with the
    picture where nothing but that is cut off."""
    filled = [track for track in movie.tracks if index.tracks[track.id].sizes]
    ends = {
        track.id: scaled(max(0, index.tracks[track.id].shown_end - track.media_start), track.timescale)
        for track in filled
    }
    picture_end = max((ends[track.id] for track in filled if track.handler == PICTURE), default=0)
    for track in filled:
        padding = ends[track.id] - picture_end
        if track.handler == SOUND and picture_end and 0 < padding <= scaled(_MOST_PADDING, track.timescale):
            ends[track.id] = picture_end
    return ends


def scaled(time: int, timescale: int) -> int:
    return time * TIMESCALE // timescale


def _mvhd(movie: Movie, length: int) -> bytes:
    return full_box(
        b"mvhd",
        1,
        0,
        struct.pack(">QQIQ", *_dates(movie), TIMESCALE, length),
        struct.pack(">IH10x", 0x10000, 0x100),  # rate and volume 1
        _MATRIX,
        bytes(24),
        struct.pack(">I", max(track.id for track in movie.tracks) + 1),
    )


def _dates(movie: Movie) -> tuple[int, int]:
    """Created and modified. One that is written once and finished by the same bot was modified when it was created."""
    created = movie.label.created_s + EPOCH_S if movie.label.created_s else 0
    return created, created


def _whole_track(movie: Movie, track: Track, samples: TrackIndex, end: int) -> bytes:
    late = samples.start - track.media_start  # in a whole file media time 0 is the first sample
    begin = scaled(max(0, late), track.timescale)
    edits = [(begin, -1)] if begin else []
    edits.append((end - begin, max(0, -late)))
    length = samples.end - samples.start
    return _trak(movie, track, edits, sample_table(track.entry, samples), length=length, end=end)


def _trak(
    movie: Movie, track: Track, edits: Sequence[tuple[int, int]], table: bytes, *, length: int = 0, end: int = 0
) -> bytes:
    """`length` is in the track's timescale, `end` and the edits' durations in the movie's."""
    rows = [struct.pack(">QqI", span, start, 0x10000) for span, start in edits]
    return box(
        b"trak",
        _tkhd(movie, track, end),
        *_chapters_of(movie, track),
        box(b"edts", full_box(b"elst", 1, 0, struct.pack(">I", len(rows)), *rows)),
        box(
            b"mdia",
            full_box(b"mdhd", 1, 0, struct.pack(">QQIQHH", *_dates(movie), track.timescale, length, _UNDETERMINED, 0)),
            full_box(b"hdlr", 0, 0, bytes(4), track.handler, bytes(12), _HANDLER_NAMES[track.handler]),
            box(b"minf", _MEDIA_HEADERS[track.handler], _SELF_CONTAINED, table),
        ),
    )


def _chapters_of(movie: Movie, track: Track) -> list[bytes]:
    """The picture's chapters are the texts of another track."""
    texts = [other.id for other in movie.tracks if other.handler == TEXT]
    if track.handler != PICTURE or not texts:
        return []
    return [box(b"tref", box(b"chap", struct.pack(">I", texts[0])))]


def _tkhd(movie: Movie, track: Track, end: int) -> bytes:
    volume = 0x100 if track.handler == SOUND else 0
    return full_box(
        b"tkhd",
        1,
        _IN_MOVIE | (0 if track.handler == TEXT else _ENABLED),
        struct.pack(">QQI4xQ8xHHH2x", *_dates(movie), track.id, end, 0, 0, volume),
        _MATRIX,
        struct.pack(">II", track.width << 16, track.height << 16),
    )
