"""What was sent is what is heard, in every codec."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from mixer.audio import decoder, libopus
from mixer.frame import Codec, EncodedFrame
from tests.mixer_audio.sounds import (
    G722,
    OPUS,
    PACKET_NS,
    PCMA,
    PCMU,
    RATE,
    SPEECH,
    Encoding,
    decibels,
    encode,
    frames,
    loudest_frequency,
    open_mix,
    pulse_lag,
    pulses,
    record,
    rms,
    roughest,
    tone,
    voice,
)

ALL = [OPUS, SPEECH, PCMU, PCMA, G722]


@pytest.mark.parametrize("encoding", ALL, ids=lambda encoding: f"{encoding.codec} {encoding.bit_rate}")
def test_a_tone_keeps_its_pitch_and_level(encoding: Encoding) -> None:
    """Frequency within 1 Hz, level within 0.5 dB on both channels, no clicks between packets."""
    sound = tone(440, 2)
    heard = record(open_mix("microphone"), frames(encode(sound, encoding), encoding.codec), 2)
    middle = slice(RATE // 2, RATE * 3 // 2)
    assert loudest_frequency(heard[0, middle]) == pytest.approx(440, abs=1)
    assert abs(decibels(rms(heard[0, middle]) / rms(sound[0, middle]))) < 0.5
    assert np.array_equal(heard[0], heard[1])
    assert roughest(heard[0, middle]) < 2.5 * roughest(sound[0, middle])


@pytest.mark.parametrize("encoding", ALL, ids=lambda encoding: f"{encoding.codec} {encoding.bit_rate}")
def test_a_beep_is_where_it_was_captured(encoding: Encoding) -> None:
    """Within 0.2 ms: what codecs and filters hold back is made up for."""
    heard = record(open_mix("microphone"), frames(encode(pulses(3, 0), encoding), encoding.codec), 3)
    assert abs(pulse_lag(heard, RATE)) <= 10


def test_stereo_stays_stereo() -> None:
    """Left is heard left and right is heard right, each at its level, also where the SDP spoke of one channel."""
    sound = np.concatenate((tone(440, 1, 0.4), tone(1200, 1, 0.1)))
    heard = record(open_mix("microphone"), frames(encode(sound)), 1)[:, RATE // 4 : RATE * 3 // 4]
    assert loudest_frequency(heard[0]) == pytest.approx(440, abs=2)
    assert loudest_frequency(heard[1]) == pytest.approx(1200, abs=2)
    assert decibels(rms(heard[0]) / rms(heard[1])) == pytest.approx(12, abs=0.5)


def test_mono_and_stereo_packets_may_alternate() -> None:
    """A sender that changes from one channel to two and back is heard without a break."""
    one, two = encode(tone(440, 3)), encode(np.repeat(tone(440, 3), 2, axis=0))
    mixed = one[:50] + two[50:100] + one[100:]
    heard = record(open_mix("microphone"), frames(mixed), 3)[:, RATE // 4 : -RATE // 4]
    loudness = [rms(block) for block in np.split(heard[0], len(heard[0]) // 2400)]
    assert min(loudness) > 0.5 * max(loudness)


def test_the_codec_may_change() -> None:
    """Opus, then G.711, then Opus again in one track: the tone goes on at its place and level."""
    sound = tone(440, 3)
    opus, telephone = frames(encode(sound)), frames(encode(sound, PCMU), Codec.PCMU)
    heard = record(open_mix("microphone"), opus[:50] + telephone[50:100] + opus[100:], 3)
    for middle in (RATE // 2, RATE * 3 // 2, RATE * 5 // 2):
        part = slice(middle - 4800, middle + 4800)
        assert decibels(rms(heard[0, part]) / rms(sound[0, part])) == pytest.approx(0, abs=0.3)
        assert rms(heard[0, part] - sound[0, part]) < 0.1 * rms(sound[0, part])


def test_a_lost_packet_comes_back_from_the_copy_in_the_next() -> None:
    """Opus FEC: holes are filled with what was said there, 10 dB closer to it than silence is."""
    encoding = replace(SPEECH, options={"application": "voip", "fec": "1", "packet_loss": "20"}, bit_rate=32_000)
    packets = encode(voice(3), encoding)
    whole = record(open_mix("microphone"), frames(packets), 3)
    lost = range(15, 140, 10)
    coming = [
        replace(frame, data=packets[number + 1], redundant=True) if number in lost else frame
        for number, frame in enumerate(frames(packets))
    ]
    mix = open_mix("microphone")
    heard = record(mix, coming, 3)
    holes = np.concatenate([np.arange(number * 960 - 312, (number + 1) * 960 - 312) for number in lost])
    assert decibels(rms((heard - whole)[0, holes]) / rms(whole[0, holes])) < -10
    assert mix.stats()["microphone"].recovered == len(lost)
    assert mix.stats()["microphone"].gaps == 0


def test_without_libopus_sound_is_decoded_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """libavcodec's own decoder takes over; what only libopus can do becomes silence of the right length."""
    monkeypatch.setattr(libopus, "_candidates", lambda: ["/nowhere/libopus.so"])
    monkeypatch.setattr(decoder, "load_libopus", libopus.load_libopus.__wrapped__)
    sound = pulses(3, 0)
    packets = encode(sound)
    coming = frames(packets)
    coming[100] = replace(coming[100], data=packets[101], redundant=True)
    mix = open_mix("microphone")
    heard = record(mix, coming, 3)
    assert pulse_lag(heard, RATE) == 0
    assert mix.stats()["microphone"].undecodable == 1
    assert not heard[:, 100 * 960 : 101 * 960 - 312].any()


def test_garbage_is_silence_or_noise_and_harms_nobody() -> None:
    """Random bytes to every decoder: no exception, nothing beyond full scale, and when it ends the neighbour's tone is
    what it is alone, bit for bit."""
    random = Random(11)
    good = frames(encode(tone(440, 6)), track="good")
    bad = [
        EncodedFrame("bad", codec, number * PACKET_NS, True, random.randbytes(random.randint(1, 400)), redundant=copy)
        for number, (codec, copy) in enumerate(
            zip(
                random.choices([Codec.OPUS, Codec.G722, Codec.PCMU], [8, 1, 1], k=100),
                random.choices([True, False], [1, 4], k=100),
                strict=True,
            )
        )
    ]
    alone = record(open_mix("good"), good, 6)
    both = record(open_mix("good", "bad"), sorted(good + bad, key=lambda frame: frame.pts_ns), 6)
    assert np.isfinite(both).all()
    assert np.abs(both).max() <= 1.0
    assert np.array_equal(both[:, 5 * RATE :], alone[:, 5 * RATE :])


def test_a_damaged_packet_turns_nobody_down_for_long() -> None:
    """What begins as an Opus packet does may be decoded to a thousand times full scale; half a second after the last
    such packet the neighbour is as loud as alone."""
    random = Random(5)
    good = frames(encode(tone(440, 4)), track="good")
    heads = (0x08, 0x68, 0x78, 0x7C, 0xF8, 0xFC)  # modes and bandwidths
    data = (bytes([random.choice(heads)]) + random.randbytes(random.randint(20, 200)) for _ in range(100))
    bad = [EncodedFrame("bad", Codec.OPUS, number * PACKET_NS, True, one) for number, one in enumerate(data)]
    alone = record(open_mix("good"), good, 4)
    both = record(open_mix("good", "bad"), sorted(good + bad, key=lambda frame: frame.pts_ns), 4)
    from_sample = 5 * RATE // 2  # they last two seconds
    assert np.array_equal(both[:, from_sample:], alone[:, from_sample:])


def test_after_broken_packets_the_next_good_one_is_heard() -> None:
    """A packet that is no Opus is counted and leaves a hole of its own length, no more."""
    coming = frames(encode(tone(440, 2)))
    coming[50] = replace(coming[50], data=b"\x03\x00\x00")  # a count of frames that is missing
    mix = open_mix("microphone")
    heard = record(mix, coming, 2)
    assert mix.stats()["microphone"].undecodable == 1
    assert not heard[:, 50 * 960 - 312 : 51 * 960 - 312].any()
    assert rms(heard[0, 52 * 960 : 60 * 960]) == pytest.approx(0.4 / np.sqrt(2), rel=0.05)
