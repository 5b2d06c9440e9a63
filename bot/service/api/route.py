"""One row of the API's table: what is asked how, by whom, and what may come back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from aiohttp import web

from bot.service.access.person import Person
from bot.service.api.service import Service
from bot.service.api.shape import Object, Shape


class Who(Enum):
    """Who gets as far as the handler, which then asks the rights for the room in question."""

    ANYONE = "anyone"  # holds no data
    TOKEN = "token"  # noqa: S105 - a word
    TOKEN_OR_TICKET = "token or ticket"  # noqa: S105 - for <video> and <img>, which send no header
    SERVICE = "service"  # the service's own token


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was checked against its route. `person` is None where `who` is ANYONE, and for a ticket."""

    request: web.Request
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    person: Person | None

    @property
    def who(self) -> Person:
        assert self.person is not None, "a route for anyone asks who it is"
        return self.person


Handler = Callable[[Service, Asked], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Answer:
    """`content`: JSON Schema of a JSON answer, or None; `media_type` of what is not JSON."""

    about: str
    content: Mapping[str, Any] | None = None
    media_type: str | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`answers` names the successes and this route's own refusals; those that every route of its sort has are added by
    the document."""

    method: str
    path: str
    name: str
    about: str
    handler: Handler
    who: Who = Who.TOKEN
    query: Mapping[str, Shape] = field(default_factory=dict)
    body: Object | None = None
    headers: Mapping[str, Shape] = field(default_factory=dict)
    answers: Mapping[int, Answer]
