"""Decodes single samples of a recording, strictly: what players would paper over is an error."""

from collections.abc import Iterator
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from mixer.errors import UnreadableFile
from mixer.mp4.codec import decoder_configuration, describe
from mixer.mp4.lookup import Lookup
from mixer.mp4.opened import OpenedFile

_STRICT = {"err_detect": "crccheck+bitstream+buffer+explode"}


class SampleDecoder:
    """Of one track; from any keyframe. One thread: a check must not take a processor from those who record."""

    def __init__(self, opened: OpenedFile, lookup: Lookup) -> None:
        """Raises UnreadableFile when there is no decoder for it. The file stays the caller's."""
        self._opened = opened
        self._lookup = lookup
        entry = lookup.track.entry
        try:
            self._codec = av.CodecContext.create(describe(entry).name, "r")
            self._codec.extradata = decoder_configuration(entry)
            self._codec.options = _STRICT
            self._codec.thread_count = 1
        except (av.FFmpegError, ValueError) as error:
            raise UnreadableFile(f"there is no decoder for it: {error}") from error

    def decode(self, first: int, end: int) -> Iterator[VideoFrame | AudioFrame]:
        """What samples `first` (a keyframe) to `end` (not included) show, in the order of showing. Raises OSError, and
        UnreadableFile for damage."""
        self._codec.flush_buffers()
        try:
            for number in range(first, end):
                yield from self._decoded(self._sample(number))
            yield from self._decoded(None)
        except av.FFmpegError as error:
            raise UnreadableFile(f"it cannot be decoded: {error}") from error

    def _sample(self, number: int) -> "Packet[Stream]":
        data = self._opened.read(self._lookup, number)
        if not any(data):
            raise UnreadableFile("there are zeros in place of it")
        packet: Packet[Stream] = Packet(data)
        packet.pts = packet.dts = number
        return packet

    def _decoded(self, packet: "Packet[Stream] | None") -> Iterator[VideoFrame | AudioFrame]:
        for frame in self._codec.decode(packet):  # type: ignore[attr-defined]  # of a context of unknown kind
            if frame.is_corrupt:
                raise UnreadableFile("it is damaged")
            yield cast("VideoFrame | AudioFrame", frame)
