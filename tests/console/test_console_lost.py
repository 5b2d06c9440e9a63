"""What the pages say when the service is gone, and when it is there again."""

import pytest
from playwright.async_api import Browser, expect

from bot.service.access.person import PersonRole
from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from tests.console.console_service import ConsoleService
from tests.console.people import enter, visit

pytestmark = [pytest.mark.long, pytest.mark.needs("chromium")]

LOST = "Connection lost, trying again"
CAMERA = [VideoEncoding(VideoCodec.H264, 320, 180, 15, 150)]


async def test_a_lost_service_is_told_and_found_again(browser: Browser, service: ConsoleService) -> None:
    """kill -9 of the service while it records: no page goes on showing REC or a running counter, nothing can be
    pressed; after its restart the same recording is shown again, without another confirmation."""
    async with RehearsalRoom(steady_plan(CAMERA)) as room:
        await service.tell_room("physics", room.url)
        ada = await enter(browser, service, "physics", "ada", PersonRole.HOST)
        console = await visit(browser, service.console)
        await ada.choose("Record")
        await ada.button("Start recording").click()
        await ada.confirm()
        began = await service.recording_in("physics", "recording")
        await expect(console.page.locator(".card .badge.recording")).to_be_visible()
        await expect(console.page.locator(".card img")).to_be_visible()
        await console.see("20-console-live")

        await service.kill()
        await expect(ada.lamp()).to_contain_text(LOST)
        await expect(console.page.get_by_text(LOST)).to_be_visible()
        await expect(ada.page.get_by_role("timer")).to_be_hidden()
        await expect(ada.button("Stop recording")).to_be_hidden()
        await ada.see("21-connection-lost")
        await console.see("21-connection-lost-console")

        await service.start(ROOMREEL_DRAIN_S="1")
        await expect(ada.lamp()).to_contain_text("REC")
        await expect(console.page.get_by_text(LOST)).to_be_hidden()
        assert (await service.recording_in("physics", "recording"))["id"] == began["id"]
        assert (await ada.shown()).count("This session is being recorded.") == 1
        await ada.button("Stop recording").click()
        await ada.dialog("Do you want to stop recording?").get_by_role("button", name="Stop recording").click()
        await ada.was_shown("Your recording file is available.")
    assert ada.problems == console.problems == []
