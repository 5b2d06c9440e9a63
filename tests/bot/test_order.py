"""An order written down, and read by the bot that carries it out."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.errors import BadOrder
from bot.recording import ORDER_FILE, Order, new_order
from signaling.address import parse_address
from signaling.model import RoomKind


@pytest.fixture
def order(tmp_path: Path) -> Order:
    configuration = Configuration(output=str(tmp_path))
    address = parse_address("janus+ws://sfu/1234?pin=hush-pin")
    made = new_order(address, token="hush-token", title="Übung/1", configuration=configuration)
    return replace(
        made,
        target=tmp_path / "media",
        hosts=("ada", "ben"),
        room_kind=RoomKind.BREAKOUT,
        parent="main",
        opened_at=datetime(2026, 11, 22, 6, 0, tzinfo=UTC),
        room_timeout_s=3600.5,
        layout="grid",
        room_id="b/1",
    )


def test_read_as_it_was_written(order: Order) -> None:
    """Every field, with the moment's time zone; nobody else may read the file."""
    order.write(order.folder)
    assert Order.read(order.folder) == order
    assert (order.folder / ORDER_FILE).stat().st_mode & 0o777 == 0o600
    assert order.folder.stat().st_mode & 0o777 == 0o700


def test_nothing_optional(order: Order) -> None:
    """An order of the bare minimum comes back as bare."""
    bare = new_order(order.address, token=None, title=None, configuration=Configuration(output=str(order.output)))
    bare.write(bare.folder)
    assert Order.read(bare.folder) == bare


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("hosts", "ada"),
        ("asked_at", "2026-11-22T06:00:00"),
        ("asked_at", None),
        ("room_timeout_s", "soon"),
        ("room_kind", "hush-kind"),
        ("address", {"kind": "janus"}),
        ("address", None),
        ("token", 7),
        ("surprise", 1),
    ],
)
def test_strict(order: Order, key: str, value: object) -> None:
    """What is not as written is refused, by its name and never by its value."""
    order.write(order.folder)
    file = order.folder / ORDER_FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | {key: value}))
    with pytest.raises(BadOrder, match=key) as caught:
        Order.read(order.folder)
    assert "hush" not in str(caught.value).replace(str(order.folder), "")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff"])
def test_no_order_at_all(order: Order, content: bytes) -> None:
    """A sentence, whatever lies there."""
    order.write(order.folder)
    (order.folder / ORDER_FILE).write_bytes(content)
    with pytest.raises(BadOrder, match=ORDER_FILE):
        Order.read(order.folder)


def test_no_folder(tmp_path: Path) -> None:
    """The same."""
    with pytest.raises(BadOrder, match="no order"):
        Order.read(tmp_path / "nowhere")


def test_secrets_are_not_shown(order: Order) -> None:
    """Neither token nor pin is in what a log would show of it."""
    assert "hush" not in repr(order)
