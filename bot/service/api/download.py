"""Sends a file, or a range of it, at the reader's pace."""

import asyncio
import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from bot.service.api.byte_range import ByteRange, Unsatisfiable, parse_range
from bot.service.api.problem import Problem
from bot.service.api.reader import ReaderGone, abort, write

PIECE_BYTES = 256 << 10  # read at once, and so what one reader holds in memory
LONGEST_STALL_S = 600.0  # a player that is paused reads nothing for a while; a reader that is gone never again


@dataclass(frozen=True, slots=True)
class Download:
    """`size`: bytes to hand out. `tag` None: the file grows, and its size is not told as if it were the last word."""

    descriptor: int
    size: int
    media_type: str
    tag: str | None
    disposition: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)  # headers


async def send(request: web.Request, download: Download) -> web.StreamResponse:
    """Answers GET and HEAD, with one range at most. The descriptor stays the caller's. Raises Problem 416."""
    if download.tag is not None and _is_known(request, download.tag):
        return web.Response(status=304, headers={"ETag": f'"{download.tag}"'})
    wanted = _wanted(request, download)
    part = wanted or ByteRange(0, download.size)
    response = web.StreamResponse(status=200 if wanted is None else 206, headers=_headers(download))
    if wanted is not None:
        response.headers["Content-Range"] = f"bytes {part.first}-{part.end - 1}/{_total(download)}"
    response.content_length = part.end - part.first
    await response.prepare(request)
    if request.method != "HEAD":
        with contextlib.suppress(ReaderGone):
            await _pour(request, response, download.descriptor, part)
    return response


def _wanted(request: web.Request, download: Download) -> ByteRange | None:
    if request.method != "GET":  # RFC 9110, 14.2: Range is for GET alone
        return None
    condition = request.headers.get("If-Range")
    if condition is not None and (download.tag is None or condition.strip() != f'"{download.tag}"'):
        return None
    try:
        return parse_range(request.headers.get("Range"), download.size)
    except Unsatisfiable:
        raise Problem(
            416,
            f"The range begins behind the end; there are {download.size} bytes"
            + (" so far." if download.tag is None else "."),
            headers={"Content-Range": f"bytes */{download.size}"},
        ) from None


def _is_known(request: web.Request, tag: str) -> bool:
    return any(known.value in (tag, "*") for known in request.if_none_match or ())


def _headers(download: Download) -> dict[str, str]:
    headers = {"Content-Type": download.media_type, "Accept-Ranges": "bytes", **download.more}
    if download.tag is not None:
        headers |= {"ETag": f'"{download.tag}"', "Cache-Control": "private, no-cache"}
    if download.disposition is not None:
        headers["Content-Disposition"] = download.disposition
    return headers


def _total(download: Download) -> str:
    return "*" if download.tag is None else str(download.size)


async def _pour(request: web.Request, response: web.StreamResponse, descriptor: int, part: ByteRange) -> None:
    position = part.first
    while position < part.end:
        piece = await asyncio.to_thread(os.pread, descriptor, min(PIECE_BYTES, part.end - position), position)
        if not piece:  # taken away underneath: the length promised is not kept, and the reader sees it broken off
            abort(request)
            return
        await write(request, response, piece, longest_stall_s=LONGEST_STALL_S)
        position += len(piece)
