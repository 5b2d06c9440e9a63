"""People in front of Chromium, each with a browser context and a token of their own."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from bot.service.access.person import Device, PersonRole
from tests.console.console_service import ConsoleService

PATIENCE_MS = 30_000
PICTURES = Path(__file__).parents[2] / ".ci" / "out" / "console"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
]
_SIZES = {"desktop": {"width": 1280, "height": 800}, "mobile": {"width": 390, "height": 844}}

WAIT = "Recording will start momentarily, please wait."
RECORDED = "This session is being recorded."
ENDED_MODERATORS = "Recording ended, starting upload."
ENDED_PARTICIPANTS = "The recording has completed."
AVAILABLE = "Your recording file is available."

# Sentences come and go faster than a busy machine looks: the page writes down each that was shown.
_WITNESS = (Path(__file__).parent / "witness.js").read_text()


@dataclass
class Visitor:
    """One page in one person's browser."""

    page: Page
    problems: list[str]  # what the page wrote on its console as an error

    async def see(self, name: str, *, full: bool = False) -> None:
        """A picture for people to look at."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=PICTURES / f"{name}.png", full_page=full)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def dialog(self, text: str) -> Locator:
        return self.page.get_by_role("dialog", name=text, exact=True)

    def lamp(self) -> Locator:
        """What everyone sees at the bottom left."""
        return self.page.locator(".pill")

    async def choose(self, *names: str) -> None:
        """From the three dots."""
        await self.button("More actions").click()
        for name in names:
            await (
                self.page.get_by_role("menuitem", name=name, exact=True)
                .or_(self.page.get_by_role("menuitemradio", name=name, exact=True))
                .click()
            )

    async def confirm(self) -> None:
        dialog = self.dialog(RECORDED)
        await expect(dialog).to_be_visible()
        await dialog.get_by_role("button", name="Confirm").click()
        await expect(dialog).to_be_hidden()

    async def until(self, true: str, argument: Any = None) -> None:
        """Until this expression or function is true in the page. Asked from outside: the page allows no eval."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not await self.page.evaluate(true, argument):
            assert time.monotonic() < deadline, true
            await asyncio.sleep(0.05)

    async def was_shown(self, text: str) -> None:
        await self.until("(text) => window.shown.includes(text)", text)

    async def shown(self) -> list[str]:
        told: list[str] = await self.page.evaluate("window.shown")
        return told

    async def counted(self) -> int:
        """Seconds that the counter shows."""
        hours, minutes, seconds = (await self.page.get_by_role("timer").inner_text()).split(":")
        return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


Open = Callable[..., Awaitable[Visitor]]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def visit(
    browser: Browser,
    address: str,
    *,
    device: Literal["desktop", "mobile"] = "desktop",
    scheme: Literal["light", "dark"] = "light",
    **more: Any,
) -> Visitor:
    context = await browser.new_context(
        viewport=_SIZES[device],  # type: ignore[arg-type]
        color_scheme=scheme,
        has_touch=device == "mobile",
        is_mobile=device == "mobile",
        reduced_motion="reduce",
        accept_downloads=True,
        **more,
    )
    context.set_default_timeout(PATIENCE_MS)
    await context.add_init_script(_WITNESS)
    page = await context.new_page()
    visitor = Visitor(page, [])
    page.on("pageerror", lambda error: visitor.problems.append(str(error)))
    page.on("console", lambda line: visitor.problems.append(line.text) if "Content Security" in line.text else None)
    await page.goto(address)
    return visitor


async def enter(
    browser: Browser, service: ConsoleService, room: str, identity: str, role: PersonRole, *, mobile: bool = False
) -> Visitor:
    """Somebody opens the room view."""
    device = Device.MOBILE if mobile else Device.DESKTOP
    token = service.token(identity, role, room=room, name=identity.title(), device=device)
    visitor = await visit(browser, f"{service.url}/room.html#token={token}", device="mobile" if mobile else "desktop")
    await expect(visitor.page.locator("#person")).to_contain_text(identity.title())
    return visitor
