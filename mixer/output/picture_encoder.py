"""Pictures to H.264."""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.stream import VideoStream

from mixer.errors import OutputError
from mixer.mp4.sample import Sample
from mixer.mp4.track import PICTURE, Track, avc1
from mixer.output.parameter_sets import ParameterSets, Sequencing, configuration, parameter_sets
from mixer.output.settings import OutputSettings
from mixer.output.slices import numbered
from mixer.output.still import Stills
from mixer.output.x264 import ladder, open_x264

log = logging.getLogger(__name__)

UNITS = 1000  # of the track's timescale in one tick


@dataclass(frozen=True, slots=True)
class _Due:
    """A picture that has been taken and not given out yet."""

    tick: int
    coded: bool  # by x264; otherwise it is a still


class PictureEncoder:
    """Every group of pictures is closed and begins a fragment; `encode` is told where one begins.

    x264 holds back one picture, because it wants to know how long each is shown; it comes out with the next one that
    changed, at the latest with the next group. Pictures that did not change wait behind it, at most a group of them.
    """

    def __init__(self, settings: OutputSettings, track_id: int) -> None:
        """Raises OutputError when the encoder refuses the settings."""
        self._settings = settings
        self._efforts = ladder(settings.preset)
        self._level = self._wanted = 0
        self._context = open_x264(settings, self._efforts[0], 0)
        sets = [_sets(self._context)]
        sets += [_sets(open_x264(settings, effort, level)) for level, effort in enumerate(self._efforts) if level]
        self._sequencing = _sequencing(sets)
        self._stills = Stills(self._sequencing, len(sets))
        every_pps = [one.pps_as(level) for level, one in enumerate(sets)]
        self.track = picture_track(track_id, settings, sets[0].sps, [*every_pps, self._stills.pps])
        self._time_base = Fraction(1, settings.fps)
        self._due: deque[_Due] = deque()
        self._frame_num = 0  # of the next picture given out, counted from its IDR
        self._stills_given = False  # since the IDR
        self._fresh = True  # the context has not been given a picture yet
        self._alone = False  # the last group has only its IDR so far

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

    def encode(self, frame: av.VideoFrame, tick: int, *, keyframe: bool, changed: bool = True) -> list[Sample]:
        """`frame` is changed (pts, time base, picture type), and not looked at any more after the return."""
        if not changed and not keyframe:
            self._alone = False
            self._due.append(_Due(tick, coded=False))
            return []
        samples = self._switched() if keyframe and self.wants_group else []
        self._alone = keyframe
        self._fresh = False
        frame.pts = tick
        frame.time_base = self._time_base
        frame.pict_type = PictureType.I if keyframe else PictureType.NONE
        self._due.append(_Due(tick, coded=True))
        for packet in self._context.encode(frame):
            samples += self._given(packet)
        return samples

    def flush(self) -> list[Sample]:
        """What was held back. Nothing can be encoded after that."""
        if self._fresh:
            return []
        return [sample for packet in self._context.encode(None) for sample in self._given(packet)]

    def _switched(self) -> list[Sample]:
        """Goes on with another encoder; with the one there is when the other cannot be opened, for want of memory."""
        try:
            context = open_x264(self._settings, self._efforts[self._wanted], self._wanted, goes_on=True)
        except OutputError as error:
            log.warning("The encoder stays at its level of effort %d: %s", self._level, error)
            self._wanted = self._level
            return []
        samples = self.flush()
        self._level, self._context, self._fresh = self._wanted, context, True
        return samples

    def _given(self, packet: "av.Packet[VideoStream]") -> list[Sample]:
        """A picture from x264, and the stills behind it."""
        due = self._due.popleft()
        if packet.pts != due.tick or not due.coded:
            raise OutputError("The H.264 encoder changed the order of pictures; this build of libavcodec is of no use.")
        if packet.is_keyframe:
            self._frame_num, self._stills_given = 0, False
        data = bytes(packet)
        if self._stills_given:
            bits = self._sequencing.frame_num_bits
            data = numbered(data, self._frame_num % (1 << bits), bits)
        samples = [Sample(due.tick * UNITS, UNITS, 0, packet.is_keyframe, data)]
        self._frame_num += 1
        while self._due and not self._due[0].coded:
            still = self._due.popleft()
            samples.append(Sample(still.tick * UNITS, UNITS, 0, False, self._stills.sample(self._frame_num)))
            self._frame_num += 1
            self._stills_given = True
        return samples


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


def _sets(context: VideoCodecContext) -> ParameterSets:
    try:
        return parameter_sets(bytes(context.extradata or b""))
    except ValueError as error:
        raise OutputError(f"This build of libavcodec has an x264 that cannot be used: {error}.") from error


def _sequencing(sets: list[ParameterSets]) -> Sequencing:
    """What all of them share, so that they can be in one track."""
    try:
        found = {one.sequencing for one in sets}
    except ValueError as error:
        raise OutputError(f"This build of libavcodec has an x264 that cannot be used: {error}.") from error
    if len(found) != 1 or not next(iter(found)).allows_stills:
        raise OutputError("The presets of this build's x264 do not fit into one track; use another build of PyAV.")
    return next(iter(found))
