"""The running service against its OpenAPI document: called in every way that allows, and in some that it does not."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from tests.service_api.running import PATIENCE_S, started

pytestmark = pytest.mark.long

EXAMPLES = 4  # of each operation, each way, each person
ENDLESS = "/v1/events"  # never ends by itself: has tests of its own
ELSE = {"identity": "ann", "name": "poster.jpg", "destination": "folder"}  # what else addresses name
ACCEPTANCE = "positive_data_acceptance"  # a schema cannot say which URL is a room's


def explore(url: str, token: str, recording: str, room: str) -> int:
    """Calls every operation; raises what schemathesis finds. Returns how many answers were judged."""
    schema = schemathesis.openapi.from_url(f"{url}/v1/openapi.json")
    schema.config.update(headers={"Authorization": f"Bearer {token}"}, request_timeout=PATIENCE_S)
    schema.config.checks.update(excluded_check_names=[ACCEPTANCE])
    judged = 0
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]
        if operation.path == ENDLESS:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            judged += _try(operation, mode, {"recording": recording, "room": room, **ELSE})
    return judged


def _try(operation: Any, mode: GenerationMode, known: dict[str, str]) -> int:
    """Half of the positive examples name what is really there."""
    judged = 0

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans())
    def judge(case: Any, real: bool) -> None:
        nonlocal judged
        if real and mode is GenerationMode.POSITIVE and case.path_parameters:
            case.path_parameters = {name: known[name] for name in case.path_parameters}
        case.call_and_validate()
        judged += 1

    # A route without parameters and body cannot be called wrongly.
    with contextlib.suppress(*([Unsatisfiable] if mode is GenerationMode.NEGATIVE else [])):
        judge()
    return judged


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")  # schemathesis' own
async def test_the_service_is_what_its_document_says(tmp_path: Path) -> None:
    """No 5xx, no status, header, type or body that the document does not know, no wrong request that is taken for a
    right one: as the service and as a moderator, with a finished recording and one that runs."""
    plan = steady_plan([VideoEncoding(VideoCodec.VP8, 320, 180, 15, 150)])
    async with RehearsalRoom(plan) as room, started(tmp_path / "library") as service:
        told = {"id": "main", "url": room.url}
        first = (await service.ask("POST", "/v1/recordings", {"room": told})).json["id"]
        await service.state(first, "recording")
        await service.ask("POST", f"/v1/recordings/{first}/stop")
        await service.state(first, "available")
        second = (await service.ask("POST", "/v1/recordings", {"room": told})).json["id"]
        await service.state(second, "recording")
        for token, recording in (
            (service.token("moderator", "main"), first),
            (service.token(), second),
        ):
            assert await asyncio.to_thread(explore, service.url, token, recording, "main") > 60
        assert "Traceback" not in service.log
