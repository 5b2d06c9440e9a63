"""Whatever colours, pixels, sizes and rotations come in, the file's BT.709 limited picture looks the same."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mixer.decode.colour import OF_THE_FILE, Colours, Matrix
from mixer.decode.picture import Picture, planes_of
from mixer.frame import Codec
from mixer.layout.tile import Fit, Rect, Tile, fitted_into
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from mixer.picture.background import BACKGROUND
from mixer.picture.canvas import Canvas
from mixer.picture.recolour import MOST_KEPT, Recolouring
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


FOREIGN = [colours for matrix in Matrix for full in (False, True) if (colours := Colours(matrix, full)) != OF_THE_FILE]
# The luma weights of red and blue (ITU-R BT.601, BT.709, BT.2020).
WEIGHTS = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722), Matrix.BT2020: (0.2627, 0.0593)}


def filled(size: tuple[int, int], *values: int | NDArray[np.uint8], pixels: str = "yuv420p") -> av.VideoFrame:
    frame = av.VideoFrame(*size, pixels)
    for plane, value in zip(planes_of(frame), values, strict=True):
        plane[:] = value
    return frame


def to_rgb(matrix: Matrix) -> NDArray[np.float64]:
    """From Y', Cb, Cr (0 to 1, -0.5 to 0.5) to R'G'B'."""
    red, blue = WEIGHTS[matrix]
    green = 1 - red - blue
    cb, cr = 2 * (1 - blue), 2 * (1 - red)
    return np.array([[1, 0, cr], [1, -cb * blue / green, -cr * red / green], [1, cb, 0]])


@pytest.mark.parametrize("colours", FOREIGN)
@pytest.mark.parametrize("size", [(2, 2), (34, 6), (322, 180)])
def test_colours_are_what_the_standards_say(colours: Colours, size: tuple[int, int]) -> None:
    """By way of R'G'B' in floating point: no value is further from it than rounding puts it."""
    width, height = size
    random = np.random.default_rng(7)
    y, u, v = (random.integers(0, 256, (height // k, width // k), np.uint8) for k in (1, 2, 2))
    twice = [plane.repeat(2, axis=0).repeat(2, axis=1) for plane in (u, v)]
    black, steps = (0, (255, 255, 255)) if colours.full_range else (16, (219, 224, 224))
    sent = (np.stack([y, *twice], axis=-1) - [black, 128.0, 128.0]) / steps
    shown = sent @ to_rgb(colours.matrix).T @ np.linalg.inv(to_rgb(Matrix.BT709)).T * (219, 224, 224) + (16, 128, 128)
    planes = planes_of(Recolouring().recoloured(filled(size, y, u, v), colours))
    for index, (plane, step) in enumerate(zip(planes, (1, 2, 2), strict=True)):
        assert np.abs(plane - shown[::step, ::step, index].clip(0, 255)).max() < 1


@pytest.mark.parametrize("colours", FOREIGN)
def test_grey_has_no_colour(colours: Colours) -> None:
    """Black, grey and white stay so, exactly; only the range changes."""
    low, high = (0, 255) if colours.full_range else (16, 235)
    luma = np.linspace(low, high, 16, dtype=np.uint8).reshape(2, 8)
    planes = planes_of(Recolouring().recoloured(filled((8, 2), luma, 128, 128), colours))
    assert (planes[1] == 128).all()
    assert (planes[2] == 128).all()
    assert planes[0].min() == 16
    assert planes[0].max() == 235


def test_out_of_gamut_values_do_not_wrap() -> None:
    """Dark and saturated beyond what exists ends at the edge: no white specks in black."""
    frame = filled((2, 2), 0, 255, 255)
    planes = planes_of(Recolouring().recoloured(frame, Colours(Matrix.BT601, full_range=False)))
    assert planes[0].max() == 0
    frame = filled((2, 2), 255, 0, 0)
    planes = planes_of(Recolouring().recoloured(frame, Colours(Matrix.BT601, full_range=False)))
    assert planes[0].min() == 255


def test_more_sizes_than_are_kept() -> None:
    """Sizes, pixels and tags that take turns: each picture comes out in its own size, whatever it says of itself."""
    recolouring = Recolouring()
    for turn in range(3):
        for number in range(2 * MOST_KEPT):
            frame = filled((2 + 2 * number, 4), 200, 128, 128, pixels="yuvj420p" if turn else "yuv420p")
            frame.colorspace = 3  # reserved
            frame.color_range = turn
            planes = planes_of(recolouring.recoloured(frame, Colours(Matrix.BT601, full_range=bool(turn))))
            assert planes[0].shape == (4, 2 + 2 * number)
            assert (planes[0] == (188 if turn else 200)).all()


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


@pytest.mark.parametrize("size", [(320, 180), (641, 361), (640, 360), (1280, 720), (90, 33)])
@pytest.mark.parametrize("rotation", CORNERS)
def test_colours_are_the_same_however_it_is_scaled(size: tuple[int, int], rotation: int) -> None:
    """Converted before scaling or after it, of even size or odd, cropped or not."""
    for sent in (GREEN, GREY):
        picture = Picture(filled(size, *sent), 0, rotation, Colours(Matrix.BT601, full_range=False))
        for rect in (Rect(40, 20, 400, 224), Rect(40, 20, 200, 120), Rect(40, 20, 64, 36)):
            for fit in Fit:
                canvas = Canvas(480, 320)
                canvas.draw((Tile("cam", rect, fit),), {"cam": picture})
                middle = [
                    int(p[(rect.y + rect.height // 2) >> s, (rect.x + rect.width // 2) >> s])
                    for p, s in zip(canvas.planes, (0, 1, 1), strict=True)
                ]
                assert near(as_rgb((middle[0], middle[1], middle[2]), "bt709"), as_rgb(sent, "bt601"), 3)


def drawn(luma: NDArray[np.uint8], rect: Rect, fit: Fit) -> NDArray[np.uint8]:
    height, width = luma.shape
    canvas = Canvas(1920, 1080)
    picture = Picture(filled((width, height), luma, 128, 128), 0, 0, OF_THE_FILE)
    canvas.draw((Tile("cam", rect, fit),), {"cam": picture})
    return canvas.planes[0][rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


@pytest.mark.parametrize("shrunk", [2, 2.5, 3, 3.7, 4, 5.2, 8, 9.1])
def test_every_pixel_counts_in_a_small_tile(shrunk: float) -> None:
    """Fine stripes become grey instead of stripes that are not there and flicker when they move."""
    luma = np.full((1440, 2560), 32, np.uint8)
    luma[::2] = luma[:, ::2] = 224
    rect = Rect(20, 20, int(2560 / shrunk) // 2 * 2, int(1440 / shrunk) // 2 * 2)
    inside = drawn(luma, rect, Fit.FILL)[8:-8, 8:-8].astype(int)
    assert abs(inside - inside.mean()).max() <= 2


def test_text_on_the_stage_is_sharp() -> None:
    """Closer to the same text drawn small than by the filter that is good enough for faces."""
    fine = np.full((3240, 5760), 235, np.uint8)
    for line in range(60):
        at = (40 + line, 50 + 53 * line)
        cv2.putText(fine, "ill-lit rooms, 1 of 4 " * 6, at, cv2.FONT_HERSHEY_SIMPLEX, 1.5, (16,), 3, cv2.LINE_AA)
    rect = Rect(0, 0, 1440, 810)
    ideal = cv2.resize(fine, (rect.width, rect.height), interpolation=cv2.INTER_AREA)
    sent = cv2.resize(fine, (1920, 1080), interpolation=cv2.INTER_AREA).astype(np.uint8)
    stage, face = (np.square(drawn(sent, rect, fit) - ideal.astype(float)).mean() for fit in (Fit.INSIDE, Fit.FILL))
    assert stage < 0.85 * face


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
