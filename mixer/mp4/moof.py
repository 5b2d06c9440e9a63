"""Reads one fragment's description, ours or anybody's (ISO/IEC 14496-12 §8.8). The other direction is fragment.py."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mixer.mp4.box import boxes, child
from mixer.mp4.moov import Defaults
from mixer.mp4.shown import MOST_SAMPLES

_NOT_SYNC = 0x10000

# Optional fields in the order they come, by flag: tfhd's are (width, name), trun's one column of 32 bits each.
_TFHD = {
    0x1: ("Q", "base"),
    0x2: ("I", "description"),
    0x8: ("I", "duration"),
    0x10: ("I", "size"),
    0x20: ("I", "flags"),
}
_TRUN_OFFSET, _TRUN_FIRST_FLAGS = 0x1, 0x4
_TRUN_COLUMNS = {0x100: "duration", 0x200: "size", 0x400: "flags", 0x800: "shift"}


@dataclass(frozen=True, slots=True)
class ReadRun:
    """One trun: `offset` counts from the beginning of the file."""

    track_id: int
    offset: int
    dts: int
    durations: NDArray[np.int64]
    sizes: NDArray[np.int64]
    shifts: NDArray[np.int64]
    sync: NDArray[np.bool_]

    @property
    def end(self) -> int:
        return self.offset + int(self.sizes.sum())


def read_moof(
    payload: bytes, start: int, defaults: Mapping[int, Defaults], ends: Mapping[int, int]
) -> Iterator[ReadRun]:
    """The runs of the moof that begins at byte `start`. `ends`: where each track's last run ended, for
    fragments that do not say when they begin. Raises struct.error, KeyError or ValueError on nonsense."""
    position = start
    for box in boxes(payload):
        if box.kind == b"traf":
            for run in _read_traf(box.within(payload), start, position, defaults, ends):
                position = run.end
                yield run


def _read_traf(
    traf: bytes, start: int, position: int, defaults: Mapping[int, Defaults], ends: Mapping[int, int]
) -> Iterator[ReadRun]:
    header = child(traf, b"tfhd")
    if header is None:
        raise ValueError("traf without tfhd")
    flags, track_id = struct.unpack_from(">II", header)
    default = defaults[track_id]
    values = {"base": start, "duration": default.duration, "size": default.size, "flags": default.flags}
    field = 8
    for flag, (width, name) in _TFHD.items():
        if flags & flag:
            (values[name],) = struct.unpack_from(f">{width}", header, field)
            field += struct.calcsize(width)
    time = child(traf, b"tfdt")
    dts = struct.unpack_from(">Q" if time[0] == 1 else ">I", time, 4)[0] if time else ends.get(track_id, 0)
    for box in boxes(traf):
        if box.kind == b"trun":
            run = _read_trun(box.within(traf), track_id, dts, position, values)
            yield run
            dts += int(run.durations.sum())
            position = run.end


def _read_trun(trun: bytes, track_id: int, dts: int, position: int, values: Mapping[str, int]) -> ReadRun:
    flags, count = struct.unpack_from(">II", trun)
    flags &= 0xFFFFFF
    if count > MOST_SAMPLES:
        raise ValueError("more samples than a recording can have")
    field = 8
    if flags & _TRUN_OFFSET:
        position = values["base"] + struct.unpack_from(">i", trun, field)[0]
        field += 4
    first_flags = None
    if flags & _TRUN_FIRST_FLAGS:
        (first_flags,) = struct.unpack_from(">I", trun, field)
        field += 4
    names = [name for flag, name in _TRUN_COLUMNS.items() if flags & flag]
    rows = np.frombuffer(trun, ">u4", count * len(names), field).reshape(count, len(names)).astype(np.uint32)
    columns = {name: rows[:, number] for number, name in enumerate(names)}

    def column(name: str) -> NDArray[np.int64]:
        return columns[name].astype(np.int64) if name in columns else np.full(count, values[name], np.int64)

    sample_flags = column("flags")
    if first_flags is not None and count:
        sample_flags[0] = first_flags
    shifts = columns["shift"].view(np.int32).astype(np.int64) if "shift" in columns else np.zeros(count, np.int64)
    sync = sample_flags & _NOT_SYNC == 0
    return ReadRun(track_id, position, dts, column("duration"), column("size"), shifts, sync)
