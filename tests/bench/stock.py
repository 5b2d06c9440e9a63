"""aiortc's own receiver in the receive benchmark, on the same event loop, with a decoder that throws frames away."""

import asyncio
import contextlib
import json
import sys
import time

import aioice.ice
import aiortc.rtcrtpreceiver
import uvloop
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs.base import Decoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError
from av.frame import Frame

frames = 0


class NoDecoder(Decoder):
    """In place of libvpx and Opus: counts."""

    def decode(self, encoded_frame: JitterFrame) -> list[Frame]:
        del encoded_frame
        global frames  # noqa: PLW0603 - aiortc makes its decoders by itself, in threads
        frames += 1
        return []


async def consume(track: MediaStreamTrack) -> None:
    with contextlib.suppress(MediaStreamError):
        while True:
            await track.recv()


async def run() -> None:
    """The same conversation as `ours`."""
    vars(aiortc.rtcrtpreceiver)["get_decoder"] = lambda _codec: NoDecoder()
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
    consumers: list[asyncio.Future[None]] = []
    connection.on("track", lambda track: consumers.append(asyncio.ensure_future(consume(track))))
    offer = json.loads(await asyncio.to_thread(sys.stdin.readline))
    await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
    await connection.setLocalDescription(await connection.createAnswer())
    print(json.dumps(connection.localDescription.sdp), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        cpu_s = time.process_time()
        report = await connection.getStats()
        packets = sum(item.packetsReceived for item in report.values() if item.type == "inbound-rtp")
        print(json.dumps({"cpu_s": cpu_s, "packets": packets, "frames": frames}), flush=True)
    await connection.close()


if __name__ == "__main__":
    uvloop.run(run())
