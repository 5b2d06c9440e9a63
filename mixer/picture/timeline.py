"""One video track, asked by time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from mixer.decode.crew import Job
from mixer.decode.frame_queue import FrameQueue
from mixer.decode.pacing import due_ns, enough_ns
from mixer.decode.picture import Picture
from mixer.decode.video_decoder import DecodeFailed, Packet, Shown, VideoDecoder
from mixer.frame import Codec, EncodedFrame
from mixer.requests import Requests
from mixer.settings import MixSettings
from mixer.source import Size

# A sender whose keyframes fail this often in a row is odd, not damaged: from then on its decoder is not strict.
MOST_BAD_KEYFRAMES = 3
# In place of pictures that were decoded, and are followed by newer ones.
_OUTDATED: Shown = []
# While only keyframes are decoded, one is asked for when the last is this old.
KEYFRAME_NS = 2_000_000_000


@dataclass(slots=True)
class TimelineStats:
    """Since the track came. `frozen_*`: shown, but with a picture older than half a second."""

    codec: str = ""
    width: int = 0
    height: int = 0
    decoded: int = 0
    shown: int = 0
    skipped: int = 0  # not decoded, because nothing that is shown needs it, or there was no time
    dropped: int = 0  # the queue was full, the track was not shown, or a keyframe was missing
    decode_errors: int = 0
    freezes: int = 0
    frozen_ns: int = 0
    longest_freeze_ns: int = 0


class VideoTimeline:
    """Keeps what came encoded and decodes it when its tick is there: what is never shown is never decoded.

    `push` and `snapshot` from any thread; the rest is called by one thread at a time: `take` (or `take_keyframe`) and
    `finish` once a tick, or `discard`. `picture` is the newest whole one: a damaged or missing frame leaves it as it is
    until the next keyframe, which is asked for.
    """

    def __init__(self, track: str, settings: MixSettings, requests: Requests) -> None:
        self.track = track
        self.picture: Picture | None = None
        self.newest_ns: int | None = None  # pts of the newest frame whose tick has come, decoded or not
        self.lost_ns: int | None = None  # pts of the first frame after `picture` that failed or lacked a keyframe
        self.stats = TimelineStats()
        self._interval_ns = 1_000_000_000 // settings.fps
        self._untagged = settings.untagged_matrix
        self._requests = requests
        self._queue = FrameQueue(settings.queue_frames, settings.queue_bytes)
        self._taken: list[EncodedFrame] = []
        self._decoded: list[Shown] = []  # of those, up to one that failed
        self._size: Size | None = None  # of the last picture
        self._breaks_off = False  # frames were left out behind those that were taken
        self._decoder: VideoDecoder | None = None
        self._bad_keyframes = 0  # in a row
        self._asked_ns: int | None = None  # when a keyframe last came or was asked for, while only they are decoded

    def push(self, frame: EncodedFrame) -> None:
        if frame.data and not self._queue.push(frame):
            self._requests.request_keyframe(self.track)

    def take(self, tick_ns: int) -> Job:
        """The frames up to the picture that belongs to the tick. What is returned decodes them, on any thread; `finish`
        follows. They are apart because `take` and `finish` cost less for all tracks in a row: libavcodec leaves nothing
        of Python in the caches."""
        frames = self._take(tick_ns, enough_ns(tick_ns, self._interval_ns))
        if len(frames) > 1:
            first = next((index for index in reversed(range(len(frames))) if frames[index].keyframe), 0)
            self.stats.skipped += first
            frames = frames[first:]
        return self._job(frames)

    def take_keyframe(self, tick_ns: int) -> Job:
        """As `take`, but nothing of the newest keyframe; and one is asked for now and then: there is no time for
        more."""
        frames = self._take(tick_ns)
        keyframe = next((frame for frame in reversed(frames) if frame.keyframe), None)
        self.stats.skipped += len(frames) - (keyframe is not None)
        if keyframe is not None or self._asked_ns is None:
            self._asked_ns = tick_ns
        elif tick_ns - self._asked_ns >= KEYFRAME_NS:
            self._asked_ns = tick_ns
            self._requests.request_keyframe(self.track)
        self._breaks_off = bool(frames) and frames[-1] is not keyframe
        return self._job([keyframe] if keyframe is not None else [])

    @property
    def pixels(self) -> int:
        """Of what was taken, about."""
        return len(self._taken) * self.stats.width * self.stats.height

    def finish(self) -> None:
        """Show what was decoded."""
        decoded = iter(self._decoded)
        for frame in self._taken:
            self._see(frame, next(decoded, None))
        self._taken, self._decoded = [], []
        if self._breaks_off:
            self._breaks_off = False
            self._decoder = None

    def discard(self, tick_ns: int) -> None:
        """Let the frames of the tick go undecoded: the track is not shown. A keyframe is needed afterwards."""
        frames = self._take(tick_ns)
        if frames:
            self.stats.dropped += len(frames)
            self._decoder = None

    def is_due(self, tick_ns: int) -> bool:
        """There are frames that `take` or `discard` would take."""
        next_ns = self._queue.next_ns
        return next_ns is not None and next_ns <= due_ns(tick_ns, self._interval_ns)

    def forget(self) -> None:
        """The picture is out of date and must not come back."""
        self.picture = None

    def snapshot(self) -> TimelineStats:
        """A copy of the figures; from any thread."""
        return replace(self.stats, dropped=self.stats.dropped + self._queue.dropped)

    def _take(self, tick_ns: int, enough: int | None = None) -> list[EncodedFrame]:
        """All that are due, without `enough`."""
        due = due_ns(tick_ns, self._interval_ns)
        frames = self._queue.take(due, due if enough is None else enough)
        if frames:
            self.newest_ns = frames[-1].pts_ns
        return frames

    def _job(self, frames: list[EncodedFrame]) -> Job:
        """Decodes up to the first frame that cannot be decoded."""
        self._taken = frames
        if frames and frames[0].keyframe:
            self._start(frames[0].codec)
        decoder = self._decoder
        if decoder is None:
            return _nothing
        packets: list[Packet] = []
        try:
            for frame in frames:
                if frame.codec is not decoder.codec:
                    break
                packets.append(decoder.packet(frame))
        except DecodeFailed:
            pass
        decoding = decoder.decoding(packets)
        return partial(self._decoded.extend if len(packets) == 1 else self._keep_newest, decoding)

    def _keep_newest(self, decoding: Iterator[Shown]) -> None:
        """A mix that is behind decodes many frames at a time: of their pictures it keeps the newest whole one."""
        newest = None
        for shown in decoding:
            self._decoded.append(shown)
            if any(item.is_corrupt for item in shown):
                return
            if shown:
                if newest is not None:
                    self._decoded[newest] = _OUTDATED
                newest = len(self._decoded) - 1

    def _see(self, frame: EncodedFrame, decoded: Shown | None) -> None:
        """`decoded` None: it failed, or was not tried."""
        decoder, stats = self._decoder, self.stats
        if decoder is None or decoder.codec is not frame.codec:
            stats.dropped += 1
            self._lose(frame)
            return
        if decoded is _OUTDATED:
            stats.decoded += 1
            stats.shown += 1
            return
        try:
            if decoded is None:
                raise DecodeFailed
            picture = decoder.picture(decoded, frame.pts_ns)
        except DecodeFailed:
            self._bad_keyframes += frame.keyframe
            stats.decode_errors += 1
            self._lose(frame)
            return
        if frame.keyframe and self._bad_keyframes < MOST_BAD_KEYFRAMES:
            self._bad_keyframes = 0
        if picture is not None:
            self.picture, self.lost_ns = picture, None
            stats.decoded += 1
            stats.shown += 1
            if picture.size is not self._size:
                self._size = picture.size
                stats.width, stats.height = picture.size.width, picture.size.height
        elif frame is self._taken[-1]:
            stats.decoded += 1
        else:
            stats.skipped += 1

    def _lose(self, frame: EncodedFrame) -> None:
        """A keyframe is needed after it."""
        self._decoder = None
        if self.lost_ns is None:
            self.lost_ns = frame.pts_ns
        self._requests.request_keyframe(self.track)

    def _start(self, codec: Codec) -> None:
        if self._decoder is None or self._decoder.codec is not codec:
            strict = self._bad_keyframes < MOST_BAD_KEYFRAMES
            self._decoder = VideoDecoder(codec, self._untagged, strict=strict)
            self.stats.codec = codec


def _nothing() -> None: ...
