"""Decoders: each is given a specimen and has to show what is on it."""

from collections.abc import Iterator

import numpy as np

from bot.doctor.finding import Finding, fail, ok, warn
from bot.doctor.specimens import MEAN_LUMA, PICTURES, SIDE, SOUNDS
from bot.doctor.subject import Subject
from mixer.audio.decoder import make_decoder
from mixer.audio.libopus import load_libopus
from mixer.decode.colour import Matrix
from mixer.decode.picture import planes_of
from mixer.decode.video_decoder import DecodeFailed, VideoDecoder
from mixer.errors import DecoderMissing
from mixer.frame import Codec, EncodedFrame

_NEAR = 8  # luma steps
_REMEDY = "Install the wheel of PyAV from PyPI: pip install --force-reinstall --only-binary :all: av"


def check(_subject: Subject) -> Iterator[Finding]:
    problems = {codec: problem for codec in PICTURES if (problem := picture_problem(codec, PICTURES[codec]))}
    problems |= {codec: problem for codec in SOUNDS if (problem := sound_problem(codec, SOUNDS[codec]))}
    for codec, problem in problems.items():
        yield fail("decoders", f"{codec.upper()} cannot be decoded: {problem}.", _REMEDY)
    if not problems:
        yield ok("decoders", f"Decoded: {', '.join(codec.upper() for codec in (*PICTURES, *SOUNDS))}.")
    if load_libopus() is None:
        yield warn("decoders", "libopus is not there: lost packets of Opus cannot be recovered from the next.", _REMEDY)


def picture_problem(codec: Codec, data: bytes) -> str:
    """Empty when the specimen's picture came out."""
    try:
        picture = VideoDecoder(codec, Matrix.BT601).decode(EncodedFrame("doctor", codec, 0, True, data))
    except (DecodeFailed, ValueError, OSError) as error:
        return str(error)
    if picture is None:
        return "no picture came out"
    luma = planes_of(picture.frame)[0]
    if luma.shape != (SIDE, SIDE) or abs(float(np.mean(luma)) - MEAN_LUMA) > _NEAR:
        return "another picture came out than was in it"
    return ""


def sound_problem(codec: Codec, data: bytes) -> str:
    try:
        decoder = make_decoder(codec)
    except DecoderMissing as error:
        return str(error).rstrip(".")
    try:
        samples = decoder.decode(data)
    finally:
        decoder.close()
    return "" if samples is not None and samples.size and np.any(samples) else "no sound came out"
