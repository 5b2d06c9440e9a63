"""The way in: each request is known by its token and checked by its route before a handler sees it."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.service.access.person import Person, PersonRole
from bot.service.access.tokens import BadToken, read
from bot.service.api.body import read_body
from bot.service.api.names import PATH_SHAPES
from bot.service.api.problem import Problem
from bot.service.api.route import Asked, Route, Who
from bot.service.api.service import Service
from bot.service.api.shape import Number, Shape, WrongShape

_CHALLENGE = 'Bearer realm="roomreel"'


class Door:
    """One a route; called by aiohttp."""

    def __init__(self, route: Route, service: Service) -> None:
        self._route = route
        self._service = service

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        route = self._route
        person = self._person(request)
        if route.who is Who.SERVICE and person is not None and person.role is not PersonRole.SERVICE:
            raise Problem(403, "Only the conferencing server's own token (role `service`) opens this.")
        asked = Asked(request, self._path(request), self._query(request), await self._body(request), person)
        return await route.handler(self._service, asked)

    def _person(self, request: web.Request) -> Person | None:
        if self._route.who is Who.ANYONE:
            return None
        header = request.headers.getall("Authorization", [])
        if not header and self._route.who is Who.TOKEN_OR_TICKET and "ticket" in request.query:
            return None
        scheme, _, token = header[0].partition(" ") if len(header) == 1 else ("", "", "")
        if scheme.lower() != "bearer" or not token:
            raise Problem(
                401,
                "This needs a token: send it in the header Authorization: Bearer TOKEN. `roomreel token` makes one.",
                headers={"WWW-Authenticate": _CHALLENGE},
            )
        try:
            return read(token.strip(), self._service.keys, now_s=self._service.now_s())
        except BadToken as error:
            raise Problem(
                401, str(error), headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'}
            ) from None

    def _path(self, request: web.Request) -> dict[str, str]:
        try:
            return {name: PATH_SHAPES[name].read(value, name) for name, value in request.match_info.items()}
        except WrongShape as error:
            raise Problem(404, f"There is no such thing: {error}") from None

    def _query(self, request: web.Request) -> dict[str, Any]:
        try:
            return read_query(request.query, self._route.query)
        except WrongShape as error:
            raise Problem(400, str(error)) from None

    async def _body(self, request: web.Request) -> dict[str, Any]:
        if self._route.body is None and not request.can_read_body:
            return {}
        return await read_body(request, self._route.body)


def read_query(given: Mapping[str, str], known: Mapping[str, Shape]) -> dict[str, Any]:
    """Raises WrongShape: for parameters that are not known, and for one given twice."""
    found: dict[str, Any] = {}
    for name, text in given.items():
        if name not in known:
            allowed = f"known are: {', '.join(known)}" if known else "there are none"
            raise WrongShape(f"The address has an unknown parameter {name[:40]!a}; {allowed}.")
        if name in found:
            raise WrongShape(f"The address has the parameter {name!r} twice.")
        shape = known[name]
        found[name] = shape.read(_number(text) if isinstance(shape, Number) else text, name)
    return found


def _number(text: str) -> Any:
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20 else text
