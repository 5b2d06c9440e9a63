"""The console's story against a real Janus with real browsers in it, all in the test's own network."""

from pathlib import Path

import av
import pytest
from playwright.async_api import expect

from bot.service.access.person import PersonRole
from tests.console.console_service import serving
from tests.console.people import AVAILABLE, ENDED_PARTICIPANTS, RECORDED, WAIT, chromium, enter, visit
from tests.janus.browser import Studio
from tests.janus.cast import ANNA, BEN
from tests.janus.cast import enter as publish
from tests.janus.gateway import Gateway
from tests.janus.reading import read_pictures, read_tones

pytestmark = [pytest.mark.long, pytest.mark.needs("janus", "chromium", "ip")]

LEAST_S = 5.0
CAST = (ANNA, BEN)


async def test_the_story_in_janus(studio: Studio, gateway: Gateway, tmp_path: Path) -> None:
    """Record, please wait, being recorded, REC, stop, notices, list, player; in the file are those who published."""
    await studio.open("one")
    for role in CAST:
        await publish(studio, "one", role, gateway, 1007)
    async with serving(tmp_path) as service, chromium() as browser:
        await service.tell_room("second-floor", f"janus+{gateway.url}/1007", title="Second floor")
        ada = await enter(browser, service, "second-floor", "ada", PersonRole.HOST)
        ben = await enter(browser, service, "second-floor", "ben", PersonRole.PARTICIPANT)
        await ada.choose("Record")
        await ada.button("Start recording").click()
        for visitor in (ada, ben):
            await visitor.was_shown(WAIT)
            await visitor.was_shown(RECORDED)
            await visitor.confirm()
            await expect(visitor.lamp()).to_contain_text("REC")
        await ada.until("document.getElementById('picture').naturalWidth > 0")
        await ada.until(f"document.querySelector('roomreel-recorder').recording.live.time_s > {LEAST_S}")
        await ada.see("40-janus-moderator")
        await ben.see("40-janus-participant")
        await ada.button("Stop recording").click()
        await ada.dialog("Do you want to stop recording?").get_by_role("button", name="Stop recording").click()
        await ada.was_shown(AVAILABLE)
        await ben.was_shown(ENDED_PARTICIPANTS)
        recording = await service.recording_in("second-floor", "available")

        console = await visit(browser, service.console)
        await console.page.get_by_role("link", name="Second floor").click()
        await console.until("document.querySelector('video')?.duration > 0")
        await console.page.locator("video").evaluate("(one) => one.play()")
        await console.until("document.querySelector('video').currentTime > 0.5")
        await console.see("41-janus-player")
        assert ada.problems == ben.problems == console.problems == []

    path = next((service.library / "media" / "second-floor" / "Recordings").glob("Rec - *.mp4"))
    with av.open(str(path)) as file:
        assert file.duration is not None
        assert abs(file.duration / av.time_base - recording["duration_s"]) < 0.2
    names = {role.name for role in CAST}
    assert any(set(who) >= names for who in read_pictures(path, CAST).values())
    assert any(who >= names for who in read_tones(path, CAST).values())
