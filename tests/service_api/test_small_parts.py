"""The pure parts of the interface: shapes, ranges, names of downloads, fragments of a growing file, events."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.library.disposition import content_disposition
from bot.lifecycle import State
from bot.remote.event_lines import EventReader
from bot.remote.tables import table
from bot.service.access.person import PersonRole
from bot.service.api.body import parsed
from bot.service.api.byte_range import ByteRange, Unsatisfiable, parse_range
from bot.service.api.growing import Growth
from bot.service.api.names import LAYOUT_BODY, ROOM_BODY, START_BODY
from bot.service.api.openapi import document
from bot.service.api.shape import WrongShape
from bot.service.api.table import ROUTES
from bot.service.events.hub import MOST_MISSED, Hub
from bot.service.events.listener import Interest, Listener
from mixer.mp4.box import box
from tests.service_api.test_rights import person, recording


@pytest.mark.parametrize(
    ("shape", "value", "why"),
    [
        (START_BODY, {}, "body.room is missing"),
        (START_BODY, [], "body must be an object, not a list"),
        (START_BODY, {"room": {}}, "body.room.id is missing"),
        (START_BODY, {"room": {"id": "r"}, "speed": 1}, "unknown key 'speed'; known are: room, title, layout"),
        (START_BODY, {"room": {"id": "r", "name": 1}}, "body.room has an unknown key 'name'"),
        (START_BODY, {"room": {"id": "r\r\nX: y"}}, r"not allowed \(U\+000D\)"),
        (START_BODY, {"room": {"id": "a\ud800"}}, r"U\+D800"),
        (START_BODY, {"room": {"id": "a" * 201}}, "at most 200"),
        (START_BODY, {"room": {"id": 7}}, "must be a text, not a number"),
        (START_BODY, {"room": {"id": "r"}, "layout": "spiral"}, "body.layout must be one of: auto"),
        (ROOM_BODY, {"url": "x", "owners": ["a", ""]}, r"body.owners\[1\] must not be empty"),
        (ROOM_BODY, {"url": "x", "owners": ["a"] * 101}, "at most 100"),
        (ROOM_BODY, {"url": "x", "timeout_s": True}, "not true or false"),
        (ROOM_BODY, {"url": "x", "timeout_s": 1e308}, "must be from 1 to"),
        (ROOM_BODY, {"url": "x", "opened_at": "yesterday"}, "must be a time"),
        (ROOM_BODY, {"url": "x", "opened_at": "2026-11-21T14:05:33"}, "no time zone"),
        (ROOM_BODY, {"url": "x", "opened_at": "0001-01-01T00:00:00+14:00"}, "from the year 2000 to 2100"),
        (ROOM_BODY, {"url": "x", "opened_at": "9999-12-31T23:59:59-14:00"}, "from the year 2000 to 2100"),
        (LAYOUT_BODY, {"layout": None}, "body.layout must be one of"),
    ],
)
def test_a_body_that_is_wrong_is_said_where(shape: Any, value: Any, why: str) -> None:
    """The sentence names the place, and an unknown key by its name."""
    with pytest.raises(WrongShape, match=why):
        shape.read(value, "body")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"\xff", b'{"a": NaN}', b'{"a": -Infinity}', b'{"a": 1, "a": 2}', b"[" * 60_000, b'{"a":' * 10_000,
        b"9" * 5_000, b"{} {}",
    ],
)  # fmt: skip
def test_what_is_not_json_is_refused(data: bytes) -> None:
    """Nor what two readers would understand in two ways."""
    with pytest.raises(WrongShape):
        parsed(data)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-", ByteRange(0, 100)),
        ("bytes=0-0", ByteRange(0, 1)),
        ("bytes=10-19", ByteRange(10, 20)),
        ("Bytes=90-999", ByteRange(90, 100)),
        ("bytes=-10", ByteRange(90, 100)),
        ("bytes=-999", ByteRange(0, 100)),
        ("bytes=20-10", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=٣-", None),
        ("bytes=" + "9" * 50 + "-", None),
    ],
)
def test_ranges(header: str | None, expected: ByteRange | None) -> None:
    """As RFC 9110 has them; what need not be honoured is not."""
    assert parse_range(header, 100) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0)])
def test_a_range_behind_the_end(header: str, size: int) -> None:
    """There is nothing to send."""
    with pytest.raises(Unsatisfiable):
        parse_range(header, size)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Rec - Räume.mp4", "Rec - R_ume.mp4"),
        ('a"b\\c;d.mp4', "a'b-c;d.mp4"),
        ("x\r\nSet-Cookie: a=b.mp4", "x Set-Cookie- a=b.mp4"),
        ("../../etc/passwd", "-..-etc-passwd.mp4"),
        ("100%41.mp4", "100_41.mp4"),
    ],
)
def test_a_download_is_named_without_harm(name: str, plain: str) -> None:
    """Any title: the header stays one line, the name one file's."""
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert f'filename="{plain}"; filename*=UTF-8' in header
    assert "/" not in header


def test_a_growing_file_ends_with_its_last_whole_fragment(tmp_path: Path) -> None:
    """Neither half a fragment, nor one that still carries the name it is written under."""
    head = box(b"ftyp", b"isom") + box(b"moov", bytes(64))
    fragment = box(b"moof", bytes(32)) + box(b"mdat", bytes(500))
    free = box(b"free", bytes(len(fragment) - 8))
    growth = Growth()
    path = tmp_path / "part-0001.mp4"
    contents = [
        (b"", 0),
        (head[:-3], 0),
        (head, len(head)),
        (head + fragment[:100], len(head)),
        (head + fragment, len(head) + len(fragment)),
        (head + fragment + free, len(head) + len(fragment)),
        (head + fragment + fragment[:-1], len(head) + len(fragment)),
        (head + fragment * 2, len(head) + 2 * len(fragment)),
    ]
    with path.open("wb") as file:
        for data, expected in contents:
            file.seek(0)
            file.truncate()
            file.write(data)
            file.flush()
            with path.open("rb") as opened:
                assert growth.safe_end(opened.fileno(), "rec", 1) == expected


def test_a_part_in_a_removed_ones_place_is_counted_anew(tmp_path: Path) -> None:
    """A file system gives the inode of one file to the next: what was known of the one says nothing of the other."""
    head = box(b"ftyp", b"isom") + box(b"moov", bytes(64))
    first = head + box(b"moof", bytes(32)) + box(b"mdat", bytes(500))
    second = head + box(b"moof", bytes(32)) + box(b"mdat", bytes(5000))
    growth = Growth()
    path = tmp_path / "part-0001.mp4"
    for name, data in (("a", first), ("b", second)):
        with path.open("r+b" if path.exists() else "wb") as file:  # the same inode
            file.write(data)
        with path.open("rb") as opened:
            assert growth.safe_end(opened.fileno(), name, 1) == len(data)


def listener(hub: Hub, who: Any, room: str | None = None, most: int = 256) -> Listener:
    """Somebody who listens."""
    return Listener(Interest(who, room), hub.epoch, most_waiting=most)


async def heard(one: Listener) -> list[tuple[str, Any]]:
    """Name and values of what waits, read as a program would."""
    return [(event.name, event.data) for event in EventReader().read(await one.next())]


async def test_each_hears_what_is_theirs() -> None:
    """Notices by audience, recordings by rights, rooms by token."""
    hub = Hub()
    people = {
        "moderator": person("moderator"),
        "participant": person("participant"),
        "service": person("service", None),
        "stranger": person("host", "r2"),
    }
    listeners = {name: listener(hub, who) for name, who in people.items()}
    for one in listeners.values():
        assert hub.join(one, None)
    before = recording(State.RECORDING)
    hub.announce(before, recording(State.STOPPING))
    hub.live(recording(State.STOPPING))
    for one in listeners.values():
        one.end()
    told = {name: await heard(one) for name, one in listeners.items()}
    assert [name for name, _ in told["moderator"]] == ["recording", "notice", "recording"]
    assert told["moderator"][1][1]["text"] == "Recording ended, starting upload."
    assert told["participant"] == [
        ("recording", {"id": "x", "room": {"id": "r1"}, "state": "stopping"}),
        ("notice", told["participant"][1][1]),
    ]
    assert told["participant"][1][1]["text"] == "The recording has completed."
    assert len(told["service"]) == 4
    assert told["stranger"] == []
    assert people["service"].role is PersonRole.SERVICE


async def test_whoever_lost_the_connection_hears_what_was_missed() -> None:
    """From the last id on; after too much, or another start of the service, the answer is to begin anew."""
    hub = Hub(most_kept=300)
    who = person("moderator")
    hub.announce(None, recording(State.STARTING))
    last = hub.last_id
    hub.announce(recording(State.STARTING), recording(State.FAILED))
    one = listener(hub, who)
    assert hub.join(one, last)
    assert [values["state"] for _, values in await heard(one)] == ["failed"]
    assert not hub.join(listener(hub, who), "0000-1")
    assert not hub.join(listener(hub, who), f"{hub.epoch}-99999")
    assert not hub.join(listener(hub, who), "nonsense")
    for _ in range(MOST_MISSED + 1):
        hub.announce(recording(State.RECORDING), recording(State.PAUSED))
    assert not hub.join(listener(hub, who), last)
    for _ in range(300):
        hub.announce(recording(State.RECORDING), recording(State.PAUSED))
    assert not hub.join(listener(hub, who), last)


async def test_a_slow_listener_is_given_up_and_counted() -> None:
    """What waits is bounded; the others hear on."""
    hub = Hub()
    slow, quick = listener(hub, person("moderator"), most=10), listener(hub, person("moderator"))
    hub.join(slow, None)
    hub.join(quick, None)
    for _ in range(11):
        hub.live(recording(State.RECORDING))
    assert slow.overflowed
    assert await slow.next() == b""
    assert len(await heard(quick)) == 11
    hub.leave(slow)
    hub.leave(slow)
    assert (hub.refused_slow, hub.listening) == (1, 1)


async def test_a_listener_waits_without_spinning() -> None:
    """Nothing to tell: nothing is handed out."""
    hub = Hub()
    one = listener(hub, person("moderator"))
    hub.join(one, None)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(one.next(), 0.05)
    hub.close()
    assert await one.next() == b""


def test_the_document_and_the_routes_are_one() -> None:
    """Each route stands in it once, with its own name, and every reference leads somewhere."""
    described = json.loads(document(ROUTES))
    operations = {
        (method.upper(), path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == {(route.method, route.path) for route in ROUTES}
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)
    text = json.dumps(described)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in described["components"]["schemas"]
    for (method, path), operation in operations.items():
        assert operation["security"] or path in {"/livez", "/readyz", "/v1/openapi.json"}, (method, path)


def test_a_title_does_not_steer_the_terminal() -> None:
    """The table is lines and columns, whatever is in it."""
    values = {"id": "x", "room": {"id": "r\x1b[2J"}, "state": "available", "title": "a\nb\u202e" + "c" * 100}
    lines = table([values])
    assert len(lines) == 2
    assert all(sign.isprintable() for line in lines for sign in line)
