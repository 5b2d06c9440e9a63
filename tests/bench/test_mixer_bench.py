"""The mixer's benchmark does what it says, on a scene small enough to be quick."""

import json
import os
import re
import time
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

import tests.figures
from mixer.decode.colour import Colours, Matrix
from mixer.decode.picture import Picture, planes_of
from mixer.layout.arrangement import Cast, arrange
from mixer.layout.tile import Shape
from mixer.output.settings import OutputSettings
from mixer.picture.canvas import Canvas
from mixer.settings import LayoutName
from tests.bench.encoding import open_encoder, x264_options
from tests.bench.floor import keyframe_ticks
from tests.bench.job import Job
from tests.bench.lockstep import mix_beside_floor
from tests.bench.mixer import measure
from tests.bench.mixer_chart import draw_chart
from tests.bench.mixer_page import is_linear, tell
from tests.bench.peers import cost, ffmpeg_cli
from tests.bench.scenery import number_at, pictures
from tests.bench.scenes import SCENES, Content, Sending

SMALL = Job(scene="cameras 2", media_s=1, width=640, height=360)


def test_floor_and_ours_work_on_the_same() -> None:
    """Ours decodes every frame that was sent, and each of the floor's three parts has cost something."""
    pair = mix_beside_floor(SMALL)
    assert pair.ours.decoded == 60
    assert {tile["track"] for tile in pair.ours.tiles} == {"camera0", "camera1"}
    assert min(pair.ours.cpu_s_per_s, pair.decode, pair.scale, pair.encode) > 0
    assert pair.ours.file_bytes > 10_000


@pytest.mark.long
def test_a_scene_has_all_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line of JSON has the ratios, the real-time mix shows every camera's pictures, and a page can be written."""
    figures = measure(SMALL, quick=True, say=lambda _text: None).figures(SMALL.media_s)
    ratios = {"ratio_to_floor", "ratio_to_ffmpeg", "ratio_to_gstreamer", "ratio_to_browser"}
    assert ratios | {"cpu_s_per_s", "floor_cpu_s_per_s", "kbps", "memory_mb", "real_time", "browser"} <= set(figures)
    assert 0.5 < figures["ratio_to_floor"] < 5
    assert figures["real_time"]["ticks"] == 30
    seen = figures["real_time"]["pictures_seen"]
    assert set(seen) == {"camera0", "camera1"}
    assert min(seen.values()) > 10
    monkeypatch.setattr(tests.figures, "FIGURES", tmp_path)
    tell({"S2": figures}, {1: 0.3, 2: 0.3, 4: 0.4, 16: 0.6, 49: 1.2}, note_them=True)
    (beside_ffmpeg,) = tmp_path.glob("*ffmpeg*")
    told = re.search(r"mean ([\d.]+) .* are at ([\d.]+)\): S2 \1", json.loads(beside_ffmpeg.read_text())["measured"])
    assert told
    assert float(told[2]) == pytest.approx(float(told[1]) / figures["ratio_to_strict_floor"], rel=0.1)


@pytest.mark.long
def test_a_peer_that_hangs_costs_only_its_own_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is ended, its column says so, and the rest of the table is there."""
    program = tmp_path / ffmpeg_cli.PROGRAM
    survived = tmp_path / "survived"
    program.write_text(f"#!/bin/sh\n(sleep 2; touch {survived}) & wait\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(cost, "START_S", 0.5)
    said: list[str] = []
    figures = measure(SMALL, quick=True, say=said.append).figures(SMALL.media_s)
    assert (figures["failures"], figures["ratio_to_ffmpeg"]) == ({"ffmpeg": "timed out"}, None)
    assert any("did not end within" in line for line in said)
    assert figures["ratio_to_floor"] > 0.5
    assert figures["real_time"]["ticks"] == 30
    tell({"S2": figures}, {}, note_them=False)
    assert "timed out" in capsys.readouterr().out
    time.sleep(2)
    assert not survived.exists()


def test_a_program_that_fails_says_why() -> None:
    """With what it said, and its column says that it failed."""
    with pytest.raises(cost.PeerError, match="no such pipeline") as failed:
        cost.cpu_of(["sh", "-c", "echo no such pipeline >&2; exit 3"], 60)
    assert failed.value.outcome == "failed"


@pytest.mark.parametrize("content", [Content.PERSON, Content.DOCUMENT])
def test_clips_number_their_pictures(content: Content) -> None:
    """What is drawn moves, is textured, and says which picture it is."""
    before = None
    for number, (luma, _u, _v) in enumerate(pictures(Sending(content, 1, 320, 180, 30, 150), 7, 12)):
        assert number_at(luma) == number
        assert luma.std() > 15
        assert before is None or np.abs(luma.astype(int) - before).mean() > 0.1
        before = luma.astype(int)


@pytest.mark.parametrize("count", [1, 2, 4, 9, 16])
@pytest.mark.parametrize(("width", "height"), [(640, 360), (1920, 1080)])
def test_numbers_are_read_off_tiles(count: int, width: int, height: int) -> None:
    """However a tile crops its camera and rounds its corners."""
    canvas = Canvas(width, height)
    shapes = [Shape(str(index), 640, 360) for index in range(count)]
    scene = arrange(LayoutName.GRID, canvas.rect, Cast(cameras=tuple(shapes)))
    for number, drawn in enumerate(pictures(Sending(Content.PERSON, 1, 640, 360, 30, 500), 3, 8)):
        frame = av.VideoFrame(640, 360, "yuv420p")
        for part, into in zip(drawn, planes_of(frame), strict=True):
            np.copyto(into, part)
        picture = Picture(frame, number, 0, Colours(Matrix.BT601, full_range=False))
        canvas.draw(scene, dict.fromkeys((shape.track for shape in shapes), picture))
        for rect in (tile.rect for tile in scene):
            luma = canvas.planes[0][rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
            assert number_at(luma) == number


def test_slides_rest_but_for_one_change() -> None:
    """Bit by bit the same picture, then bit by bit another."""
    seen = [luma.copy() for luma, _u, _v in pictures(Sending(Content.SLIDES, 1, 640, 360, 5, 500), 1, 10)]
    changes = [not np.array_equal(one, other) for one, other in pairwise(seen)]
    assert changes == [False] * 4 + [True] + [False] * 4


def test_a_grey_cell_is_no_number() -> None:
    """A tile without a clip in it has no number."""
    assert number_at(np.full((180, 320), 128, np.uint8)) is None


def test_floor_begins_groups_where_the_file_does() -> None:
    """Fragments double in length until they are as long as they get."""
    settings = OutputSettings()
    ticks = [tick for tick, _ in zip(keyframe_ticks(settings), range(6), strict=False)]
    lengths = [after - before for before, after in pairwise(ticks)]
    assert lengths[0] == settings.first_fragment_ticks
    assert lengths[-1] == settings.fragment_ticks


def test_others_get_our_x264_settings() -> None:
    """Rate control and preset are those of the settings, and the encoder that opens with them is ours."""
    settings = OutputSettings(crf=27, max_bitrate_kbps=3000)
    options = x264_options(settings)
    assert (options["preset"], options["crf"], options["maxrate"]) == (settings.preset, "27", "3000k")
    assert open_encoder(settings).name == "libx264"


@pytest.mark.parametrize(
    ("costs", "linear"),
    [
        ({1: 0.3, 4: 0.34, 9: 0.41, 16: 0.51, 25: 0.63, 36: 0.78, 49: 0.96}, True),
        ({1: 0.3, 4: 0.31, 9: 0.38, 16: 0.55, 25: 0.93, 36: 1.60, 49: 2.70}, False),
    ],
)
def test_a_curve_that_bends_upwards_is_seen(costs: dict[int, float], linear: bool) -> None:
    """The figure can say no."""
    assert is_linear(costs) is linear


def test_scenes_are_those_of_the_table() -> None:
    """Six scenes, with as many cameras as they say."""
    assert {name: scene.cameras for name, scene in SCENES.items()} == {
        "S1": 4,
        "S2": 9,
        "S3": 25,
        "S4": 16,
        "S5": 1,
        "S6": 4,
    }


def test_chart_is_drawn(tmp_path: Path) -> None:
    """A picture comes out, whichever peers were there."""
    row = {
        "cpu_s_per_s": 0.8,
        "floor_cpu_s_per_s": {"decode": 0.1, "scale": 0.1, "encode": 0.5},
        "ffmpeg_cpu_s_per_s": 1.0,
    }
    path = tmp_path / "chart.png"
    draw_chart({"S1": row, "S2": row}, {1: 0.3, 4: 0.4, 9: 0.5}, path)
    assert path.stat().st_size > 5000
