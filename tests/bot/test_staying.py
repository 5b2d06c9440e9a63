"""Staying in the room: what the listener is told, what is lost, when the bot comes back and when it gives up."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from bot.attendance import MOST_INTERRUPTIONS, Attendance
from bot.backoff import LASTING_NS
from bot.lifecycle import EndReason
from bot.presence import Presence
from mixer.source import Source
from signaling.errors import NoSuchRoom, Refused, SignalingError, Unreachable
from signaling.event import ConnectionLost, EndCause, RoomEnded, TrackChanged, TrackPublished, TrackUnpublished
from signaling.model import Layer, RoomState
from tests.bot.scripted_room import BIOLOGY, CAMERA, VOICE, ScriptedClient

PATIENCE_S = 10  # catches a hang, promises nothing
HOUR_NS = 3600 * 1_000_000_000
LOST, CLOSED = ConnectionLost("gone"), RoomEnded(EndCause.CLOSED)


@dataclass
class Told:
    """A listener, and a mix behind an `Attendance`, that write down what they are told."""

    lines: list[str] = field(default_factory=list)
    away_ns: list[int] = field(default_factory=list)

    def add(self, source: Source) -> None:
        self.lines.append(f"add {source.track}{' on stage' if source.stage else ''}")

    def remove(self, track: str) -> None:
        self.lines.append(f"remove {track}")

    def set_muted(self, track: str, muted: bool) -> None:
        self.lines.append(f"{'mute' if muted else 'unmute'} {track}")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which attempt each wait was for; none is waited for."""
    attempts: list[int] = []

    def wait_ns(attempt: int, _spread: float) -> int:
        attempts.append(attempt)
        return 0

    monkeypatch.setattr("bot.presence.wait_ns", wait_ns)
    return attempts


def client(*events: object, answer: RoomState | SignalingError = BIOLOGY) -> ScriptedClient:
    made = ScriptedClient(answer)
    made.tell(*events)  # type: ignore[arg-type]
    return made


async def stay(*clients: ScriptedClient, grace_ns: int = HOUR_NS) -> tuple[EndReason, Presence, Attendance, list[str]]:
    """In a room that is entered by these clients, one after the other, until it ends."""
    waiting = iter(clients)
    told = Told()
    attendance = Attendance(told)
    presence = Presence(lambda: next(waiting), grace_ns=grace_ns)
    async with asyncio.timeout(PATIENCE_S):
        await presence.enter()
        reason = await presence.stay(attendance)
        await presence.leave()
    assert all(one.left.is_set() for one in clients)
    return reason, presence, attendance, told.lines


async def test_publications_that_come_and_go() -> None:
    """Each comes and goes once, in order, however quickly."""
    muted = replace(CAMERA, id="w", muted=True)
    staged = replace(muted, stage=True)
    events = (
        TrackPublished(VOICE),
        TrackUnpublished(VOICE.id),
        TrackUnpublished(VOICE.id),
        TrackPublished(muted),
        TrackChanged(replace(muted, muted=False)),
        TrackChanged(staged),
        TrackUnpublished("w"),
    )
    reason, presence, _, lines = await stay(client(*events, CLOSED))
    assert reason is EndReason.ROOM_CLOSED
    assert lines == [
        *("add v", "add a", "remove a"),
        *("add w", "mute w", "unmute w", "add w on stage", "mute w", "remove w"),
    ]
    assert list(presence.tracks) == ["v"]


def test_nothing_is_expected_of_what_is_muted_or_gone() -> None:
    """Whoever asks is told so of every track, the one that is muted from the beginning, too."""
    said: list[tuple[str, bool]] = []
    attendance = Attendance(Told(), lambda track, muted: said.append((track, muted)))
    attendance.track_came(replace(VOICE, muted=True))
    attendance.track_changed(VOICE)
    attendance.track_changed(replace(VOICE, muted=True))
    attendance.track_changed(replace(VOICE, stage=True))
    attendance.track_went(VOICE.id)
    assert said == [(VOICE.id, muted) for muted in (True, False, True, False, True)]


async def test_back_in_the_room(waits: list[int]) -> None:
    """A lost connection takes every track with it; the next one brings those that are still there."""
    without = RoomState(BIOLOGY.room, BIOLOGY.participants, (VOICE,))
    reason, presence, attendance, lines = await stay(client(LOST), client(CLOSED, answer=without))
    assert reason is EndReason.ROOM_CLOSED
    assert lines == ["add v", "remove v", "add a"]
    assert presence.rejoins == len(attendance.interruptions_ns) == len(waits) == 1


async def test_layers_are_asked_for_again(waits: list[int]) -> None:
    """A mix that did not notice the loss does not repeat its wishes; a client that is new knows none of them."""
    small, large = Layer(320, 180), Layer(1280, 720)
    clients = [ScriptedClient(), ScriptedClient(RoomState(BIOLOGY.room, (), (VOICE, CAMERA))), ScriptedClient()]
    waiting = iter(clients)
    presence = Presence(lambda: next(waiting), grace_ns=HOUR_NS)
    async with asyncio.timeout(PATIENCE_S):
        await presence.enter()
        staying = asyncio.create_task(presence.stay(Attendance(Told())))
        presence.request_layer("v", large)
        presence.request_layer("v", small)
        presence.request_layer("unheard of", small)
        clients[0].tell(LOST)
        await clients[1].asked.wait()
        presence.request_layer("v", None)
        clients[1].tell(TrackUnpublished("v"), LOST)
        clients[2].tell(CLOSED)
        await staying
        await presence.leave()
    assert clients[1].layers == [("v", small), ("v", None)]
    assert clients[2].layers == []


async def test_a_server_that_drops_the_bot_at_once(waits: list[int]) -> None:
    """Joining works and nothing holds: the bot comes back later and later, and the report stays bounded."""
    dropping = [client(LOST) for _ in range(MOST_INTERRUPTIONS + 10)]
    _, presence, attendance, _ = await stay(*dropping, client(CLOSED))
    assert waits == list(range(MOST_INTERRUPTIONS + 10))
    assert presence.rejoins == MOST_INTERRUPTIONS + 10
    assert len(attendance.interruptions_ns) == MOST_INTERRUPTIONS


async def test_a_connection_that_lasted_is_missed_at_once(waits: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """After a connection of half a minute the first attempt is as soon as ever."""
    clock = iter(range(0, 1 << 62, LASTING_NS))
    monkeypatch.setattr("bot.presence.time.monotonic_ns", lambda: next(clock))
    await stay(client(LOST), client(LOST), client(CLOSED))
    assert waits == [0, 0]


@pytest.mark.parametrize("error", [Refused("no"), NoSuchRoom("no")])
async def test_a_room_that_refuses_for_long_is_closed(error: SignalingError, waits: list[int]) -> None:
    """Twice with the grace over is enough; once is never."""
    refusing = [client(answer=error), client(answer=error)]
    reason, presence, attendance, _ = await stay(client(LOST), *refusing, grace_ns=1)
    assert reason is EndReason.ROOM_CLOSED
    assert presence.rejoins == 0
    assert len(attendance.interruptions_ns) == 1


async def test_a_server_that_is_not_there_is_waited_for(waits: list[int]) -> None:
    """No answer is no refusal: the grace begins anew."""
    answers = [Refused("no"), Unreachable("no"), Refused("no"), Unreachable("no")]
    clients = [client(answer=answer) for answer in answers]
    reason, presence, _, _ = await stay(client(LOST), *clients, client(CLOSED), grace_ns=1)
    assert reason is EndReason.ROOM_CLOSED
    assert presence.rejoins == 1
