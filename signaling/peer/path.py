"""What DTLS runs on: its datagrams, picked out of all others."""

import asyncio
from collections.abc import Callable

_WAITING = 64  # datagrams for DTLS to take; when full the newest is dropped: DTLS repeats


class DtlsPath:
    """Stays the same when ICE restarts below it: then `transmit` changes, which sends a datagram or says False when no
    way is open."""

    def __init__(self, transmit: Callable[[bytes], bool]) -> None:
        self.role = "controlled"
        self.transmit = transmit
        self._inbox: asyncio.Queue[bytes | None] = asyncio.Queue(_WAITING + 1)

    def push(self, data: bytes) -> bool:
        if self._inbox.qsize() >= _WAITING:
            return False
        self._inbox.put_nowait(data)
        return True

    def end(self) -> None:
        """Whoever reads, now or later, gets a ConnectionError once all that came is read."""
        if not self._inbox.full():
            self._inbox.put_nowait(None)

    async def _recv(self) -> bytes:
        data = await self._inbox.get()
        if data is None:
            raise ConnectionError("the connection is closed")
        return data

    async def _send(self, data: bytes) -> None:
        if not self.transmit(data):
            raise ConnectionError("no way is open")
