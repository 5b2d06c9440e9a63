"""A UDP relay between a generated room and its bots, a process of its own: what `mishap` says happens to every packet.

`python -m signaling.rehearsal.relay` reads one JSON object on its first line of standard input (host and mishaps), then
lines {"to": [host, port]}; each is answered by {"port": N, "origin_ns": M} on standard output: a port that leads there,
and when the relay started (`time.monotonic_ns()`), from which mishaps count. It ends with its input.
"""

import asyncio
import heapq
import itertools
import json
import socket
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from dataclasses import asdict
from types import TracebackType
from typing import Self, cast

from signaling.rehearsal.mishap import Dice, Mishaps
from signaling.rehearsal.rhythm import SECOND_NS

try:
    from uvloop import run
except ImportError:
    from asyncio import run  # type: ignore[assignment]

Address = tuple[str, int]

_QUEUE = 20_000  # packets under way in one direction; what comes beyond is lost
_BUFFER_BYTES = 4 << 20


class RelayProcess:
    """The room's side of it. An async context manager; `forward` opens ways. `origin_ns`, None before the first of
    them: `time.monotonic_ns()` of the moment from which mishaps count."""

    def __init__(self, mishaps: Mishaps, host: str) -> None:
        self._mishaps = mishaps
        self._host = host
        self._lock = asyncio.Lock()
        self._known: dict[Address, Address] = {}
        self.origin_ns: int | None = None

    async def __aenter__(self) -> Self:
        command = (sys.executable, "-m", "signaling.rehearsal.relay")
        self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        self._say({"host": self._host, "mishaps": asdict(self._mishaps)})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cast("asyncio.StreamWriter", self._process.stdin).close()
        await self._process.wait()

    async def forward(self, targets: Sequence[Address]) -> list[Address]:
        """The relay's address for each of our sockets; the same one when asked again."""
        answers = cast("asyncio.StreamReader", self._process.stdout)
        async with self._lock:
            for target in targets:
                if target not in self._known:
                    self._say({"to": list(target)})
                    answer = json.loads(await answers.readline())
                    self._known[target] = (self._host, answer["port"])
                    self.origin_ns = answer["origin_ns"]
        return [self._known[target] for target in targets]

    def _say(self, line: object) -> None:
        cast("asyncio.StreamWriter", self._process.stdin).write(json.dumps(line).encode() + b"\n")


class _Way(asyncio.DatagramProtocol):
    """One direction of a forwarded port: reads one socket, writes the other way's."""

    def __init__(self, dice: Dice, origin_ns: int) -> None:
        self.transport: asyncio.DatagramTransport | None = None
        self.other: _Way | None = None
        self.peer: Address | None = None  # who is on this side; the bot's is learnt from what it sends
        self._dice = dice
        self._origin_ns = origin_ns
        self._queue: list[tuple[int, int, bytes]] = []
        self._counter = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)

    def datagram_received(self, data: bytes, address: Address) -> None:
        self.peer = address
        now_ns = time.monotonic_ns() - self._origin_ns
        for leaves_ns in self._dice.departures(now_ns):
            if leaves_ns <= now_ns:
                self._pass_on(data)
            elif len(self._queue) < _QUEUE:
                heapq.heappush(self._queue, (leaves_ns, next(self._counter), data))
        self._schedule(now_ns)

    def _release(self) -> None:
        self._timer = None
        now_ns = time.monotonic_ns() - self._origin_ns
        while self._queue and self._queue[0][0] <= now_ns:
            self._pass_on(heapq.heappop(self._queue)[2])
        self._schedule(now_ns)

    def _schedule(self, now_ns: int) -> None:
        if self._queue and self._timer is None:
            wait_s = max(0, self._queue[0][0] - now_ns) / SECOND_NS
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._release)

    def _pass_on(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None and self.other.peer is not None:
            self.other.transport.sendto(data, self.other.peer)


async def _open(host: str, target: Address, mishaps: Mishaps, origin_ns: int) -> int:
    """Two sockets: one the bot sends to, one the room hears the bot from."""
    loop = asyncio.get_running_loop()
    outer, inner = _Way(Dice(mishaps, 0), origin_ns), _Way(Dice(mishaps, 1), origin_ns)
    outer.other, inner.other = inner, outer
    transport, _ = await loop.create_datagram_endpoint(lambda: outer, local_addr=(host, 0))
    await loop.create_datagram_endpoint(lambda: inner, local_addr=(host, 0))
    inner.peer = target
    port: int = transport.get_extra_info("sockname")[1]
    return port


async def _relay() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    first = json.loads(await reader.readline())
    mishaps = Mishaps(**first["mishaps"] | {"down": tuple(tuple(window) for window in first["mishaps"]["down"])})
    origin_ns = time.monotonic_ns()
    while line := await reader.readline():
        host, port = json.loads(line)["to"]
        port = await _open(first["host"], (host, port), mishaps, origin_ns)
        print(json.dumps({"port": port, "origin_ns": origin_ns}), flush=True)  # noqa: T201 - its protocol


if __name__ == "__main__":
    run(_relay())
