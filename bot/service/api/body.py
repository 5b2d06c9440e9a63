"""The body of a request: JSON, strictly, and not much of it."""

import asyncio
import json
from typing import Any

from aiohttp import web

from bot.service.api.problem import Problem
from bot.service.api.shape import Object, WrongShape

MOST_BODY_BYTES = 64 << 10
SLOWEST_BODY_S = 10.0
_EMPTY = (b"", b"{}")


async def read_body(request: web.Request, shape: Object | None) -> dict[str, Any]:
    """Raises Problem. A route that takes no body is given none, or an empty object."""
    if (request.content_length or 0) > MOST_BODY_BYTES:
        raise _too_large()
    data = await _received(request)
    if shape is None:
        if data.strip() not in _EMPTY:
            raise Problem(400, "This request takes no body; send none.")
        return {}
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
        raise Problem(415, "Send the body as JSON in UTF-8, with the header Content-Type: application/json.")
    try:
        return shape.read(parsed(data), "body")
    except WrongShape as error:
        raise Problem(400, str(error)) from None


async def _received(request: web.Request) -> bytes:
    received = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_BODY_S):
            async for piece in request.content.iter_any():
                received += piece
                if len(received) > MOST_BODY_BYTES:
                    raise _too_large()
    except TimeoutError:
        raise Problem(408, f"The body did not arrive within {SLOWEST_BODY_S:.0f} s; send it again.") from None
    return bytes(received)


def parsed(data: bytes) -> Any:
    """JSON without what JSON does not have (NaN), or what no two readers agree on (a key twice). Raises WrongShape."""
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_constant, object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise WrongShape("The body is not UTF-8.") from None
    except RecursionError:
        raise WrongShape("The body is nested too deeply.") from None
    except ValueError as error:
        raise WrongShape(f"The body is not JSON: {getattr(error, 'msg', 'a number is too long')}.") from None


def _no_constant(word: str) -> Any:
    raise WrongShape(f"The body is not JSON: {word} is no number in it.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise WrongShape("The body has an object with the same key twice.")
    return found


def _too_large() -> Problem:
    return Problem(
        413, f"The body is larger than {MOST_BODY_BYTES >> 10} KiB; send less.", headers={"Connection": "close"}
    )
