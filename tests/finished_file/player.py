"""A real <video> element in Chromium, to which files are served over HTTP, range by range."""

import contextlib
import http.server
import re
import sys
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

_FLAGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
_AT_ONCE = 1 << 16

# Seeks to the given times, reads the bars of known media (sixteen bits in the lower half) at each, plays a while.
_WATCH = """
async ({url, times, playFrom}) => {
  const v = document.createElement('video');
  v.muted = true; v.preload = 'auto';
  document.body.append(v);
  const once = name => new Promise((resolve, reject) => {
    v.addEventListener(name, resolve, {once: true});
    v.addEventListener('error', () => reject(new Error(v.error.message)), {once: true});
  });
  const canvas = document.createElement('canvas');
  canvas.width = 320; canvas.height = 180;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  const bars = () => {
    context.drawImage(v, 0, 0, 320, 180);
    let value = 0;
    for (let bit = 0; bit < 16; bit++)
      if (context.getImageData(bit * 20 + 10, 135, 1, 1).data[0] > 125) value |= 1 << bit;
    return value;
  };
  const loaded = once('loadeddata');
  v.src = url;
  await loaded;
  const told = {duration: v.duration, width: v.videoWidth, height: v.videoHeight, shown: []};
  for (const time of times) {
    const seeked = once('seeked');
    v.currentTime = time;
    await seeked;
    await new Promise(resolve => setTimeout(resolve, 50));
    told.shown.push(bars());
  }
  const seeked = once('seeked');
  v.currentTime = playFrom;
  await seeked;
  const before = v.webkitAudioDecodedByteCount;
  await v.play();
  while (v.currentTime < playFrom + 0.7 && !v.ended) await new Promise(resolve => setTimeout(resolve, 50));
  told.played = v.currentTime - playFrom;
  told.sound = v.webkitAudioDecodedByteCount - before;
  v.remove();
  return told;
}
"""


class _Handler(http.server.BaseHTTPRequestHandler):
    folder: Path
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.folder / urllib.parse.unquote(self.path).strip("/")
        if not path.is_file():
            self._head(200, 0, {"Content-Type": "text/html"})
            return
        size = path.stat().st_size
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first, last = (int(wanted[1]), min(int(wanted[2] or size - 1), size - 1)) if wanted else (0, size - 1)
        headers = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes"}
        if wanted:
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        self._head(206 if wanted else 200, last - first + 1, headers)
        with path.open("rb") as file:
            file.seek(first)
            left = last - first + 1
            while left and (data := file.read(min(_AT_ONCE, left))):
                self.wfile.write(data)
                left -= len(data)

    def _head(self, code: int, length: int, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A player that has enough hangs up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Player:
    """`watch` raises what the element says when it cannot play."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._address = address

    def watch(self, name: str, times_s: list[float], play_from_s: float = 0.0) -> dict[str, Any]:
        """Of a file in the folder: duration, width, height, what the bars said at each time, how long it played
        from `play_from_s` on and how many bytes of sound were decoded in doing so."""
        told: dict[str, Any] = self._page.evaluate(
            _WATCH, {"url": f"{self._address}{name}", "times": times_s, "playFrom": play_from_s}
        )
        return told


@contextlib.contextmanager
def player(folder: Path) -> Iterator[Player]:
    handler = type("Handler", (_Handler,), {"folder": folder})
    with _Server(("127.0.0.1", 0), handler) as server, sync_playwright() as playwright:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/"
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_FLAGS)
            try:
                page = browser.new_page()
                page.set_default_timeout(60_000)
                page.goto(address)
                yield Player(page, address)
            finally:
                browser.close()
        finally:
            server.shutdown()
            thread.join()
