"""Voices for the mixer's benchmark: Opus as a browser sends it."""

from fractions import Fraction

import av
import numpy as np

from mixer.frame import Codec, EncodedFrame

RATE, PACKET = 48_000, 960


def microphone(track: str, seed: int, media_s: int) -> list[EncodedFrame]:
    """Syllables of harmonics with breath, four a second, with pauses; 32 kbps, 20 ms a packet."""
    random = np.random.default_rng(seed)
    t = np.arange(media_s * RATE) / RATE
    pitch = random.uniform(90, 240)
    tone = sum(np.sin(2 * np.pi * pitch * k * t + random.uniform(0, 6)) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * random.uniform(3, 5) * t), 0, 1) * (np.sin(0.7 * t + seed) > -0.3)
    voice = (0.06 * (tone + 0.3 * random.normal(0, 1, t.size)) * syllables).astype(np.float32)
    context = av.CodecContext.create("libopus", "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout, context.format, context.bit_rate = RATE, "mono", "flt", 32_000
    context.time_base = Fraction(1, RATE)
    context.options = {"application": "voip", "frame_duration": "20"}
    frames: list[EncodedFrame] = []
    for first in range(0, voice.size, PACKET):
        frame = av.AudioFrame.from_ndarray(voice[None, first : first + PACKET], format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, first, Fraction(1, RATE)
        for packet in context.encode(frame):
            pts_ns = len(frames) * PACKET * 1_000_000_000 // RATE
            frames.append(EncodedFrame(track, Codec.OPUS, pts_ns, keyframe=True, data=bytes(packet)))
    return frames
