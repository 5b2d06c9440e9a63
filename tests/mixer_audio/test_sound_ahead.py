"""Who speaks is known before it is due: levels of what has come."""

from dataclasses import replace

import numpy as np
import pytest

from mixer.audio.listener import Heard
from mixer.audio.sound_mix import SoundMix
from mixer.frame import Codec, EncodedFrame
from tests.mixer_audio.sounds import (
    G722,
    OPUS,
    PCMU,
    RATE,
    SPEECH,
    Encoding,
    Playback,
    encode,
    encode_with_pauses,
    frames,
    open_mix,
    tone,
)

SECOND = 1_000_000_000
MS = 1_000_000


def listened(mix: SoundMix, coming: list[EncodedFrame], *tracks: str) -> list[Heard]:
    """All at once, without anything being rendered."""
    assert mix.listen(tracks) == []
    for frame in coming:
        mix.push(frame)
    return mix.listen(tracks)


@pytest.mark.parametrize("encoding", [OPUS, SPEECH, PCMU, G722], ids=["music", "speech", "pcmu", "g722"])
def test_levels_are_known_when_sound_comes(encoding: Encoding) -> None:
    """Long before it is rendered, packet by packet, and as loud as the mix will find it: a tone of -11 dBFS."""
    mix = open_mix("microphone")
    coming = frames(encode(tone(440, 1), encoding), encoding.codec)
    heard = listened(mix, coming, "microphone")
    assert [one.pts_ns for one in heard] == [frame.pts_ns for frame in coming]
    assert {one.lasts_ns for one in heard} == {20 * MS}
    later = [one.dbfs for one in heard if one.pts_ns > SECOND // 4]
    Playback(mix, []).record(0.5)
    assert later == pytest.approx([mix.levels()["microphone"]] * len(later), abs=1.0)


def test_listening_does_not_change_what_is_heard() -> None:
    """The same sound, bit for bit."""
    sound = encode(tone(440, 1), SPEECH)
    mixes = [open_mix("microphone") for _ in range(2)]
    listened(mixes[0], frames(sound), "microphone")
    one, other = (Playback(mix, waiting).record(1) for mix, waiting in zip(mixes, ([], frames(sound)), strict=True))
    assert one.any()
    assert np.array_equal(one, other)


def test_a_frame_with_a_broken_time_is_not_listened_to() -> None:
    """The mix refuses it: nobody is about to speak in an hour."""
    mix = open_mix("microphone")
    good, *broken = frames(encode(tone(440, 0.4), SPEECH))
    lost = [replace(frame, pts_ns=3600 * SECOND + frame.pts_ns) for frame in broken]
    heard = listened(mix, [good, *lost], "microphone")
    assert {one.pts_ns for one in heard} <= {good.pts_ns}
    assert mix.stats()["microphone"].misplaced == len(lost)


def test_only_those_asked_for_are_listened_to() -> None:
    """And no longer than they are asked for: what comes in between is not caught up with."""
    mix = open_mix("hidden", "shown")
    packets = encode(tone(440, 1))
    mix.listen(["hidden"])
    for track in ("hidden", "shown"):
        for frame in frames(packets[:10], track=track):
            mix.push(frame)
    assert {one.track for one in mix.listen(["hidden"])} == {"hidden"}
    mix.listen([])
    for frame in frames(packets[:20], track="hidden")[10:]:
        mix.push(frame)
    assert mix.listen(["hidden"]) == []


def test_silence_is_not_heard_and_not_decoded() -> None:
    """Pauses of a sender with DTX, and of one that sends silence all the time."""
    for packets in (
        encode_with_pauses(np.zeros((1, 2 * RATE), np.float32)),
        encode(np.zeros((1, 2 * RATE), np.float32), SPEECH),
    ):
        assert [one for one in listened(open_mix("m"), frames(packets, track="m"), "m") if one.dbfs > -90] == []


def test_garbage_is_no_voice() -> None:
    """What cannot be decoded is passed over; what follows is heard."""
    good = frames(encode(tone(440, 0.5)))
    bad = [EncodedFrame("microphone", Codec.OPUS, -1, True, b"\xff" * 40)] * 3
    assert len(listened(open_mix("microphone"), bad + good, "microphone")) >= len(good)


def test_a_mix_that_is_late_hears_the_newest() -> None:
    """Nobody looks for a minute: a bounded number of packets waits, the newest."""
    mix = open_mix("microphone")
    packet = encode(tone(440, 0.1))[-1]
    coming = [EncodedFrame("microphone", Codec.OPUS, number * 20 * MS, True, packet) for number in range(3000)]
    heard = listened(mix, coming, "microphone")
    assert len(heard) <= 512
    assert heard[-1].pts_ns == coming[-1].pts_ns
