"""Which frames can be decoded after some were lost. Knows the codecs' payload headers, never decodes."""

from collections.abc import Sequence

from bot.receive.depayload.assembly import Assembly
from bot.receive.sequence import signed_distance
from mixer.frame import Codec

_ALL_LAYERS = 99
_BASE_CIRCLE = 1 << 8
_REMEMBERED = 512  # pictures that later ones may refer to


class Continuity:
    """One track's, for one codec. Without knowledge of the codec every loss breaks the track until a keyframe."""

    def __init__(self) -> None:
        self.broken = True

    def accept(self, frame: Assembly, *, lost: int, partial: Sequence[Assembly] = ()) -> bool:
        """Whether `frame` can be decoded after what was accepted before it. `lost`: at most so many frames may be
        missing between it and the one before; `partial` is what remains of those."""
        if frame.keyframe:
            self.broken = False
            self._begin(frame)
            return True
        if self.broken:
            return False
        if lost and not self._survives(frame, lost, partial):
            self.broken = True
            return False
        return self._follows(frame)

    def trust(self) -> None:
        """No keyframe comes although it was asked for, and no packet is known to be lost: go on."""
        self.broken = False

    def _begin(self, frame: Assembly) -> None:
        del frame

    def _survives(self, frame: Assembly, lost: int, partial: Sequence[Assembly]) -> bool:
        del frame, lost, partial
        return False

    def _follows(self, frame: Assembly) -> bool:
        del frame
        return True


class LayerContinuity(Continuity):
    """VP8, VP9 and AV1: picture numbers, temporal layers, and exact references where the sender gives them."""

    def __init__(self, *, switch_up: bool = False) -> None:
        """`switch_up`: the switch bit frees the layers above its frame (VP9's U), not the frame itself (VP8's Y)."""
        super().__init__()
        self._switch_up = switch_up
        self._last: Assembly | None = None
        self._base: int | None = None
        self._whole = _ALL_LAYERS  # the highest temporal layer that lost nothing
        self._exact = False  # something was lost since the keyframe: every reference is checked
        self._seen: dict[int, None] = {}

    def _begin(self, frame: Assembly) -> None:
        self._whole = _ALL_LAYERS
        self._exact = False
        self._seen.clear()
        self._base = None
        self._note(frame)

    def _survives(self, frame: Assembly, lost: int, partial: Sequence[Assembly]) -> bool:
        missing = self._missing(frame, lost)
        if missing == 0:
            return True
        if frame.references is not None and frame.picture is not None:
            self._exact = lost < 1 << (frame.picture_bits - 1)  # else any number may have come round
            return self._exact
        gone = {part.picture: part for part in partial if part.picture is not None}
        known = missing is not None and len(gone) == missing
        if known and all(part.discardable for part in gone.values()):
            return True
        if frame.base is None or self._base is None or lost >= _BASE_CIRCLE:
            return False
        if signed_distance(self._base, frame.base, 8) != (1 if frame.layer == 0 else 0):
            return False
        lowest = min((part.layer for part in gone.values()), default=1) if known else 1
        self._whole = min(self._whole, max(0, lowest - 1))
        return True

    def _missing(self, frame: Assembly, lost: int) -> int | None:
        """None: unknown, because the sender does not number its pictures, or because so many may be lost that the
        numbers have come round."""
        last = self._last
        if last is None or last.picture is None or frame.picture is None or last.picture_bits != frame.picture_bits:
            return None
        if lost >= 1 << (frame.picture_bits - 1):
            return None
        return max(0, signed_distance(last.picture, frame.picture, frame.picture_bits) - 1 - len(frame.also))

    def _follows(self, frame: Assembly) -> bool:
        if self._exact and frame.references is not None and frame.picture is not None:
            circle = (1 << frame.picture_bits) - 1
            if any((frame.picture - distance) & circle not in self._seen for distance in frame.references):
                self.broken = frame.layer == 0
                self._last = frame
                return False
        elif frame.layer > self._whole:
            if self._switch_up or not frame.switch:
                self._last = frame
                return False
            self._whole = frame.layer
        if self._switch_up and frame.switch:
            self._whole = _ALL_LAYERS
        self._note(frame)
        return True

    def _note(self, frame: Assembly) -> None:
        self._last = frame
        if frame.base is not None and (frame.layer == 0 or self._base is None):
            self._base = frame.base
        if frame.picture is None or frame.references is None:
            return
        circle = (1 << frame.picture_bits) - 1
        for distance in (*sorted(frame.also, reverse=True), 0):
            number = (frame.picture - distance) & circle
            self._seen.pop(number, None)
            self._seen[number] = None
        while len(self._seen) > min(_REMEMBERED, (circle + 1) // 2):
            del self._seen[next(iter(self._seen))]


class FrameNumberContinuity(Continuity):
    """H.264: frame_num rises after every reference picture (section 7.4.3), so its next value tells if one was lost.

    But it is often only 4 bits wide, and begins anew at every keyframe, a lost one included: after a long loss the next
    value comes by chance.
    """

    def __init__(self) -> None:
        super().__init__()
        self._next: int | None = None

    def _begin(self, frame: Assembly) -> None:
        self._note(frame)

    def _survives(self, frame: Assembly, lost: int, partial: Sequence[Assembly]) -> bool:
        del partial
        if self._next is None or frame.picture != self._next:
            return False
        # That many frames must be lost for a lost keyframe, numbered 0, and others to lead to this number.
        return lost < (self._next or 1 << frame.picture_bits)

    def _follows(self, frame: Assembly) -> bool:
        self._note(frame)
        return True

    def _note(self, frame: Assembly) -> None:
        if frame.picture is None:
            self._next = None
        else:
            self._next = (frame.picture + (not frame.discardable)) & ((1 << frame.picture_bits) - 1)


def continuity_for(codec: Codec) -> Continuity:
    return _RULES[codec]()


_RULES = {
    Codec.VP8: LayerContinuity,
    Codec.VP9: lambda: LayerContinuity(switch_up=True),
    Codec.AV1: LayerContinuity,
    Codec.H264: FrameNumberContinuity,
}
