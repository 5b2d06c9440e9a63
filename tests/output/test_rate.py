"""Pictures are quantised alike while the ceiling is far; the ceiling is kept to, and what it cost is soon over."""

import ctypes
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

import mixer.output.libx264 as interface
from mixer.errors import OutputError
from mixer.layout.tile import Rect
from mixer.output.level import level_for
from mixer.output.libx264 import Libx264, load_libx264
from mixer.output.macroblocks import Stillness
from mixer.output.output import Output
from mixer.output.picture_encoder import PictureEncoder
from mixer.output.rate import CEILING_S, COARSEST, KEYFRAME_FINER, REACH, Rate
from mixer.output.settings import OutputSettings
from mixer.output.x264 import ladder, open_x264
from tests.output.known_media import SMALL, picture, ticks_in

FPS, GROUP, WANTED, KBPS = 30, 24, 25, 4500
SECOND = KBPS * 125  # bytes


def recorded(size_at: Callable[[int, int], float], ticks: int) -> tuple[list[int], list[int]]:
    """Quantisers and sizes by tick; `size_at` gives the bytes of a tick's picture at quantiser 0, 0 for a still."""
    rate = Rate(WANTED, KBPS, FPS)
    quantisers: list[int] = []
    sizes: list[int] = []
    for tick in range(ticks):
        keyframe = tick % GROUP == 0
        work = size_at(tick, keyframe)
        if not work and not keyframe:
            sizes.append(0)
            quantisers.append(quantisers[-1])
            continue
        quantiser = rate.quantiser(tick, GROUP if keyframe else None)
        sizes.append(round(work * 2 ** (-quantiser / 6)))
        rate.spent(sizes[-1], quantiser, keyframe=keyframe)
        quantisers.append(quantiser)
    return quantisers, sizes


def at_25(size: float) -> float:
    """The work that takes so many bytes at what is wanted."""
    return size * 2 ** (WANTED / 6)


def windows(sizes: list[int], ticks: int) -> list[int]:
    return [sum(sizes[first : first + ticks]) for first in range(len(sizes) - ticks + 1)]


def test_far_from_the_ceiling_all_are_alike() -> None:
    """A keyframe is a little finer, so that what is made of it is better; nothing else moves."""
    quantisers, _ = recorded(lambda tick, keyframe: at_25(100_000 if keyframe else 8_000), 300)
    assert set(quantisers[1:GROUP]) == {WANTED}
    assert {quantisers[tick] for tick in range(0, 300, GROUP)} == {WANTED - KEYFRAME_FINER}


@pytest.mark.parametrize("times", [1.5, 3, 10])
def test_the_ceiling_is_kept(times: float) -> None:
    """What is always too much settles below the ceiling, and steadily: within a group nothing is seen to change."""
    quantisers, sizes = recorded(lambda tick, keyframe: at_25(times * SECOND / FPS * (5 if keyframe else 1)), 900)
    assert max(windows(sizes, FPS * 10)[300:]) < 1.05 * 10 * SECOND
    assert max(windows(sizes, FPS * CEILING_S)) <= 2 * CEILING_S * SECOND
    settled = [set(quantisers[first + 1 : first + GROUP]) for first in range(GROUP * 15, 900 - GROUP, GROUP)]
    assert all(max(group) - min(group) <= 1 for group in settled)
    assert max(max(group) for group in settled) - min(min(group) for group in settled) <= 3


def test_a_scroll_of_a_second_keeps_its_letters() -> None:
    """Twice what the ceiling lets through, for one second: the bucket takes all but a step of it, soon over."""
    scrolls = range(100, 130)
    quantisers, _ = recorded(
        lambda tick, keyframe: at_25(120_000 if keyframe else 2 * SECOND / FPS if tick in scrolls else 500), 300
    )
    assert max(quantisers[tick] for tick in scrolls) <= WANTED + 1
    assert max(quantisers[131 + GROUP :]) <= WANTED


def test_after_a_long_scroll_the_resting_text_is_fine_with_the_next_group() -> None:
    """Ten seconds of three times too much, then rest."""
    quantisers, _ = recorded(
        lambda tick, keyframe: at_25(120_000 if keyframe else 3 * SECOND / FPS if tick < 300 else 500), 420
    )
    assert max(quantisers[200:300]) > WANTED + 5
    rests = next(tick for tick in range(300, 420) if tick % GROUP == 0 and quantisers[tick] <= WANTED)
    assert rests - 300 <= 3 * GROUP


def test_slides_cost_what_they_cost() -> None:
    """A new slide every ten seconds and stills in between: a picture as large as half a bucket changes nothing."""
    quantisers, _ = recorded(
        lambda tick, keyframe: at_25(150_000 if keyframe else 400_000 if tick % 300 == 150 else 0), 1200
    )
    assert max(quantisers) == WANTED


def test_what_nobody_foresees_is_over_soon() -> None:
    """Noise all at once: after the picture that could not be known all are coarse, until the bucket has leaked."""
    quantisers, sizes = recorded(lambda tick, keyframe: at_25(3 * SECOND if 100 <= tick < 130 else 2_000), 300)
    assert quantisers[101] == COARSEST
    assert sum(sizes[101:130]) < 2 * SECOND
    assert max(quantisers[250:]) == WANTED


@pytest.mark.parametrize("crf", [10, 27, 40])
def test_x264_takes_the_quantiser_that_it_is_given(crf: int) -> None:
    """From the finest that is asked for to the coarsest, keyframe or not, each makes the picture smaller."""
    rng = np.random.default_rng(5)
    settings = OutputSettings(width=320, height=180, crf=crf)
    x264 = open_x264(settings, ladder(settings.preset)[0], 0)
    finest = settings.quantiser - KEYFRAME_FINER
    coarsest = min(50, settings.quantiser + REACH)
    planes = np.clip(rng.normal(120, 25, (270, 320)), 16, 235).astype(np.uint8)
    for keyframe in (True, False):
        sizes = []
        for number, quantiser in enumerate(range(finest, coarsest, 6)):
            x264.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p"), 20 * number, 24, idr=True)
            moved = av.VideoFrame.from_ndarray(np.roll(planes, 7 * number + 3), format="yuv420p")
            sizes.append(len(x264.encode(moved, 20 * number + 1, quantiser, idr=keyframe)))
        assert all(coarser < finer for finer, coarser in pairwise(sizes)), sizes
    x264.close()
    x264.close()


def test_an_x264_that_fails_costs_no_picture_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to do, and what was recorded is there."""
    output = Output(tmp_path / "a.mp4", SMALL)
    for tick in range(50):
        output.picture(picture(tick), tick)
    encoder = output._pictures
    assert isinstance(encoder, PictureEncoder)
    monkeypatch.setattr(encoder._x264._library, "encode", lambda *_: -1)
    with pytest.raises(OutputError, match=r"x264 failed at picture 50 .* kept, record again"):
        output.picture(picture(50), 50)
    output.close()
    assert ticks_in(tmp_path / "a.mp4") == list(range(50))


def test_settings_that_x264_does_not_take(tmp_path: Path) -> None:
    """A preset that there is not is named, and so is what to do."""
    with pytest.raises(OutputError, match=r"refuses 320x180 at 30 fps .*no preset sluggish.*Choose other"):
        Output(tmp_path / "a.mp4", OutputSettings(width=320, height=180, preset="sluggish"))


def test_without_a_known_x264_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another library, one of another build, or none: none of them is written to."""
    system_c = ctypes.CDLL(None)._name or "libc.so.6"
    monkeypatch.setattr(interface, "_candidates", lambda: [system_c, str(tmp_path / "none.so")])
    load_libx264.cache_clear()
    try:
        with pytest.raises(OutputError, match=r"no x264 of a build that is known. Install PyAV"):
            PictureEncoder(SMALL, 1)
    finally:
        load_libx264.cache_clear()


def test_a_build_with_another_layout_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fields that are not where they should be are noticed before anything is written there."""
    monkeypatch.undo()
    path = next(path for path in interface._candidates() if Path(path).exists())
    monkeypatch.setattr(interface, "_PSNR", interface._PSNR + 4)
    with pytest.raises(AttributeError, match="another layout"):
        Libx264(path)


@pytest.mark.parametrize("keyframe_kb", [150, 450])
@pytest.mark.parametrize("kbps", [1500, 4500])
def test_a_new_slide_is_fine_under_any_ceiling(kbps: int, keyframe_kb: int) -> None:
    """However much keyframes take of the ceiling, what changes once in ten seconds is no coarser than they are by much,
    nor is the group behind it. What the first keyframes take nobody knows beforehand."""
    rate = Rate(WANTED, kbps, FPS)
    slides: list[int] = []
    keyframes: list[int] = []
    for tick in range(1800):
        keyframe, slide = tick % GROUP == 0, tick % 300 == 150
        if keyframe or slide:
            quantiser = rate.quantiser(tick, GROUP if keyframe else None)
            rate.spent(round(at_25(1000 * keyframe_kb) * 2 ** (-quantiser / 6)), quantiser, keyframe=keyframe)
            if tick >= 4 * GROUP:
                (keyframes if keyframe else slides).append(quantiser)
    assert max(slides) <= max(sorted(keyframes)[: len(keyframes) // 2]) + 6
    assert max(keyframes) <= sorted(keyframes)[len(keyframes) // 2] + 9


@pytest.mark.parametrize(
    ("size", "fps", "kbps", "level"),
    [((320, 180), 30, 4500, "3"), ((1280, 720), 30, 20_000, "4.1"), ((1920, 1080), 30, 4500, "4")],
)
def test_the_level_covers_the_ceiling(size: tuple[int, int], fps: int, kbps: int, level: str) -> None:
    """Decoders go by it, and the SPS says it."""
    width, height = size
    assert level_for(width, height, fps, kbps, CEILING_S * kbps) == level
    settings = OutputSettings(width=width, height=height, fps=fps, max_bitrate_kbps=kbps)
    x264 = open_x264(settings, ladder(settings.preset)[0], 0)
    assert x264.sps[3] == round(10 * float(level))


def test_the_map_is_not_touched_while_x264_looks_at_it() -> None:
    """Its threads do until the next picture is put in: the map of one picture outlives the making of the next."""
    stillness = Stillness(320, 180)
    first = stillness.outside([Rect(0, 0, 32, 32)])
    before = first.copy()
    second = stillness.outside([Rect(100, 100, 60, 50)])
    assert np.array_equal(first, before)
    assert not np.array_equal(first, second)
    assert np.array_equal(stillness.outside([Rect(0, 0, 32, 32)]), before)


def test_the_encoder_believes_what_it_is_told(tmp_path: Path) -> None:
    """Told that nothing differs, it shows the picture before: it does not look."""
    output = Output(tmp_path / "a.mp4", SMALL)
    for tick in range(10):
        output.picture(picture(tick), tick, within=[] if tick in (3, 7) else None)
    output.close()
    assert ticks_in(tmp_path / "a.mp4") == [0, 1, 2, 2, 4, 5, 6, 6, 8, 9]


def test_a_picture_of_another_kind_is_refused() -> None:
    """Its memory would be read as if it were one of the encoder's."""
    x264 = open_x264(SMALL, ladder(SMALL.preset)[0], 0)
    with pytest.raises(ValueError, match="not for an encoder"):
        x264.encode(av.VideoFrame(318, 180, "yuv420p"), 0, 24, idr=True)
    with pytest.raises(ValueError, match="not for an encoder"):
        x264.encode(av.VideoFrame(320, 180, "nv12"), 0, 24, idr=True)
    x264.close()
    with pytest.raises(ValueError, match="closed"):
        x264.encode(av.VideoFrame(320, 180, "yuv420p"), 0, 24, idr=True)
