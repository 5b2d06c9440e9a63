"""The sum of all voices: never beyond full scale, and untouched where it fits."""

from collections.abc import Callable
from dataclasses import replace
from threading import Thread

import numpy as np
import pytest

from mixer.audio.libopus import OpusDecoder
from mixer.audio.limiter import LOOK_AHEAD, THRESHOLD, Limiter
from mixer.frame import Codec, EncodedFrame
from mixer.source import Source, SourceKind
from tests.mixer_audio.sounds import (
    PACKET_NS,
    RATE,
    SPEECH,
    Playback,
    Sound,
    decibels,
    encode,
    encode_with_pauses,
    frames,
    loudest_frequency,
    open_mix,
    record,
    rms,
    roughest,
    tone,
    voice,
)


def limit(sound: Sound, block: int = 1600) -> Sound:
    """Through the limiter, with its delay taken out."""
    limiter = Limiter()
    padded = np.concatenate((sound, np.zeros((2, LOOK_AHEAD), np.float32)), axis=1)
    parts = [limiter.process(padded[:, at : at + block]) for at in range(0, padded.shape[1], block)]
    return np.concatenate(parts, axis=1)[:, LOOK_AHEAD:]


def stereo(sound: Sound) -> Sound:
    return np.repeat(sound, 2, axis=0)


def test_what_fits_comes_out_bit_for_bit() -> None:
    """Sound at the threshold and below is not touched at all."""
    random = np.random.default_rng(2)
    sound = random.uniform(-THRESHOLD, THRESHOLD, (2, RATE)).astype(np.float32)
    assert np.array_equal(limit(sound), sound)


@pytest.mark.parametrize("block", [96, 1600])
def test_silence_that_is_passed_over_was_silent(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Whether the limiter is asked or not while nobody speaks, every sample is the same: also the last that it held."""
    spoken = tone(440, 0.5, level=1.6)
    coming = [replace(frame, pts_ns=frame.pts_ns + at) for at in (10**9, 3 * 10**9) for frame in frames(encode(spoken))]
    heard = record(open_mix("microphone"), coming, 4, tick=lambda _: block)
    monkeypatch.setattr(Limiter, "is_silent", False)
    assert np.array_equal(heard, record(open_mix("microphone"), coming, 4, tick=lambda _: block))
    assert not heard[:, : RATE * 9 // 10].any()
    assert not heard[:, 2 * RATE : RATE * 29 // 10].any()


def test_ten_loud_voices_do_not_clip() -> None:
    """The sum peaks at 4; the mix stays below -1 dBFS and every voice is still in it."""
    pitches = [300 + 170 * number for number in range(10)]
    mix = open_mix(*map(str, pitches))
    coming = [frame for pitch in pitches for frame in frames(encode(tone(pitch, 2)), track=str(pitch))]
    heard = record(mix, sorted(coming, key=lambda frame: frame.pts_ns), 2)
    assert np.abs(heard).max() <= THRESHOLD * 1.0001
    assert mix.limited_samples > RATE
    spectrum = np.abs(np.fft.rfft(heard[0, RATE // 2 : RATE * 3 // 2]))
    assert all(spectrum[pitch] > 100 * np.median(spectrum) for pitch in pitches)


@pytest.mark.parametrize("block", [1, 100, 1600, 6000])
def test_any_signal_stays_below_the_threshold(block: int) -> None:
    """Steps, spikes and noise up to 40 times full scale, cut into blocks of any length."""
    random = np.random.default_rng(3)
    spikes = random.choice([0.01, 1, 40], 6000, p=[0.9, 0.09, 0.01])
    sound = (random.standard_normal((2, 6000)) * spikes).astype(np.float32)
    limited = limit(sound, block)
    assert np.abs(limited).max() <= THRESHOLD * 1.0001
    assert np.allclose(limited, limit(sound, 1600), atol=1e-6)


def test_the_gain_moves_without_a_click() -> None:
    """A shout over a quiet tone: the tone's level goes down and up smoothly, by the look-ahead before the shout."""
    sound = stereo(tone(200, 2, 0.3))
    sound[:, RATE : RATE + 4800] *= 8
    sound[:, RATE : RATE + 4800] *= np.hanning(4800).astype(np.float32)
    limited = limit(sound)
    gain = limited[0, 100::240] / sound[0, 100::240]
    assert np.array_equal(limited[:, : RATE - 480], sound[:, : RATE - 480])
    assert roughest(limited[0]) < 2 * roughest(sound[0])
    assert gain[-1] == pytest.approx(1.0)


def test_one_voice_does_not_pump() -> None:
    """Speech that goes 2 dB over is turned down as a whole: the gain stays within 1.5 dB while it lasts."""
    speech = stereo(voice(3))
    sound = (speech / np.abs(speech).max() * THRESHOLD * 10 ** (2 / 20)).astype(np.float32)
    limited = limit(sound)
    loud = np.abs(sound[0]) > 0.05
    gain = limited[0, loud] / sound[0, loud]
    assert np.abs(limited).max() <= THRESHOLD * 1.0001
    assert decibels(float(gain.min())) > -2.1
    assert decibels(float(gain.max() / gain.min())) <= 2.1
    steps = np.abs(np.diff(20 * np.log10(limited[0, loud] / sound[0, loud])))
    assert float(np.median(steps)) < 0.01


def test_levels_say_who_speaks() -> None:
    """RMS in dBFS of what was just rendered; who is silent is not in it."""
    mix = open_mix("loud", "quiet", "silent")
    coming = frames(encode(tone(440, 1, 0.5)), track="loud") + frames(encode(tone(700, 1, 0.05)), track="quiet")
    record(mix, sorted(coming, key=lambda frame: frame.pts_ns), 0.5)
    assert mix.levels()["loud"] == pytest.approx(-9.0, abs=0.5)
    assert mix.levels()["quiet"] == pytest.approx(-29.0, abs=0.5)
    assert "silent" not in mix.levels()


def test_levels_are_those_of_the_whole_tick() -> None:
    """At five ticks a second, too: a tone in the first half of each is 3 dB below what it is all the time."""
    mix = open_mix("microphone")
    half = np.concatenate([tone(440, 0.1), np.zeros((1, RATE // 10), np.float32)], axis=1)
    playback = Playback(mix, frames(encode(np.tile(half, 10))))
    playback.record(0.4, lambda _tick: RATE // 5)
    for _ in range(5):
        playback.record(0.2, lambda _tick: RATE // 5)
        assert mix.levels()["microphone"] == pytest.approx(-14.0, abs=0.5)


def test_only_audio_can_be_added() -> None:
    """A camera in the sound is a mistake of the caller and says so."""
    with pytest.raises(ValueError, match="only audio"):
        open_mix().add(Source("camera", "somebody", SourceKind.VIDEO, stage=False))


class Counted(OpusDecoder):
    """Counts what is decoded, by all of them."""

    decoded = 0

    def decode(self, data: bytes) -> Sound | None:
        Counted.decoded += 1
        return super().decode(data)


@pytest.mark.parametrize("listened", [False, True], ids=["heard", "listened to ahead"])
@pytest.mark.parametrize("pauses", [encode_with_pauses, lambda sound: encode(sound, SPEECH)], ids=["DTX", "silence"])
def test_hundreds_of_silent_microphones_cost_nothing(
    monkeypatch: pytest.MonkeyPatch, pauses: Callable[[Sound], list[bytes]], listened: bool
) -> None:
    """300 that are muted and go on sending: once that is known nothing of theirs is decoded, queued or looked at."""
    monkeypatch.setattr("mixer.audio.decoder.OpusDecoder", Counted)
    monkeypatch.setattr(Counted, "decoded", 0)
    packets = pauses(np.zeros((1, 4 * RATE), np.float32))
    names = [f"microphone {number}" for number in range(300)]
    mix = open_mix(*names)
    playback = Playback(mix, (replace(frame, track=name) for frame in frames(packets) for name in names))
    mix.listen(names if listened else [])
    playback.record(2)
    mix.listen(names if listened else [])
    known, looked_at = Counted.decoded, mix.reads
    playback.record(1.9)
    mix.listen(names if listened else [])
    assert known <= 300 * 60  # what came before the first packet was found to be silent
    assert Counted.decoded == known
    assert mix.reads - looked_at <= 300 * 30  # DTX describes the noise every 400 ms
    assert not playback.record(0.1).any()


def test_a_pause_of_repeated_silence_leaves_speech_where_it_is() -> None:
    """A word, two seconds of one and the same silent packet, and a word: both at their time, and nothing is a gap."""
    silence = encode(np.zeros((1, RATE), np.float32), SPEECH)[-1]
    word = encode(tone(440, 1), SPEECH)
    mix = open_mix("microphone")
    packets = word + [silence] * 200 + word[5:]
    heard = record(mix, frames(packets), 6)
    loud = np.abs(heard[0]) > 0.05
    assert loud[: RATE * 9 // 10].mean() > 0.8
    assert not loud[RATE + 4800 : 5 * RATE - 480].any()
    assert loud[5 * RATE + 4800 : 5 * RATE + 40_000].mean() > 0.8
    assert mix.stats()["microphone"].gaps == 0
    assert mix.stats()["microphone"].frames == len(packets)


def test_pauses_between_short_words_are_no_gaps() -> None:
    """Half a second each, so that a word is over before it is due; but a stretch that is lost in a word is one."""
    silence = encode(np.zeros((1, RATE), np.float32), SPEECH)[-1]
    word = encode(tone(440, 0.5), SPEECH)
    coming = frames(([silence] * 50 + word) * 4)
    mix, holed = open_mix("microphone"), open_mix("microphone")
    heard = record(mix, coming, 6)
    loud = np.abs(heard[0].reshape(4, -1)) > 0.05
    assert not loud[:, 4800 : RATE - 480].any()
    assert loud[:, RATE + 4800 : RATE + 23_000].mean() > 0.8
    assert (mix.stats()["microphone"].gaps, mix.stats()["microphone"].steps) == (0, 0)
    record(holed, coming[:135] + coming[140:], 6)
    assert holed.stats()["microphone"].gaps == 1


def test_frames_may_be_pushed_while_the_mix_renders() -> None:
    """From another thread, with tracks that come and go: every frame is heard, refused or late, none is lost."""
    packets = encode(tone(440, 4))
    mix = open_mix()
    failures: list[BaseException] = []

    def push() -> None:
        try:
            for number, data in enumerate(packets):
                track = str(number // 20)
                mix.add(Source(track, track, SourceKind.AUDIO, stage=False))
                mix.push(EncodedFrame(track, Codec.OPUS, number * PACKET_NS, True, data))
                if number % 20 == 19:
                    mix.remove(track)
        except BaseException as error:
            failures.append(error)

    thread = Thread(target=push)
    thread.start()
    for position in range(0, 5 * RATE, 1600):
        mix.render(position, 1600)
        mix.stats()
    thread.join()
    record(mix, [], 1, begin=5 * RATE)
    assert not failures
    assert sum(stats.frames for stats in mix.stats().values()) == len(packets)
    assert mix.unknown_frames == 0
    mix.close()
    mix.close()


def test_a_hidden_voice_is_heard_in_the_crowd() -> None:
    """One that speaks among 300 that are silent is as loud as alone."""
    names = [f"microphone {number}" for number in range(300)]
    alone = record(open_mix("one"), frames(encode(tone(440, 1)), track="one"), 1)
    among = record(open_mix("one", *names), frames(encode(tone(440, 1)), track="one"), 1)
    assert np.array_equal(alone, among)
    assert loudest_frequency(among[0, RATE // 4 : RATE // 2]) == pytest.approx(440, abs=5)
    assert rms(among[0, RATE // 4 : RATE // 2]) == pytest.approx(0.283, rel=0.05)
