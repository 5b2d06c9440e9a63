"""The console's decisions, and the audit of its pages, each in a real browser."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser

from bot.console.pages import console_routes
from tests.console.audit import audit

pytestmark = [pytest.mark.long, pytest.mark.needs("chromium")]

BACKOFF = """async () => {
  const { pauseMs } = await import("/client/backoff.js");
  return [0, 1, 2, 3, 4, 5, 6, 50].map((failures) => [pauseMs(failures, 0), pauseMs(failures, 0.999)]);
}"""
EVENTS = """async (pieces) => {
  const { EventLines } = await import("/client/event_lines.js");
  const lines = new EventLines();
  return [pieces.flatMap((piece) => lines.take(piece)), lines.lastId];
}"""
SCENE = """async ([may, recording, connection, busy]) => {
  const { scene } = await import("/recorder/scene.js");
  const shown = scene({ may, recording, connection, busy, confirmed: (id) => id === "known" });
  return { ...shown, actions: shown.actions.map(({ name }) => name), lamp: shown.lamp?.kind ?? null };
}"""
STALE = """async ([known, news]) => (await import("/client/progress.js")).isStale(known, news)"""
FORMAT = """async () => {
  const { clock, size, spokenDuration } = await import("/client/format.js");
  const sizes = [size(999), size(1_250_000), size(43.2e9)];
  return [clock(59.9), clock(3723), clock(59, { full: true }), ...sizes, spokenDuration(3661)];
}"""
MEDIA = """async () => {
  const { MediaPage } = await import("/pages/media_page.js");
  const room = { id: "r", title: "R", kind: "single", parent: null };
  const one = (id, more = {}) => ({ id, room, title: id, state: "available", file: "x.mp4",
    asked_at: "2026-01-01T00:00:00Z", ...more });
  const pages = { "": [["d", "c"], "c"], c: [["b", "a"], null] };
  let asked = 0;
  const get = async (path) => {
    asked += 1;
    const [ids, next] = pages[new URLSearchParams(path.split("?")[1]).get("cursor") ?? ""];
    return { room, folders: [{ name: "Recordings", recordings: ids.map((id) => one(id)), next }] };
  };
  const page = new MediaPage({ service: { get }, posters: { place: () => document.createElement("span"), forget() {} },
    attempt: (deed) => deed(), library: {}, me: { may: {} } }, "r");
  const rows = () => [...page.element.querySelectorAll(".row")].map((row) => row.dataset.id).join("");
  const after = async (news) => {
    asked = 0;
    page.update(news);
    await new Promise((resolve) => setTimeout(resolve, 600));
    return [asked, rows()];
  };
  await page.load();
  const first = rows();
  page.element.querySelector("button.more").click();
  await new Promise((resolve) => setTimeout(resolve, 50));
  return [first, rows(), await after(one("e", { state: "recording" })), await after(one("d"))];
}"""
TRASHED = """async () => {
  const { isPlayable } = await import("/pages/words.js");
  const { badge } = await import("/pages/row.js");
  const one = { state: "available", held: false, file: "x.mp4", trashed_at: null };
  const thrown = { ...one, trashed_at: "2026-01-01T00:00:00Z" };
  return [isPlayable(one), isPlayable(thrown), badge(one), badge(thrown).textContent];
}"""
ALL = dict.fromkeys(("start", "stop", "pause", "resume", "layout", "see_counter"), True)
DEFECTS = {
    "has no name": "<button style='width:40px;height:40px'></button>",
    "picture without alt": "<img width=30 height=30 src='/icon.svg'>",
    "too little contrast": "<p style='color:#999;background:#fff'>hard to read</p>",
    "too small to hit": "<button aria-label='x' style='width:10px;height:10px;padding:0'></button>",
    "id twice": "<p id=a>a</p><p id=a>b</p>",
    "heading level left out": "<h4>deep</h4>",
    "wider than the window": "<div style='width:3000px'>wide</div>",
    "aria-controls points nowhere": "<button aria-controls=nobody>ok go</button>",
}


def recording(state: str, **more: Any) -> dict[str, Any]:
    return {"id": "one", "room": {"id": "r"}, "state": state, "live": {"time_s": 1}, **more}


async def test_decisions(browser: Browser) -> None:
    """Waiting, reading events, what is shown to whom, and which news is old: all without a service."""
    app = web.Application()
    app.add_routes(console_routes())
    async with TestServer(app) as server:
        page = await browser.new_page()
        await page.goto(f"http://{server.host}:{server.port}/")

        pauses = await page.evaluate(BACKOFF)
        assert all(least <= most <= 15_000 for least, most in pauses)
        assert pauses[0][0] >= 250
        assert pauses[-1][0] >= 7_000
        assert [least for least, _ in pauses] == sorted(least for least, _ in pauses)

        pieces = [
            ": hello\n\nev",
            "ent: recording\nid: a-1\nda",
            "ta: {\r\ndata: }\r",
            "\n\r\n",
            "id: a-2\n\ndata: x\n\n",
        ]
        events, last = await page.evaluate(EVENTS, pieces)
        assert events == [
            {"name": "recording", "id": "a-1", "data": "{\n}"},
            {"name": "message", "id": "a-2", "data": "x"},
        ]
        assert last == "a-2"

        for arguments, expected in _SCENES:
            shown = await page.evaluate(SCENE, arguments)
            assert {name: shown[name] for name in expected} == expected, arguments

        for known, news, stale in (("stopping", "recording", True), ("paused", "recording", False),
                                   ("available", "stopping", True), ("recording", "available", False)):  # fmt: skip
            assert await page.evaluate(STALE, [recording(known), recording(news)]) is stale
        assert await page.evaluate(STALE, [recording("available"), recording("starting", id="two")]) is False
        assert await page.evaluate(FORMAT) == [
            "0:59", "1:02:03", "00:00:59", "999 bytes", "1.3 MB", "43 GB", "1 hour 1 minute 1 second",
        ]  # fmt: skip


_SCENES: list[tuple[list[Any], dict[str, Any]]] = [
    ([ALL, None, "open", False], {"actions": ["start"], "lamp": None, "counter": False, "enabled": True}),
    ([ALL, recording("available"), "open", "start"], {"waiting": True, "enabled": False}),
    ([ALL, None, "open", "start"], {"waiting": True}),
    ([ALL, recording("recording"), "open", "start"], {"waiting": False}),
    ([ALL, recording("starting"), "open", False], {"actions": [], "waiting": True, "lamp": None}),
    ([ALL, recording("recording"), "open", False], {"actions": ["pause", "stop"], "lamp": "on", "counter": True,
                                                   "layout": "auto", "askToConfirm": True}),
    ([ALL, recording("paused", id="known"), "open", False], {"actions": ["resume", "stop"], "lamp": "paused",
                                                            "askToConfirm": False}),
    ([ALL, recording("uploading"), "open", False], {"actions": ["start"], "lamp": None, "askToConfirm": False}),
    ([{}, recording("recording"), "open", False], {"actions": [], "lamp": "on", "counter": False, "layout": None}),
    ([ALL, recording("recording"), "lost", False], {"lamp": "lost", "counter": False, "enabled": False}),
    ([ALL, recording("recording"), "connecting", False], {"lamp": None, "enabled": False}),
    ([ALL, recording("recording"), "open", True], {"enabled": False}),
]  # fmt: skip


async def test_folders_and_the_trash(browser: Browser) -> None:
    """What is being made makes no folder load again each second, and older pages stay when one does; what was thrown
    away cannot be played."""
    app = web.Application()
    app.add_routes(console_routes())
    async with TestServer(app) as server:
        page = await browser.new_page()
        await page.goto(f"http://{server.host}:{server.port}/")
        assert await page.evaluate(MEDIA) == ["dc", "dcba", [0, "dcba"], [2, "dcba"]]
        assert await page.evaluate(TRASHED) == [True, False, None, "In the trash"]


async def test_the_audit_finds_what_it_looks_for(browser: Browser) -> None:
    """Each defect, planted, is found; a page without them passes."""
    page = await browser.new_page(viewport={"width": 800, "height": 600})
    whole = "<!doctype html><html lang=en><title>t</title><main><h1>Title</h1><p>text</p>{}</main>"
    await page.set_content(whole.format(""))
    await audit(page, "whole")
    for rule, defect in DEFECTS.items():
        await page.set_content(whole.format(defect))
        with pytest.raises(AssertionError, match=rule):
            await audit(page, "planted")
