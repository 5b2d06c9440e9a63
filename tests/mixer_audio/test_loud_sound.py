"""Too loud for the file: turned down without a trace of it, and still within full scale when a player decodes it."""

import av
import numpy as np
import pytest

from mixer.audio.limiter import LOOK_AHEAD, THRESHOLD, Limiter
from mixer.output.settings import OutputSettings
from mixer.output.sound_encoder import PRIMING, SoundEncoder
from tests.mixer_audio.sounds import (
    OPUS,
    RATE,
    SPEECH,
    Encoding,
    Sound,
    decibels,
    encode,
    frames,
    open_mix,
    record,
    tone,
    voice,
)


def limit(sound: Sound) -> Sound:
    """One channel to two, with the delay taken out."""
    limiter = Limiter()
    padded = np.concatenate((sound, np.zeros((1, LOOK_AHEAD), np.float32)), axis=1).repeat(2, axis=0)
    parts = [limiter.process(padded[:, at : at + 1600]) for at in range(0, padded.shape[1], 1600)]
    return np.concatenate(parts, axis=1)[:, LOOK_AHEAD:]


def played(sound: Sound) -> Sound:
    """What a player gets out of the file."""
    encoder = SoundEncoder(OutputSettings(), track_id=2)
    samples = encoder.encode(sound) + encoder.flush()
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = encoder._context.extradata
    blocks = [frame.to_ndarray() for sample in samples for frame in decoder.decode(av.Packet(sample.data))]
    return np.asarray(np.concatenate(blocks, axis=1)[:, PRIMING:], np.float32)


@pytest.mark.parametrize("encoding", [SPEECH, OPUS], ids=["24 kbps", "96 kbps"])
@pytest.mark.parametrize("voices", [1, 2, 10])
def test_loud_voices_do_not_clip_in_a_player(voices: int, encoding: Encoding) -> None:
    """Each at full scale; AAC adds to peaks, and there is room for that."""
    names = [str(number) for number in range(voices)]
    packets = encode(voice(3) * 2, encoding)
    coming = [frame for name in names for frame in frames(packets[7 * int(name) :], track=name)]
    mix = open_mix(*names)
    heard = record(mix, sorted(coming, key=lambda frame: frame.pts_ns), 2)
    assert np.abs(heard).max() <= THRESHOLD * 1.0001
    assert np.abs(heard).max() > 0.7
    assert np.abs(played(heard)).max() <= 1.0


def test_a_loud_voice_passes_untouched() -> None:
    """Peaks of -1 dBFS, for three seconds: bit for bit."""
    speech = voice(3)
    sound = (speech * (THRESHOLD / np.abs(speech).max())).astype(np.float32)
    assert np.array_equal(limit(sound), sound.repeat(2, axis=0))


@pytest.mark.parametrize("over_db", [1, 6, 12])
@pytest.mark.parametrize("pitch", [100, 440, 1000, 5000])
def test_a_steady_overload_is_not_distorted(pitch: int, over_db: int) -> None:
    """A tone that is too loud comes out as that tone: harmonics and noise are below -80 dB."""
    loud = tone(pitch, 3, THRESHOLD * 10 ** (over_db / 20))
    out = limit(loud)[0, RATE : 2 * RATE].astype(np.float64)
    power = np.abs(np.fft.rfft(out * np.blackman(len(out)))) ** 2
    own = power[pitch - 3 : pitch + 4].sum()
    assert 10 * np.log10((power[5:].sum() - own) / own) < -80
    assert decibels(np.abs(out).max()) == pytest.approx(-1, abs=0.05)


def test_the_level_comes_back_slowly_and_whole() -> None:
    """A quiet tone under a shout of 100 ms that goes 8 dB over: its level is down once, rises at 12 dB a second, and is
    what it was before within a second. It never swings."""
    quiet = tone(1000, 4, 0.1)
    sound = quiet.copy()
    shout = tone(200, 0.1, THRESHOLD * 10 ** (8 / 20) - 0.1)[0] * np.hanning(4800)
    sound[0, RATE : RATE + 4800] += shout.astype(np.float32)
    limiter_gain = limit(sound)[0, 12::48] / sound[0, 12::48]  # once a millisecond, at the tone's peak
    gain_db = 20 * np.log10(limiter_gain)
    lowest = int(gain_db.argmin())
    assert gain_db[lowest] == pytest.approx(-8, abs=0.5)
    assert np.all(gain_db[: 1000 - 20] == 0)
    rise = np.diff(gain_db[lowest:])
    assert rise.min() > -0.001
    assert rise.max() < 0.013
    assert np.all(gain_db[lowest + 800 :] == 0)
