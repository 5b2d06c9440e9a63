"""A room in which nothing moves and nobody speaks is not encoded again and again; the file is none the worse for it."""

import subprocess
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from mixer.mp4.finish import finish
from mixer.mp4.sample import Sample
from mixer.output import sound_encoder
from mixer.output.bits import BitReader, unescaped
from mixer.output.libx264 import Encoder
from mixer.output.output import Output
from mixer.output.parameter_sets import ParameterSets, parameter_sets
from mixer.output.picture_encoder import PictureEncoder
from mixer.output.settings import OutputSettings
from mixer.output.sound_encoder import BLOCK, SoundEncoder
from tests.output.known_media import FPS, RATE, SMALL, picture, sound, sound_in, tick_of

Sound = NDArray[np.float32]

IDR = 5
CHANGES = (0, 7, 200, 227, 228, 260)  # within groups and as their first picture (35 + 24 n), behind long rests
TICKS = 420


def held(tick: int) -> int:
    return max(change for change in CHANGES if change <= tick)


def written(path: Path, settings: OutputSettings, efforts: dict[int, int] | None = None) -> Output:
    output = Output(path, settings)
    for tick in range(TICKS):
        if tick in (efforts or {}):
            output.set_effort((efforts or {})[tick])
        output.sound(sound(tick))
        output.picture(picture(held(tick)), tick, changed=tick in CHANGES)
    output.close()
    return output


def idr_numbers(samples: list[bytes], sets: ParameterSets) -> list[int | None]:
    """`idr_pic_id` of each picture, None for those that are no IDR (Rec. ITU-T H.264 §7.3.3)."""
    found: list[int | None] = []
    for data in samples:
        number, position = None, 0
        while position < len(data):
            size = int.from_bytes(data[position : position + 4], "big")
            unit = data[position + 4 : position + 4 + size]
            position += 4 + size
            if unit[0] & 0x1F == IDR:
                bits = BitReader(unescaped(unit[1:32]))
                bits.ue(), bits.ue(), bits.ue(), bits.u(sets.sequencing.frame_num_bits)
                number = bits.ue()
        found.append(number)
    return found


@pytest.mark.parametrize("fps", [3, 5, 30])
@pytest.mark.parametrize("efforts", [{}, {50: 1, 300: 0}, {100: 1, 101: 2, 350: 1}], ids=["one", "two", "three"])
def test_idr_pictures_in_a_row_have_other_numbers(tmp_path: Path, fps: int, efforts: dict[int, int]) -> None:
    """Whatever the length of groups (a single picture at 3 a second) and whichever encoder made them."""
    path = tmp_path / "a.mp4"
    written(path, OutputSettings(width=320, height=180, fps=fps), efforts)
    with av.open(str(path)) as container:
        track = container.streams.video[0]
        sets = parameter_sets(bytes(track.codec_context.extradata or b""))
        numbers = idr_numbers([bytes(packet) for packet in container.demux(track) if packet.size], sets)
    assert len(numbers) == TICKS
    assert not any(one is not None and one == other for one, other in pairwise(numbers))


def test_only_what_changes_is_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six pictures, and a fresh keyframe for each that had none of its own."""
    encoded: list[int] = []
    encode = Encoder.encode

    def counted(self: Encoder, frame: av.VideoFrame, number: int, *rest: int, **more: object) -> bytes:
        encoded.append(number)
        return encode(self, frame, number, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Encoder, "encode", counted)
    output = written(tmp_path / "a.mp4", SMALL)
    assert encoded == [0, 7, 15, 200, 203, 227, 228, 251, 260, 275]
    assert output.fragments == len([0, 5, 15, *range(35, TICKS, 24)])


@pytest.mark.parametrize("finished", [False, True])
def test_keyframes_that_were_given_again_are_pictures_like_others(tmp_path: Path, finished: bool) -> None:
    """From each on everything decodes, strictly, to what was put in; so does the file as a whole."""
    path = tmp_path / "a.mp4"
    written(path, SMALL, {150: 1})
    if finished:
        finish(path)
    with av.open(str(path)) as container:
        track = container.streams.video[0]
        track.codec_context.options = {"err_detect": "explode"}
        assert [tick_of(frame) for frame in container.decode(track)] == [held(tick) for tick in range(TICKS)]
    with av.open(str(path)) as container:
        track = container.streams.video[0]
        assert track.time_base is not None
        for tick in (60, 100, 199, 200, 238, 243, 262, 419):
            container.seek(round(tick / FPS / track.time_base), stream=track)
            shown = {round((frame.time or 0) * FPS): tick_of(frame) for frame in container.decode(track)}
            assert tick - 24 < min(shown) <= tick
            assert shown == {later: held(later) for later in range(min(shown), TICKS)}


def test_a_coarse_picture_at_rest_becomes_fine() -> None:
    """Noise that overran the ceiling stops: its keyframe is not given again when there is room for a better one."""
    settings = OutputSettings(width=320, height=180, max_bitrate_kbps=600)
    noise = [np.clip(np.random.default_rng(n).normal(120, 25, (270, 320)), 16, 235).astype(np.uint8) for n in range(8)]
    frames = [av.VideoFrame.from_ndarray(one, format="yuv420p") for one in noise]
    encoder = PictureEncoder(settings, 1)
    sizes: list[int] = []
    for tick in range(7 * 24):
        rests = tick > 120
        [sample] = encoder.encode(frames[0 if rests else tick % 8], tick, keyframe=tick % 24 == 0, changed=not rests)
        if sample.keyframe:
            sizes.append(len(sample.data))
    assert sizes[6] > 2 * sizes[5]


def blocks_of(samples: Sound) -> list[Sample]:
    encoder = SoundEncoder(SMALL, 2)
    given: list[Sample] = []
    for start in range(0, samples.shape[1], RATE // FPS):
        given += encoder.encode(samples[:, start : start + RATE // FPS])
    return given + encoder.flush()


def quiet_between(silence: int) -> Sound:
    """A chord and noise, so many samples of nothing, then both again, loud from the first sample on."""
    rng = np.random.default_rng(1)
    times = np.arange(70_000) / RATE
    chord = 0.4 * np.cos(2 * np.pi * 440 * times) + 0.4 * np.cos(2 * np.pi * 1310 * times)
    loud = np.stack((chord, 0.2 * rng.standard_normal(len(times)))).clip(-1, 1)
    return np.concatenate((loud, np.zeros((2, silence)), loud), axis=1).astype(np.float32)


@pytest.mark.parametrize("silence", [0, 1, 5 * BLOCK, 48 * BLOCK, 51 * BLOCK + 3, 200 * BLOCK + 517, 2_000_000])
def test_sound_behind_silence_is_as_if_all_had_been_encoded(silence: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of sound are the same to the last bit, at the same times; those of silence are, too, but for the
    encoder's name in some. That it says by its own count, so that a later block may differ."""
    samples = quiet_between(silence)
    spared = blocks_of(samples)
    monkeypatch.setattr(sound_encoder, "_SILENT", 1 << 40)
    encoded = blocks_of(samples)
    times = [sample.dts for sample in spared]
    assert times == [sample.dts for sample in encoded] == [*range(0, len(times) * BLOCK, BLOCK)]
    begins = (70_000 + silence) // BLOCK
    names = [number for number, sample in enumerate(encoded) if b"Lavc" in sample.data]
    same = next((number for number in names if number > begins), len(encoded))
    assert same - begins > 8 or silence > 100 * BLOCK
    for number in range(same):
        assert spared[number].data == encoded[number].data or number in names, number
    if silence > 100 * BLOCK:
        assert len({sample.data for sample in spared[125 : begins - 2]}) == 1


def test_silence_to_the_end_is_whole() -> None:
    """What the encoder held back all the time comes at its time."""
    given = blocks_of(np.zeros((2, 300 * BLOCK), np.float32))
    assert [sample.dts for sample in given] == [*range(0, 301 * BLOCK, BLOCK)]


def test_sound_around_silence_is_heard_in_its_place(tmp_path: Path) -> None:
    """Silence is silence to the sample, away from its edges; what follows begins where it was put, not a sample off."""
    silence = 20 * RATE
    samples = quiet_between(silence)
    path = tmp_path / "a.mp4"
    output = Output(path, SMALL)
    for tick in range(samples.shape[1] * FPS // RATE):
        output.sound(samples[:, tick * RATE // FPS : (tick + 1) * RATE // FPS])
        output.picture(picture(0), tick, changed=tick == 0)
    output.close()
    finish(path)
    begin, heard = sound_in(path)
    assert begin == 0
    assert not heard[70_000 + 2 * BLOCK : 70_000 + silence - 2 * BLOCK].any()
    for start in (4096, 70_000 + silence + 64, 70_000 + silence + 40_000):
        wanted = samples[0, start : start + 8192]
        errors = [float(np.square(heard[start + shift :][:8192] - wanted).mean()) for shift in range(-3, 4)]
        assert errors[3] == min(errors)
        assert errors[3] < 0.01 * float(np.square(wanted).mean())


@pytest.mark.needs("ffprobe")
def test_ffprobe_has_no_complaint_about_rest(tmp_path: Path) -> None:
    """Pictures and sound decode without a word."""
    path = tmp_path / "a.mp4"
    written(path, SMALL, {150: 1})
    finish(path)
    probe = ["ffprobe", "-v", "warning", "-show_entries", "stream=nb_read_frames", "-count_frames", str(path)]
    result = subprocess.run(probe, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    assert f"nb_read_frames={TICKS}" in result.stdout
