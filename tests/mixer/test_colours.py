"""Whatever colours, pixels, sizes and rotations come in, the file's BT.709 limited picture looks the same."""

import av
import numpy as np
import pytest

from mixer.decode.colour import Colours, Matrix, conversion_from
from mixer.decode.picture import Picture, planes_of
from mixer.frame import Codec
from mixer.layout.tile import Fit, Rect, Tile
from mixer.picture.canvas import BACKGROUND, Canvas
from mixer.picture.recolour import recolour
from tests.mixer.clips import BLUE, GREEN, GREY, RED, WHITE, Stage, as_rgb, encode, frames, near

SENT = [RED, GREEN, BLUE, GREY, WHITE, (60, 140, 100), (180, 110, 150)]
BT709, BT601 = 1, 6  # as FFmpeg numbers them
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
    recolour(planes, conversion)
    assert (planes[1] == 128).all()
    assert (planes[2] == 128).all()
    assert planes[0].min() == 16
    assert planes[0].max() == 235


def test_out_of_gamut_values_do_not_wrap() -> None:
    """Dark and saturated beyond what exists ends at the edge: no white specks in black."""
    planes = np.zeros((2, 2), np.uint8), np.full((1, 1), 255, np.uint8), np.full((1, 1), 255, np.uint8)
    conversion = conversion_from(Colours(Matrix.BT601, full_range=False))
    assert conversion is not None
    recolour(planes, conversion)
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
    canvas.draw((Tile("cam", rect, fit),), {"cam": quarters(*size, rotation)})
    seen = []
    for dy in (12, rect.height - 14):
        for dx in (12, rect.width - 14):
            x, y = rect.x + dx, rect.y + dy
            seen.append(tuple(int(p[y >> s, x >> s]) for p, s in zip(canvas.planes, (0, 1, 1), strict=True)))
    assert all(near(one, other, 4) for one, other in zip(seen, CORNERS[rotation], strict=True)), seen
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
        assert abs(int(canvas.planes[0][rect.y, rect.x]) - 200) <= 1
