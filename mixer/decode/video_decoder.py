"""Encoded frames of one track in, pictures out."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias, cast

import av
from av.codec import Codec as LibavCodec
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange, VideoReformatter

from mixer.decode.colour import OF_THE_FILE, Colours, Matrix, colours_of
from mixer.decode.crew import FAILURES
from mixer.decode.picture import Picture, upright
from mixer.decode.video_codec import MAX_PIXELS, VIDEO_CODECS
from mixer.frame import Codec, EncodedFrame
from mixer.source import Size

PLANAR_420 = frozenset({"yuv420p", "yuvj420p"})
Packet: TypeAlias = "av.Packet[Any]"
Shown: TypeAlias = list[av.VideoFrame]  # by one packet: one picture, rarely none
# More frames than this are never on their way at a time (a track's queue holds fewer); the rotation of older ones is
# forgotten.
MAX_PENDING = 1024


class DecodeFailed(Exception):  # noqa: N818 - it is an outcome, handled by the timeline, and never leaves the mixer
    """The frame could not be decoded, or only to a damaged picture. The decoder is to be thrown away."""


class VideoDecoder:
    """One codec, from a keyframe on. Used by one thread at a time; holds the GIL only between frames.

    libavcodec leaves the caches cold for Python: `decode` comes apart into `packet`, `decoding` and `picture`, so that
    all tracks do the first before any of them is decoded, and the last when all of them are.
    """

    def __init__(self, codec: Codec, untagged: Matrix, *, strict: bool = True) -> None:
        """Not `strict`: what libavcodec finds odd but can decode is no error."""
        self.codec = codec
        self._untagged = untagged
        self._rotations: dict[int, int] = {}  # by pts, of the frames that are not upright
        self._said: tuple[str, int, int, int, int, int] | None = None  # what the picture before said of itself
        self._colours = Colours(untagged, full_range=False)  # and what that means
        self._is_planar_420 = True
        self._size: Size | None = None
        self._reformatter = VideoReformatter()
        entry = VIDEO_CODECS[codec]
        self._checked = entry.checked
        strictness = entry.strictness if strict else {}
        self._context = cast("VideoCodecContext", LibavCodec(entry.decoder, "r").create())
        self._context.options = {**entry.options, **strictness, "max_pixels": str(MAX_PIXELS)}
        # Many tracks share the cores; threads inside a decoder cost a frame of delay and gain nothing here.
        self._context.thread_count = 1

    def decode(self, frame: EncodedFrame) -> Picture | None:
        """The picture, or None for a frame that shows none (VP8's alternate references). Raises DecodeFailed."""
        if not frame.data:
            return None
        packet = self.packet(frame)
        try:
            shown = next(self.decoding([packet]))
        except FAILURES as error:
            raise DecodeFailed(str(error)) from error
        return self.picture(shown, frame.pts_ns)

    def packet(self, frame: EncodedFrame) -> Packet:
        """For `decoding`. The frame is not empty: that would flush the decoder, and it would take nothing more. Raises
        DecodeFailed."""
        if frame.rotation:
            self._remember(frame)
        data = frame.data
        if self._checked is not None:
            try:
                data = self._checked(data)
            except ValueError as error:
                raise DecodeFailed(str(error)) from error
        packet = av.Packet(data)
        packet.pts = frame.pts_ns
        return packet

    def decoding(self, packets: Sequence[Packet]) -> Iterator[Shown]:
        """Decodes them while it is iterated: what each shows, for `picture`. Only the last is meant to be seen: of the
        others those that no frame needs (the upper temporal layers of VP8 and H264) cost nothing and show nothing.
        Raises one of FAILURES."""
        return self._skipping(packets) if len(packets) > 1 else map(self._context.decode, packets)

    def picture(self, shown: Shown, pts_ns: int) -> Picture | None:
        """None when nothing is shown. Raises DecodeFailed."""
        for item in shown:
            if item.is_corrupt:
                raise DecodeFailed("a damaged picture")
        return self._picture(shown[-1], pts_ns) if shown else None

    def _skipping(self, packets: Sequence[Packet]) -> Iterator[Shown]:
        self._context.skip_frame = "NONREF"
        try:
            yield from map(self._context.decode, packets[:-1])
        finally:
            self._context.skip_frame = "DEFAULT"
        yield self._context.decode(packets[-1])

    def _remember(self, frame: EncodedFrame) -> None:
        """Which way up a picture is must outlive the decoder's delay, should it have one."""
        if len(self._rotations) >= MAX_PENDING:
            del self._rotations[next(iter(self._rotations))]
        self._rotations[frame.pts_ns] = frame.rotation % 360 // 90 * 90

    def _picture(self, shown: av.VideoFrame, pts_ns: int) -> Picture:
        if shown.pts is not None:
            pts_ns = shown.pts
        rotation = self._upright(pts_ns) if self._rotations else 0
        said = (shown.format.name, shown.colorspace, shown.color_range, shown.width, shown.height, rotation)
        if said != self._said:
            self._said = said
            self._is_planar_420 = shown.format.name in PLANAR_420
            self._size = upright(shown.width, shown.height, rotation)
            self._colours = self._heard(shown)
        if self._is_planar_420:
            return Picture(shown, pts_ns, rotation, self._colours, self._size)
        converted, colours = self._to_planar_420(shown, self._colours)
        return Picture(converted, pts_ns, rotation, colours, self._size)

    def _upright(self, pts_ns: int) -> int:
        """Which way to turn the picture; of those before it nobody will ask any more."""
        rotation = self._rotations.get(pts_ns, 0)
        for stamp in [stamp for stamp in self._rotations if stamp <= pts_ns]:
            del self._rotations[stamp]
        return rotation

    def _heard(self, shown: av.VideoFrame) -> Colours:
        colours = colours_of(self.codec, shown.colorspace, shown.color_range, shown.height, self._untagged)
        return Colours(colours.matrix, full_range=True) if shown.format.name.startswith("yuvj") else colours

    def _to_planar_420(self, shown: av.VideoFrame, colours: Colours) -> tuple[av.VideoFrame, Colours]:
        """8 bit and 4:2:0 without touching matrix or range; only RGB becomes BT.709 limited on the way."""
        if shown.format.is_rgb:
            converted = self._reformatter.reformat(
                shown, format="yuv420p", dst_colorspace=1, dst_color_range=ColorRange.MPEG, threads=1
            )
            return converted, OF_THE_FILE
        span = ColorRange.JPEG if colours.full_range else ColorRange.MPEG
        converted = self._reformatter.reformat(
            shown,
            format="yuvj420p" if colours.full_range else "yuv420p",
            src_color_range=span,
            dst_color_range=span,
            threads=1,
        )
        return converted, colours
