"""A mark is read again after everything a recording does to a picture."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from signaling.rehearsal.likeness import BROKEN_ABOVE, difference
from signaling.rehearsal.marks import Plane, find_marks
from signaling.rehearsal.picture import Scene, draw_picture

PUBLICATIONS = (0, 1, 7, 31, 63)


def _through_h264(luma: Plane) -> Plane:
    """Encoded at crf 28 and decoded."""
    height, width = luma.shape
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, 30)
    encoder.options = {"preset": "superfast", "crf": "28", "tune": "zerolatency"}
    packed = np.full((height * 3 // 2, width), 128, np.uint8)
    packed[:height] = luma
    frame = av.VideoFrame.from_ndarray(packed, format="yuv420p")
    decoder = av.CodecContext.create("h264", "r")
    packets = (*encoder.encode(frame), *encoder.encode(None), None)
    pictures = [one for packet in packets for one in decoder.decode(packet)]
    return np.asarray(pictures[0].to_ndarray()[:height])


def _read(luma: Plane) -> list[tuple[int, int]]:
    marks, broken = find_marks(luma)
    assert broken == 0
    return [(mark.publication, mark.number) for mark in marks]


@pytest.mark.parametrize("publication", PUBLICATIONS)
@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (640, 480), (360, 640)])
def test_a_camera_in_the_smallest_tile(publication: int, size: tuple[int, int]) -> None:
    """A camera that is scaled to fill 160x90, cut by up to a quarter on each side, and encoded at crf 28."""
    scene = Scene(publication, False, *size, 30)
    number = 3 * publication + 17
    picture = draw_picture(scene, number)[0]
    scale = max(160 / size[0], 90 / size[1], 160 / (size[0] * 0.98))
    small = cv2.resize(picture, (round(size[0] * scale), round(size[1] * scale)), interpolation=cv2.INTER_LINEAR)
    top = max(0, min((small.shape[0] - 90) // 2, small.shape[0] // 4))
    tile = np.full((180, 320), 24, np.uint8)
    cut = small[top : small.shape[0] - top, :160]
    tile[: cut.shape[0], : cut.shape[1]] = cut[:180]
    assert _read(_through_h264(tile)) == [(publication, number)]


def test_a_quarter_cut_from_each_side() -> None:
    """What a tile of another shape leaves of a camera still has its mark, and the flash is still measured beside it."""
    dark, bright = (draw_picture(Scene(5, False, 640, 360, 30), number)[0][:, 160:480] for number in (15, 0))
    (seen,), _ = find_marks(dark)
    (flashing,), _ = find_marks(bright)
    assert (seen.number, flashing.number) == (15, 0)
    assert flashing.surround > seen.surround + 40


def test_a_slide_shown_small() -> None:
    """The mark of a stage survives a tile of 320x180 beside its real text."""
    picture = draw_picture(Scene(9, True, 1920, 1080, 15), 40)[0]
    tile = np.asarray(cv2.resize(picture, (320, 180), interpolation=cv2.INTER_AREA), np.uint8)
    assert _read(_through_h264(tile)) == [(9, 40)]


def test_many_tiles_are_read_in_one_canvas() -> None:
    """Marks are found without knowing the layout, also on a dark background that surrounds all tiles."""
    canvas = np.full((1080, 1920), 20, np.uint8)
    for index in range(49):
        picture = draw_picture(Scene(index, False, 320, 180, 15), index)[0]
        top, left = index // 7 * 150 + 10, index % 7 * 270 + 10
        canvas[top : top + 140, left : left + 248] = cv2.resize(picture, (248, 140))
    assert sorted(_read(_through_h264(canvas))) == [(index, index) for index in range(49)]


def test_a_damaged_mark_is_counted() -> None:
    """A mark with a wrong cell is no number but a broken picture."""
    picture = draw_picture(Scene(3, False, 640, 360, 30), 7)[0]
    picture[130:170, 220:300] = 255 - picture[130:170, 220:300]
    marks, broken = find_marks(picture)
    assert marks == []
    assert broken == 1


def test_a_picture_without_marks() -> None:
    """Noise, black and text give neither marks nor broken ones."""
    noise = np.random.default_rng(1).integers(0, 256, (360, 640), dtype=np.uint8)
    blank = draw_picture(Scene(3, False, 640, 360, 30, blank=True), 7)[0]
    assert [find_marks(luma) for luma in (noise, blank)] == [([], 0)] * 2


@pytest.mark.parametrize("stage", [False, True])
def test_damage_beside_the_mark_is_noticed(stage: bool) -> None:
    """A picture as drawn is far from the limit after scaling and encoding; with a smear in one corner it is beyond."""
    scene = Scene(6, stage, 640, 360, 30)
    sharp = draw_picture(scene, 50)[0]
    smeared = sharp.copy()
    smeared[30:90, 40:140] = draw_picture(Scene(7, True, 640, 360, 30), 20)[0][60:120, 60:160] // 2 + 90
    apart = []
    for picture in (sharp, smeared):
        canvas = np.full((360, 640), 24, np.uint8)
        canvas[80:280, 150:506] = cv2.resize(picture, (356, 200), interpolation=cv2.INTER_LINEAR)
        seen = _through_h264(canvas)
        ((mark,), _) = find_marks(seen)
        apart.append(difference(seen, mark, [scene]))
    assert apart[0] < BROKEN_ABOVE / 2
    assert apart[1] > BROKEN_ABOVE
