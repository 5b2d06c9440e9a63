"""The OpenAPI document, made from the table of routes."""

import json
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from bot.service.api.body import MOST_BODY_BYTES
from bot.service.api.names import PATH_SHAPES
from bot.service.api.route import Answer, Route, Who
from bot.service.api.schemas import SCHEMAS, ref
from bot.service.api.shape import Shape

_ABOUT = (
    "Records WebRTC conferences. A token (JWT, HS256) carries who is asking: `sub`, `role` (service, host, moderator,"
    " participant), `room`, `rights` (record), `device` (desktop, mobile), `iat`, `exp`, `iss` roomreel; its header"
    " names the key (`kid`). Errors are problem details (RFC 9457)."
)
_SECURITY = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


def document(routes: Iterable[Route]) -> bytes:
    """JSON."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    values = {
        "openapi": "3.1.0",
        "info": {"title": "roomreel", "version": version("roomreel"), "description": _ABOUT},
        "paths": paths,
        "components": {"schemas": SCHEMAS, "securitySchemes": _SECURITY},
    }
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def path_names(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def _operation(route: Route) -> dict[str, Any]:
    answers = {**_usual_answers(route), **route.answers}
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.about,
        "parameters": [
            *(_parameter("path", name, PATH_SHAPES[name]) for name in path_names(route.path)),
            *(_parameter("query", name, shape) for name, shape in route.query.items()),
            *(_parameter("header", name, shape) for name, shape in route.headers.items()),
        ],
        "responses": {str(status): _answer(answer) for status, answer in sorted(answers.items())},
        "security": _security(route.who),
    }
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "description": f"At most {MOST_BODY_BYTES >> 10} KiB.",
            "content": {"application/json": {"schema": route.body.schema()}},
        }
    return operation


def _security(who: Who) -> list[dict[str, list[str]]]:
    if who is Who.ANYONE:
        return []
    return [{"token": []}, {}] if who is Who.TOKEN_OR_TICKET else [{"token": []}]


def _parameter(place: str, name: str, shape: Shape) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": shape.schema()}


def _usual_answers(route: Route) -> Mapping[int, Answer]:
    """What every route of its sort may answer."""
    usual = {400: "The request is wrong; `detail` says what."}
    if route.who is not Who.ANYONE:
        usual |= {401: "There is no valid token.", 403: "The token does not allow it."}
    if path_names(route.path):
        usual |= {404: "It is not there, or not for you."}
    if route.body is not None:
        usual |= {
            408: "The body took too long.",
            413: "The body is too large.",
            415: "The body is not JSON.",
        }
    problem = ref("Problem")
    return {status: Answer(about, problem, "application/problem+json") for status, about in usual.items()}


def _answer(answer: Answer) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.about}
    if answer.media_type is not None:
        described["content"] = {answer.media_type: {"schema": answer.content} if answer.content else {}}
    if answer.headers:
        described["headers"] = {name: {"schema": {"type": "string"}} for name in answer.headers}
    return described
