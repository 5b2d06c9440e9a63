"""One peer connection from the room to a bot: which track is on which m-line, and one offer at a time."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from signaling.errors import NegotiationError
from signaling.media import Section
from signaling.model import TrackKind
from signaling.native import message as m
from signaling.peer.publisher import PublisherConnection
from signaling.peer.settings import PeerSettings
from signaling.rehearsal.outlet import Outlet
from signaling.rehearsal.performer import Performer
from signaling.rehearsal.plan import Clock
from signaling.rehearsal.report import parse_feedback
from signaling.rehearsal.sections import MID_EXTENSION, TRANSPORT_EXTENSION
from signaling.rehearsal.sender import SenderSettings, TrackSender, TransportNumbers
from signaling.rehearsal.settings import RehearsalSettings

Address = tuple[str, int]
Forwarder = Callable[[Sequence[Address]], Awaitable[Sequence[Address]]]  # our sockets -> the relay's

ANSWER_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """A track that is given to a bot: everything its way out depends on. `seed` decides what is not given."""

    performer: Performer
    participant: str
    publication: str
    clock: Clock
    epoch_ns: int
    seed: str
    first_sequence: int | None = None
    first_timestamp: int | None = None


@dataclass(slots=True)
class _Slot:
    """One m-line."""

    section: Section
    outlet: Outlet | None = None
    performer: Performer | None = None


class Carriage:
    """`load` and `unload` tracks at any time; `run` negotiates. The bot's RTCP is answered here."""

    def __init__(
        self, name: str, settings: RehearsalSettings, tell: Callable[[m.Message], None], forward: Forwarder | None
    ) -> None:
        self.name = name
        self._settings = settings
        self._tell = tell
        self._forward = forward
        self._slots: list[_Slot] = []
        self._numbers = TransportNumbers()
        self._changed = asyncio.Event()
        self._answer: asyncio.Future[str | None] | None = None
        self._ended = False
        self._restarting = False
        self.bad_rtcp = 0
        self.connection = PublisherConnection(
            name, PeerSettings(host_addresses=(settings.host,)), on_rtcp=self._heard, on_connected=self._open
        )

    @property
    def is_empty(self) -> bool:
        return all(slot.outlet is None for slot in self._slots)

    def load(self, ticket: Ticket) -> Outlet:
        """Put a track on a free m-line of its kind, or a new one."""
        performer = ticket.performer
        slot = self._free_slot(performer.kind)
        sender = self._sender(ticket, slot.section.mid)
        outlet = Outlet(
            track=performer.track,
            kind=performer.kind,
            sender=TrackSender(sender, self._numbers),
            clock=ticket.clock,
            epoch_ns=ticket.epoch_ns,
            send_rtp=self.connection.send_rtp,
            send_rtcp=self.connection.send_rtcp,
        )
        named = self._settings.offered.ssrcs
        slot.section = replace(
            slot.section,
            track=performer.track,
            participant=ticket.participant,
            ssrcs=(sender.ssrc,) if named else (),
            repairs={sender.repair_ssrc: sender.ssrc} if named and sender.repair_ssrc is not None else {},
        )
        slot.outlet, slot.performer = outlet, performer
        performer.outlets.append(outlet)
        self._changed.set()
        return outlet

    def _sender(self, ticket: Ticket, mid: str) -> SenderSettings:
        dice, offered = random.Random(ticket.seed), self._settings.offered
        repairs = offered.repairs() if ticket.performer.kind is TrackKind.VIDEO else {}
        ssrc, repair_ssrc = dice.randrange(1, 1 << 32), dice.randrange(1, 1 << 32)
        sequence, timestamp = dice.randrange(1 << 16), dice.randrange(1 << 32)
        return SenderSettings(
            ssrc=ssrc,
            mid=mid,
            name=ticket.participant,
            repair_ssrc=repair_ssrc if repairs else None,
            repairs=repairs,
            mid_extension=MID_EXTENSION if offered.mid else None,
            transport_extension=TRANSPORT_EXTENSION if offered.transport_cc else None,
            first_sequence=sequence if ticket.first_sequence is None else ticket.first_sequence,
            first_timestamp=timestamp if ticket.first_timestamp is None else ticket.first_timestamp,
        )

    def unload(self, outlet: Outlet) -> None:
        for slot in self._slots:
            if slot.outlet is outlet:
                slot.outlet = slot.performer = None
                slot.section = replace(slot.section, track=None, participant=None, ssrcs=(), repairs={})
        self._changed.set()

    def answered(self, sdp: str | None) -> None:
        """None: the offer was refused."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(sdp)

    def candidate(self, candidate: str | None) -> None:
        if self._forward is None:  # through a relay the bot is known by its checks alone
            self.connection.add_candidate(candidate)

    def restart(self) -> None:
        self._restarting = True
        self._changed.set()

    def end(self) -> None:
        self._ended = True
        self.answered(None)
        self._changed.set()

    async def run(self) -> None:
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                if self._ended:
                    return
                await self._negotiate()
        finally:
            await self.connection.close()

    async def _negotiate(self) -> None:
        offered = [slot.outlet for slot in self._slots]
        sdp = await self._offer()
        tracks = {slot.section.mid: slot.section.track for slot in self._slots if slot.section.track is not None}
        self._answer = asyncio.get_running_loop().create_future()
        self._tell(m.Offer(self.name, sdp, tracks))
        answer = None
        with contextlib.suppress(TimeoutError):
            answer = await asyncio.wait_for(self._answer, ANSWER_LIMIT_S)
        if answer is None:
            return
        with contextlib.suppress(NegotiationError):
            await self.connection.accept(answer, use_candidates=self._forward is None)
            for outlet in offered:
                if outlet is not None:
                    outlet.negotiated = True
            if self.connection.is_connected:
                self._open()

    async def _offer(self) -> str:
        sections = [slot.section for slot in self._slots]
        restart, self._restarting = self._restarting, False
        if self._forward is None:
            return await self.connection.offer(sections, restart=restart)
        if restart:
            await self.connection.offer(sections, restart=True)  # opens other sockets, which the relay has to know
        advertised = await self._forward(await self.connection.gather())
        return await self.connection.offer(sections, advertised=advertised)

    def _open(self) -> None:
        """Connected: whatever the bot has said yes to is sent from now on."""
        for slot in self._slots:
            if slot.outlet is not None and slot.outlet.negotiated and not slot.outlet.open:
                slot.outlet.open = True
                slot.outlet.restart()

    def _free_slot(self, kind: TrackKind) -> _Slot:
        if self._settings.reuse_sections:
            for slot in self._slots:
                if slot.outlet is None and slot.section.kind is kind:
                    return slot
        slot = _Slot(self._settings.offered.section(str(len(self._slots)), kind))
        self._slots.append(slot)
        return slot

    def _heard(self, packet: bytes, arrival_ns: int) -> None:
        try:
            wishes = parse_feedback(packet)
        except ValueError:
            self.bad_rtcp += 1
            return
        by_ssrc = {slot.outlet.sender.settings.ssrc: slot for slot in self._slots if slot.outlet is not None}
        for wish in wishes:
            slot = by_ssrc.get(getattr(wish, "ssrc", -1))
            if slot is not None and slot.outlet is not None and slot.performer is not None and slot.outlet.hear(wish):
                slot.performer.ask_keyframe(slot.outlet)
