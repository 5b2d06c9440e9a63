"""Pictures to H.264."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import av

from mixer.errors import OutputError
from mixer.layout.tile import Rect
from mixer.mp4.sample import Sample
from mixer.mp4.track import PICTURE, Track, avc1
from mixer.output.libx264 import Encoder
from mixer.output.macroblocks import Stillness
from mixer.output.parameter_sets import ParameterSets, Sequencing, configuration
from mixer.output.rate import Rate
from mixer.output.settings import OutputSettings
from mixer.output.slices import numbered
from mixer.output.still import Stills
from mixer.output.x264 import ladder, open_x264

log = logging.getLogger(__name__)

UNITS = 1000  # of the track's timescale in one tick


@dataclass(frozen=True, slots=True)
class _Coded:
    """An IDR picture as x264 gave it."""

    data: bytes
    quantiser: int


class PictureEncoder:
    """Every group of pictures is closed and begins a fragment; `encode` is told where one begins. Each picture comes
    out at once."""

    def __init__(self, settings: OutputSettings, track_id: int) -> None:
        """Raises OutputError when the encoder refuses the settings."""
        self._settings = settings
        self._efforts = ladder(settings.preset)
        self._level = self._wanted = 0
        self._x264 = open_x264(settings, self._efforts[0], 0)
        self._rate = Rate(self._wanted_quantiser, settings.max_bitrate_kbps, settings.fps)
        sets = [_sets(self._x264)]
        sets += [_sets(open_x264(settings, effort, level)) for level, effort in enumerate(self._efforts) if level]
        self._sequencing = _sequencing(sets, settings)
        self._stillness = Stillness(settings.width, settings.height)
        self._stills = Stills(self._sequencing, len(sets))
        every_pps = [one.pps_as(level) for level, one in enumerate(sets)]
        self.track = picture_track(track_id, settings, sets[0].sps, [*every_pps, self._stills.pps])
        self._frame_num = 0  # of the next picture, counted from its IDR
        self._stills_given = False  # since the IDR
        self._alone = False  # the last group has only its IDR so far
        self._idr: _Coded | None = None  # what x264 coded last; None: that was no IDR picture
        self._signature = self._x264.signature  # until it is in the file

    @property
    def efforts(self) -> int:
        return len(self._efforts)

    @property
    def wants_group(self) -> bool:
        """A new level waits for a group to begin. Two IDR pictures of different encoders must not follow each other at
        once: they could have the same number. Behind an IDR it waits for one picture more."""
        return self._wanted != self._level and not self._alone

    def set_effort(self, level: int) -> None:
        """From the next group on (see `wants_group`)."""
        self._wanted = level

    def encode(
        self,
        frame: av.VideoFrame,
        tick: int,
        *,
        keyframe: bool,
        changed: bool = True,
        within: Sequence[Rect] | None = None,
    ) -> list[Sample]:
        """`frame` is not looked at any more after the return. Raises OutputError."""
        if keyframe:
            data = self._begun(frame, tick, changed=changed)
        elif changed:
            data = self._followed(frame, tick, within)
        else:
            data = self._stills.sample(self._frame_num)
            self._stills_given = True
        self._alone = keyframe
        self._frame_num += 1
        return [Sample(tick * UNITS, UNITS, 0, keyframe, data)]

    def flush(self) -> list[Sample]:
        """Nothing can be encoded after that."""
        self._x264.close()
        return []

    def _begun(self, frame: av.VideoFrame, tick: int, *, changed: bool) -> bytes:
        """The IDR picture of a group. That of a picture at rest is given again, not coded again: x264 would take as
        long for it as for any other, and come to the same bytes but for idr_pic_id.

        Two IDR pictures that follow each other at once must differ in that (H.264 §7.4.3). x264 numbers its own 0 and 1
        by turns, so that the next it codes differs from this one, however often this one was given.
        """
        if self.wants_group:
            self._switch()
        self._frame_num, self._stills_given = 0, False
        quantiser = self._rate.quantiser(tick, self._settings.fragment_ticks)
        idr = self._idr
        if changed or self._alone or idr is None or idr.quantiser != quantiser:
            self._idr = idr = _Coded(self._x264.encode(frame, tick, quantiser, idr=True), quantiser)
        self._rate.spent(len(idr.data), quantiser, keyframe=True)  # given again it is in the file again
        signature, self._signature = self._signature, b""
        return signature + idr.data

    def _followed(self, frame: av.VideoFrame, tick: int, within: Sequence[Rect] | None) -> bytes:
        """A picture that refers to the one before."""
        self._idr = None
        quantiser = self._rate.quantiser(tick, None)
        still = None if within is None else self._stillness.outside(within)
        data = self._x264.encode(frame, tick, quantiser, idr=False, still=still)
        self._rate.spent(len(data), quantiser, keyframe=False)
        if self._stills_given:
            bits = self._sequencing.frame_num_bits
            return numbered(data, self._frame_num % (1 << bits), bits)
        return data

    def _switch(self) -> None:
        """Goes on with another encoder; with the one there is when the other cannot be opened, for want of memory."""
        try:
            x264 = open_x264(self._settings, self._efforts[self._wanted], self._wanted)
        except OutputError as error:
            log.warning("The encoder stays at its level of effort %d: %s", self._level, error)
            self._wanted = self._level
            return
        self._x264.close()
        self._level, self._x264, self._idr = self._wanted, x264, None
        self._rate.wanted = self._wanted_quantiser

    @property
    def _wanted_quantiser(self) -> int:
        return self._settings.quantiser + self._efforts[self._wanted].coarser


def picture_track(track_id: int, settings: OutputSettings, sps: bytes, all_pps: Sequence[bytes]) -> Track:
    """A track of H.264 that is described by these parameter sets."""
    return Track(
        id=track_id,
        handler=PICTURE,
        timescale=settings.fps * UNITS,
        entry=avc1(settings.width, settings.height, configuration(sps, all_pps)),
        width=settings.width,
        height=settings.height,
    )


def _sets(x264: Encoder) -> ParameterSets:
    return ParameterSets(x264.sps, x264.pps)


def _sequencing(sets: list[ParameterSets], settings: OutputSettings) -> Sequencing:
    """What all of them share, so that they can be in one track."""
    try:
        found = {one.sequencing for one in sets}
    except ValueError as error:
        raise OutputError(f"This x264 cannot be used: {error}.") from error
    sequencing = next(iter(found))
    if len(found) != 1 or not sequencing.allows_stills:
        raise OutputError("The presets of this x264 do not fit into one track; use another build of PyAV.")
    if (sequencing.width, sequencing.height) != (-(-settings.width // 16), -(-settings.height // 16)):
        raise OutputError("This x264 makes pictures of another size than it was told; use another build of PyAV.")
    return sequencing
