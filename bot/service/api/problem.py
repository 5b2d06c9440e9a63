"""Errors as RFC 9457 problem details: each with a sentence that says what to do."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - the RFC's word
    """Raised by a handler, answered by the outermost layer. `more` are further members of the answer."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = dict(more or {})
        self.headers = dict(headers or {})

    def answer(self) -> web.Response:
        title = HTTPStatus(self.status).phrase
        body = {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail, **self.more}
        return web.Response(
            status=self.status,
            body=json.dumps(body, ensure_ascii=False).encode(),
            content_type=MEDIA_TYPE,
            headers=self.headers,
        )


# What aiohttp itself refuses, in our words.
_SENTENCES = {
    400: "The request cannot be read as HTTP; check how it is made.",
    404: "There is nothing at this address; /v1/openapi.json lists what there is.",
    405: "This address does not take that method; the header Allow lists those it takes.",
    413: "The request's body is too large.",
    417: "This service expects nothing by way of the header Expect; leave it out.",
}


def from_http(error: web.HTTPException) -> Problem:
    """aiohttp's own refusals as problems; headers such as Allow are kept."""
    kept = {name: value for name, value in error.headers.items() if name in {"Allow", "Retry-After"}}
    return Problem(error.status, _SENTENCES.get(error.status, f"{error.reason}."), headers=kept)
