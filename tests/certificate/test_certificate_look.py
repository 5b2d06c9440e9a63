"""The certificate in a real browser: wide, narrow, dark, printed, and by ear and keyboard."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from bot.library.certificate.certificate import certificate
from tests.certificate.accounts import REPORT, crowd, facts, person
from tests.console.audit import audit

pytestmark = [pytest.mark.long, pytest.mark.needs("chromium")]
HOUR = 3600.0
NARROW, WIDE = 360, 1280


async def opened(browser: Browser, file: Path, width: int, **options: Any) -> Page:
    """Nothing is fetched and nothing complains."""
    page = await browser.new_page(viewport={"width": width, "height": 900}, **options)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if request.url != file.as_uri() else None)
    await page.goto(file.as_uri())
    assert complaints == []
    return page


async def test_certificate_can_be_read_by_anybody(tmp_path: Path) -> None:
    """Nothing sticks out at the width of a phone, colours have contrast in both schemes, a short freeze is as wide as
    a line can be seen, a table that scrolls is reached by keyboard, and print has what is folded on the screen."""
    recorded = crowd(16, HOUR)
    frozen = [[HOUR / 2, HOUR / 2 + 0.2]]
    recorded["participants"].append(person("late", "W" * 300, HOUR, picture_frozen=frozen))
    recorded["participants"].append(person("dana", "דנה <b>", HOUR, sound_missing=frozen))
    file = tmp_path / "report.html"
    file.write_text(certificate(recorded, REPORT, facts(HOUR)))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for width in (NARROW, WIDE):
            for scheme in ("light", "dark"):
                page = await opened(browser, file, width, color_scheme=scheme)
                await audit(page, f"{width} {scheme}")
                assert await page.evaluate("document.documentElement.scrollWidth") <= width
                pins = page.locator(".row.harmed .pin")
                strokes = await pins.evaluate_all("all => all.map(one => getComputedStyle(one).vectorEffect)")
                assert set(strokes) == {"non-scaling-stroke"}
                await page.close()
        page = await opened(browser, file, WIDE)
        region = page.get_by_role("region", name="Participants")
        await region.focus()
        assert await region.evaluate("one => one === document.activeElement")
        assert await page.get_by_role("img").count() >= 18
        assert not await page.get_by_role("table", name="Packets lost").is_visible()
        await page.emulate_media(media="print")
        assert await page.get_by_role("table", name="Packets lost").is_visible()
        assert await page.evaluate("getComputedStyle(document.querySelector('.scroll')).overflow") == "visible"
        await browser.close()
