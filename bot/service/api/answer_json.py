"""JSON answers, and the service's errors as problems."""

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot import errors
from bot.service.api.problem import Problem

RETRY_AFTER_S = 30  # until a recording that ends may have made room


def json_answer(values: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    body = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)


_STATUSES: dict[type[errors.BotError], int] = {
    errors.UnknownRoom: 404,
    errors.UnknownRecording: 404,
    errors.UnknownDestination: 404,
    errors.AlreadyRecording: 409,
    errors.NotNow: 409,
    errors.KeyReused: 409,
    errors.BotGone: 409,  # it will have another one in a moment
    errors.NoRoomLeft: 503,
    errors.Draining: 503,
    errors.OutputError: 503,
}


def as_problem(error: errors.BotError) -> Problem:
    """An error that is in no table is a defect, and stays one."""
    status = next((number for kind, number in _STATUSES.items() if isinstance(error, kind)), None)
    if status is None:
        raise error
    more = {"recording": error.recording} if isinstance(error, errors.AlreadyRecording) else {}
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else {}
    return Problem(status, str(error), more=more, headers=headers)
