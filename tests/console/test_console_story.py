"""The whole story in Debian's Chromium: moderator, participant and a moderator on a phone, in one native room."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Route, expect

from bot.service.access.person import PersonRole
from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from tests.console.audit import audit
from tests.console.console_service import OWNER, ConsoleService
from tests.console.people import (
    AVAILABLE,
    ENDED_MODERATORS,
    ENDED_PARTICIPANTS,
    RECORDED,
    WAIT,
    Visitor,
    enter,
    visit,
)

pytestmark = [pytest.mark.long, pytest.mark.needs("chromium")]

ROOM = "algebra"
CAMERAS = [VideoEncoding(VideoCodec.H264, 320, 180, 15, 150)] * 3


async def begin(ada: Visitor, everyone: list[Visitor]) -> None:
    """From the three dots to the confirmation that everyone gives."""
    await ada.choose("Record")
    question = ada.dialog("Do you want to start recording?")
    await expect(question).to_be_visible()
    await audit(ada.page, "start question")
    await ada.see("02-do-you-want-to-start")
    await question.get_by_role("button", name="Cancel", exact=True).click()
    await expect(question).to_be_hidden()
    await expect(ada.button("More actions")).to_be_focused()

    await ada.choose("Record")
    answered = asyncio.Event()  # by the service, which is kept waiting: the sentence is there before
    await ada.page.route("**/v1/recordings", lambda route: release(route, answered))
    await question.get_by_role("button", name="Start recording", exact=True).click()
    await expect(ada.page.get_by_text(WAIT, exact=True)).to_be_visible()
    await ada.see("03-please-wait")
    answered.set()
    for visitor in everyone:
        await visitor.was_shown(WAIT)
        await expect(visitor.dialog(RECORDED)).to_be_visible()
        await expect(visitor.lamp()).to_contain_text("REC")
    await audit(everyone[1].page, "confirmation")
    await everyone[1].see("04-this-session-is-being-recorded")
    await everyone[2].see("04-on-a-phone")
    for visitor in everyone:
        await visitor.confirm()


async def release(route: Route, when: asyncio.Event) -> None:
    await when.wait()
    await route.continue_()


async def assert_what_each_sees(ada: Visitor, ben: Visitor, mo: Visitor) -> None:
    """REC at the bottom left for everyone; counter, square and menu where the rules have them."""
    for visitor in (ada, ben, mo):
        box, size = await visitor.lamp().bounding_box(), visitor.page.viewport_size
        assert box is not None
        assert size is not None
        assert box["x"] < 60
        assert box["x"] + box["width"] < size["width"]
        assert size["height"] - 100 < box["y"] + box["height"] <= size["height"]
        red, green, blue = await visitor.page.locator(".lamp-text").evaluate(
            "(one) => getComputedStyle(one).color.match(/\\d+/g).map(Number)"
        )
        assert red > 2 * max(green, blue)
    await expect(ada.page.get_by_role("timer")).to_be_visible()
    await expect(mo.page.get_by_role("timer")).to_be_visible()
    await expect(ben.page.get_by_role("timer")).to_be_hidden()
    await expect(ada.button("Stop recording")).to_be_visible()
    for visitor in (ben, mo):
        await expect(visitor.page.get_by_role("button")).to_have_count(0)
    began = await ada.counted()
    await ada.until("(began) => document.querySelector('roomreel-recorder').recording.live.time_s > began + 1.5", began)
    assert await ada.counted() > began
    await ada.until("document.getElementById('picture').naturalWidth > 0")
    await expect(ben.page.locator("#picture")).to_be_hidden()


async def pause_and_resume(service: ConsoleService, ada: Visitor, ben: Visitor) -> None:
    """The counter stands still while it is paused, and everyone sees that it is."""
    await ada.button("Pause recording").click()
    for visitor in (ada, ben):
        await expect(visitor.lamp()).to_contain_text("PAUSED")
    await expect(ada.button("Resume recording")).to_be_focused()
    await ada.see("06-paused")
    await audit(ada.page, "paused")
    await service.recording_in(ROOM, "paused")
    await asyncio.sleep(1.2)  # what the mix had still to write is written
    stands = await ada.counted()
    await asyncio.sleep(1.5)
    assert await ada.counted() == stands
    await ada.button("Resume recording").click()
    for visitor in (ada, ben):
        await expect(visitor.lamp()).to_contain_text("REC")


async def arrange(service: ConsoleService, ada: Visitor) -> None:
    await ada.button("More actions").click()
    await ada.see("07-menu-while-recording")
    await audit(ada.page, "menu")
    await ada.page.get_by_role("menuitemradio", name="Grid").click()
    await expect(ada.page.get_by_role("menuitemradio", name="Grid", include_hidden=True)).to_have_attribute(
        "aria-checked", "true"
    )
    assert (await service.recording_in(ROOM, "recording"))["layout"] == "grid"


async def stop(ada: Visitor, ben: Visitor, mo: Visitor) -> None:
    await ada.button("Stop recording").click()
    question = ada.dialog("Do you want to stop recording?")
    red = question.get_by_role("button", name="Stop recording", exact=True)
    await expect(red).to_be_visible()
    r, g, b = await red.evaluate("(one) => getComputedStyle(one).backgroundColor.match(/\\d+/g).map(Number)")
    assert r > 2 * max(g, b)
    await audit(ada.page, "stop question")
    await ada.see("08-do-you-want-to-stop")
    await red.click()
    for visitor, text in ((ada, ENDED_MODERATORS), (mo, ENDED_MODERATORS), (ben, ENDED_PARTICIPANTS)):
        await visitor.was_shown(text)
        await expect(visitor.lamp()).to_be_hidden()
    await ben.see("09-the-recording-has-completed")
    for visitor in (ada, mo):
        await visitor.was_shown(AVAILABLE)
    await ada.see("10-your-recording-file-is-available")
    await audit(ada.page, "notices")


async def watch(browser: Browser, service: ConsoleService, recording: dict[str, Any], folder: Path) -> None:
    """The list with its poster, the player that plays, the download that is the file."""
    token = service.token("ada", PersonRole.MODERATOR, room=ROOM, name="Ada")
    visitor = await visit(browser, f"{service.url}/#token={token}")
    page = visitor.page
    row = page.locator(".row")
    await expect(row).to_have_count(1)
    assert "token" not in page.url
    await expect(row.locator("img")).to_be_visible()
    assert await row.locator("img").evaluate("(one) => one.naturalWidth") > 0
    for text in ("Algebra", OWNER, "Recordings"):
        await expect(row).to_contain_text(text)
    await audit(page, "list")
    await visitor.see("11-list")

    await row.get_by_role("link").click()
    video = page.locator("video")
    await visitor.until("document.querySelector('video')?.duration > 0")
    assert abs(await video.evaluate("(one) => one.duration") - recording["duration_s"]) < 0.15
    await video.evaluate("(one) => one.play()")
    await visitor.until("document.querySelector('video').currentTime > 0.5")
    assert await video.evaluate("(one) => one.videoWidth") == 640
    await audit(page, "recording")
    await visitor.see("12-recording", full=True)

    async with page.expect_download() as coming:
        await visitor.button("Download").click()
    download = await coming.value
    assert download.suggested_filename == recording["file"]
    await download.save_as(folder / "download.mp4")
    assert (folder / "download.mp4").stat().st_size == recording["size_bytes"]
    assert visitor.problems == []
    await assert_other_looks(browser, service, token)


async def assert_other_looks(browser: Browser, service: ConsoleService, token: str) -> None:
    """On a phone, and in the dark, where the first link to the file is over before it is used."""
    address = f"{service.url}/#token={token}"
    visitors = {
        "phone": await visit(browser, address, device="mobile"),
        "dark": await visit(browser, address, scheme="dark"),
    }
    refused: list[str] = []
    await visitors["dark"].page.route("**/file?ticket=*", lambda route: refuse_once(route, refused))
    for name, visitor in visitors.items():
        await expect(visitor.page.locator(".row img")).to_be_visible()
        await audit(visitor.page, f"list, {name}")
        await visitor.see(f"13-list-{name}")
        await visitor.page.get_by_role("link", name="Algebra").click()
        await visitor.until("document.querySelector('video')?.duration > 0")
        await audit(visitor.page, f"recording, {name}")
        await visitor.see(f"14-recording-{name}", full=True)
    assert len(refused) == 1


async def refuse_once(route: Route, refused: list[str]) -> None:
    if refused:
        await route.continue_()
    else:
        refused.append(route.request.url)
        await route.fulfill(status=401)


async def test_the_whole_story(browser: Browser, service: ConsoleService, tmp_path: Path) -> None:
    """Menu, confirmation, please wait, being recorded, REC, pause, stop, notices, list, player, download: each person
    sees what the rules have for them, in the design's words, and no page has anything that locks somebody out."""
    async with RehearsalRoom(steady_plan(CAMERAS)) as room:
        await service.tell_room(ROOM, room.url, title="Algebra")
        ada = await enter(browser, service, ROOM, "ada", PersonRole.MODERATOR)
        ben = await enter(browser, service, ROOM, "ben", PersonRole.PARTICIPANT)
        mo = await enter(browser, service, ROOM, "mo", PersonRole.MODERATOR, mobile=True)
        everyone = [ada, ben, mo]
        assert "token" not in ada.page.url
        for visitor in (ben, mo):
            await expect(visitor.button("More actions")).to_be_hidden()
        await ada.button("More actions").click()
        await ada.see("01-menu")
        await audit(ada.page, "menu before")
        await ada.page.keyboard.press("Escape")

        await begin(ada, everyone)
        await assert_what_each_sees(ada, ben, mo)
        await ada.see("05-moderator")
        await ben.see("05-participant")
        await mo.see("05-mobile-moderator")
        for visitor in everyone:
            await audit(visitor.page, "recording")
        late = await enter(browser, service, ROOM, "late", PersonRole.PARTICIPANT)
        await late.confirm()  # who comes later is told as well
        await pause_and_resume(service, ada, ben)
        await arrange(service, ada)
        await stop(ada, ben, mo)
    recording = await service.recording_in(ROOM, "available")
    assert ENDED_MODERATORS not in await ben.shown()
    assert AVAILABLE not in await ben.shown()
    assert ENDED_PARTICIPANTS not in await ada.shown()
    assert (await ada.shown()).count(RECORDED) == 1
    assert [visitor.problems for visitor in everyone] == [[], [], []]
    await watch(browser, service, recording, tmp_path)
