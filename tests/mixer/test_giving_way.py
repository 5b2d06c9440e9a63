"""What the picture side does at each level of effort."""

import threading
from dataclasses import replace
from fractions import Fraction

import av
import pytest
from av.codec import Codec as LibavCodec

from mixer.decode.picture import planes_of
from mixer.effort import FULL, Effort, ladder
from mixer.frame import Codec, EncodedFrame
from mixer.settings import LayoutName
from tests.mixer.clips import BLUE, FRAME_NS, GREEN, REALTIME, RED, Stage, encode, frames, is_shown_as

HALF_RATE = Effort(level=1, camera_every=2)
KEYFRAMES = Effort(level=1, keyframes_only=True)


def moving(stage: Stage, *tracks: str, seconds: float = 2) -> None:
    """Cameras that send something new 30 times a second."""
    count = round(seconds * 30)
    colours = [(40 + 150 * n // count, 128, 128) for n in range(count)]
    for track in tracks:
        stage.camera(track)
        stage.push(frames(track, encode(Codec.VP8, 160, 90, colours)))


def changed_ticks(stage: Stage, seconds: float) -> int:
    return sum(stage.run(1 / 30).changed for _ in range(round(seconds * 30)))


def test_at_full_quality_every_tick_has_a_new_picture() -> None:
    """And a tick without one is known as such."""
    stage = Stage()
    moving(stage, "a", "b", seconds=1)
    assert changed_ticks(stage, 1) == 30
    assert changed_ticks(stage, 1) == 0


def test_cameras_at_half_rate_leave_every_other_tick_unchanged() -> None:
    """All cameras move on the same ticks; every frame is decoded, for the ones after it need it."""
    stage = Stage()
    stage.mix.picture.effort = HALF_RATE
    moving(stage, "a", "b", "c", seconds=1)
    assert changed_ticks(stage, 1) in {15, 16, 17}
    stats = stage.mix.picture.stats()["b"]
    assert stats.decode_errors == 0
    assert stats.decoded == 30


def test_cameras_move_with_a_stage_of_their_rate() -> None:
    """A stage of 15 pictures a second and cameras at half rate change 15 ticks, not 30."""
    stage = Stage(layout=LayoutName.STAGE)
    stage.camera("slides", stage=True)
    slides = encode(Codec.VP8, 320, 180, [(40 + 5 * n, 128, 128) for n in range(30)])
    stage.push(EncodedFrame("slides", Codec.VP8, (2 * n + 1) * FRAME_NS, n == 0, data) for n, data in enumerate(slides))
    moving(stage, "a", "b")
    stage.mix.picture.effort = HALF_RATE
    stage.run(0.5)
    assert changed_ticks(stage, 1) in {15, 16}


def test_cameras_do_not_wait_for_a_stage_at_rest() -> None:
    """Beside a slide that does not move they have their fifteen pictures a second."""
    stage = Stage(layout=LayoutName.STAGE)
    stage.camera("slides", stage=True)
    stage.push(frames("slides", encode(Codec.VP8, 320, 180, [RED] * 3)))
    moving(stage, "a", "b")
    stage.mix.picture.effort = HALF_RATE
    stage.run(0.5)
    assert changed_ticks(stage, 1) in {15, 16}


def test_taking_turns_halves_what_is_drawn() -> None:
    """Each camera gets every other turn, and none is left out."""
    stage = Stage()
    stage.mix.picture.effort = replace(HALF_RATE, camera_turns=2)
    moving(stage, "a", "b", "c", "d")
    stage.run(0.5)
    before = stage.mix.picture.canvas.tiles_drawn
    stage.run(1)
    assert 28 <= stage.mix.picture.canvas.tiles_drawn - before <= 32
    shown = {track: stage.mix.picture.entries[track].timeline.picture for track in "abcd"}
    assert all(picture is not None and picture.pts_ns > 1_300_000_000 for picture in shown.values())


def test_a_stage_at_a_third_of_the_rate() -> None:
    """The stage gives way last: a 30 fps share then changes 10 ticks a second."""
    stage = Stage(layout=LayoutName.STAGE_ONLY)
    stage.camera("film", stage=True)
    stage.push(frames("film", encode(Codec.VP8, 320, 180, [(40 + 3 * n, 128, 128) for n in range(60)])))
    stage.mix.picture.effort = Effort(level=1, stage_every=3)
    stage.run(0.5)
    assert changed_ticks(stage, 1) == 10


def test_smaller_layers_are_asked_for_and_taken_back() -> None:
    """Half of the tile's size, once it has lasted a second; the stage's own stays."""
    stage = Stage(layout=LayoutName.STAGE)
    moving(stage, "a", seconds=5)
    stage.camera("slides", stage=True)
    stage.push(frames("slides", encode(Codec.VP8, 320, 180, [RED] * 150)))
    stage.run(1)
    full = dict(stage.asked.layers)
    stage.asked.layers.clear()
    stage.mix.picture.effort = Effort(level=1, layer_scale=0.5)
    stage.run(1.5)
    [(track, size)] = stage.asked.layers
    asked = full["a"]
    assert size is not None
    assert asked is not None
    assert (track, size.width, size.height) == ("a", round(asked.width / 2), round(asked.height / 2))
    stage.mix.picture.effort = FULL
    stage.run(1.5)
    assert stage.asked.layers[-1] == ("a", asked)


def test_with_keyframes_only_nothing_else_is_decoded() -> None:
    """One is asked for every other second and shown; back at full quality another one, and all goes on."""
    stage = Stage()
    stage.camera("a")
    stage.push(frames("a", encode(Codec.VP8, 160, 90, [RED] * 120 + [GREEN] * 10)))
    stage.run(0.5)
    stage.mix.picture.effort = KEYFRAMES
    stage.run(2.5)
    assert stage.asked.keyframes == ["a"]
    assert stage.mix.picture.stats()["a"].decoded == 15
    stage.push(frames("a", encode(Codec.VP8, 160, 90, [BLUE] * 30), first_ns=130 * FRAME_NS))
    stage.run(1.5)
    assert is_shown_as(stage.colour("a"), BLUE)
    assert stage.mix.picture.stats()["a"].decoded == 16
    stage.asked.keyframes.clear()
    stage.mix.picture.effort = FULL
    stage.run(0.5)
    assert "a" in stage.asked.keyframes
    stage.push(frames("a", encode(Codec.VP8, 160, 90, [GREEN] * 30), first_ns=160 * FRAME_NS))
    stage.run(0.8)
    assert is_shown_as(stage.colour("a"), GREEN)
    assert stage.mix.picture.stats()["a"].decode_errors == 0


def test_keyframes_alone_are_decoded_side_by_side() -> None:
    """All who were asked answer at once."""
    stage = Stage(decode_threads=2)
    stage.mix.picture.effort = KEYFRAMES
    before = set(threading.enumerate())
    for track in ("a", "b"):
        stage.camera(track)
        for second in range(2):
            stage.push(frames(track, encode(Codec.VP8, 160, 90, [RED] * 2), first_ns=second * 1_000_000_000))
    stage.run(1.5)
    assert [thread.name for thread in set(threading.enumerate()) - before] == ["decode_0"]
    stage.mix.close()


def test_a_camera_that_joins_meanwhile_is_seen_at_once() -> None:
    """It does not wait for its turn."""
    stage = Stage()
    stage.mix.picture.effort = replace(HALF_RATE, camera_every=20, camera_turns=4)
    stage.run(0.1)
    moving(stage, "a", "b", "c")
    stage.run(1 / 30)
    assert stage.tracks() == ["a", "b", "c"]


def two_temporal_layers(count: int) -> list[bytes]:
    """VP8 of which every other frame is needed by no other."""
    context = LibavCodec("libvpx", "w").create()
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 160, 90, "yuv420p"
    context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
    context.gop_size, context.bit_rate, context.thread_count = 300, 400_000, 1
    layers = "ts_number_layers=2:ts_target_bitrate=200,400:ts_rate_decimator=2,1:ts_periodicity=2:ts_layer_id=0,1"
    context.options = REALTIME | {"error-resilient": "1", "ts-parameters": f"{layers}:ts_layering_mode=2"}
    packets: list[bytes] = []
    for index in range(count):
        frame = av.VideoFrame(160, 90, "yuv420p")
        for plane, value in zip(planes_of(frame), (40 + index, 128, 128), strict=True):
            plane[:] = value
        frame.pts = index
        packets += [bytes(packet) for packet in context.encode(frame)]
    return packets + [bytes(packet) for packet in context.encode(None)]


def skipped_at_half_rate(first_ticks: int) -> int:
    """With the first so many ticks at full quality, which decides on which ticks the camera moves later."""
    stage = Stage()
    stage.camera("a")
    stage.push(frames("a", two_temporal_layers(60)))
    stage.run(first_ticks / 30)
    stage.mix.picture.effort = HALF_RATE
    stage.run(1.5)
    picture = stage.mix.picture.entries["a"].timeline.picture
    assert picture is not None
    luma = 40 + round(picture.pts_ns / FRAME_NS)
    assert abs(int(planes_of(picture.frame)[0].mean()) - luma) < 3
    assert stage.mix.picture.stats()["a"].decode_errors == 0
    return stage.mix.picture.stats()["a"].skipped


def test_frames_that_nobody_needs_are_not_decoded() -> None:
    """At half rate the upper temporal layer costs nothing when it is the one not shown, and what is shown is whole."""
    assert sorted(skipped_at_half_rate(ticks) for ticks in (4, 5)) in [[0, 22], [0, 23]]


def test_a_camera_that_nobody_sees_is_not_decoded_until_its_next_keyframe() -> None:
    """Its decoder is gone as soon as its tile is; seen again, it begins with the keyframe that was asked for."""
    stage = Stage(layout=LayoutName.GRID)
    stage.camera("a")
    stage.camera("slides", stage=True)
    stage.push(frames("slides", encode(Codec.VP8, 160, 90, [GREEN] * 120)))
    stage.push(frames("a", encode(Codec.VP8, 160, 90, [RED] * 60)))
    stage.push(frames("a", encode(Codec.VP8, 160, 90, [BLUE] * 60), first_ns=60 * FRAME_NS))
    stage.run(0.5)
    assert "a" in stage.tracks()
    stage.mix.set_layout(LayoutName.STAGE_ONLY)
    stage.run(0.5)
    decoded = stage.mix.picture.stats()["a"].decoded
    assert decoded <= 16
    stage.mix.set_layout(LayoutName.GRID)
    stage.run(0.5)
    assert stage.mix.picture.stats()["a"].decoded == decoded
    assert "a" in stage.asked.keyframes
    stage.run(1)
    assert stage.mix.picture.stats()["a"].decode_errors == 0
    assert is_shown_as(stage.colour("a"), BLUE)


@pytest.mark.parametrize("fps", [30, 5])
@pytest.mark.parametrize("effort", ladder(3))
def test_no_level_loses_a_person_or_the_sound(effort: Effort, fps: int) -> None:
    """At every level all are in the picture all the time, with no keyframe but the first, though pictures are further
    apart than a camera may be silent; and each tick has its samples."""
    stage = Stage(hold_ns=500_000_000, fps=fps)
    stage.mix.picture.effort = effort
    moving(stage, "a", "b", "c", seconds=3)
    for _ in range(3 * fps):
        assert stage.run(0).sound.shape == (2, 48_000 // fps)
        assert stage.tracks() == ["a", "b", "c"]


@pytest.mark.parametrize("effort", ladder(3))
def test_at_every_level_a_camera_that_stops_or_is_muted_goes(effort: Effort) -> None:
    """Half a second after its last frame, or after the mute hold, and within a few ticks of when it would at full
    quality; what it showed does not come back with frames that cannot be shown."""
    stage = Stage(hold_ns=500_000_000)
    stage.mix.picture.effort = effort
    moving(stage, "a", "b", seconds=3)
    stage.camera("c")
    packets = encode(Codec.VP8, 160, 90, [RED] * 90)
    stage.push(frames("c", packets[:30]))
    stage.push(frames("c", packets, first_ns=60 * FRAME_NS)[1:])
    stage.mix.set_muted("b", True, 1_000_000_000)
    stage.run(1.2)
    assert "c" in stage.tracks()
    stage.run(0.75)
    assert stage.tracks() == ["a"]
    if effort.keyframes_only:
        stage.run(0.5)
        assert stage.tracks() == ["a"]


@pytest.mark.parametrize("effort", [effort for effort in ladder(3) if not effort.keyframes_only])
def test_no_level_keeps_a_frozen_picture(effort: Effort) -> None:
    """A camera changes its codec and nobody gets a keyframe: what it sends does not keep its last picture."""
    stage = Stage(hold_ns=500_000_000)
    stage.mix.picture.effort = effort
    moving(stage, "a", seconds=3)
    stage.camera("b")
    stage.push(frames("b", encode(Codec.VP8, 160, 90, [RED] * 30)))
    others = encode(Codec.H264, 160, 90, [GREEN] * 60)
    stage.push(frames("b", others, codec=Codec.H264, first_ns=30 * FRAME_NS)[1:])
    stage.run(1)
    assert stage.tracks() == ["a", "b"]
    stage.run(1)
    for _ in range(30):
        stage.run(0)
        assert stage.tracks() == ["a"]


@pytest.mark.parametrize("effort", ladder(3))
def test_a_damaged_frame_loses_nobody(effort: Effort) -> None:
    """Nor does a damaged keyframe after it: the stream goes on, and another keyframe comes within the hold."""
    stage = Stage(hold_ns=1_000_000_000)
    stage.mix.picture.effort = effort
    moving(stage, "a", seconds=3)
    stage.camera("b")
    sent = frames("b", encode(Codec.VP8, 160, 90, [RED] * 45))
    sent[40] = replace(sent[40], data=b"\x00")
    stage.push([*sent, EncodedFrame("b", Codec.VP8, 45 * FRAME_NS, True, b"\x00")])
    stage.push(frames("b", encode(Codec.VP8, 160, 90, [GREEN] * 30), first_ns=55 * FRAME_NS))
    for _ in range(80):
        stage.run(0)
        assert stage.tracks() == ["a", "b"]
    assert stage.mix.picture.stats()["b"].decode_errors > 0
