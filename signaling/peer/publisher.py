"""The sending end of one peer connection, for a room that is served: ready-made RTP and RTCP packets in, RTCP out."""

import secrets
from collections.abc import Callable, Sequence

from signaling.errors import NegotiationError
from signaling.media import CodecParameters, Section
from signaling.peer import sdp
from signaling.peer.link import Link, LinkStats
from signaling.peer.sdp_writer import LocalTransport, WrittenSection, write
from signaling.peer.settings import PeerSettings


class PublisherConnection:
    """`offer()`, `accept()`, and again for every change; packets are dropped while there is no connection.

    `on_rtcp` gets each compound packet and when it came (`time.monotonic_ns()`). `on_lost` is called with a
    sentence, not after `close()`; an offer with `restart` may mend it.
    """

    def __init__(
        self,
        connection_id: str,
        settings: PeerSettings,
        *,
        on_rtcp: Callable[[bytes, int], None],
        on_connected: Callable[[], None] | None = None,
        on_lost: Callable[[str], None] | None = None,
    ) -> None:
        self._id = connection_id
        self._session_id = secrets.randbits(62)
        self._version = 0
        self._started = False
        self._gathered = False
        self._restarting = False
        self._link = Link(
            connection_id,
            settings,
            controlling=True,
            on_rtp=lambda packet, arrival_ns: None,
            on_rtcp=on_rtcp,
            on_connected=on_connected or (lambda: None),
            on_lost=on_lost or (lambda reason: None),
        )

    @property
    def id(self) -> str:
        return self._id

    @property
    def stats(self) -> LinkStats:
        return self._link.stats

    @property
    def is_connected(self) -> bool:
        return self._link.is_connected

    async def gather(self) -> tuple[tuple[str, int], ...]:
        """Opens the sockets, once; (address, port) of each."""
        if not self._gathered:
            self._gathered = True
            await self._link.gather()
        bits = (candidate.split() for candidate in self._link.local("actpass").candidates)
        return tuple((host, int(port)) for _, _, _, _, host, port, *_ in bits)

    async def offer(
        self, sections: Sequence[Section], *, advertised: Sequence[tuple[str, int]] | None = None, restart: bool = False
    ) -> str:
        """The offer with these sections: always the full list, in the order they were first offered. A section whose
        track is None is inactive. `advertised`: addresses to tell in place of our own (a relay in between).
        `restart`: with new ICE credentials and sockets."""
        if restart and self._started:
            await self._link.gather_again(keep_keys=self._link.has_keys)
            self._restarting = True
        await self.gather()
        local = self._link.local("actpass")
        if advertised is not None:
            told = tuple(
                f"{index} 1 udp {2130706431 - index} {host} {port} typ host"
                for index, (host, port) in enumerate(advertised)
            )
            local = LocalTransport(local.parameters, told)
        self._version += 1
        written = [_written(section) for section in sections]
        return write(written, local, session_id=self._session_id, version=self._version)

    async def accept(self, answer_sdp: str, *, use_candidates: bool = True) -> None:
        """Connects in the background at the first answer. Raises NegotiationError. use_candidates=False: wait for the
        other side's checks, which come through the relay."""
        answer = sdp.parse(answer_sdp)
        live = [section.transport for section in answer.sections if section.port and section.transport is not None]
        if not live or live[0] is None:
            raise NegotiationError("The other side's answer takes nothing of what was offered.")
        if live[0].setup not in ("active", "passive"):
            raise NegotiationError(f"The other side's answer leaves the DTLS roles open (setup:{live[0].setup}).")
        for candidate in answer.candidates if use_candidates else ():
            self._link.add_candidate(candidate)
        if not self._started:
            self._started = True
            self._link.start(live[0], active=live[0].setup == "passive")
        elif self._restarting:
            self._restarting = False
            self._link.restart(live[0], active=live[0].setup == "passive")

    def add_candidate(self, candidate: str | None) -> None:
        self._link.add_candidate(candidate)

    def send_rtp(self, packet: bytes) -> None:
        """At most 1484 bytes, so that the protected packet fits a datagram; a longer one is counted as unsent."""
        self._link.send_rtp(packet)

    def send_rtcp(self, packet: bytes) -> None:
        self._link.send_rtcp(packet)

    async def close(self) -> None:
        """Leaves no task and no socket. Idempotent."""
        await self._link.close()


def _written(section: Section) -> WrittenSection:
    return WrittenSection(
        kind=section.kind,
        protocol="UDP/TLS/RTP/SAVPF",
        mid=section.mid,
        direction="inactive" if section.track is None else "sendonly",
        codecs=section.codecs,
        fmtp={number: fmtp for number, codec in section.codecs.items() if (fmtp := _fmtp(codec))},
        extensions=section.extensions,
        ssrcs=section.ssrcs if section.track is not None else (),
        repairs=section.repairs if section.track is not None else {},
        cname=section.participant or "-",
        stream=section.participant or "-",
        track=section.track,
    )


def _fmtp(codec: CodecParameters) -> str:
    return ";".join(f"{name}={value}" if value else name for name, value in codec.parameters.items())
