"""What the sound of the mix costs: `python -m tests.bench.sound`. CPU seconds per second of recording."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mixer.audio.libopus import OpusDecoder, load_libopus
from mixer.audio.sound_mix import SoundMix
from mixer.frame import Codec, EncodedFrame
from mixer.source import Source, SourceKind
from tests.mixer_audio.sounds import PACKET_NS, RATE, SPEECH, encode, encode_with_pauses, voice

SECONDS = 6
WARM_UP_S = 2  # until decoders are there and silence is known for what it is
BLOCK = RATE // 30
AHEAD_NS = 1_000_000_000
SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Room:
    """`packets` is what every one of the microphones sends; empty ones are not sent."""

    name: str
    microphones: int
    packets: Sequence[bytes]
    listened: bool = False  # ahead, as if none of their cameras had a tile


def rooms() -> list[Room]:
    speech = encode(voice(SECONDS), SPEECH)
    silence = encode(np.zeros((1, SECONDS * RATE), np.float32), SPEECH)
    paused = encode_with_pauses(np.zeros((1, SECONDS * RATE), np.float32))
    pauses = [data if len(data) > 2 or len(paused[number - 1]) > 2 else b"" for number, data in enumerate(paused)]
    speaking = [Room(f"{count} speak", count, speech) for count in (1, 10, 25, 49, 300)]
    return [
        Room("nobody", 0, []),
        *speaking,
        Room("300 send nothing", 300, []),
        Room("300 pause with DTX, as browsers do", 300, pauses),
        Room("300 send silence, 50 packets a second", 300, silence),
        Room("10 speak, listened to ahead", 10, speech, listened=True),
        Room("300 send silence, listened to ahead", 300, silence, listened=True),
    ]


def cost(room: Room) -> dict[str, float]:
    """CPU seconds per second, apart for `push` and `render`."""
    mix = SoundMix()
    names = [f"microphone {number}" for number in range(room.microphones)]
    for name in names:
        mix.add(Source(name, name, SourceKind.AUDIO, stage=False))
    coming = [
        [EncodedFrame(name, Codec.OPUS, number * PACKET_NS, True, data) for name in names]
        for number, data in enumerate(room.packets)
        if data
    ]
    coming.reverse()
    pushing = rendering = 0.0
    for position in range(0, SECONDS * RATE, BLOCK):
        until_ns = position * SECOND_NS // RATE + AHEAD_NS
        began = time.thread_time()
        while coming and coming[-1][0].pts_ns < until_ns:
            for frame in coming.pop():
                mix.push(frame)
        pushed = time.thread_time()
        mix.listen(names if room.listened else ())
        mix.render(position, BLOCK)
        if position >= WARM_UP_S * RATE:
            pushing += pushed - began
            rendering += time.thread_time() - pushed
    mix.close()
    measured = SECONDS - WARM_UP_S
    return {"push": pushing / measured, "render": rendering / measured}


def floor(room: Room) -> float:
    """libopus alone on the same packets."""
    library = load_libopus()
    assert library is not None
    decoder = OpusDecoder(library)
    began = time.thread_time()
    for _ in range(5):
        for data in filter(None, room.packets):
            decoder._run(data, 5760, 0)
    return (time.thread_time() - began) / 5 / SECONDS * room.microphones


def main() -> None:
    for room in rooms():
        best = min((cost(room) for _ in range(2)), key=lambda one: one["render"])
        lowest = floor(room) if "speak" in room.name else 0.0
        print(
            f"{room.name:40} push {best['push']:.4f}  render {best['render']:.4f}  libopus alone {lowest:.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
