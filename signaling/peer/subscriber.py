"""The receiving end of one peer connection to an SFU."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from signaling.media import PacketReceiver
from signaling.peer.settings import PeerSettings


@dataclass(frozen=True, slots=True)
class TrackBinding:
    """Whose track an m-line carries."""

    track: str
    participant: str


class SubscriberConnection:
    """API being filled in."""

    def __init__(
        self,
        connection_id: str,
        receiver: PacketReceiver,
        settings: PeerSettings,
        *,
        on_lost: Callable[[str], None] | None = None,
    ) -> None:
        """`on_lost` is called once with a sentence when ICE fails, DTLS closes or nothing is heard; not after close()."""
        raise NotImplementedError

    async def answer(self, offer_sdp: str, tracks: Mapping[str, TrackBinding]) -> str:
        """`tracks` by mid. Any number of times; raises NegotiationError and stays as it was."""
        raise NotImplementedError

    def add_candidate(self, candidate: str | None) -> None:
        """ "candidate:…" as trickled, also before the first offer; None: there are no more."""
        raise NotImplementedError

    def rebind(self, tracks: Mapping[str, TrackBinding]) -> None:
        """Other tracks on the m-lines of the last offer."""
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError
