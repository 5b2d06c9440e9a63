"""Small clips of known colours, encoded as a sender would, and a mix to show them to."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

import av
import numpy as np
from av.codec import Codec as LibavCodec
from numpy.typing import NDArray

from mixer.audio.sound_mix import SoundMix
from mixer.decode.picture import planes_of
from mixer.frame import Codec, EncodedFrame
from mixer.mix import Mix, Mixed
from mixer.settings import MixSettings
from mixer.source import Size, Source, SourceKind
from signaling.rehearsal.priority import kept_priority

Colour = tuple[int, int, int]  # Y, U, V as the source sends them

RED, GREEN, BLUE = (81, 90, 240), (145, 54, 34), (41, 240, 110)
GREY, WHITE = (126, 128, 128), (235, 128, 128)
FRAME_NS = 1_000_000_000 // 30
# Flat colours come out of every encoder within this.
NEAR = 6

REALTIME = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
ENCODERS = {
    Codec.VP8: ("libvpx", REALTIME),
    Codec.VP9: ("libvpx-vp9", REALTIME),
    Codec.H264: ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "profile": "high"}),
    Codec.AV1: ("libsvtav1", {"preset": "12", "svtav1-params": "pred-struct=1:lookahead=0:rtc=1", "crf": "20"}),
}


def encode(
    codec: Codec,
    width: int,
    height: int,
    colours: Iterable[Colour],
    *,
    pixels: str = "yuv420p",
    colorspace: int = 2,
    full_range: bool = False,
    texture: bool = False,
) -> list[bytes]:
    """One packet a colour. `texture` puts noise on the luma, so that frames are of a real size."""
    name, options = ENCODERS[codec]
    context = LibavCodec(name, "w").create()
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = width, height, pixels
    context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
    context.gop_size, context.thread_count = 300, 1
    context.bit_rate = 0 if codec is Codec.AV1 else 2_000_000
    context.colorspace, context.color_range = colorspace, 2 if full_range else 1
    context.options = {key: value for key, value in options.items() if key != "profile" or pixels == "yuv420p"}
    with kept_priority():
        context.open()
    noise = np.random.default_rng(1).integers(-12, 12, (height, width))
    packets: list[bytes] = []
    for index, colour in enumerate(colours):
        frame = av.VideoFrame(width, height, pixels)
        frame.colorspace, frame.color_range = colorspace, 2 if full_range else 1
        for plane, value in zip(planes_of(frame), colour, strict=True):
            plane[:] = value
        if texture:
            luma = planes_of(frame)[0]
            luma[:] = np.clip(luma.astype(int) + np.roll(noise, 3 * index, 1), 16, 235)
        frame.pts = index
        packets += [bytes(packet) for packet in context.encode(frame)]
    return packets + [bytes(packet) for packet in context.encode(None)]


def frames(
    track: str, packets: Sequence[bytes], *, codec: Codec = Codec.VP8, first_ns: int = 0, rotation: int = 0
) -> list[EncodedFrame]:
    """At 30 fps; only the first is a keyframe."""
    return [
        EncodedFrame(track, codec, first_ns + index * FRAME_NS, index == 0, data, rotation)
        for index, data in enumerate(packets)
    ]


# Changes of layout take effect with the tick: no transition, no gap held, nobody waits.
AT_ONCE = {"transition_ns": 0, "vacancy_ns": 0, "stage_vacancy_ns": 0, "arrivals_ns": 0, "reshape_ns": 0}


class Asked:
    """Writes down what the mixer asks for."""

    def __init__(self) -> None:
        self.keyframes: list[str] = []
        self.layers: list[tuple[str, Size | None]] = []

    def request_keyframe(self, track: str) -> None:
        self.keyframes.append(track)

    def request_layer(self, track: str, size: Size | None) -> None:
        self.layers.append((track, size))


class Stage:
    """A mix at file speed, small enough to be quick, with the questions tests ask."""

    def __init__(self, **settings: object) -> None:
        given = {"width": 320, "height": 180, "decode_threads": 1} | AT_ONCE | settings
        self.settings = MixSettings(**given)  # type: ignore[arg-type]
        self.asked = Asked()
        self.mix = Mix(self.settings, SoundMix(), self.asked)
        self.next = 0
        self.last: Mixed | None = None

    def camera(self, track: str, participant: str | None = None, *, stage: bool = False) -> None:
        self.mix.add(Source(track, participant or track, SourceKind.VIDEO, stage), self.mix.tick_ns(self.next))

    def push(self, pushed: Iterable[EncodedFrame]) -> None:
        for frame in pushed:
            self.mix.push(frame)

    def run(self, seconds: float) -> Mixed:
        """Render that much more, at least one tick."""
        for _ in range(max(1, round(seconds * self.settings.fps))):
            self.last = self.mix.tick(self.next)
            self.next += 1
        assert self.last is not None
        return self.last

    def tracks(self) -> list[str]:
        return [tile.track for tile in self.mix.picture.scene]

    def colour(self, track: str) -> Colour:
        """In the middle of the track's tile, in the picture rendered last."""
        rect = next(tile.rect for tile in self.mix.picture.scene if tile.track == track)
        return self.at(rect.x + rect.width // 2, rect.y + rect.height // 2)

    def at(self, x: int, y: int) -> Colour:
        assert self.last is not None
        return pixel(self.last.picture, x, y)


def contents(mixed: Mixed) -> list[NDArray[np.uint8]]:
    """A copy of its picture's planes."""
    return [plane.copy() for plane in planes_of(mixed.picture)]


def pixel(frame: av.VideoFrame, x: int, y: int) -> Colour:
    luma, u, v = planes_of(frame)
    return int(luma[y, x]), int(u[y // 2, x // 2]), int(v[y // 2, x // 2])


def as_rgb(colour: Colour, matrix: str, *, full_range: bool = False) -> tuple[int, int, int]:
    """By the formulas of the standards, in floating point."""
    red, blue = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}[matrix]
    y, u, v = colour
    luma = y / 255 if full_range else (y - 16) / 219
    span = 255 if full_range else 224
    cb, cr = (u - 128) / span, (v - 128) / span
    r, b = luma + 2 * (1 - red) * cr, luma + 2 * (1 - blue) * cb
    g = (luma - red * r - blue * b) / (1 - red - blue)
    return tuple(round(255 * min(1.0, max(0.0, part))) for part in (r, g, b))  # type: ignore[return-value]


def near(one: Sequence[int], other: Sequence[int], tolerance: int = NEAR) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def is_shown_as(mixed: Colour, sent: Colour) -> bool:
    """The picture in the file (BT.709) looks like what was sent without a tag (BT.601)."""
    return near(as_rgb(mixed, "bt709"), as_rgb(sent, "bt601"), 10)
