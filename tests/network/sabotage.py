"""Hostile senders: one outside, who only knows the bot's UDP ports, and one inside, who has the room's keys."""

import asyncio
import contextlib
import itertools
import random
import socket
import struct
from collections import Counter, deque
from collections.abc import Callable

import psutil

from signaling.rehearsal.attendee import Attendee
from signaling.rehearsal.outlet import Outlet

LARGEST = 65_507  # payload of a UDP datagram
MOST = 1_400
UNKNOWN_SSRCS = 1_000


class Outsider:
    """Sends to every UDP port of a process what is no packet of its connections."""

    def __init__(self, pid: int, seed: int) -> None:
        found = psutil.Process(pid).net_connections(kind="udp4")
        self.targets = sorted({(one.laddr.ip, one.laddr.port) for one in found})
        self.sent: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._makers: dict[str, Callable[[], bytes]] = {
            "empty": lambda: b"",
            "one byte": lambda: self._dice.randbytes(1),
            "random bytes": lambda: self._dice.randbytes(self._dice.randrange(2, MOST)),
            "65 kB": lambda: b"\x80" + self._dice.randbytes(LARGEST - 1),
            "65 kB of STUN": lambda: self._stun(LARGEST - 20),
            "STUN without its password": lambda: self._stun(self._dice.randrange(0, 60) // 4 * 4),
            "STUN cut short": lambda: self._stun(40)[: self._dice.randrange(1, 60)],
            "DTLS": lambda: bytes((self._dice.randrange(20, 26), 0xFE, 0xFD)) + self._dice.randbytes(60),
            "RTP without keys": lambda: b"\x80\x60" + self._dice.randbytes(200),
            "RTCP without keys": lambda: b"\x81\xc9" + self._dice.randbytes(60),
        }

    async def attack(self, seconds: float, a_second: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            for index in range(int(seconds * a_second)):
                name = list(self._makers)[index % len(self._makers)]
                for target in self.targets:
                    with contextlib.suppress(OSError):
                        sock.sendto(self._makers[name](), target)
                        self.sent[name] += 1
                await asyncio.sleep(1 / a_second)

    def _stun(self, length: int) -> bytes:
        kind = self._dice.choice((0x0001, 0x0101, 0x0111, 0x0011))
        return struct.pack(">HHI", kind, length, 0x2112A442) + self._dice.randbytes(12 + length)


class Insider:
    """Some of a bot's tracks send garbage between, and in, their packets; over the connection all tracks share."""

    def __init__(self, attendee: Attendee, identities: tuple[str, ...], seed: int) -> None:
        (self._carriage,) = attendee.carriages
        self._outlets = [one for one in attendee.outlets if one.track.split("/")[0] in identities]
        self._dice = random.Random(seed)
        self._recent: deque[bytes] = deque(maxlen=64)
        self.sent: Counter[str] = Counter()
        unknown = itertools.cycle([self._dice.randrange(1, 1 << 32) for _ in range(UNKNOWN_SSRCS)])
        dice = self._dice
        # What each makes of a packet that was really sent.
        self._rtp: dict[str, Callable[[bytes], bytes]] = {
            "random bytes": lambda packet: b"\x80" + dice.randbytes(dice.randrange(12, MOST)),
            "cut short": lambda packet: packet[: dice.randrange(12, len(packet))],
            "bits flipped": lambda packet: self._flip(packet, 1),
            "sequence jump": lambda packet: packet[:2] + dice.randbytes(2) + packet[4:],
            "time jump": lambda packet: packet[:4] + dice.randbytes(4) + packet[8:],
            "unknown SSRC": lambda packet: packet[:8] + next(unknown).to_bytes(4, "big") + packet[12:],
            "wild extension": lambda packet: (
                bytes((0x90 | dice.randrange(16), packet[1])) + packet[2:12] + dice.randbytes(dice.randrange(4, 80))
            ),
            "wild padding": lambda packet: bytes((packet[0] | 0x20,)) + packet[1:-1] + dice.randbytes(1),
            "no payload": lambda packet: b"\x80" + packet[1:12],
        }

    async def attack(self, seconds: float, a_second: int) -> None:
        for outlet in self._outlets:
            self._take_over(outlet)
        connection = self._carriage.connection
        names = list(self._rtp)
        for index in range(int(seconds * a_second)):
            if self._recent:
                name = names[index % len(names)]
                connection.send_rtp(self._rtp[name](self._dice.choice(self._recent)))
                self.sent[name] += 1
            connection.send_rtcp(self._report())
            self.sent["RTCP"] += 1
            await asyncio.sleep(1 / a_second)
        for outlet in self._outlets:
            outlet.send_rtp = connection.send_rtp

    def _take_over(self, outlet: Outlet) -> None:
        """What a track sends reaches the decoders, but a third of it damaged where it is still a packet."""

        def send(packet: bytes) -> None:
            self._recent.append(packet)
            if self._dice.random() < 1 / 3:
                self.sent["corrupt frame"] += 1
                packet = self._flip(packet, 30)
            self._carriage.connection.send_rtp(packet)

        outlet.send_rtp = send

    def _flip(self, packet: bytes, keep: int) -> bytes:
        damaged = bytearray(packet)
        for _ in range(self._dice.randrange(1, 9)):
            if len(damaged) > keep:
                damaged[self._dice.randrange(keep, len(damaged))] ^= 1 << self._dice.randrange(8)
        return bytes(damaged)

    def _report(self) -> bytes:
        """RTCP with a head that gets it through SRTCP, and anything behind it; half of the time of a track's SSRC."""
        dice = self._dice
        known = [outlet.sender.settings.ssrc for outlet in self._outlets]
        ssrc = dice.choice(known) if dice.random() < 0.5 else dice.randrange(1 << 32)
        kind, words = dice.choice((200, 201, 202, 203, 204, 205, 206, 207, 255)), dice.randrange(1, 40)
        stated = words if dice.random() < 0.5 else dice.randrange(1 << 16)
        head = struct.pack(">BBHI", 0x80 | dice.randrange(32), kind, stated, ssrc)
        return head + dice.randbytes(words * 4 - 4 + (0 if dice.random() < 0.7 else dice.randrange(4)))
