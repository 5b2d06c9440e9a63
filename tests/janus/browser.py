"""Chromium publishers: pages of ours that do what they are told and tell what they hear."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.janus.namespace import Namespace

PAGE = Path(__file__).parent / "page"
PORT = 8090
PATIENCE_S = 60.0  # a page starts in two seconds on an idle machine
_POLL_S = 20.0

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-features=WebRtcHideLocalIpsWithMdns,MediaRouter,OptimizationHints",
    "--force-webrtc-ip-handling-policy=default",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
)

Report = dict[str, Any]


class Studio:
    """Serves the page, passes orders to it, keeps all that the pages report."""

    def __init__(self, space: Namespace, folder: Path) -> None:
        self.reports: list[Report] = []
        self._space = space
        self._folder = folder
        self._orders: dict[str, asyncio.Queue[Report]] = defaultdict(asyncio.Queue)
        self._news = asyncio.Condition()
        self._browsers: dict[str, subprocess.Popen[bytes]] = {}

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Studio"]:
        """Inside the namespace. Ends every browser at the end."""
        application = web.Application()
        application.router.add_get("/orders", self._give_orders)
        application.router.add_post("/report", self._take_report)
        application.router.add_static("/page", PAGE)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", PORT).start()
        try:
            yield self
        finally:
            for page in list(self._browsers):
                self.crash(page)
            await runner.cleanup()

    async def open(self, page: str) -> None:
        """A browser of its own for this page; returns when the page is ready."""
        profile = self._folder / f"profile-{page}"
        url = f"http://127.0.0.1:{PORT}/page/publisher.html?page={page}"
        command = self._space.command("chromium", *_FLAGS, f"--user-data-dir={profile}", url)
        with (self._folder / f"chromium-{page}.log").open("wb") as log:
            self._browsers[page] = subprocess.Popen(  # noqa: ASYNC220 - fork and exec, no waiting
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "HOME": str(self._folder), "DBUS_SESSION_BUS_ADDRESS": "disabled:"},
            )
        await self.heard(lambda report: report["kind"] == "ready" and report["page"] == page, f"page {page} ready")

    def crash(self, page: str) -> None:
        """End the browser and all its processes without a word to anybody."""
        browser = self._browsers.pop(page)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()

    async def order(self, page: str, **order: Any) -> None:
        """Returns when it is done; raises when it failed."""
        seen = len(self.reports)
        self._orders[page].put_nowait(order)
        report = await self.heard(
            lambda r: r["name"] == order["name"] and r.get("deed") == order["do"] and r["kind"] in {"done", "failed"},
            f"{order['do']} {order['name']}",
            after=seen,
        )
        assert report["kind"] == "done", report

    async def heard(self, test: Callable[[Report], bool], what: str, *, after: int = 0) -> Report:
        """The first report after the first `after` that passes `test`."""

        def found() -> Report | None:
            return next((report for report in self.reports[after:] if test(report)), None)

        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                await self._news.wait_for(lambda: found() is not None)
        except TimeoutError:
            last = "\n".join(json.dumps(report)[:300] for report in self.reports[-10:])
            raise AssertionError(f"no page reported: {what}. Last reports:\n{last}") from None
        report = found()
        assert report is not None
        return report

    def events_of(self, name: str) -> list[Report]:
        """What Janus told this publisher without being asked."""
        return [report["event"] for report in self.reports if report["name"] == name and report["kind"] == "event"]

    async def _give_orders(self, request: web.Request) -> web.Response:
        queue = self._orders[request.query["page"]]
        with contextlib.suppress(TimeoutError):
            return web.json_response([await asyncio.wait_for(queue.get(), _POLL_S)])
        return web.json_response([])

    async def _take_report(self, request: web.Request) -> web.Response:
        report = json.loads(await request.text())
        async with self._news:
            self.reports.append(report)
            self._news.notify_all()
        return web.Response()
