"""The console's folders, My Media, links, report, seek pictures and states of destinations, in Chromium."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.library.catalogue.delivery import Evidence, Kind
from bot.library.companions.seek_bar import SeekBar
from bot.lifecycle import State
from bot.service.access.person import Device, PersonRole
from tests.access.populated import OWNER, Populated
from tests.console.audit import audit
from tests.console.people import Visitor, chromium, visit

pytestmark = [pytest.mark.long, pytest.mark.needs("chromium", "ffprobe")]

DURATION_S = 12
HOUR_NS = 3600 * 10**9


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


REPORT = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Quality report</title>
<style>body{font-family:sans-serif}</style><h1>Nothing is missing</h1><script>document.title = "scripted"</script>"""


async def make_media(service: Populated) -> None:
    """A film of twelve seconds with pictures for the bar, in the place of the stand-ins; one of its two destinations
    does not have it yet."""
    recording = service.service.recordings.get("rec-channel")
    assert recording.path is not None
    file = service.library / recording.path
    await asyncio.to_thread(draw, file, service.library / "recordings" / "rec-channel")
    chapters = ((0.0, "Start"), (5.0, "Stage"))
    service.change(
        "rec-channel", title="Algebra, week 12", poster=True, duration_s=float(DURATION_S), chapters=chapters,
        size_bytes=file.stat().st_size, recording_since=recording.asked_at,
    )  # fmt: skip
    rows = service.service.recordings.ledger.deliveries
    with service.service.recordings.database.transaction() as cursor:
        rows.plan(cursor, recording, [("folder", Kind.FOLDER), ("archive", Kind.S3)])
    folder, archive = rows.of("rec-channel")
    rows.confirm(folder, Evidence("file:///x", 1, ""), time.time())
    rows.failed(archive, "The store does not answer.", time.time_ns() + HOUR_NS)


def draw(file: Path, folder: Path) -> None:
    source = ["-f", "lavfi", "-i", f"testsrc=size=640x360:rate=15:duration={DURATION_S}"]
    ffmpeg = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y"]
    film = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast", "-g", "15", "-movflags", "+faststart"]
    pictures = ["-vf", "fps=1,scale=192:108,tile=8x2", "-frames:v", "1"]
    for arguments, path in (
        (film, file),
        (pictures, folder / "seek-001.jpg"),
        (pictures, folder / "contact-sheet.jpg"),
    ):
        subprocess.run([*ffmpeg, *source, *arguments, str(path)], check=True)
    (folder / "seek.vtt").write_text(SeekBar(DURATION_S * 1000, 1000, 108).vtt())
    (folder / "poster.jpg").write_bytes((folder / "seek-001.jpg").read_bytes())
    (folder / "report.html").write_bytes(REPORT)


async def come(
    browser: Browser, service: Populated, identity: str, role: PersonRole, room: str, **more: str
) -> Visitor:
    device = Device.MOBILE if more.get("device") == "mobile" else Device.DESKTOP
    token = service.token(identity, role, room, device=device)
    return await visit(browser, f"{service.url}/#token={token}", **more)  # type: ignore[arg-type]


async def share(visitor: Visitor, lifetime: str) -> str:
    """The address that the dialog makes."""
    page = visitor.page
    await visitor.button("Share").click()
    dialog = page.get_by_role("dialog", name="Share")
    await dialog.get_by_label("For how long").select_option(label=lifetime)
    await dialog.get_by_role("button", name="Make link").click()
    await expect(dialog.get_by_label("Link", exact=True)).to_be_visible()
    await expect(dialog.get_by_role("status")).to_contain_text("The link ends")
    await audit(page, "share")
    return await dialog.get_by_label("Link", exact=True).input_value()


async def assert_pictures_of_the_bar(visitor: Visitor) -> None:
    """Under the mouse and by the arrow keys: the piece of the sheet of that second."""
    page = visitor.page
    bar = page.get_by_label("Find a place")
    await bar.scroll_into_view_if_needed()
    box = await bar.bounding_box()
    assert box is not None
    await page.mouse.move(box["x"] + box["width"] * 0.79, box["y"] + box["height"] / 2)
    await expect(page.locator(".seek-preview")).to_be_visible()
    assert await page.locator(".seek-time").inner_text() == "0:09"
    place = await page.locator(".seek-picture").evaluate("(one) => getComputedStyle(one).backgroundPosition")
    assert place == "-192px -108px"
    await visitor.see("43-seek-pictures")
    await bar.focus()
    await page.keyboard.press("End")
    await visitor.until("document.querySelector('video').currentTime > 10")
    assert await bar.get_attribute("aria-valuetext") == "12 seconds"


async def throw_away(library: Populated, owner: Visitor) -> None:
    """Asked first; not before every destination has it; afterwards My Media is without it."""
    page = owner.page
    await page.get_by_role("navigation").get_by_role("link", name="My Media").click()
    await page.get_by_role("link", name="Algebra, week 12").click()
    await owner.button("Move to trash").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await audit(page, "trash question")
    await owner.see("48-move-to-trash")
    await dialog.get_by_role("button", name="Move to trash").click()
    await expect(page.get_by_role("alert").locator(".toast p")).not_to_be_empty()
    await owner.see("49-not-before-it-is-everywhere")
    rows = library.service.recordings.ledger.deliveries
    rows.confirm(rows.of("rec-channel")[1], Evidence("s3://archive/x", 1, ""), time.time())
    await owner.button("Move to trash").click()
    await dialog.get_by_role("button", name="Move to trash").click()
    await expect(page.get_by_role("heading", name="My Media")).to_be_visible()
    await expect(page.locator(".row")).to_have_count(4)
    assert owner.problems == []


async def test_folders_and_links(browser: Browser, library: Populated) -> None:
    """A moderator: both folders, the recording with its report and links, one of which a stranger opens until it is
    ended."""
    await make_media(library)
    visitor = await come(browser, library, "mo", PersonRole.MODERATOR, "parent")
    page = visitor.page
    await page.get_by_role("navigation").get_by_role("link", name="Media and Files").click()
    for folder in ("Recordings", "Breakout room recordings"):
        await expect(page.get_by_role("heading", name=folder, exact=True)).to_be_visible()
    await expect(page.locator(".row")).to_have_count(2)
    await audit(page, "folders")
    await visitor.see("40-media-and-files", full=True)

    visitor = await come(browser, library, "mo", PersonRole.MODERATOR, "channel")
    page = visitor.page
    await page.get_by_role("link", name="Algebra, week 12").click()
    await visitor.until("document.querySelector('video')?.duration > 0")
    await expect(visitor.button("Quality report")).to_be_visible()
    await expect(page.get_by_role("heading", name="Destinations")).to_be_visible()
    await audit(page, "recording with everything")
    await visitor.see("41-recording", full=True)
    await assert_pictures_of_the_bar(visitor)

    async with page.context.expect_page() as coming:
        await visitor.button("Quality report").click()
    report = await coming.value
    await expect(report.get_by_role("heading", name="Nothing is missing")).to_be_visible()
    assert await report.title() == "Quality report"  # its script did not run
    await report.close()

    address = await share(visitor, "7 days")
    await visitor.see("42-share")
    stranger = await browser.new_context()
    answer = await stranger.request.get(address)
    assert (answer.status, answer.headers["content-type"]) == (200, "video/mp4")
    await page.get_by_role("dialog", name="Share").get_by_role("button", name="End all links").click()
    await expect(page.get_by_role("dialog", name="Share").get_by_role("status")).to_contain_text("No link")
    assert (await stranger.request.get(address)).status == 401
    assert visitor.problems == []


async def test_what_each_sees_of_it(browser: Browser, library: Populated) -> None:
    """A participant: no breakouts, no report, short links. The owner, on a phone: My Media from another room. A
    moderator of a live broadcast: that one is held back, and why."""
    await make_media(library)
    library.add("rec-way", "channel", title="On its way", state=State.UPLOADING)
    participant = await come(browser, library, "ben", PersonRole.PARTICIPANT, "channel")
    await participant.page.get_by_role("navigation").get_by_role("link", name="Media and Files").click()
    await expect(participant.page.get_by_role("heading", name="Recordings", exact=True)).to_be_visible()
    await expect(participant.page.get_by_role("heading", name="Breakout room recordings")).to_have_count(0)
    await expect(participant.page.locator(".row")).to_have_count(1)
    await participant.page.get_by_role("link", name="Algebra, week 12").click()
    await expect(participant.button("Share")).to_be_visible()
    await expect(participant.button("Quality report")).to_have_count(0)
    await participant.button("Share").click()
    dialog = participant.page.get_by_role("dialog", name="Share")
    assert await dialog.get_by_label("For how long").inner_text() == "10 minutes"
    await expect(dialog.get_by_role("button", name="End all links")).to_have_count(0)

    owner = await come(browser, library, OWNER, PersonRole.PARTICIPANT, "parent", device="mobile")
    await owner.page.get_by_role("navigation").get_by_role("link", name="My Media").click()
    await expect(owner.page.get_by_role("heading", name="My Media")).to_be_visible()
    await expect(owner.page.locator(".row")).to_have_count(5)
    await expect(owner.page.locator(".row", has_text="On its way").locator(".badge")).to_have_text("Uploading")
    await audit(owner.page, "my media on a phone")
    await owner.see("44-my-media-on-a-phone", full=True)
    await owner.page.get_by_role("link", name="Algebra, week 12").click()
    await expect(owner.button("Quality report")).to_be_visible()
    await audit(owner.page, "own recording on a phone")
    await owner.see("45-own-recording-on-a-phone", full=True)
    await owner.button("Share").click()
    await audit(owner.page, "share on a phone")
    await owner.see("46-share-on-a-phone")

    assert await owner.button("Move to trash").count() == 0  # not from a phone
    await throw_away(library, await come(browser, library, OWNER, PersonRole.PARTICIPANT, "parent"))
    await expect(participant.page.locator("video")).to_be_visible()
    await participant.page.reload()
    await expect(participant.page.locator(".message")).to_contain_text("There is no such recording")

    moderator = await come(browser, library, "mo", PersonRole.MODERATOR, "broadcast-open", scheme="dark")
    await moderator.page.get_by_role("navigation").get_by_role("link", name="Media and Files").click()
    row = moderator.page.locator(".row")
    await expect(row).to_contain_text("Held back until the room is closed.")
    await expect(row.get_by_role("button")).to_have_count(0)
    await audit(moderator.page, "held, dark")
    await moderator.see("47-held-dark")
    await row.get_by_role("link").click()
    await expect(moderator.page.locator(".page-head .caution")).to_have_text("Held back until the room is closed.")
    await audit(moderator.page, "held recording, dark")
    await library.ask("POST", "/v1/rooms/broadcast-open/close")
    await expect(moderator.page.locator("video")).to_be_visible()
    assert [one.problems for one in (participant, owner, moderator)] == [[], [], []]
