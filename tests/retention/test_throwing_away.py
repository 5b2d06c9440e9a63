"""Throwing away and bringing back over the API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.library.catalogue.delivery import Delivery
from bot.lifecycle import State
from bot.service.access.person import Device, PersonRole
from tests.access.populated import Populated, populated
from tests.manifest.stocked import opened
from tests.service_core.running import until


@pytest_asyncio.fixture
async def service(tmp_path: Path) -> AsyncIterator[Populated]:
    with opened(tmp_path / "library") as stocked:
        stocked.add(0)
    async with populated(tmp_path / "library") as running:
        yield running


async def test_by_its_owner_into_the_trash_and_back(service: Populated) -> None:
    """From then on nobody sees it but the service; its owner can bring it back, and it is as it was."""
    (before,) = (await service.ask("GET", "/v1/recordings?room=team")).json["recordings"]
    path = f"/v1/recordings/{before['id']}"
    owner = service.token("olga", PersonRole.PARTICIPANT, "elsewhere")
    member = service.token("mia", PersonRole.PARTICIPANT, "team")
    link = (await service.ask("POST", f"{path}/links", {"what": "file"})).json["url"]
    thrown = await service.ask("DELETE", path, token=owner)
    assert thrown.status == 200, thrown.body
    assert thrown.json["trashed_at"] is not None
    assert (await service.ask("GET", path, token=member)).status == 404
    assert (await service.ask("GET", f"{path}/file")).status == 404
    assert (await service.ask("GET", path)).json["trashed_at"] == thrown.json["trashed_at"]
    assert (await service.ask("POST", f"{path}/restore", token=member)).status == 404
    back = await service.ask("POST", f"{path}/restore", token=owner)
    assert back.json == before
    assert (await service.ask("GET", link, token="")).status == 401  # what was thrown away is not shared any more
    assert (await service.ask("GET", f"{path}/file", token=member)).status == 200
    again = await service.ask("POST", f"{path}/restore", token=owner)
    assert (again.status, again.json["detail"]) == (409, "This recording is not in the trash.")


async def test_what_became_known_in_the_trash_is_told_afterwards(service: Populated) -> None:
    """Given to somebody else meanwhile: once it is back, its destinations hear of that."""
    (known,) = (await service.ask("GET", "/v1/recordings?room=team")).json["recordings"]
    path = f"/v1/recordings/{known['id']}"

    def folder() -> Delivery:
        return service.service.recordings.get(known["id"]).destinations[0]

    assert (await service.ask("DELETE", path)).status == 200
    assert (await service.ask("PUT", f"{path}/owner", {"owner": "nora"})).status == 200
    await until(lambda: not folder().is_behind)
    told = folder().accompanied
    assert (await service.ask("POST", f"{path}/restore")).json["owner"] == "nora"
    await until(lambda: folder().accompanied > told)


async def test_who_may_not(service: Populated) -> None:
    """Neither the room's host nor a second owner; not from a mobile device; not while it is on its way."""
    (mine,) = (await service.ask("GET", "/v1/recordings?room=team")).json["recordings"]
    way = service.add("20251121T150000Z-00000000", "team", state=State.UPLOADING)
    asked = {
        "host": service.token("hugo", PersonRole.HOST, "team"),
        "second owner": service.token("edi", PersonRole.MODERATOR, "team"),
        "mobile": service.token("olga", PersonRole.HOST, "team", device=Device.MOBILE),
    }
    answers = {
        who: await service.ask("DELETE", f"/v1/recordings/{mine['id']}", token=token) for who, token in asked.items()
    }
    assert {answer.status for answer in answers.values()} == {403}
    assert "mobile" in answers["mobile"].json["detail"]
    assert "owner" in answers["host"].json["detail"]
    early = await service.ask("DELETE", f"/v1/recordings/{way.id}")
    assert (early.status, early.json["detail"].startswith("It is not over")) == (409, True)
    assert (await service.ask("DELETE", "/v1/recordings/20200101T000000Z-00000000")).status == 404
