"""A room client that does what a test says, in place of one with an SFU behind it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from signaling.client import Notice
from signaling.event import ConnectionLost, RoomEvent
from signaling.model import Layer, Participant, Room, RoomState, Track, TrackKind, TrackSource

ANN = Participant("ann", "Ann")
CAMERA = Track("v", "p", "ann", TrackKind.VIDEO, TrackSource.CAMERA, stage=False)
VOICE = Track("a", "p", "ann", TrackKind.AUDIO, TrackSource.MICROPHONE, stage=False)
BIOLOGY = RoomState(Room("r", "Biology"), (ANN,), (CAMERA,))


@dataclass(eq=False)
class ScriptedClient:
    """`answer`: what joining gives; None for a server that never answers. Events are told with `tell`."""

    answer: RoomState | Exception | None = BIOLOGY
    leaving_s: float = 0.0
    layers: list[tuple[str, Layer | None]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)  # what was said in the room while the bot was in it
    asked: asyncio.Event = field(default_factory=asyncio.Event)  # for a layer
    joining: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    _events: asyncio.Queue[RoomEvent | None] = field(default_factory=asyncio.Queue)

    def tell(self, *events: RoomEvent) -> None:
        for event in events:
            self._events.put_nowait(event)

    async def join(self) -> RoomState:
        self.joining.set()
        if self.answer is None:
            await asyncio.Event().wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        assert self.answer is not None
        return self.answer

    async def events(self) -> AsyncIterator[RoomEvent]:
        while (event := await self._events.get()) is not None:
            yield event
            if isinstance(event, ConnectionLost):
                return

    def request_layer(self, track: str, layer: Layer | None) -> None:
        self.layers.append((track, layer))
        self.asked.set()

    def notify(self, notice: Notice) -> None:
        assert not self.left.is_set()
        self.notices.append(notice.text)

    async def leave(self) -> None:
        if not self.left.is_set():
            await asyncio.sleep(self.leaving_s)
            self.left.set()
            self._events.put_nowait(None)
