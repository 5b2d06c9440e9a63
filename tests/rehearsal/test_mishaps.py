"""The relay loses and delays what it is told to, and the same every time."""

import asyncio
import time
from itertools import pairwise
from typing import cast

import pytest

from signaling.rehearsal.mishap import Dice, Mishaps
from signaling.rehearsal.relay import RelayProcess
from signaling.rehearsal.rhythm import SECOND_NS

COUNT = 40_000
MS = 1_000_000


def _fates(mishaps: Mishaps, direction: int = 0) -> list[tuple[int, ...]]:
    dice = Dice(mishaps, direction)
    return [dice.departures(index * MS) for index in range(COUNT)]


def test_the_same_seed_gives_the_same_fate() -> None:
    """Each direction has dice of its own."""
    plan = Mishaps(loss=0.05, jitter_ns=20 * MS, reordered=0.02, duplicated=0.01, seed=3)
    assert _fates(plan) == _fates(plan)
    assert _fates(plan) != _fates(plan, direction=1)


@pytest.mark.parametrize(("loss", "burst"), [(0.02, 1.0), (0.05, 1.0), (0.10, 5.0)])
def test_as_much_is_lost_as_was_asked_for(loss: float, burst: float) -> None:
    """The share over a long time, and the mean length of a row of losses."""
    lost = [not fate for fate in _fates(Mishaps(loss=loss, burst=burst))]
    rows = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert sum(lost) / COUNT == pytest.approx(loss, rel=0.15)
    assert sum(lost) / rows == pytest.approx(max(burst, 1 / (1 - loss)), rel=0.15)


def test_delay_keeps_the_order_unless_told() -> None:
    """Jitter alone never overtakes; what is to be reordered comes later than what follows."""
    steady = [fate[0] for fate in _fates(Mishaps(delay_ns=25 * MS, jitter_ns=20 * MS))]
    assert steady == sorted(steady)
    assert all(25 * MS <= leaves - index * MS <= 45 * MS for index, leaves in enumerate(steady))
    mixed = [fate[0] for fate in _fates(Mishaps(delay_ns=25 * MS, jitter_ns=20 * MS, reordered=0.02))]
    overtaken = sum(later < earlier for earlier, later in pairwise(mixed))
    assert 0.01 < overtaken / COUNT < 0.03


def test_a_link_that_is_down_and_some_twice() -> None:
    """Nothing passes in the window; duplicates come once more, a millisecond later."""
    fates = _fates(Mishaps(down=((SECOND_NS, 3 * SECOND_NS),), duplicated=0.1))
    assert [index for index, fate in enumerate(fates) if not fate] == list(range(1_000, 3_000))
    assert sum(len(fate) == 2 for fate in fates) / (COUNT - 2_000) == pytest.approx(0.1, rel=0.1)


class _Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.transport.sendto(data, address)


class _Ear(_Echo):
    def __init__(self) -> None:
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        self.heard.put_nowait(data)


async def test_the_process_passes_packets_both_ways() -> None:
    """What is sent to the relay's port reaches the target and its answer comes back, each way delayed by 50 ms."""
    loop = asyncio.get_running_loop()
    echo, _ = await loop.create_datagram_endpoint(_Echo, local_addr=("127.0.0.1", 0))
    async with RelayProcess(Mishaps(delay_ns=50 * MS), "127.0.0.1") as relay:
        target = echo.get_extra_info("sockname")
        (way,) = await relay.forward([target])
        assert await relay.forward([target]) == [way]
        out, ear = await loop.create_datagram_endpoint(_Ear, remote_addr=way)
        began = time.monotonic()
        for number in range(20):
            out.sendto(bytes((number,)))
        heard = [await asyncio.wait_for(ear.heard.get(), 5) for _ in range(20)]
        assert time.monotonic() - began >= 0.1
        assert heard == [bytes((number,)) for number in range(20)]
        out.close()
    echo.close()
