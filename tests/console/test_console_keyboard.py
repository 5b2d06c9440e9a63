"""Without a mouse: start by address in the console, breakouts, the room view from the menu to the stop."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect

from bot.service.access.person import PersonRole
from signaling.rehearsal.demo import steady_plan
from signaling.rehearsal.encoding import VideoCodec, VideoEncoding
from signaling.rehearsal.room import RehearsalRoom
from tests.console.audit import audit
from tests.console.console_service import ConsoleService
from tests.console.people import Visitor, enter, visit

pytestmark = [pytest.mark.long, pytest.mark.needs("chromium")]

CAMERA = [VideoEncoding(VideoCodec.H264, 320, 180, 15, 150)]
MOST_TABS = 25
NOWHERE = "roomreel+ws://127.0.0.1:9/rooms/nowhere"  # nobody listens on discard's port

FOCUSED = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  return one?.getAttribute("aria-label") || one?.labels?.[0]?.textContent || one?.textContent || "";
}"""
RING = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  const style = getComputedStyle(one);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


async def tab_to(page: Page, name: str, *, backwards: bool = False) -> None:
    for _ in range(MOST_TABS):
        await page.keyboard.press("Shift+Tab" if backwards else "Tab")
        if await focused(page) == name:
            assert await page.evaluate(RING), f"nobody sees that the focus is on {name}"
            return
    raise AssertionError(f"Tab does not lead to {name!r}")


async def focused(page: Page) -> str:
    told: str = await page.evaluate(FOCUSED)
    return told.strip()


async def start_by_address(console: Visitor, url: str, room: str) -> None:
    page = console.page
    await tab_to(page, "Start a recording")
    await page.keyboard.press("Enter")
    assert await focused(page) == "Address of the room"
    await page.keyboard.type(url)
    await tab_to(page, "Room id")
    await page.keyboard.press("Control+a")
    await page.keyboard.type(room)
    await audit(page, "start form")
    await console.see("30-start-by-address")
    await page.keyboard.press("Enter")


async def test_start_by_address(browser: Browser, service: ConsoleService) -> None:
    """A room that nobody answers at ends in a sentence; one that is there is recorded, seen live, paused and stopped;
    its breakouts are shown and started with it: all by keys."""
    async with RehearsalRoom(steady_plan(CAMERA)) as room, RehearsalRoom(steady_plan(CAMERA)) as breakout:
        console = await visit(browser, service.console)
        page = console.page
        await expect(page.get_by_role("heading", name="Recordings", level=1)).to_be_visible()
        await start_by_address(console, NOWHERE, "nowhere")
        await expect(page.locator(".page-head .badge.failed")).to_be_visible()
        await expect(page.locator(".page-head .trouble")).not_to_be_empty()
        await audit(page, "failed")
        await console.see("31-failure-in-words")

        await page.goto(f"{service.url}/#/")
        await expect(page.get_by_role("heading", name="Recordings", level=1)).to_be_visible()
        await service.tell_room("red", breakout.url, kind="breakout", parent="algebra")
        await start_by_address(console, room.url, "algebra")
        await expect(page.locator(".badge.recording")).to_be_visible()
        await expect(page.locator(".live-picture")).to_be_visible()
        await audit(page, "live")
        await console.see("32-live")
        await tab_to(page, "Pause")
        await page.keyboard.press("Enter")
        await expect(page.locator(".badge.paused")).to_be_visible()
        assert await focused(page) == "Resume"

        await page.goto(f"{service.url}/#/rooms/algebra")
        await expect(page.get_by_role("heading", name="Breakout rooms")).to_be_visible()
        await tab_to(page, "Record all")
        await page.keyboard.press("Enter")
        await expect(page.locator(".breakout .badge.recording")).to_be_visible()
        await audit(page, "breakouts")
        await console.see("33-breakouts", full=True)
        await tab_to(page, "Stop all")
        await page.keyboard.press("Enter")
        await expect(console.dialog("Do you want to stop recording all breakout rooms?")).to_be_visible()
        assert await focused(page) == "Cancel"
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        recording = await service.recording_in("red", "available")
        assert recording["room"]["parent"] == "algebra"
        await expect(page.locator(".breakout .row")).to_be_visible()
        assert await focused(page) == "Stop all"
        assert "Do you want to stop recording all breakout rooms?" in await console.shown()
    assert console.problems == []


async def test_room_view_by_keys(browser: Browser, service: ConsoleService) -> None:
    """Menu, questions, pause and stop; the focus is always somewhere, seen, and goes back where it came from."""
    async with RehearsalRoom(steady_plan(CAMERA)) as room:
        await service.tell_room("music", room.url)
        ada = await enter(browser, service, "music", "ada", PersonRole.MODERATOR)
        page, keys = ada.page, ada.page.keyboard
        await tab_to(page, "More actions")
        await keys.press("ArrowDown")
        assert await focused(page) == "Record"
        await keys.press("Escape")
        assert await focused(page) == "More actions"
        await keys.press("Enter")
        await keys.press("Enter")
        assert await focused(page) == "Start recording"
        await keys.press("Escape")
        assert await focused(page) == "More actions"
        assert (await service.ask("GET", "/v1/recordings?room=music"))["recordings"] == []
        await keys.press("Enter")
        await keys.press("Enter")
        await keys.press("Enter")

        await expect(ada.dialog("This session is being recorded.")).to_be_visible()
        assert await focused(page) == "Confirm"
        await keys.press("Enter")
        await tab_to(page, "Pause recording", backwards=True)
        await keys.press("Enter")
        await expect(ada.lamp()).to_contain_text("PAUSED")
        assert await focused(page) == "Resume recording"
        await keys.press("Enter")
        await expect(ada.lamp()).to_contain_text("REC")
        assert await focused(page) == "Pause recording"

        await tab_to(page, "More actions")
        await keys.press("ArrowUp")
        assert await focused(page) == "Stage only"
        await keys.press("Home")
        assert await focused(page) == "Pause recording"
        await asyncio.sleep(1.2)  # figures that come each second leave an open menu alone
        assert await focused(page) == "Pause recording"
        await keys.press("ArrowDown")
        await keys.press("Enter")
        await expect(ada.dialog("Do you want to stop recording?")).to_be_visible()
        assert await focused(page) == "Cancel"
        await keys.press("Tab")
        assert await focused(page) == "Stop recording"
        await keys.press("Enter")
        await ada.was_shown("Your recording file is available.")
        await tab_to(page, "More actions")
    assert ada.problems == []
