"""Generated pictures and sounds: each its own, flash and beep in the same instant, exact after encoding."""

from itertools import pairwise
from typing import cast

import av
import numpy as np
import pytest

from signaling.rehearsal.clip import PictureRequest, SoundRequest, encode_pictures, encode_sound
from signaling.rehearsal.encoding import SoundCodec, SoundEncoding, VideoCodec, VideoEncoding
from signaling.rehearsal.hearing import listen
from signaling.rehearsal.marks import find_marks
from signaling.rehearsal.picture import Scene, colour, draw_picture
from signaling.rehearsal.rhythm import LOOP_NS, SECOND_NS, phase_ns, unwrap
from signaling.rehearsal.sound import PITCHES, beep_hz, draw_sound, tone_hz

DECODERS = {VideoCodec.VP8: "vp8", VideoCodec.VP9: "vp9", VideoCodec.H264: "h264", VideoCodec.AV1: "libdav1d"}


@pytest.mark.parametrize("fps", [5, 10, 15, 25, 30, 60])
@pytest.mark.parametrize("publication", [0, 3, 9])
def test_flash_and_beep_coincide_at_the_source(publication: int, fps: int) -> None:
    """The first bright frame of each second was captured in the instant in which the beep rises."""
    scene = Scene(publication, False, 160, 90, fps)
    luma = [float(np.median(draw_picture(scene, number)[0][:20])) for number in range(3 * fps)]
    flashes = [i * SECOND_NS // fps for i, (was, now) in enumerate(pairwise(luma), 1) if now > was + 40]
    beeps = listen(draw_sound(publication, 48_000, 0, 3 * 48_000), 48_000, [publication]).beep_onsets(publication)
    assert len(flashes) >= 2
    for flash in flashes:
        assert min(abs(flash - beep) for beep in beeps) < 1_500_000


def test_every_publication_is_its_own() -> None:
    """No two share a pitch or, among neighbours, a colour; all pitches are on the grid that tells them apart."""
    pitches = [tone_hz(number) for number in range(PITCHES)] + [beep_hz(number) for number in range(PITCHES)]
    assert len(set(pitches)) == 2 * PITCHES
    assert all(pitch % 40 == 0 and 300 <= pitch < 6_000 for pitch in pitches)
    assert len({colour(number) for number in range(12)}) == 12


def test_fifty_voices_are_told_apart() -> None:
    """In a mix of fifty, one that falls silent for 100 ms is noticed, and nobody else."""
    voices = {number: draw_sound(number, 48_000, 0, 48_000) for number in range(50)}
    voices[20][24_000:28_800] = 0
    heard = listen(np.sum(list(voices.values()), axis=0, dtype=np.float32), 48_000, range(50))
    dips = {number: heard.dips(number, 200_000_000, 900_000_000) for number in range(50)}
    ((start, end),) = dips.pop(20)
    assert abs(start - 500_000_000) < 20_000_000
    assert abs(end - 600_000_000) < 20_000_000
    assert not any(dips.values())


@pytest.mark.parametrize("codec", list(VideoCodec))
def test_encoded_pictures_are_the_drawn_ones(codec: VideoCodec) -> None:
    """A group begins with its only natural keyframe and decodes to the frame numbers it should have."""
    request = PictureRequest(5, False, VideoEncoding(codec, 320, 180, 15, 150))
    pictures = list(encode_pictures(request, request.group, request.group))
    decoder = cast("av.VideoCodecContext", av.CodecContext.create(DECODERS[codec], "r"))
    decoded = [one for picture in pictures for one in decoder.decode(av.Packet(picture.data))] + decoder.decode(None)
    marks = [find_marks(np.asarray(one.to_ndarray()[:180]))[0][0] for one in decoded]
    assert pictures[0].keyframe
    assert [(mark.publication, mark.number) for mark in marks] == [(5, request.group + i) for i in range(request.group)]


@pytest.mark.parametrize("channels", [1, 2])
def test_encoded_sound_is_on_time(channels: int) -> None:
    """Decoded Opus is where the drawn sound is, to the sample, also where the loop begins again."""
    packets = encode_sound(SoundRequest(4, SoundEncoding(channels=channels)))
    decoder = av.CodecContext.create("opus", "r")
    decoder.sample_rate, decoder.layout = 48_000, "stereo" if channels == 2 else "mono"
    order = [*range(375, 400), *range(25)]
    blocks = [one.to_ndarray()[0] for i in order for one in decoder.decode(av.Packet(packets[i]))]
    sound, drawn = np.concatenate(blocks), draw_sound(4, 48_000, 375 * 960, 50 * 960)
    middle = slice(20_000, 30_000)
    lags = {lag: float(np.dot(np.roll(sound, -lag)[middle], drawn[middle])) for lag in range(-60, 61)}
    assert len(packets) == 400
    assert max(lags, key=lambda lag: lags[lag]) == 0


@pytest.mark.parametrize("codec", [SoundCodec.PCMU, SoundCodec.PCMA, SoundCodec.G722])
def test_telephone_codecs_give_twenty_milliseconds_a_packet(codec: SoundCodec) -> None:
    """160 bytes each, and the tone is in them."""
    packets = encode_sound(SoundRequest(4, SoundEncoding(codec)))
    assert {len(packet) for packet in packets} == {160}
    assert len(packets) == 400


def test_numbers_are_unwrapped_near_a_time() -> None:
    """A number of an 8 s loop gives the instant nearest to when it was seen."""
    assert unwrap(15, 30, 0) == SECOND_NS // 2
    assert unwrap(15, 30, 10 * LOOP_NS + SECOND_NS) == 10 * LOOP_NS + SECOND_NS // 2
    assert unwrap(239, 30, LOOP_NS) == 239 * SECOND_NS // 30
    assert phase_ns(6) == SECOND_NS // 5


def test_rates_that_miss_the_flash_are_refused() -> None:
    """24 pictures a second do not meet every flash: the plan says so at once."""
    with pytest.raises(ValueError, match="multiple of 5"):
        VideoEncoding(fps=24)
