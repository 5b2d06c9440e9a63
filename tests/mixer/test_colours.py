"""Whatever colours, pixels, sizes and rotations come in, the file's BT.709 limited picture looks the same."""

from pathlib import Path

import av
import numpy as np
import pytest

from mixer.decode.colour import Colours, Matrix, conversion_from
from mixer.decode.picture import Picture, planes_of
from mixer.frame import Codec
from mixer.layout.tile import Fit, Rect, Tile, fitted_into
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from mixer.picture.background import BACKGROUND
from mixer.picture.canvas import Canvas
from mixer.picture.recolour import recolour
from tests.mixer.clips import BLUE, GREEN, GREY, RED, WHITE, Stage, as_rgb, encode, frames, near, pixel

SENT = [RED, GREEN, BLUE, GREY, WHITE, (60, 140, 100), (180, 110, 150)]
BT709, BT601, LIMITED = 1, 6, 1  # as FFmpeg numbers them
KIND = [
    # codec, pixels, tag, full range, what the tag means
    (Codec.VP8, "yuv420p", 2, False, "bt601"),
    (Codec.H264, "yuv420p", BT709, False, "bt709"),
    (Codec.H264, "yuv420p", BT601, False, "bt601"),
    (Codec.H264, "yuv420p", BT709, True, "bt709"),
    (Codec.H264, "yuv420p", BT601, True, "bt601"),
    (Codec.H264, "yuv444p", BT709, False, "bt709"),
    (Codec.H264, "yuv422p", BT601, True, "bt601"),
    (Codec.VP9, "yuv444p", BT709, False, "bt709"),
]


@pytest.mark.parametrize(("codec", "pixels", "tag", "full_range", "matrix"), KIND)
def test_colours_survive(codec: Codec, pixels: str, tag: int, full_range: bool, matrix: str) -> None:
    """Every matrix, range and sampling comes out as the RGB that was sent, by either way of scaling."""
    packets = encode(codec, 160, 90, SENT, pixels=pixels, colorspace=tag, full_range=full_range)
    for on_stage in (False, True):
        stage = Stage()
        stage.camera("cam", stage=on_stage)
        stage.push(frames("cam", packets, codec=codec))
        for sent in SENT:
            stage.run(0)
            assert near(as_rgb(stage.colour("cam"), "bt709"), as_rgb(sent, matrix, full_range=full_range), 10), sent


@pytest.mark.parametrize(("codec", "tag", "full_range", "matrix"), [KIND[i][0:1] + KIND[i][2:] for i in (0, 1, 4)])
def test_colours_in_the_file(codec: Codec, tag: int, full_range: bool, matrix: str, tmp_path: Path) -> None:
    """Encoded, written, and read back as a player does: BT.709 limited by its tags, and the RGB that was sent."""
    stage = Stage()
    stage.camera("cam", stage=True)
    sent = [colour for colour in SENT for _ in range(10)]
    stage.push(frames("cam", encode(codec, 320, 180, sent, colorspace=tag, full_range=full_range), codec=codec))
    output = Output(tmp_path / "a.mp4", OutputSettings(width=320, height=180, crf=18))
    for tick in range(len(sent)):
        mixed = stage.run(0)
        output.sound(mixed.sound)
        output.picture(mixed.picture, tick)
    output.close()
    with av.open(str(tmp_path / "a.mp4")) as file:
        pictures = list(file.decode(video=0))
    assert {(one.colorspace, one.color_range) for one in pictures} == {(BT709, LIMITED)}
    for index in range(5, len(sent), 10):  # the middle of each colour
        shown = as_rgb(pixel(pictures[index], 160, 90), "bt709")
        assert near(shown, as_rgb(sent[index], matrix, full_range=full_range), 12), sent[index]


def test_hd_without_a_tag_is_bt709() -> None:
    """From 720 lines on an untagged H264 picture is read as players do."""
    stage = Stage()
    stage.camera("cam")
    stage.push(frames("cam", encode(Codec.H264, 1280, 720, [RED]), codec=Codec.H264))
    stage.run(0)
    assert near(stage.colour("cam"), RED, 3)


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", [Matrix.BT601, Matrix.BT709, Matrix.BT2020])
def test_grey_has_no_colour(matrix: Matrix, full_range: bool) -> None:
    """Black, grey and white stay so, exactly; only the range changes."""
    conversion = conversion_from(Colours(matrix, full_range))
    if conversion is None:
        assert matrix is Matrix.BT709
        return
    low, high = (0, 255) if full_range else (16, 235)
    luma = np.linspace(low, high, 16, dtype=np.uint8).reshape(2, 8)
    planes = luma.copy(), np.full((1, 4), 128, np.uint8), np.full((1, 4), 128, np.uint8)
    recolour(planes, conversion, planes)
    assert (planes[1] == 128).all()
    assert (planes[2] == 128).all()
    assert planes[0].min() == 16
    assert planes[0].max() == 235


def test_out_of_gamut_values_do_not_wrap() -> None:
    """Dark and saturated beyond what exists ends at the edge: no white specks in black."""
    planes = np.zeros((2, 2), np.uint8), np.full((1, 1), 255, np.uint8), np.full((1, 1), 255, np.uint8)
    conversion = conversion_from(Colours(Matrix.BT601, full_range=False))
    assert conversion is not None
    recolour(planes, conversion, planes)
    assert planes[0].max() == 0


def quarters(width: int, height: int, rotation: int) -> Picture:
    """Red at the top left, green top right, blue bottom left, grey bottom right, as stored; padded lines."""
    frame = av.VideoFrame(width, height, "yuv420p")
    for index, plane in enumerate(planes_of(frame)):
        h, w = plane.shape
        plane[: h // 2, : w // 2], plane[: h // 2, w // 2 :] = RED[index], GREEN[index]
        plane[h // 2 :, : w // 2], plane[h // 2 :, w // 2 :] = BLUE[index], GREY[index]
    return Picture(frame, 0, rotation, Colours(Matrix.BT709, full_range=False))


CORNERS = {
    0: (RED, GREEN, BLUE, GREY),
    90: (BLUE, RED, GREY, GREEN),
    180: (GREY, BLUE, GREEN, RED),
    270: (GREEN, GREY, RED, BLUE),
}


@pytest.mark.parametrize("fit", list(Fit))
@pytest.mark.parametrize("rotation", CORNERS)
@pytest.mark.parametrize("size", [(320, 180), (641, 361), (75, 41), (33, 97), (1280, 720), (200, 120), (2000, 31)])
def test_a_picture_lands_upright_in_its_tile(size: tuple[int, int], rotation: int, fit: Fit) -> None:
    """Odd sizes, padding, all rotations, up- and downscaling: the corners are where they belong, and nothing is drawn
    outside the tile."""
    canvas = Canvas(480, 320)
    rect = Rect(40, 20, 200, 120)
    picture = quarters(*size, rotation)
    canvas.draw((Tile("cam", rect, fit),), {"cam": picture})
    inner = rect if fit is Fit.FILL else fitted_into(rect, picture.size.width, picture.size.height)
    seen = []
    for dy in (inner.height // 10, inner.height * 9 // 10):
        for dx in (inner.width // 10, inner.width * 9 // 10):
            x, y = inner.x + dx, inner.y + dy
            seen.append(tuple(int(p[y >> s, x >> s]) for p, s in zip(canvas.planes, (0, 1, 1), strict=True)))
    assert all(near(one, other, 8) for one, other in zip(seen, CORNERS[rotation], strict=True)), seen
    for plane, value, shift in zip(canvas.planes, BACKGROUND, (0, 1, 1), strict=True):
        outside = plane.copy()
        outside[20 >> shift : 140 >> shift, 40 >> shift : 240 >> shift] = value
        assert (outside == value).all()


def test_cropping_is_even_on_both_sides() -> None:
    """A wide picture in a narrow tile shows its middle."""
    frame = av.VideoFrame(400, 100, "yuv420p")
    for plane, outer, middle in zip(planes_of(frame), RED, GREEN, strict=True):
        plane[:] = outer
        third = plane.shape[1] // 4
        plane[:, third : -third or None] = middle
    canvas = Canvas(200, 100)
    picture = Picture(frame, 0, 0, Colours(Matrix.BT709, full_range=False))
    canvas.draw((Tile("cam", canvas.rect, Fit.FILL),), {"cam": picture})
    assert near([int(plane.min()) for plane in canvas.planes], GREEN, 2)
    assert near([int(plane.max()) for plane in canvas.planes], GREEN, 2)


@pytest.mark.parametrize("rotation", CORNERS)
def test_heads_are_not_cut(rotation: int) -> None:
    """A high picture in a wide tile: less is cropped at the top, upright, than at the bottom."""
    size = (100, 400) if rotation % 180 == 0 else (400, 100)
    frame = av.VideoFrame(*size, "yuv420p")
    for plane, value in zip(planes_of(frame), GREY, strict=True):
        plane[:] = value
    luma = planes_of(frame)[0]
    up_to = {0: luma[:100], 90: luma[:, :100], 180: luma[300:], 270: luma[:, 300:]}[rotation]
    up_to[:] = WHITE[0]  # the upper quarter
    canvas = Canvas(100, 300)
    picture = Picture(frame, 0, rotation, Colours(Matrix.BT709, full_range=False))
    canvas.draw((Tile("cam", canvas.rect, Fit.FILL),), {"cam": picture})
    seen = int((canvas.planes[0][:, 50] > 200).sum())
    assert 60 <= seen <= 80  # 50 if both were cropped alike


def test_only_new_pictures_are_drawn() -> None:
    """An unchanged canvas costs nothing: no tile is drawn, and it says that nothing changed."""
    canvas = Canvas(320, 180)
    scene = (Tile("a", Rect(0, 0, 160, 90), Fit.FILL), Tile("b", Rect(160, 90, 160, 90), Fit.FILL))
    one, other = quarters(160, 90, 0), quarters(160, 90, 180)
    assert canvas.draw(scene, {"a": one, "b": one})
    assert not canvas.draw(scene, {"a": one, "b": one})
    assert canvas.draw(scene, {"a": one, "b": other})
    assert canvas.tiles_drawn == 3


@pytest.mark.parametrize("size", [(1, 1), (1, 1000), (4000, 1), (2, 3), (4000, 2)])
@pytest.mark.parametrize("rotation", CORNERS)
@pytest.mark.parametrize("fit", list(Fit))
def test_absurd_sizes_are_drawn(size: tuple[int, int], rotation: int, fit: Fit) -> None:
    """A window dragged to a thread, in a tile of two pixels or of two hundred: drawn somehow, never an error."""
    canvas = Canvas(480, 320)
    frame = av.VideoFrame(*size, "yuv420p")
    for plane in planes_of(frame):
        plane[:] = 200
    picture = Picture(frame, 0, rotation, Colours(Matrix.BT709, full_range=False))
    for rect in (Rect(40, 20, 2, 2), Rect(40, 20, 200, 120), Rect(0, 0, 480, 2)):
        canvas.draw((Tile("cam", rect, fit),), {"cam": picture})
        inner = rect if fit is Fit.FILL else fitted_into(rect, picture.size.width, picture.size.height)
        middle = canvas.planes[0][inner.y + inner.height // 2, inner.x + inner.width // 2]
        assert abs(int(middle) - 200) <= 1
