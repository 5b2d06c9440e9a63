"""<roomreel-recorder> in the page of a conferencing server, which comes from elsewhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, expect

from bot.service.access.person import PersonRole
from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from tests.console.console_service import ConsoleService, serving
from tests.console.people import ENDED_MODERATORS, visit

pytestmark = [pytest.mark.long, pytest.mark.needs("chromium")]

CAMERA = [VideoEncoding(VideoCodec.H264, 320, 180, 15, 150)]
ROOM = "chemistry"
PAGE = """<!doctype html><html lang="en"><title>A meeting elsewhere</title><main><h1>Meeting</h1>
<roomreel-recorder room="{room}" {attributes} style="height: 30rem; --roomreel-surface: #203040">
</roomreel-recorder></main>
<script type="module">
  import "{service}/recorder.js";
  const recorder = document.querySelector("roomreel-recorder");
  window.heard = [];
  window.states = [];
  recorder.addEventListener("roomreel-notice", (event) => {{
    window.heard.push(event.detail.text);
    event.preventDefault();
  }});
  recorder.addEventListener("roomreel-state", ({{ detail }}) => window.states.push(detail.state));
  if (!recorder.hasAttribute("token"))
    recorder.tokenProvider = async () => (await fetch("/token", {{ method: "POST" }})).text();
</script></html>"""


@asynccontextmanager
async def elsewhere(service: ConsoleService, tokens: list[str], attributes: str = "") -> AsyncIterator[str]:
    """The address of a page of another origin, whose server hands out these tokens, the last one again and again."""

    async def give(_request: web.Request) -> web.Response:
        return web.Response(text=tokens.pop(0) if len(tokens) > 1 else tokens[0])

    async def show(_request: web.Request) -> web.Response:
        page = PAGE.format(room=ROOM, service=service.url, attributes=attributes)
        return web.Response(text=page, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", show), web.post("/token", give)])
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_in_another_servers_page(browser: Browser, tmp_path: Path) -> None:
    """The element works across origins, renews its token when the service refuses the old one, leaves notices to a
    page that shows them itself, looks as the page wants, and says in words why a recording cannot start."""
    async with RehearsalRoom(steady_plan(CAMERA)) as room, serving(tmp_path, ROOMREEL_MAX_RECORDINGS="1") as service:
        await service.tell_room(ROOM, room.url)
        await service.tell_room("other", room.url)
        expired = service.token("ada", PersonRole.HOST, room=ROOM, lifetime_s=60, age_s=600)
        tokens = [expired, service.token("ada", PersonRole.HOST, room=ROOM)]
        async with elsewhere(service, tokens) as address:
            ada = await visit(browser, address)
            await expect(ada.button("More actions")).to_be_visible()
            assert len(tokens) == 1
            colour = await ada.button("More actions").evaluate("(one) => getComputedStyle(one).backgroundColor")
            assert colour == "rgb(32, 48, 64)"

            other = await service.ask("POST", "/v1/recordings", {"room": {"id": "other"}})
            await ada.choose("Record")
            await ada.button("Start recording").click()
            await expect(ada.page.get_by_role("alert")).to_contain_text("Stop one, or try again later.")
            await ada.see("50-refused-in-words")
            await service.recording_in("other", "recording")
            await service.ask("POST", f"/v1/recordings/{other['id']}/stop")
            await service.recording_in("other", "available")

            await ada.choose("Record")
            await ada.button("Start recording").click()
            await ada.confirm()
            await ada.see("51-in-another-page")
            await ada.button("Stop recording").click()
            await ada.dialog("Do you want to stop recording?").get_by_role("button", name="Stop recording").click()
            await ada.until("window.heard.includes('Your recording file is available.')")
            assert ENDED_MODERATORS in await ada.page.evaluate("window.heard")
            assert ENDED_MODERATORS not in await ada.shown()
            states = await ada.page.evaluate("window.states")
            assert [state for state in ("starting", "recording", "stopping", "available") if state not in states] == []
            assert ada.problems == []

        async with elsewhere(service, [], f'token="{expired}"') as address:
            late = await visit(browser, address)
            await expect(late.page.get_by_role("alert")).to_contain_text("token")
            await expect(late.button("More actions")).to_be_hidden()
