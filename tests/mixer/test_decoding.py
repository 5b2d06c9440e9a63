"""Encoded frames in, the right colours at the right time out."""

import random
import threading
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.decode.colour import Matrix
from mixer.decode.crew import Crew
from mixer.decode.frame_queue import FrameQueue
from mixer.decode.pacing import due_ns, enough_ns
from mixer.decode.video_decoder import DecodeFailed, VideoDecoder
from mixer.frame import Codec, EncodedFrame
from mixer.picture.timeline import VideoTimeline
from mixer.settings import MixSettings
from mixer.source import Size
from tests.mixer.clips import BLUE, FRAME_NS, GREEN, GREY, RED, WHITE, Asked, Stage, encode, frames, is_shown_as, near

VIDEO = [Codec.VP8, Codec.VP9, Codec.H264, Codec.AV1]
SECOND = 1_000_000_000


@pytest.mark.parametrize("codec", VIDEO)
def test_every_frame_is_shown_at_its_tick(codec: Codec) -> None:
    """No decoder keeps a picture back: tick n shows frame n, for every codec."""
    colours = [RED, GREEN, BLUE, GREY] * 4
    stage = Stage()
    stage.camera("cam")
    stage.push(frames("cam", encode(codec, 320, 180, colours), codec=codec))
    for colour in colours:
        stage.run(0)
        assert is_shown_as(stage.colour("cam"), colour)
    assert stage.mix.picture.stats()["cam"].shown == len(colours)


def test_codec_and_size_change_in_mid_stream() -> None:
    """VP8, then H264 of another size, then VP8 again: each shows from its keyframe on."""
    stage = Stage()
    stage.camera("cam")
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [RED] * 5)))
    stage.push(frames("cam", encode(Codec.H264, 642, 362, [GREEN] * 5), codec=Codec.H264, first_ns=5 * FRAME_NS))
    stage.push(frames("cam", encode(Codec.VP8, 75, 41, [BLUE] * 5), first_ns=10 * FRAME_NS))
    seen = []
    for _ in range(3):
        stage.run(5 / 30)
        seen.append(stage.colour("cam"))
    assert [is_shown_as(colour, sent) for colour, sent in zip(seen, [RED, GREEN, BLUE], strict=True)] == [True] * 3
    assert stage.mix.picture.stats()["cam"].decode_errors == 0


def test_codec_change_without_a_keyframe_asks_for_one() -> None:
    """The picture stays as it was, and a keyframe is asked for."""
    stage = Stage()
    stage.camera("cam")
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [RED] * 5)))
    stage.push(frames("cam", encode(Codec.H264, 160, 90, [GREEN] * 6), codec=Codec.H264, first_ns=4 * FRAME_NS)[1:])
    stage.run(10 / 30)
    assert is_shown_as(stage.colour("cam"), RED)
    assert stage.asked.keyframes


@pytest.mark.parametrize("codec", VIDEO)
def test_garbage_costs_only_its_own_track(codec: Codec) -> None:
    """Random bytes and bit-flipped frames in every decoder: no exception, the neighbour's picture is untouched, and the
    next keyframe mends it."""
    rng = random.Random(7)  # a fixed seed: what breaks must break again
    good = encode(codec, 160, 90, [GREEN] * 30, texture=True)
    stage = Stage()
    stage.camera("bad")
    stage.camera("good")
    bad = list(frames("bad", good, codec=codec))
    for index in range(5, 20):
        data = bytearray(bad[index].data)
        for _ in range(8):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        damaged = bytes(data) if index % 2 else rng.randbytes(rng.randrange(1, 200))
        bad[index] = EncodedFrame("bad", codec, bad[index].pts_ns, index % 5 == 0, damaged)
    stage.push(bad)
    stage.push(frames("good", good, codec=codec))
    stage.push(frames("bad", encode(codec, 160, 90, [BLUE] * 3), codec=codec, first_ns=SECOND))
    for _ in range(30):
        stage.run(0)
        assert near(stage.colour("good")[1:], stage_colour(GREEN)[1:], 10)
    stage.run(3 / 30)
    assert is_shown_as(stage.colour("bad"), BLUE)
    assert "good" not in stage.asked.keyframes


def stage_colour(sent: tuple[int, int, int]) -> tuple[int, int, int]:
    """What an untouched camera of that colour looks like in the file."""
    stage = Stage()
    stage.camera("cam")
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [sent])))
    stage.run(0)
    return stage.colour("cam")


@pytest.mark.parametrize("codec", VIDEO)
def test_a_decode_error_keeps_the_last_whole_picture(codec: Codec) -> None:
    """A truncated frame is not shown, a keyframe is asked for, and what depends on it is not shown either."""
    packets = encode(codec, 160, 90, [RED] * 5 + [GREEN] * 5, texture=True)
    stage = Stage()
    stage.camera("cam")
    made = frames("cam", packets, codec=codec)
    # Half an AV1 frame is no frame; what is none for the others is an unknown unit to AV1, and skipped.
    damaged = made[5].data[: len(made[5].data) // 2] if codec is Codec.AV1 else b"\x00\x00\x00\x01\x41"
    made[5] = EncodedFrame("cam", codec, made[5].pts_ns, False, damaged)
    stage.push(made)
    stage.run(10 / 30)
    assert near(stage.colour("cam"), stage_colour(RED), 16)
    assert stage.asked.keyframes
    assert stage.mix.picture.stats()["cam"].decode_errors == 1


def test_an_empty_frame_does_not_end_the_track() -> None:
    """An empty packet would flush libavcodec for good."""
    decoder = VideoDecoder(Codec.VP8, Matrix.BT601)
    packets = encode(Codec.VP8, 160, 90, [RED, GREEN])
    assert decoder.decode(EncodedFrame("cam", Codec.VP8, 0, True, packets[0])) is not None
    assert decoder.decode(EncodedFrame("cam", Codec.VP8, 1, False, b"")) is None
    assert decoder.decode(EncodedFrame("cam", Codec.VP8, 2, False, packets[1])) is not None


def test_an_empty_frame_is_passed_over() -> None:
    """By the mix, too: what follows it is shown."""
    stage = Stage()
    stage.camera("cam")
    made = frames("cam", encode(Codec.VP8, 160, 90, [RED, RED, GREEN]))
    made[1] = EncodedFrame("cam", Codec.VP8, made[1].pts_ns, False, b"")
    stage.push(made)
    stage.run(4 / 30)
    assert near(stage.colour("cam"), stage_colour(GREEN), 16)


def test_many_frames_in_one_tick_keep_one_picture() -> None:
    """A mix that is behind by seconds does not hold seconds of pictures; all of them are counted."""
    timeline = VideoTimeline("cam", MixSettings(), Asked())
    for frame in frames("cam", encode(Codec.VP8, 160, 90, [RED, GREEN] * 50)):
        timeline.push(frame)
    timeline.take(5 * SECOND)()
    assert sum(len(shown) for shown in timeline._decoded) == 1
    timeline.finish()
    stats = timeline.snapshot()
    assert stats.decoded + stats.skipped > 60
    assert timeline.picture is not None


def test_a_sideways_picture_stays_so_when_the_last_of_many_is_damaged() -> None:
    """However many frames of it were taken at a time."""
    made = frames("cam", encode(Codec.VP8, 160, 90, [RED] * 40), rotation=90)
    for count in (31, 32, 33, 34, 40):
        timeline = VideoTimeline("cam", MixSettings(), Asked())
        for frame in [*made[: count - 1], replace(made[count - 1], data=b"\x00\x00\x00\x01\x41")]:
            timeline.push(frame)
        Crew(1).run([timeline.take(5 * SECOND)], 0)
        timeline.finish()
        assert timeline.picture is not None
        assert (timeline.picture.rotation, timeline.picture.size) == (90, Size(90, 160)), count


def test_a_header_that_claims_a_huge_picture_is_refused() -> None:
    """16383x16383 in a VP8 keyframe header must not allocate 400 MB."""
    packet = bytearray(encode(Codec.VP8, 160, 90, [RED])[0])
    packet[6:10] = b"\xff\x3f\xff\x3f"
    with pytest.raises(DecodeFailed):
        VideoDecoder(Codec.VP8, Matrix.BT601).decode(EncodedFrame("cam", Codec.VP8, 0, True, bytes(packet)))


def huge_vp9() -> bytes:
    """A keyframe whose header claims 65536x65536: the sizes are bits 36 to 67."""
    packet = bytearray(encode(Codec.VP9, 160, 90, [RED])[0])
    head = int.from_bytes(packet[:9], "big") | ((1 << 32) - 1) << 4
    packet[:9] = head.to_bytes(9, "big")
    return bytes(packet)


def superframe(*layers: bytes) -> bytes:
    """As the receiver puts the spatial layers of a picture together (VP9 specification, annex B)."""
    mark = bytes((0b110_11_000 | len(layers) - 1,))
    return b"".join((*layers, mark, *(len(layer).to_bytes(4, "little") for layer in layers), mark))


def test_vp9_that_claims_a_huge_picture_never_reaches_the_decoder() -> None:
    """libvpx would take 6 GB and ten seconds to find out: alone, or as one of several layers."""
    good = encode(Codec.VP9, 160, 90, [RED])[0]
    for data in (huge_vp9(), superframe(good, huge_vp9())):
        with pytest.raises(DecodeFailed, match="absurd"):
            VideoDecoder(Codec.VP9, Matrix.BT601).decode(EncodedFrame("cam", Codec.VP9, 0, True, data))


def test_what_hides_behind_a_vp9_frame_is_not_decoded() -> None:
    """Without an index libvpx would look for more frames after the first."""
    data = encode(Codec.VP9, 160, 90, [RED])[0] + huge_vp9()
    picture = VideoDecoder(Codec.VP9, Matrix.BT601).decode(EncodedFrame("cam", Codec.VP9, 0, True, data))
    assert picture is not None
    assert (picture.size.width, picture.size.height) == (160, 90)


def test_a_late_join_waits_for_a_keyframe() -> None:
    """Frames that refer to what was never received show nothing, and a keyframe is asked for."""
    stage = Stage()
    stage.camera("cam")
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [RED] * 10))[1:])
    stage.run(10 / 30)
    assert stage.tracks() == []
    assert stage.asked.keyframes


def test_a_full_queue_drops_up_to_the_next_keyframe() -> None:
    """What is left starts with a keyframe; without one nothing is left, and one is needed."""
    queue = FrameQueue(4, 10_000)
    kept = [queue.push(EncodedFrame("cam", Codec.VP8, n, n in {0, 3}, b"x")) for n in range(5)]
    assert (kept, len(queue), queue.next_ns, queue.dropped) == ([True] * 5, 2, 3, 3)
    kept = [queue.push(EncodedFrame("cam", Codec.VP8, n, False, b"x" * 9_000)) for n in (5, 6)]
    assert (kept, len(queue)) == ([True, False], 0)
    assert not queue.push(EncodedFrame("cam", Codec.VP8, 7, False, b"x"))
    assert queue.push(EncodedFrame("cam", Codec.VP8, 8, True, b"x"))


def test_a_keyframe_that_is_due_spares_what_came_before_it() -> None:
    """After a stall of the mix, frames before the newest keyframe are not decoded."""
    stage = Stage()
    stage.camera("cam")
    packets = encode(Codec.VP8, 160, 90, [RED] * 3)
    stage.push(frames("cam", packets, first_ns=-10 * FRAME_NS))
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [BLUE] * 3), first_ns=-3 * FRAME_NS))
    stage.run(0)
    assert is_shown_as(stage.colour("cam"), BLUE)
    assert stage.mix.picture.stats()["cam"].skipped == 3


@settings(max_examples=60, deadline=None)
@given(st.integers(0, FRAME_NS), st.lists(st.integers(-3_500_000, 3_500_000), min_size=90, max_size=90))
def test_jitter_never_costs_a_picture(phase: int, jitter: list[int]) -> None:
    """A 30 fps source with any phase and up to 3.5 ms of clock jitter has every picture shown, in order."""
    pts = sorted(phase + n * FRAME_NS + moved for n, moved in enumerate(jitter))
    queue = FrameQueue(len(pts), 10_000)
    for at_ns in pts:
        queue.push(EncodedFrame("cam", Codec.VP8, at_ns, False, b"x"))
    shown: list[int] = []
    for tick in range(95):
        tick_ns = tick * FRAME_NS
        taken = queue.take(due_ns(tick_ns, FRAME_NS), enough_ns(tick_ns, FRAME_NS))
        shown += [frame.pts_ns for frame in taken[-1:]]
    lost = len(pts) - len(shown)
    # While the phase settles, one picture may give way; from then on none does.
    assert lost <= 1
    assert not queue


def test_vp9_layers_in_one_frame_are_all_decoded() -> None:
    """SVC has several spatial layers of a picture in one frame: the last one is shown."""
    low, high = encode(Codec.VP9, 160, 90, [RED, GREEN])
    stage = Stage()
    stage.camera("cam")
    stage.push(frames("cam", [superframe(low, high)], codec=Codec.VP9))
    stage.run(0)
    assert is_shown_as(stage.colour("cam"), GREEN)


def test_a_crew_of_threads_mixes_up_nothing() -> None:
    """Nine cameras of different colours on four threads: everyone's picture is in the own tile, at every tick."""
    stage = Stage(decode_threads=4)
    colours = {f"cam{index}": [RED, GREEN, BLUE][index % 3] for index in range(9)}
    for track, colour in colours.items():
        stage.camera(track)
        stage.push(frames(track, encode(Codec.VP8, 160, 90, [colour, WHITE, colour] * 5)))
    for tick in range(15):
        stage.run(0)
        for track, colour in colours.items():
            assert is_shown_as(stage.colour(track), WHITE if tick % 3 == 1 else colour)
    stage.mix.close()


@pytest.mark.parametrize("threads", [1, 3])
def test_a_crew_does_every_job_once(threads: int) -> None:
    """What cannot be decoded is passed over; any other error is raised when the rest is done. More than once."""
    before = set(threading.enumerate())
    crew = Crew(threads)
    done: list[int] = []

    def job(number: int) -> None:
        done.append(number)
        if number == 3:
            raise ValueError("cannot be decoded")
        if number == 5:
            raise KeyError("a fault")

    for count in (0, 1, 5, 5):
        done.clear()
        crew.run([partial(job, number) for number in range(count)], 1)
        assert sorted(done) == list(range(count))
    done.clear()
    with pytest.raises(KeyError):
        crew.run([partial(job, number) for number in range(9)], 1)
    assert sorted(done) == list(range(9))
    crew.close()
    crew.close()
    assert set(threading.enumerate()) <= before


def test_a_decoder_that_minds_harmless_oddities_is_told_not_to() -> None:
    """After three keyframes in a row that cannot be decoded, a picture still comes from the next good one."""
    stage = Stage()
    stage.camera("cam")
    good = encode(Codec.H264, 160, 90, [GREEN])[0]
    packets = [b"\x00\x00\x00\x01\x65\xff"] * 4 + [good]
    stage.push(EncodedFrame("cam", Codec.H264, index * FRAME_NS, True, data) for index, data in enumerate(packets))
    stage.run(5 / 30)
    assert is_shown_as(stage.colour("cam"), GREEN)
    assert stage.mix.picture.stats()["cam"].decode_errors == 4


def test_a_freeze_is_counted() -> None:
    """Two seconds without a picture are one freeze, and its length is known."""
    stage = Stage()
    stage.camera("cam")
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [WHITE])))
    stage.push(frames("cam", encode(Codec.VP8, 160, 90, [WHITE]), first_ns=2 * SECOND))
    stage.run(3)
    stats = stage.mix.picture.stats()["cam"]
    assert stats.freezes == 2  # and the second after the last picture
    assert 1_900_000_000 <= stats.longest_freeze_ns <= 2_000_000_000
