"""From what a request says of a room to the entry that is kept."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.library.catalogue.room_entry import RoomEntry
from bot.service.api.problem import Problem
from bot.service.webhooks.destination import Network, url_problem
from signaling.address import parse_address
from signaling.errors import AddressError
from signaling.model import RoomKind


def entry_from(room_id: str, fields: Mapping[str, Any], networks: Iterable[Network]) -> RoomEntry:
    """Of a room that is told of whole. `networks`: private ones that webhooks may go to. Raises Problem 400 or 422."""
    return _checked(RoomEntry(id=room_id, **_converted(fields, networks)))


def entry_with(known: RoomEntry, fields: Mapping[str, Any], networks: Iterable[Network]) -> RoomEntry:
    """A room that was told of before, with what is new. Raises Problem 400 or 422."""
    return _checked(replace(known, **_converted(fields, networks))) if fields else known


def _converted(fields: Mapping[str, Any], networks: Iterable[Network]) -> dict[str, Any]:
    values = dict(fields)
    if "webhook_url" in values and (problem := url_problem(values["webhook_url"], networks)):
        raise Problem(422, problem)
    if "kind" in values:
        values["kind"] = RoomKind(values["kind"])
    if "opened_at" in values:
        opened: datetime = values["opened_at"]
        values["opened_at"] = opened.timestamp()
    return values


def _checked(entry: RoomEntry) -> RoomEntry:
    try:
        parse_address(entry.url)
    except AddressError as error:
        raise Problem(400, str(error)) from None
    if (entry.kind is RoomKind.BREAKOUT) != (entry.parent is not None):
        raise Problem(400, "A breakout has a parent room, and no other kind of room has: give both kind and parent.")
    if entry.parent == entry.id:
        raise Problem(400, "A breakout cannot be its own parent room.")
    if entry.categories and entry.kind is RoomKind.SINGLE:
        raise Problem(400, "A single room is in no channel and no gallery: leave `categories` out, or give its kind.")
    return entry
