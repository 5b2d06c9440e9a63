"""What the conferencing server may say of a room's places at Kaltura."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from bot.library.catalogue.room_entry import RoomEntry
from bot.service.api.names import ROOM_BODY
from bot.service.api.problem import Problem
from bot.service.api.room_entries import entry_from, entry_with
from bot.service.api.shape import WrongShape

URL = "roomreel+ws://h/rooms/r"


def told(**fields: Any) -> RoomEntry:
    return entry_from("r", ROOM_BODY.read({"url": URL, **fields}, "body"), ())


def test_categories_and_the_rooms_entry_are_kept() -> None:
    """They are told with the room, survive the catalogue, and can be told anew."""
    entry = told(kind="channel", categories=["11", "12"], media_entry="1_a9b8c7d6")
    assert RoomEntry.from_text(entry.as_text()) == entry
    assert (entry.categories, entry.media_entry) == (("11", "12"), "1_a9b8c7d6")
    assert entry_with(entry, ROOM_BODY.read({"url": URL, "categories": []}, "body"), ()).categories == ()


def test_rooms_of_before_have_none() -> None:
    """A catalogue of an earlier version is read as it is."""
    older = RoomEntry("r", URL)
    values = {key: value for key, value in asdict(older).items() if key not in {"categories", "media_entry"}}
    assert RoomEntry.from_text(json.dumps(values)) == older


@pytest.mark.parametrize(
    "fields",
    [{"categories": ["MediaSpace>site"]}, {"categories": ["0"]}, {"categories": ["1"] * 33}, {"media_entry": "a/b"}],
)
def test_ids_that_are_none(fields: dict[str, Any]) -> None:
    """Names of categories, and what could not be an id, are refused when they are told, not when it is too late."""
    with pytest.raises(WrongShape):
        told(kind="channel", **fields)


def test_a_single_room_is_in_no_channel() -> None:
    """Categories of a single room would be passed over: it is said at once."""
    with pytest.raises(Problem, match="single room"):
        told(categories=["11"])
