"""Questions about a room from outside of it: a handle that never joins is seen by nobody."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from signaling.errors import Refused
from signaling.janus.failure import (
    ENCRYPTED,
    INVALID_ELEMENT,
    NO_SUCH_FEED,
    NO_SUCH_ROOM,
    PRIVATE_ID_WANTED,
    UNAUTHORIZED,
    RequestError,
    join_error,
)
from signaling.janus.identity import clean_name
from signaling.janus.link import Link
from signaling.janus.roster import FeedId, Roster, parse_roster
from signaling.janus.transaction import Answer, Message
from signaling.model import Room

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Address:
    """The room as the address names it. Janus counts rooms by number unless it runs with `string_ids`."""

    room: str
    pin: str | None = field(default=None, repr=False)


class Lobby:
    """`open` first. Every question raises RequestError, LinkLost or ProtocolError."""

    def __init__(self, link: Link, address: Address) -> None:
        self._link = link
        self._address = address
        self._handle = 0
        self.room_id: FeedId = address.room

    async def open(self) -> Room:
        """Find the room, prove the pin, and read its description. Raises JoinError, too."""
        try:
            self._handle = await self._link.attach(_ignore)
            self.room_id = await self._find()
            await self._prove_pin()
        except RequestError as error:
            raise join_error(error, self._address.room) from None
        return await self._describe()

    async def roster(self) -> Roster:
        return parse_roster((await self._ask({"request": "listparticipants", "room": self.room_id})).data)

    async def _find(self) -> FeedId:
        spellings: tuple[FeedId, ...] = (self._address.room,)
        if self._address.room.isdecimal():
            spellings = (int(self._address.room), self._address.room)
        for spelling in spellings[:-1]:
            try:
                await self._ask({"request": "listparticipants", "room": spelling})
            except RequestError as error:
                if error.core or error.code != INVALID_ELEMENT:
                    raise
            else:
                return spelling
        await self._ask({"request": "listparticipants", "room": spellings[-1]})
        return spellings[-1]

    async def _prove_pin(self) -> None:
        """Ask for a publisher that does not exist: Janus looks at the pin first, so "no such feed" means that it fits,
        though nobody may be in the room yet."""
        number = secrets.randbits(52)
        nobody: FeedId = number if isinstance(self.room_id, int) else f"nobody-{number}"
        try:
            await self._ask(self.subscription([{"feed": nobody}]))
        except RequestError as error:
            if error.core or error.code not in {NO_SUCH_FEED, INVALID_ELEMENT}:
                raise

    async def _describe(self) -> Room:
        """A room that is private is not listed: its id has to do as its title. Raises Refused where the room cannot be
        recorded by anybody hidden."""
        name = self._address.room
        try:
            listed = (await self._ask({"request": "list"})).data.get("list")
        except RequestError as error:
            log.info("janus does not list its rooms: %s", error)
            listed = None
        rooms = listed if isinstance(listed, list) else []
        found: Message = next(
            (room for room in rooms if isinstance(room, dict) and room.get("room") == self.room_id), {}
        )
        if found.get("require_e2ee") is True:
            raise Refused(ENCRYPTED.format(room=name))
        if found.get("require_pvtid") is True:
            raise Refused(PRIVATE_ID_WANTED.format(room=name))
        description = found.get("description")
        title = clean_name(description) if isinstance(description, str) else ""
        return Room(id=name, title=title or name)

    def subscription(self, streams: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The request that subscribes to `streams`, with the pin in it."""
        request = {"request": "join", "ptype": "subscriber", "room": self.room_id, "streams": list(streams)}
        return request if self._address.pin is None else {**request, "pin": self._address.pin}

    async def _ask(self, body: Message) -> Answer:
        return await self._link.ask(self._handle, body)


def room_is_gone(error: RequestError) -> bool:
    return not error.core and error.code == NO_SUCH_ROOM


def private_id_is_wanted(error: RequestError) -> bool:
    """Said to a subscriber whose pin fits: the room wants a publisher's private id, too."""
    return not error.core and error.code == UNAUTHORIZED


def _ignore(message: Message) -> None:
    pass
