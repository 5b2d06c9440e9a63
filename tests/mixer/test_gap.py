"""A later part begins with what nobody recorded: the last picture for a while, then nothing."""

from itertools import pairwise
from pathlib import Path

import av

from mixer.decode.last_picture import last_picture
from mixer.frame import Codec
from mixer.mixer import Mixer
from mixer.mp4.finish import finish
from mixer.mp4.join import Joining
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from mixer.settings import MixSettings
from mixer.source import Source, SourceKind
from tests.mixer.clips import AT_ONCE, GREY, RED, Asked, as_rgb, encode, frames, near, pixel

SECOND = 1_000_000_000
FPS = 30
HOLD_S, GAP_S, LASTS_S = 1, 3, 2
SETTINGS = MixSettings(width=320, height=180, decode_threads=1, hold_ns=HOLD_S * SECOND, **AT_ONCE)  # type: ignore[arg-type]
BACKGROUND = (34, 129, 127)


def write(path: Path, colour: tuple[int, int, int], *, gap_s: int = 0, held: av.VideoFrame | None = None) -> None:
    """A camera of one colour for two seconds, behind the gap; the part stays as it grew."""
    now_ns, gap_ns = 1000 * SECOND, gap_s * SECOND
    output = Output(path, OutputSettings(width=320, height=180))
    mixer = Mixer(SETTINGS, output, Asked(), clock=lambda: now_ns)
    mixer.start(now_ns - gap_ns, gap_ns=gap_ns, held=held)
    mixer.add(Source("camera", "a", SourceKind.VIDEO, stage=False))
    for frame in frames("camera", encode(Codec.VP8, 160, 90, [colour] * LASTS_S * FPS), first_ns=gap_ns):
        mixer.push(frame)
    mixer.stop(gap_ns + LASTS_S * SECOND)
    assert mixer.failure is None


def colours_of(path: Path) -> list[str]:
    names = {"red": as_rgb(RED, "bt601"), "grey": as_rgb(GREY, "bt601"), "nothing": as_rgb(BACKGROUND, "bt709")}
    with av.open(str(path)) as container:
        return [
            next(name for name, colour in names.items() if near(as_rgb(pixel(frame, 160, 90), "bt709"), colour, 40))
            for frame in container.decode(video=0)
        ]


def test_the_last_picture_stands_for_the_hold_time(tmp_path: Path) -> None:
    """Of a gap of three seconds the first shows what was there last, the others nothing; then there is new footage."""
    first, second = tmp_path / "part-0001.mp4", tmp_path / "part-0002.mp4"
    write(first, RED)
    write(second, GREY, gap_s=GAP_S, held=last_picture(first))
    with Joining(first) as joining:
        assert joining.append(2, second)
        index = joining.index
    finish(first, index)
    shown = colours_of(first)
    edges = [0, *(n for n in range(1, len(shown)) if shown[n] != shown[n - 1]), len(shown)]
    runs = [(shown[begin], (end - begin) / FPS) for begin, end in pairwise(edges)]
    assert runs == [("red", LASTS_S + HOLD_S), ("nothing", GAP_S - HOLD_S), ("grey", LASTS_S)]


def test_a_torn_part_has_a_last_picture(tmp_path: Path) -> None:
    """Cut off anywhere in its last fragment, it shows that of the fragment before."""
    part = tmp_path / "part.mp4"
    write(part, RED)
    whole = part.read_bytes()
    for left_out in (1, 200, 2000):
        part.write_bytes(whole[:-left_out])
        picture = last_picture(part)
        assert picture is not None
        assert near(as_rgb(pixel(picture, 160, 90), "bt709"), as_rgb(RED, "bt601"), 40)


def test_what_has_no_picture_holds_none(tmp_path: Path) -> None:
    """A missing, an empty and a foreign file give none, and so does one of another size."""
    assert last_picture(tmp_path / "none.mp4") is None
    for content in (b"", b"\0" * 100_000):
        (tmp_path / "bad.mp4").write_bytes(content)
        assert last_picture(tmp_path / "bad.mp4") is None
    other = av.VideoFrame(160, 90, "yuv420p")
    part = tmp_path / "part.mp4"
    write(part, GREY, gap_s=1, held=other)
    finish(part)
    assert colours_of(part)[0] == "nothing"
