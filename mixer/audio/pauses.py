"""Which Opus packets hold nothing to be heard: hundreds of silent microphones must not cost hundreds of decoders."""

from mixer.frame import Codec, EncodedFrame

_MARKER_BYTES = 2  # a packet without payload: the sender goes into DTX (RFC 6716 section 2.1.9)
_LONGEST_PACKET_NS = 120_000_000
_SILENT_POWER = 1e-9  # -90 dBFS


class Pauses:
    """Follows one track's packets in order. Pauses are silence in the recording, without comfort noise."""

    def __init__(self) -> None:
        self._paused = False
        self._silent: tuple[bytes, int] | None = None  # the packet that proved silent last, and the pts of its last
        self._data = b""  # handed in last,
        self._since_ns = 0  # in every packet since this pts,
        self._known = False  # and known to hold nothing

    def repeats(self, frame: EncodedFrame) -> bool:
        """True for what says no more than the packet before it: nothing goes on. Told as they come in, on the thread of
        whoever hands them in; all else is asked when they are due. That is later, so that a packet which was silence
        before a word has to prove silent anew after it."""
        if frame.codec is not Codec.OPUS or frame.redundant:
            return False
        if frame.data != self._data:
            self._data, self._since_ns, self._known = frame.data, frame.pts_ns, False
        before, silent = self._known, self._silent
        proved = silent is not None and silent[0] == frame.data and silent[1] >= self._since_ns
        self._known = proved or len(frame.data) <= _MARKER_BYTES
        return before and self._known

    def audible(self, frame: EncodedFrame, following: EncodedFrame | None) -> bool:
        """False for what need not be decoded.

        In DTX a sender describes its background noise every 400 ms in one packet between two markers; played, that is a
        tick in the silence. A muted microphone without DTX repeats one packet, byte for byte.
        """
        if frame.codec is not Codec.OPUS:
            return True
        if len(frame.data) <= _MARKER_BYTES:
            self._paused = True
            return False
        if frame.redundant:
            return True
        if self._paused and following is not None and _marks_pause(frame, following):
            return False
        self._paused = False
        if self._silent is None or frame.data != self._silent[0]:
            return True
        self._silent = frame.data, frame.pts_ns
        return False

    def decoded(self, frame: EncodedFrame, power: float) -> None:
        """`power`: mean square of its samples, full scale 1.0."""
        self._silent = (frame.data, frame.pts_ns) if power < _SILENT_POWER and not frame.redundant else None


def _marks_pause(frame: EncodedFrame, following: EncodedFrame) -> bool:
    soon = following.pts_ns - frame.pts_ns <= _LONGEST_PACKET_NS
    return soon and len(following.data) <= _MARKER_BYTES
