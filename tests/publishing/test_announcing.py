"""Who is in the room hears that the file is available when it is, and not before."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.library.catalogue.delivery import Kind
from bot.library.catalogue.room_entry import RoomEntry
from bot.recording import ORDER_FILE, Order
from bot.service.commission import new_order, new_recording
from signaling.model import RoomKind
from tests.publishing.bench import Bench, Store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "roomreel+ws://h/rooms/x"


@pytest.mark.parametrize(
    ("kind", "parent", "others", "at_once"),
    [
        (RoomKind.SINGLE, None, 0, True),
        (RoomKind.CHANNEL, None, 1, False),
        (RoomKind.BROADCAST, None, 0, False),
        (RoomKind.BREAKOUT, RoomKind.SINGLE, 0, True),
        (RoomKind.BREAKOUT, RoomKind.BROADCAST, 0, False),
    ],
)
def test_published_as_soon_as_it_is_finished(
    tmp_path: Path, kind: RoomKind, parent: RoomKind | None, others: int, at_once: bool
) -> None:
    """Only where the file goes nowhere but to the library, and is not held back, can the bot itself say so."""
    bench = Bench(tmp_path / "library", [("store", Kind.S3, Store())] * others)
    above = None if parent is None else RoomEntry("main", URL, kind=parent)
    room = RoomEntry("team", URL, kind=kind, parent=None if above is None else above.id)
    recording = new_recording(room, above, by="ann", title=None, layout=None, asked_at=NOW)
    assert bench.ledger.is_published_at_once(recording, room, above) is at_once


def test_the_order_says_so(tmp_path: Path) -> None:
    """It is kept in the order; one of an earlier version, whose bot died meanwhile, is still read."""
    room = RoomEntry("team", URL)
    recording = new_recording(room, None, by="ann", title=None, layout=None, asked_at=NOW)
    order = new_order(room, recording, tmp_path, announces=False)
    order.write(order.folder)
    assert not Order.read(order.folder).announces
    values = json.loads((order.folder / ORDER_FILE).read_text())
    del values["announces"]
    (order.folder / ORDER_FILE).write_text(json.dumps(values))
    assert Order.read(order.folder).announces
