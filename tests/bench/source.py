"""The sending end of the receive benchmark, a process of its own: one room's packets, the same to every receiver."""

import asyncio
import json
import os
import struct
import sys
import time

import uvloop

from signaling.model import TrackKind
from signaling.peer.publisher import PublisherConnection
from signaling.peer.settings import PeerSettings
from tests.bench.rooms import OPUS, ROOMS, SEND_TIME, VP8, Sending, sections_of

PAYLOAD = 1150
STEP_S = 0.01
# RFC 7741 descriptor: start of partition 0, then a frame tag whose last bit says keyframe (0) or not (1).
FIRST, REST = b"\x10", b"\x00"
KEYFRAME_TAG, INTER_TAG = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00", b"\x11\x02\x00"


class Sender:
    """One track's sequence and time; knows what is due."""

    def __init__(self, index: int, sending: Sending) -> None:
        self._ssrc = 1000 + index
        self._mid = str(index).encode()
        self._sending = sending
        self._sequence = 0
        self._sent = 0
        self._start_s = index / 997  # not all at the same moment

    def due(self, now_s: float) -> list[bytes]:
        packets: list[bytes] = []
        while self._start_s + self._sent / self._sending.per_second <= now_s:
            packets += self._frame()
            self._sent += 1
        return packets

    def _frame(self) -> list[bytes]:
        size = self._sending.frame_bytes
        if self._sending.kind is TrackKind.AUDIO:
            return [self._packet(OPUS, 960 * self._sent, os.urandom(size), last=False)]
        data = (INTER_TAG if self._sent % 30 else KEYFRAME_TAG) + os.urandom(size)
        parts = [data[start : start + PAYLOAD] for start in range(0, len(data), PAYLOAD)]
        timestamp = 90_000 // self._sending.per_second * self._sent
        return [
            self._packet(VP8, timestamp, (REST if number else FIRST) + part, last=number == len(parts) - 1)
            for number, part in enumerate(parts)
        ]

    def _packet(self, payload_type: int, timestamp: int, payload: bytes, *, last: bool) -> bytes:
        self._sequence = self._sequence + 1 & 0xFFFF
        head = struct.pack("!BBHII", 0x90, payload_type | last << 7, self._sequence, timestamp & 0xFFFFFFFF, self._ssrc)
        send_time = int(time.time() * (1 << 18)) & 0xFFFFFF
        words = (
            bytes([0x10 | len(self._mid) - 1]) + self._mid + bytes([SEND_TIME << 4 | 2]) + send_time.to_bytes(3, "big")
        )
        words += bytes(-len(words) % 4)
        return head + struct.pack("!HH", 0xBEDE, len(words) // 4) + words + payload


async def run(room_name: str, receivers: int) -> None:
    """Offers on standard output and answers on standard input, a JSON line each; then sends until its input ends."""
    room = ROOMS[room_name]
    settings = PeerSettings(host_addresses=("127.0.0.1",))
    connections = [
        PublisherConnection(f"to{n}", settings, on_rtcp=lambda _packet, _now: None) for n in range(receivers)
    ]
    for connection in connections:
        print(json.dumps(await connection.offer(sections_of(room))), flush=True)
    for connection in connections:
        await connection.accept(json.loads(await asyncio.to_thread(sys.stdin.readline)))
    senders = [Sender(index, sending) for index, sending in enumerate(room.tracks)]
    over = asyncio.ensure_future(asyncio.to_thread(sys.stdin.readline))
    begin_s = time.monotonic()
    while not over.done():
        for sender in senders:
            for packet in sender.due(time.monotonic() - begin_s):
                for connection in connections:
                    connection.send_rtp(packet)
        await asyncio.sleep(STEP_S)
    for connection in connections:
        await connection.close()


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1], int(sys.argv[2])))
