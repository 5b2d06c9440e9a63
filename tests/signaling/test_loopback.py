"""A real publisher and a real subscriber over loopback: ICE, DTLS, SRTP, both ways."""

import asyncio
import os
import random
import re
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
import uvloop

from signaling.errors import NegotiationError
from signaling.media import CodecParameters, PacketTransport, Section
from signaling.model import TrackKind
from signaling.peer.publisher import PublisherConnection
from signaling.peer.settings import PeerSettings
from signaling.peer.subscriber import SubscriberConnection, TrackBinding

PAYLOAD = b"as much as it takes"
LOOPBACK = PeerSettings(host_addresses=("127.0.0.1",))
VP8 = CodecParameters("VP8", 90000, feedback=("nack", "nack pli"))
OPUS = CodecParameters("OPUS", 48000, 2, {"useinbandfec": "1"})


class Sink:
    """Keeps what comes."""

    def __init__(self) -> None:
        self.sections: list[tuple[Section, ...]] = []
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.closed = 0

    def bind(self, sections: Sequence[Section]) -> None:
        self.sections.append(tuple(sections))

    def on_rtp(self, packet: bytes, arrival_ns: int) -> None:
        assert abs(time.monotonic_ns() - arrival_ns) < 1_000_000_000
        self.rtp.append(packet)

    def on_rtcp(self, packet: bytes, arrival_ns: int) -> None:
        self.rtcp.append(packet)

    def close(self) -> None:
        self.closed += 1


class Receiver:
    def __init__(self) -> None:
        self.sinks: list[Sink] = []

    def open(self, transport: PacketTransport) -> Sink:
        self.sinks.append(Sink())
        return self.sinks[-1]


class Pair:
    """A publisher and a subscriber that are, or will be, connected."""

    def __init__(self, settings: PeerSettings) -> None:
        self.receiver = Receiver()
        self.lost: list[str] = []
        self.heard: list[bytes] = []
        self.publisher = PublisherConnection(
            "p", LOOPBACK, on_rtcp=lambda packet, _: self.heard.append(packet), on_lost=lambda _: None
        )
        self.subscriber = SubscriberConnection("s", self.receiver, settings, on_lost=self.lost.append)

    @property
    def sink(self) -> Sink:
        return self.receiver.sinks[0]

    async def negotiate(self, *sections: Section, restart: bool = False) -> tuple[str, str]:
        offer = await self.publisher.offer(sections, restart=restart)
        tracks = {s.mid: TrackBinding(s.track, s.participant or "") for s in sections if s.track}
        answer = await self.subscriber.answer(offer, tracks)
        await self.publisher.accept(answer)
        return offer, answer

    async def connect(self, *sections: Section) -> str:
        """Returns the answer."""
        _, answer = await self.negotiate(*sections)
        await until(lambda: self.publisher.is_connected and self.subscriber.connected.is_set())
        return answer

    async def passes(self, *packets: bytes) -> None:
        """What is sent now arrives, and nothing else."""
        already = len(self.sink.rtp)
        for packet in packets:
            self.publisher.send_rtp(packet)
        await until(lambda: len(self.sink.rtp) >= already + len(packets))
        assert self.sink.rtp[already:] == list(packets)


@asynccontextmanager
async def pair(settings: PeerSettings = LOOPBACK) -> AsyncIterator[Pair]:
    """Whatever a test does with them: afterwards no task and no socket is left over."""
    before, sockets = asyncio.all_tasks(), open_sockets()
    made = Pair(settings)
    try:
        yield made
    finally:
        await made.subscriber.close()
        await made.publisher.close()
    assert asyncio.all_tasks() == before, "a task is left over"
    assert open_sockets() == sockets, "a socket is left over"


def open_sockets() -> int:
    return sum(os.readlink(f"/proc/self/fd/{fd}").startswith("socket:") for fd in _descriptors())


def _descriptors() -> list[str]:
    return [fd for fd in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{fd}")]


def video(ssrc: int, track: str | None = "camera") -> Section:
    return Section("0", TrackKind.VIDEO, track, "ann", {96: VP8}, ssrcs=(ssrc,))


def audio(ssrc: int) -> Section:
    return Section("1", TrackKind.AUDIO, "microphone", "ann", {111: OPUS}, ssrcs=(ssrc,))


def rtp(ssrc: int, sequence: int, payload_type: int = 96) -> bytes:
    return struct.pack("!BBHII", 0x80, payload_type, sequence & 0xFFFF, sequence * 3000, ssrc) + PAYLOAD


async def until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.005)


async def both_ways() -> None:
    async with pair() as p:
        await p.connect(video(1), audio(2))
        await p.passes(*[rtp(1, n) for n in range(65500, 65570)], *[rtp(2, n, 111) for n in range(70)])
        report = struct.pack("!BBHIQIII", 0x80, 200, 6, 1, 1 << 40, 9, 9, 9)
        p.publisher.send_rtcp(report)
        await until(lambda: p.sink.rtcp)
        assert p.sink.rtcp == [report]
        pli = struct.pack("!BBHII", 0x81, 206, 2, 7, 1)
        p.subscriber.send_rtcp(pli)
        await until(lambda: p.heard)
        assert p.heard == [pli]
        assert [(s.mid, s.track, s.participant, s.ssrcs) for s in p.sink.sections[-1]] == [
            ("0", "camera", "ann", (1,)),
            ("1", "microphone", "ann", (2,)),
        ]


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_packets_cross_both_ways(factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """RTP and RTCP arrive as they were sent, the receiver's RTCP too; on both event loops."""
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(both_ways())


async def test_a_used_m_line_takes_another_ssrc() -> None:
    """Off, and on again with another SSRC: no new connection, and the sink knows before the first packet comes."""
    async with pair() as p:
        await p.connect(video(1), audio(2))
        _, answer = await p.negotiate(video(1, track=None), audio(2))
        assert "a=inactive" in answer
        assert [s.track for s in p.sink.sections[-1]] == [None, "microphone"]
        await p.negotiate(video(5, track="screen"), audio(2))
        assert [(s.track, s.ssrcs) for s in p.sink.sections[-1]] == [("screen", (5,)), ("microphone", (2,))]
        await p.passes(rtp(5, 7), rtp(2, 1, 111))
        assert len(p.receiver.sinks) == 1


async def test_an_m_line_is_added() -> None:
    """Audio first, video in a later offer."""
    async with pair() as p:
        second = Section("9", TrackKind.VIDEO, "screen", "ann", {96: VP8}, ssrcs=(3,))
        await p.connect(audio(2))
        await p.negotiate(audio(2), second)
        await p.passes(rtp(3, 1), rtp(2, 1, 111))


async def test_tracks_are_bound_anew_without_an_offer() -> None:
    """The last offer's sections with other tracks."""
    async with pair() as p:
        await p.connect(video(1))
        p.subscriber.rebind({"0": TrackBinding("another", "bob")})
        assert [(s.track, s.participant) for s in p.sink.sections[-1]] == [("another", "bob")]


async def test_an_ice_restart_keeps_the_keys() -> None:
    """New sockets, new credentials, the same DTLS; packets go on."""
    async with pair() as p:
        first = await p.connect(video(1))
        await p.passes(rtp(1, 1))
        _, second = await p.negotiate(video(1), restart=True)
        assert credential(first, "ice-pwd") != credential(second, "ice-pwd")
        assert credential(first, "fingerprint") == credential(second, "fingerprint")
        old, new = ports(first), ports(second)
        assert old.isdisjoint(new)
        await until(lambda: new <= udp_ports() and old.isdisjoint(udp_ports()))
        await p.passes(rtp(1, 2), rtp(1, 3))
        assert p.lost == []


async def test_another_server_process_is_another_connection() -> None:
    """An offer with another fingerprint: DTLS starts anew, on the same sink."""
    async with pair() as p:
        await p.connect(video(1))
        await p.publisher.close()
        p.publisher = PublisherConnection("p2", LOOPBACK, on_rtcp=lambda packet, _: p.heard.append(packet))
        await p.connect(video(1))
        await p.passes(rtp(1, 1))


async def test_a_failed_start_is_mended_by_a_restart() -> None:
    """The first offer led nowhere, on both sides; the second, with new ICE, connects with new keys."""
    settings = PeerSettings(host_addresses=("127.0.0.1",), connect_limit_s=0.2)
    async with pair(settings) as p:
        offer = await p.publisher.offer([video(1)], advertised=[("127.0.0.1", 9)])
        await p.publisher.accept(await p.subscriber.answer(offer, {}), use_candidates=False)
        await until(lambda: p.lost)
        assert p.subscriber.is_lost
        await p.negotiate(video(1), restart=True)
        await until(p.subscriber.connected.is_set)
        assert not p.subscriber.is_lost
        await until(lambda: p.publisher.is_connected)
        await p.passes(rtp(1, 1))


async def test_another_bot_takes_the_place() -> None:
    """The publisher still has keys, the new subscriber has none: its fingerprint in the answer starts DTLS anew."""
    async with pair() as p:
        await p.connect(video(1))
        await p.passes(rtp(1, 1))
        await p.subscriber.close()
        p.receiver.sinks.clear()
        p.subscriber = SubscriberConnection("s2", p.receiver, LOOPBACK, on_lost=p.lost.append)
        await p.negotiate(video(1), restart=True)
        await until(p.subscriber.connected.is_set)
        await until(lambda: p.publisher.is_connected)
        await p.passes(rtp(1, 2))
        assert p.lost == []


async def test_restarts_in_a_row_and_closing_among_them() -> None:
    """Each before the one before is done; then close: nothing is left over."""
    async with pair() as p:
        await p.connect(video(1))
        for _ in range(4):
            await p.negotiate(video(1), restart=True)
        await asyncio.sleep(0.05)
        await p.passes(rtp(1, 1))
        await p.negotiate(video(1), restart=True)


async def garbage() -> None:
    rubbish = random.Random(7)
    async with pair() as p:
        answer = await p.connect(video(1))
        await p.passes(rtp(1, 1))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for target in ports(answer):
                address = ("127.0.0.1", target)
                stranger.sendto(b"", address)
                for first in (0, 1, 3, 4, 19, 20, 22, 63, 64, 79, 127, 128, 191, 192, 255):
                    for size in (1, 8, 11, 12, 13, 20, 100, 1500, 1501, 9000):
                        stranger.sendto(bytes([first]) + rubbish.randbytes(size - 1), address)
                    await asyncio.sleep(0)
                for message in hostile_stun(rubbish):
                    stranger.sendto(message, address)
        p.publisher.send_rtp(rtp(1, 1))  # a replay
        p.publisher.send_rtp(b"\x80")  # too short to protect
        p.publisher.send_rtp(bytes(5000))
        await asyncio.sleep(0.1)
        await p.passes(*[rtp(1, n) for n in range(2, 50)])
        stats = p.subscriber.stats
        assert p.lost == []
        assert stats.malformed > 0
        assert stats.unauthentic > 0
        assert stats.stray > 0
        assert p.publisher.stats.unsent == 2


def hostile_stun(rubbish: random.Random) -> list[bytes]:
    """Well-framed STUN with attributes that are too short for what they say they are."""
    messages = []
    for attribute in (0x0001, 0x0006, 0x0008, 0x0009, 0x0012, 0x0020, 0x0024, 0x8028, 0x8029, 0x802A):
        for kind in (0x0001, 0x0101, 0x0111, 0x0011):
            body = struct.pack("!HH", attribute, 1) + b"\xff\x00\x00\x00"
            messages.append(struct.pack("!HHI", kind, len(body), 0x2112A442) + rubbish.randbytes(12) + body)
    return messages


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_garbage_does_not_close_it(
    factory: Callable[[], asyncio.AbstractEventLoop], caplog: pytest.LogCaptureFixture
) -> None:
    """Datagrams of any kind from anybody, replays, packets that are too long: counted, and packets go on."""
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(garbage())
    assert [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []


async def test_a_closed_connection_is_lost() -> None:
    """The other side says so by DTLS: a sentence, once."""
    async with pair() as p:
        await p.connect(video(1))
        await p.publisher.close()
        await until(lambda: p.lost)
        assert p.lost == ["The other side closed the media connection."]


async def test_no_way_to_the_other_side_is_lost() -> None:
    """Nobody at the address that was told."""
    settings = PeerSettings(host_addresses=("127.0.0.1",), connect_limit_s=0.3)
    async with pair(settings) as p:
        offer = await p.publisher.offer([video(1)])
        await p.publisher.close()
        await p.subscriber.answer(offer, {})
        await until(lambda: p.lost)
        assert p.lost == ["No media connection came about within 0.3 s."]


async def test_a_wrong_certificate_is_lost() -> None:
    """Somebody else's fingerprint in the offer."""
    async with pair() as p:
        offer = await p.publisher.offer([video(1)])
        digest = re.findall(r"fingerprint:(\S+ \S+)", offer)[0]
        forged = re.sub(r"(fingerprint:\S+ )..", r"\g<1>" + ("00" if digest.split()[1][:2] != "00" else "11"), offer)
        await p.publisher.accept(await p.subscriber.answer(forged, {}))
        await until(lambda: p.lost)
        assert "certificate" in p.lost[0]
        p.subscriber.send_rtcp(bytes(8))


@pytest.mark.long
async def test_silence_is_lost() -> None:
    """No packet and no consent for as long as was set, from a side that does not close."""
    async with pair(PeerSettings(host_addresses=("127.0.0.1",), silence_limit_s=1.5)) as p:
        await p.connect(video(1))
        await until(lambda: p.lost, seconds=20)
        assert p.lost == ["Nothing was heard from the other side for 1.5 s."]


async def test_a_bad_offer_changes_nothing() -> None:
    """NegotiationError; the connection and the bindings are as before."""
    async with pair() as p:
        await p.connect(video(1))
        for bad in (
            "",
            "nonsense",
            "v=0\r\ns=-\r\n",
            "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n",
        ):
            with pytest.raises(NegotiationError):
                await p.subscriber.answer(bad, {"0": TrackBinding("other", "bob")})
        assert len(p.sink.sections) == 1
        await p.passes(rtp(1, 1))


async def test_an_offer_with_nothing_to_take() -> None:
    """All rejected: answered, without opening anything; a later offer connects."""
    async with pair() as p:
        before = open_sockets()
        answer = await p.subscriber.answer("v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", {})
        assert "m=application 0" in answer
        assert open_sockets() == before
        await p.connect(video(1))


async def test_closing_at_any_moment() -> None:
    """Before, during and after connecting, and twice."""
    async with pair() as p:
        await p.subscriber.close()
        with pytest.raises(NegotiationError):
            await p.negotiate(video(1))
    for delay in (0.0, 0.005, 0.02, 0.05):
        async with pair() as p:
            await p.negotiate(video(1))
            await asyncio.sleep(delay)
            await asyncio.gather(p.subscriber.close(), p.subscriber.close())
            assert p.lost == []
            assert p.sink.closed >= 1


async def test_candidates_before_the_offer_and_after_it() -> None:
    """Trickled: kept until there is an offer."""
    async with pair() as p:
        offer = await p.publisher.offer([video(1)])
        candidates = re.findall(r"a=(candidate:.*)\r\n", offer)
        for candidate in (*candidates, "candidate:nonsense", None):
            p.subscriber.add_candidate(candidate)
        answer = await p.subscriber.answer(re.sub(r"a=candidate:.*\r\n", "", offer), {})
        await p.publisher.accept(re.sub(r"a=candidate:.*\r\n", "", answer))
        await until(p.subscriber.connected.is_set)


def test_a_lone_address_is_told_in_place_of_ours() -> None:
    """A relay in between: the offer has its address only."""

    async def run() -> str:
        async with pair() as p:
            return await p.publisher.offer([video(1)], advertised=[("192.0.2.77", 4242)])

    assert ports(asyncio.run(run())) == {4242}


def credential(sdp: str, name: str) -> str:
    return str(re.findall(rf"a={name}:(.*)\r\n", sdp)[0])


def ports(sdp: str) -> set[int]:
    return {int(port) for port in re.findall(r"a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host", sdp)}


def udp_ports() -> set[int]:
    """Bound on this machine, by whomever."""
    with open("/proc/net/udp", encoding="ascii") as table:
        return {int(line.split()[1].split(":")[1], 16) for line in table.readlines()[1:]}
