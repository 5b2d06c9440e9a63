"""Sound is where its capture time says, through loss, drift, jumps and pauses."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.frame import EncodedFrame
from tests.mixer_audio.sounds import (
    OPUS,
    PACKET_NS,
    PCMU,
    RATE,
    Playback,
    decibels,
    encode,
    encode_with_pauses,
    frames,
    open_mix,
    pulse,
    pulse_lag,
    pulses,
    record,
    rms,
    roughest,
    tone,
    voice,
)

FADE = 192
OPUS_DELAY = 312


def at_clock(coming: list[EncodedFrame], ppm: float, begin_ns: int = 0) -> list[EncodedFrame]:
    """As a sender whose clock is `ppm` fast captured them."""
    million = 1_000_000_000
    slow = round((1 + ppm * 1e-6) * million)
    return [replace(frame, pts_ns=begin_ns + frame.pts_ns * million // slow) for frame in coming]


def test_lost_packets_are_silence_exactly_there() -> None:
    """Nothing before or after the hole moves; sound fades over 4 ms on both sides, without a click."""
    sound = tone(440, 2)
    coming = frames(encode(sound))
    heard = record(open_mix("microphone"), coming[:40] + coming[45:], 2)
    first, last = 40 * 960 - OPUS_DELAY, 45 * 960 - OPUS_DELAY
    assert not heard[:, first:last].any()
    whole = record(open_mix("microphone"), coming, 2)
    assert np.array_equal(heard[:, : first - FADE], whole[:, : first - FADE])
    assert np.abs(heard[:, last + 2 * 960 :] - whole[:, last + 2 * 960 :]).max() < 0.01
    assert heard[0, first - FADE : first].any()
    assert roughest(heard[0, 960:]) < 5 * roughest(sound[0])


def test_a_hole_after_which_the_clock_is_late_is_still_a_hole() -> None:
    """Packets lost in a stretch that is read at another speed: the sound after it begins at its own time."""
    coming = at_clock(frames(encode(pulses(8, 150))), 150)
    heard = record(open_mix("microphone"), coming[:180] + coming[190:], 8)
    assert [abs(pulse_lag(heard, second * RATE)) < 24 for second in (1, 2, 3, 5, 6)] == [True] * 5


@pytest.mark.parametrize("begin_ns", [0, 86_389_123_000_000], ids=["first hour", "24 h"])
@pytest.mark.parametrize("ppm", [200, -200, 30, 0])
def test_a_wrong_clock_is_followed(ppm: float, begin_ns: int) -> None:
    """Every second's pulse within 0.3 ms of the truth from the first to the last, and ever closer."""
    mix = open_mix("microphone")
    begin = begin_ns * RATE // 1_000_000_000
    heard = record(mix, at_clock(frames(encode(pulses(12, ppm))), ppm, begin_ns), 12, begin)
    lags = [pulse_lag(heard, second * RATE) for second in range(1, 11)]
    stats = mix.stats()["microphone"]
    assert max(map(abs, lags)) <= 15
    assert abs(lags[-1]) <= 4
    assert stats.drift_ppm == pytest.approx(ppm, abs=20)
    assert (stats.gaps, stats.steps, stats.late) == (0, 0, 0)


@pytest.mark.long
@pytest.mark.parametrize("ppm", [200, -200])
def test_a_wrong_clock_leaves_nothing_over(ppm: float) -> None:
    """10 minutes, in which the clocks part by 0.12 s: the last pulses are within 2 samples, the drift is measured."""
    packets = encode(pulses(62, 0, noise=3e-3), PCMU)[:3000]
    million = 1_000_000_000
    slow = round((1 + ppm * 1e-6) * million)
    coming = (
        EncodedFrame("microphone", PCMU.codec, number * PACKET_NS * million // slow, True, packets[number % 3000])
        for number in range(11 * 3000)
    )
    mix = open_mix("microphone")
    playback, lags = Playback(mix, coming), []
    for minute in range(10):
        begin = playback.position
        heard = playback.record(60)
        for second in (20, 40):
            at = round((minute * 60 + second) * RATE / (1 + ppm * 1e-6)) - begin
            lags.append(abs(pulse_lag(heard, at)))
    stats = mix.stats()["microphone"]
    assert max(lags[2:]) <= 2
    assert stats.drift_ppm == pytest.approx(ppm, abs=2)
    assert (stats.gaps, stats.steps, stats.late, stats.overflowed) == (0, 0, 0, 0)


def test_following_a_clock_is_not_heard() -> None:
    """A tone read 100 ppm faster stays a clean tone: everything beside it is 60 dB down, and nothing clicks."""
    sound = tone(1000, 4)
    heard = record(open_mix("microphone"), at_clock(frames(encode(sound)), 100), 4)[0, RATE : 3 * RATE]
    spectrum = np.abs(np.fft.rfft(heard * np.blackman(len(heard))))
    peak = int(spectrum.argmax())
    beside = np.delete(spectrum, np.arange(peak - 40, peak + 41))
    assert decibels(rms(beside.astype(np.float32)) / float(spectrum[peak])) < -80
    assert roughest(heard) < 1.2 * roughest(sound[0])


@pytest.mark.parametrize("jump_ms", [5, -5])
def test_a_small_jump_of_the_clock_is_made_up_slowly(jump_ms: int) -> None:
    """No break, no step: half a second later the sound is on its way, ten seconds later it is there."""
    coming = frames(encode(pulses(16, 0)))
    moved = [
        replace(frame, pts_ns=frame.pts_ns + jump_ms * 1_000_000) if number >= 100 else frame
        for number, frame in enumerate(coming)
    ]
    mix = open_mix("microphone")
    heard = record(mix, moved, 16)
    assert abs(pulse_lag(heard, RATE)) <= 2
    assert abs(pulse_lag(heard, 13 * RATE + jump_ms * 48)) <= 24
    assert mix.stats()["microphone"].steps == 0
    assert mix.stats()["microphone"].gaps == 0


@pytest.mark.parametrize("jump_ms", [70, -70, 1500, -300])
def test_a_large_jump_is_stepped_over(jump_ms: int) -> None:
    """What the sender reports teach about a clock holds from that packet on, without a click."""
    sound = pulses(9, 0, noise=0)
    sound += tone(220, 9, 0.1)
    coming = frames(encode(sound))
    moved = coming[:160] + [replace(frame, pts_ns=frame.pts_ns + jump_ms * 1_000_000) for frame in coming[160:]]
    mix = open_mix("microphone")
    heard = record(mix, moved, 9)
    assert [abs(pulse_lag(heard, second * RATE)) <= 10 for second in (1, 2)] == [True, True]
    lags = [abs(pulse_lag(heard, second * RATE + jump_ms * 48)) for second in (5, 6)]
    assert max(lags) <= 10
    assert mix.stats()["microphone"].gaps + mix.stats()["microphone"].steps >= 1
    assert roughest(heard[0, 960:]) < 2 * roughest(sound[0])


def test_late_sound_is_dropped_and_counted() -> None:
    """What was mixed is not changed, and nothing is played at a wrong place instead."""
    coming = frames(encode(tone(440, 2)))
    mix = open_mix("microphone")
    mix.render(0, RATE)
    for frame in coming[:40]:
        mix.push(frame)
    assert not mix.render(RATE, RATE // 2).any()
    assert mix.stats()["microphone"].late == 40


def test_a_full_queue_drops_its_oldest() -> None:
    """A mix that stands still holds 20 s of a track, however much comes."""
    packets = encode(tone(440, 1))
    mix = open_mix("microphone")
    for number in range(1500):
        mix.push(EncodedFrame("microphone", OPUS.codec, number * PACKET_NS, True, packets[number % 50]))
    stats = mix.stats()["microphone"]
    assert stats.frames - stats.overflowed == 1001


def test_an_absurd_time_is_refused() -> None:
    """One packet from next year neither stops the track nor pushes out what is queued."""
    sound = tone(440, 2)
    coming = frames(encode(sound))
    coming.insert(30, replace(coming[30], pts_ns=coming[30].pts_ns + 10**16))
    mix = open_mix("microphone")
    for frame in coming:
        mix.push(frame)
    heard = record(mix, [], 2)
    assert mix.stats()["microphone"].misplaced == 1
    assert rms(heard[0, RATE // 2 : RATE]) == pytest.approx(0.4 / np.sqrt(2), rel=0.05)


def test_who_leaves_is_heard_to_the_end() -> None:
    """The mix is a second behind the room: a track that is removed plays what is queued, then it is gone."""
    mix = open_mix("microphone")
    coming = frames(encode(tone(440, 1)))
    for frame in coming[:45]:
        mix.push(frame)
    record(mix, [], 0.2)
    mix.remove("microphone")
    mix.push(coming[45])
    heard = record(mix, [], 1.3, begin=RATE // 5)
    assert rms(heard[0, : RATE // 2]) > 0.2
    assert not heard[:, 36 * 960 :].any()
    assert mix.unknown_frames == 1
    assert mix.stats()["microphone"].frames == 45


def test_a_pause_of_the_sender_is_silence() -> None:
    """DTX: no ticks of comfort noise in the pause, and speech comes back where it was spoken."""
    noise = np.random.default_rng(1).standard_normal((1, 6 * RATE)) * 1e-3
    sound = noise.astype(np.float32)
    sound[:, RATE : 2 * RATE] += voice(1)
    sound[:, 5 * RATE :] += voice(1)
    packets = encode_with_pauses(sound)
    sent = [
        frame
        for number, frame in enumerate(frames(packets))
        if len(frame.data) > 2 or len(packets[number - 1]) > 2  # browsers send the first packet of a pause only
    ]
    updates = [frame for frame in sent if 3 * RATE < frame.pts_ns * RATE // 10**9 < 5 * RATE and len(frame.data) > 2]
    mix = open_mix("microphone")
    heard = record(mix, sent, 6)
    assert len(sent) < 200
    assert len(updates) >= 4
    assert not heard[:, 3 * RATE : 5 * RATE - 960].any()
    for begin in (RATE, 5 * RATE):
        spoken = slice(begin, begin + RATE - 1600)
        assert decibels(rms(heard[0, spoken]) / rms(sound[0, spoken])) == pytest.approx(0, abs=1)
    assert mix.stats()["microphone"].gaps == 0


@pytest.mark.parametrize(
    "tick",
    [lambda number: 1 + number % 30, lambda number: (1600, 7, 4799, 160)[number % 4], lambda _: 12_000],
    ids=["tiny", "any", "12000"],
)
def test_blocks_may_have_any_length(tick: Callable[[int], int]) -> None:
    """The mix is the same sound however it is cut."""
    coming = frames(encode(tone(440, 1)))[:20]
    usual = record(open_mix("microphone"), coming, 0.5)
    assert np.array_equal(record(open_mix("microphone"), coming, 0.5, tick=tick), usual)


def test_what_was_rendered_is_not_rendered_again() -> None:
    """Going back is a mistake of the caller and says so."""
    mix = open_mix("microphone")
    mix.render(0, 1600)
    with pytest.raises(ValueError, match="is behind"):
        mix.render(800, 1600)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-(10**9), 4 * 10**9), st.integers(0, 49), st.booleans(), st.integers(1, 5000)),
        max_size=60,
    )
)
def test_no_order_of_times_breaks_the_mix(plan: list[tuple[int, int, bool, int]]) -> None:
    """Frames at any time in any order, blocks of any length: always as many samples as asked for, never too loud."""
    mix, position = open_mix("microphone"), 0
    for pts_ns, number, redundant, count in plan:
        mix.push(EncodedFrame("microphone", OPUS.codec, pts_ns, True, PACKETS[number], redundant=redundant))
        block = mix.render(position, count)
        assert block.shape == (2, count)
        assert np.isfinite(block).all()
        assert np.abs(block).max() <= 1.0
        position += count


PACKETS = encode(np.tile(pulse().astype(np.float32), 50)[np.newaxis])
