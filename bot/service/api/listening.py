"""The handler for events: an event source (HTML, section 9.2) that says what happens as it happens."""

import asyncio
from functools import partial

from aiohttp import web

from bot.service.access.person import PersonRole
from bot.service.access.rights import Act, Place
from bot.service.api.permission import require
from bot.service.api.problem import Problem
from bot.service.api.reader import ReaderGone, abort, narrow, write
from bot.service.api.route import Asked
from bot.service.api.service import Service
from bot.service.events.listener import Interest, Listener

KEEP_ALIVE_S = 15.0
LONGEST_STALL_S = 30.0
MOST_LISTENERS = 5000
SEND_BUFFER_BYTES = 64 << 10
_RETRY_MS = 2000
_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}


async def listen(service: Service, asked: Asked) -> web.StreamResponse:
    """Ends when the token expires, when the reader is too slow, and when the service ends."""
    room = asked.query.get("room", asked.who.room)
    if room is not None:
        known = service.recordings.room(room)
        require(asked.who, Act.SEE_ROOM, Place(room, known.parent if known is not None else None))
    elif asked.who.role is not PersonRole.SERVICE:
        raise Problem(403, "Say which room's events you want, by ?room=ID.")
    if service.hub.listening >= MOST_LISTENERS:
        raise Problem(503, "Too many are listening already; try again later.", headers={"Retry-After": "30"})
    # Whoever is given up may be in the midst of a write that nobody reads: cutting the connection ends that too.
    listener = Listener(Interest(asked.who, room), service.hub.epoch, on_overflow=partial(abort, asked.request))
    last_id = asked.request.headers.get("Last-Event-ID")
    response = web.StreamResponse(headers=_HEADERS)
    head = f"retry: {_RETRY_MS}\n"
    joined = service.hub.last_id
    if not service.hub.join(listener, last_id or None):
        head += "event: reset\ndata: {}\n"
    elif last_id:
        joined = ""  # what was missed carries its own ids
    head += f"id: {joined}\n\n" if joined else "\n"
    try:
        narrow(asked.request, SEND_BUFFER_BYTES)
        await response.prepare(asked.request)
        if asked.request.method != "HEAD":
            await write(asked.request, response, head.encode(), longest_stall_s=LONGEST_STALL_S)
            await _pass_on(asked.request, response, listener, asked.who.expires_at - service.now_s())
    except ReaderGone:
        pass
    finally:
        service.hub.leave(listener)
    return response


async def _pass_on(request: web.Request, response: web.StreamResponse, listener: Listener, left_s: float) -> None:
    loop = asyncio.get_running_loop()
    ends = loop.time() + max(0.0, left_s)
    while (now := loop.time()) < ends:
        try:
            async with asyncio.timeout(min(KEEP_ALIVE_S, ends - now)):
                text = await listener.next()
        except TimeoutError:
            text = b": still here\n\n"
        else:
            if not text:
                return
        await write(request, response, text, longest_stall_s=LONGEST_STALL_S)
