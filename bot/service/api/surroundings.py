"""What is true of every answer: who asked is logged, errors are problems, browsers are told what they must not do."""

import secrets
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bot.errors import BotError
from bot.service.api.answer_json import as_problem
from bot.service.api.problem import Problem, from_http

log = structlog.get_logger()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
REQUEST_ID = web.RequestKey("request_id", str)

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
# The element runs in the conferencing server's pages. A token in a header is all that opens anything here: there are no
# cookies, so another origin's page can do nothing that its visitor's token was not given to it for.
_FOR_PAGES = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Accept-Ranges, Content-Disposition, Content-Range, ETag, Location, Retry-After,"
    " X-Request-Id",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@web.middleware
async def answer_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost. Every way in which a handler can end becomes an answer, and a line in the log: the path without its
    query, which may hold a ticket."""
    request[REQUEST_ID] = secrets.token_hex(8)
    began = time.monotonic()
    try:
        response = await _answered(request, handler)
    except Exception:
        log.exception("a request failed", request=request[REQUEST_ID])
        problem = Problem(500, f"Something went wrong here; the log knows more under {request[REQUEST_ID]}.")
        response = problem.answer()
    took_ms = round(1000 * (time.monotonic() - began), 1)
    log.info(
        "request",
        method=request.method,
        path=request.rel_url.raw_path[:300],
        status=response.status,
        took_ms=took_ms,
        request=request[REQUEST_ID],
    )
    return response


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as problem:
        return problem.answer()
    except web.HTTPException as error:
        return from_http(error).answer()
    except BotError as error:
        return as_problem(error).answer()


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Called when an answer begins. What a handler set itself stays."""
    for name, value in _ALWAYS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/v1/"):
        for name, value in _FOR_PAGES.items():
            response.headers.setdefault(name, value)
    if REQUEST_ID in request:
        response.headers["X-Request-Id"] = request[REQUEST_ID]
    response.headers["Server"] = "roomreel"  # without versions
