"""Our receiving end in the receive benchmark: connection and receiver, frames thrown away."""

import asyncio
import contextlib
import json
import sys
import time

import uvloop

from bot.receive.receiver import Receiver
from bot.receive.settings import ReceiveSettings
from mixer.frame import EncodedFrame
from signaling.peer.settings import PeerSettings
from signaling.peer.subscriber import SubscriberConnection, TrackBinding
from tests.bench.rooms import ROOMS, sections_of

POLL_S = 0.01


async def run(room_name: str) -> None:
    """Offer in, answer out; then for each line of input the packets and frames so far and the CPU they took."""
    frames = 0

    def count(_frame: EncodedFrame) -> None:
        nonlocal frames
        frames += 1

    receiver = Receiver(time.monotonic_ns(), count, ReceiveSettings())
    connection = SubscriberConnection("bench", receiver, PeerSettings(host_addresses=("127.0.0.1",)))
    offer = json.loads(await asyncio.to_thread(sys.stdin.readline))
    bindings = {
        section.mid: TrackBinding(f"track{section.mid}", f"person{section.mid}")
        for section in sections_of(ROOMS[room_name])
    }
    print(json.dumps(await connection.answer(offer, bindings)), flush=True)

    async def poll() -> None:
        while True:
            receiver.poll(time.monotonic_ns())
            await asyncio.sleep(POLL_S)

    polling = asyncio.ensure_future(poll())
    while await asyncio.to_thread(sys.stdin.readline):
        packets = sum(track.packets for track in receiver.stats().values())
        print(json.dumps({"cpu_s": time.process_time(), "packets": packets, "frames": frames}), flush=True)
    polling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await polling
    await connection.close()


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1]))
