"""What the service does while the catalogue cannot take what happens."""

import sys
from pathlib import Path

import pytest

from bot.errors import OutputError
from bot.lifecycle import EndReason, State
from bot.service import spares, upkeep
from bot.service.recordings import Recordings
from signaling.model import RoomKind
from tests.service_core.running import configured, entry, over, until

URL = "roomreel+ws://127.0.0.1:9/rooms/x"


def bots_that(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    program = str(Path(__file__).with_name("stand_in.py"))
    monkeypatch.setattr(spares, "COMMAND", (sys.executable, program, how))


async def test_a_broadcast_is_held_before_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gets at the recording of a live broadcast because the disk is full."""
    bots_that(monkeypatch, "ends")
    async with Recordings(configured(tmp_path / "library")) as service:
        made = await service.start(entry(URL, kind=RoomKind.BROADCAST), by="ann")
        pages = service.database.rows("PRAGMA page_count")[0][0]
        service.database.rows(f"PRAGMA max_page_count = {pages}")
        await over(service, made.id)
        kept = service.ledger.get(made.id)
        assert (kept.state, service.get(made.id).held) == (State.STARTING, True)
        assert [one.held for one in service.list()] == [True]


async def test_a_room_is_closed_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its recording ends, though the room's end cannot be noted and whoever closes it is told so."""
    bots_that(monkeypatch, "finishes")
    monkeypatch.setattr(upkeep, "PAUSES_NS", (0, 60_000_000_000))

    def full(*_: object) -> None:
        raise OutputError("The disk is full.")

    async with Recordings(configured(tmp_path / "library")) as service:
        made = await service.start(entry(URL), by="ann")
        await until(lambda: service.get(made.id).interruptions == 2)
        with monkeypatch.context() as patch:
            patch.setattr(service.ledger.rooms, "close", full)
            with pytest.raises(OutputError, match="full"):
                await service.close_room("team")
        assert service.get(made.id).state in {State.STOPPING, State.FINALISING}
        done = await over(service, made.id)
        assert (done.state, done.end_reason) == (State.AVAILABLE, EndReason.ROOM_CLOSED)
