"""Whoever reads an answer: at their own pace, but not for ever."""

import asyncio
import os
import socket

from aiohttp import web


class ReaderGone(Exception):  # noqa: N818 - reads as what it is
    """Nobody takes what is sent; the connection is cut."""


async def write(request: web.Request, response: web.StreamResponse, data: bytes, *, longest_stall_s: float) -> None:
    """Waits until most of what was written before is taken. Raises ReaderGone."""
    try:
        async with asyncio.timeout(longest_stall_s):
            await response.write(data)
    except (TimeoutError, ConnectionError):
        abort(request)
        raise ReaderGone from None


def narrow(request: web.Request, buffer_bytes: int) -> None:
    """Bounds what the kernel keeps for a reader who does not read; left to itself it grows to megabytes each."""
    opened = request.transport.get_extra_info("socket") if request.transport is not None else None
    if opened is not None:
        with socket.socket(fileno=os.dup(opened.fileno())) as own:  # an event loop's own may not be changed by it
            own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)


def abort(request: web.Request) -> None:
    """Cuts the connection without waiting for what was not taken. May be called again."""
    if request.transport is not None:
        request.transport.abort()
