"""The console's files as routes of the service: fixed names, read once, with the headers they need."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_NAMED = {"/": "index.html"}  # every other file is found under its own name

# Nothing from elsewhere, nothing inline. `blob:` is for pictures that are fetched with the token in a header.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    # A conferencing server's page loads the element's modules from here; they hold no secret.
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def console_routes() -> list[web.RouteDef]:
    """GET routes (and HEAD) for each file of the console. Public: they show nothing without a token."""
    files = {f"/{path.relative_to(FOLDER)}": path for path in sorted(FOLDER.rglob("*")) if path.suffix in _TYPES}
    paths = files | {address: FOLDER / name for address, name in _NAMED.items()}
    return [web.get(address, _giver(path)) for address, path in paths.items()]


def _giver(path: Path) -> _Handler:
    body = path.read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:32]
    headers = _HEADERS | {"Content-Type": _TYPES[path.suffix]}

    async def give(request: web.Request) -> web.StreamResponse:
        known = request.if_none_match is not None and any(entry.value == tag for entry in request.if_none_match)
        answer = web.Response(status=304) if known else web.Response(body=body)
        answer.headers.update(headers)
        answer.etag = tag
        return answer

    return give
