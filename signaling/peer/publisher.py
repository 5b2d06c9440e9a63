"""The sending end of one peer connection, for the generated room: ready-made RTP and RTCP packets in, RTCP out."""

from collections.abc import Callable, Sequence

from signaling.media import Section
from signaling.peer.settings import PeerSettings


class PublisherConnection:
    """API being filled in."""

    def __init__(
        self,
        connection_id: str,
        settings: PeerSettings,
        *,
        on_rtcp: Callable[[bytes, int], None],
        on_connected: Callable[[], None] | None = None,
        on_lost: Callable[[str], None] | None = None,
    ) -> None:
        raise NotImplementedError

    async def gather(self) -> tuple[tuple[str, int], ...]:
        """(address, port) of each local socket; done by `offer()` when it was not done before."""
        raise NotImplementedError

    async def offer(
        self, sections: Sequence[Section], *, advertised: Sequence[tuple[str, int]] | None = None, restart: bool = False
    ) -> str:
        """The offer with these m-lines (always the full list, in the order of their first offer; track None: inactive).
        `advertised` are addresses to tell instead of the gathered ones (a relay in between). `restart`: new ICE."""
        raise NotImplementedError

    async def accept(self, answer_sdp: str, *, use_candidates: bool = True) -> None:
        """use_candidates=False: wait for the other side's checks (they come through the relay)."""
        raise NotImplementedError

    def send_rtp(self, packet: bytes) -> None:
        """One RTP packet; dropped while not connected."""
        raise NotImplementedError

    def send_rtcp(self, packet: bytes) -> None:
        raise NotImplementedError

    def add_candidate(self, candidate: str | None) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError
