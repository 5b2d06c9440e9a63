"""Publishing as the conferencing server sees it: a whole service, real bots, a portal that takes what they make."""

import asyncio
import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from signaling.rehearsal.room import RehearsalRoom
from tests.publishing.portal import Portal, open_portal
from tests.service_api.leftovers import end_bots
from tests.service_api.running import PATIENCE_S, RunningService, started
from tests.service_core.running import small_plan

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


@pytest.fixture(autouse=True)
def _no_bot_outlives_its_test(tmp_path: Path) -> Iterator[None]:
    yield
    end_bots(tmp_path)


def environment(portal: Portal) -> dict[str, str]:
    return {
        "ROOMREEL_DESTINATIONS": f"webhook+{portal.url}?name=portal",
        "ROOMREEL_WEBHOOK_SECRET": SECRET,
        "ROOMREEL_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }


async def begun(service: RunningService, room: str) -> str:
    answer = await service.ask("POST", "/v1/recordings", {"room": {"id": room}})
    assert answer.status == 201, answer.json
    await service.state(answer.json["id"], "recording")
    return str(answer.json["id"])


async def stopped(service: RunningService, recording: str) -> None:
    assert (await service.ask("POST", f"/v1/recordings/{recording}/stop")).status == 200
    await service.state(recording, "uploading", "available")


async def portal_state(service: RunningService, recording: str, *wanted: str) -> dict[str, Any]:
    """The portal's delivery, when it is in one of these states and says why, if it waits."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            values = (await service.ask("GET", f"/v1/recordings/{recording}")).json
            found: dict[str, Any] = values["destinations"][-1] if values["destinations"] else {"state": ""}
            if found["state"] in wanted and (found["state"] != "waiting" or found["problem"]):
                return found
            await asyncio.sleep(0.1)


@pytest.mark.long
async def test_a_portal_that_is_down_and_a_service_that_is_killed(tmp_path: Path) -> None:
    """While the portal is down nothing is lost and the room can be recorded again. The service killed, the next one
    tells the portal, which fetches the file, checks it and confirms it; the second recording gets there by itself."""
    library = tmp_path / "library"
    async with RehearsalRoom(small_plan()) as room, open_portal(SECRET) as portal:
        portal.status = 503
        service = await RunningService.start(library, **environment(portal))
        await service.ask("PUT", "/v1/rooms/team", {"url": room.url, "title": "Weekly", "owners": ["ann", "ben"]})
        first = await begun(service, "team")
        await stopped(service, first)
        waiting = await portal_state(service, first, "waiting")
        assert (waiting["kind"], waiting["uri"], waiting["confirmed_at"]) == ("webhook", None, None)
        second = await begun(service, "team")
        service.process.kill()
        await service.process.wait()
        await service.session.close()
        portal.status = 202
        async with started(library, **environment(portal)) as service:
            await portal_state(service, first, "waiting")
            await until_told(portal, first)
            await confirm_as_portal(service, portal, first)
            done = await service.state(first, "available")
            assert done["published_at"] is not None
            assert [one["state"] for one in done["destinations"]] == ["confirmed", "confirmed"]
            portal.status = 200
            await stopped(service, second)
            assert (await service.state(second, "available"))["sha256"] is not None
            metrics = (await service.ask("GET", "/metrics")).body.decode()
            assert 'roomreel_deliveries_waiting{kind="webhook"} 0.0' in metrics
            assert 'roomreel_deliveries_total{kind="webhook",result="confirmed"} 1.0' in metrics
        # The bots, which were gone before, have not said that it is available; nobody else could in the room.
        said = [notice.code for notice in room.wishes.notices]
        assert "recording_stopped_moderators" in said
        assert "recording_available" not in said
        assert portal.forged == 0
        assert len({number for number, _ in portal.of(first)}) == 1
        assert len(portal.of(second)) == 1


async def until_told(portal: Portal, recording: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not portal.of(recording):  # noqa: ASYNC110 - another task's list
            await asyncio.sleep(0.1)


async def confirm_as_portal(service: RunningService, portal: Portal, recording: str) -> None:
    """With what was in the message alone, and the service's token."""
    async with asyncio.timeout(PATIENCE_S):
        while "to confirm" not in (await portal_state(service, recording, "waiting"))["problem"]:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    data = portal.of(recording)[-1][1]["data"]
    assert (data["recording"]["owner"], data["editors"]) == ("ann", ["ben"])
    content = (await service.ask("GET", data["url"], token="")).body
    assert len(content) == data["size_bytes"]
    found = hashlib.sha256(content).hexdigest()
    assert found == data["sha256"]
    method, path = data["confirm"].split()
    refused = await service.ask(method, path, {"sha256": "0" * 64})
    assert (refused.status, "damaged" in refused.json["detail"]) == (409, True)
    stranger = await service.ask(method, path, {"sha256": found}, token=service.token("moderator", "team"))
    assert stranger.status == 403
    answer = await service.ask(method, path, {"sha256": found})
    assert (answer.status, answer.json["state"]) == (200, "available")
    again = await service.ask(method, path, {"sha256": found})
    assert again.status == 200


@pytest.mark.long
async def test_what_is_refused_and_what_is_waived(tmp_path: Path) -> None:
    """Destinations that are none are said so at the start; one that a recording need not reach is waived, and what is
    settled is settled."""
    library = tmp_path / "library"
    async with RehearsalRoom(small_plan()) as room, open_portal(SECRET) as portal:
        portal.status = 500
        async with started(library, **environment(portal)) as service:
            await service.ask("PUT", "/v1/rooms/team", {"url": room.url})
            recording = await begun(service, "team")
            path = f"/v1/recordings/{recording}/destinations"
            assert (await service.ask("POST", f"{path}/portal/waive")).status == 404
            await stopped(service, recording)
            await portal_state(service, recording, "waiting")
            assert (await service.ask("POST", f"{path}/portal/retry")).status == 200
            assert (await service.ask("POST", f"{path}/nobody/retry")).status == 404
            assert (await service.ask("POST", f"{path}/folder/waive")).status == 409
            answer = await service.ask("POST", f"{path}/portal/waive")
            assert (answer.status, answer.json["state"]) == (200, "available")
            assert (await service.ask("POST", f"{path}/portal/retry")).status == 409
    wrong = {"ROOMREEL_DESTINATIONS": "webhook+http://127.0.0.1:9/SECRET"}
    with pytest.raises(AssertionError, match="go to public addresses only") as said:
        await RunningService.start(tmp_path / "other", **wrong)
    assert "SECRET" not in str(said.value)
