"""Chromium plays what we write: a real <video> element, over HTTP with ranges."""

import http.server
import json
import queue
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mixer.mp4.finish import finish, recorded_ns
from mixer.mp4.join import Joining
from mixer.mp4.label import Chapter, Label
from mixer.output.output import Output
from tests.output.known_media import SMALL, picture, sound, write

# Seeks to ten places, plays half a second, and tells what it saw. The lower half's bars are the tick, as sixteen bits.
PAGE = """
<!doctype html><video id=v muted preload=auto src=/file.mp4></video><script>
const told = {errors: [], seeks: []};
const once = name => new Promise(resolve => v.addEventListener(name, resolve, {once: true}));
const canvas = document.createElement('canvas'); canvas.width = 320; canvas.height = 180;
const context = canvas.getContext('2d', {willReadFrequently: true});
function tick() {
  context.drawImage(v, 0, 0);
  let value = 0;
  for (let bit = 0; bit < 16; bit++)
    if (context.getImageData(bit * 20 + 10, 135, 1, 1).data[0] > 125) value |= 1 << bit;
  return value;
}
v.addEventListener('error', () => { told.errors.push(v.error.message); send(); });
const send = () => fetch('/told', {method: 'POST', body: JSON.stringify(told)});
(async () => {
  if (v.readyState < 2) await once('loadeddata');
  told.duration = v.duration; told.width = v.videoWidth;
  for (let place = 0; place < 10; place++) {
    const wanted = Math.floor((place * 7919 % 100) / 100 * (v.duration - 0.2) * 30);
    const seeked = once('seeked');
    v.currentTime = (wanted + 0.5) / 30;
    await seeked;
    await new Promise(resolve => setTimeout(resolve, 50));
    told.seeks.push([wanted, tick()]);
  }
  v.currentTime = 0; await once('seeked');
  await v.play();
  await new Promise(resolve => { const poll = () => v.currentTime > 1.2 ? resolve() : setTimeout(poll, 50); poll(); });
  told.played = v.currentTime;
  told.sound = v.webkitAudioDecodedByteCount;
  send();
})();
</script>
"""


class _Handler(http.server.BaseHTTPRequestHandler):
    file: bytes
    told: "queue.Queue[dict[str, Any]]"

    def do_GET(self) -> None:
        if self.path != "/file.mp4":
            return self._answer(200, PAGE.encode(), {"Content-Type": "text/html"})
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        headers = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes"}
        if wanted is None:
            return self._answer(200, self.file, headers)
        first, last = int(wanted[1]), min(int(wanted[2] or len(self.file) - 1), len(self.file) - 1)
        headers["Content-Range"] = f"bytes {first}-{last}/{len(self.file)}"
        return self._answer(206, self.file[first : last + 1], headers)

    def do_POST(self) -> None:
        self.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(200, b"", {})

    def _answer(self, code: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def write_stills(path: Path) -> None:
    """A new picture every fourth tick, and another level of effort every second."""
    output = Output(path, SMALL)
    for tick in range(300):
        output.set_effort(tick // 30 % output.efforts)
        output.sound(sound(tick))
        output.picture(picture(tick // 4 * 4), tick, changed=tick % 4 == 0)
    output.close()


def write_joined(path: Path) -> None:
    """Two parts, the earlier one cut off, the later one beginning where that ends; with chapters."""
    write(path, 150)
    path.write_bytes(path.read_bytes()[:-100])
    begins = round(recorded_ns(path) * SMALL.fps / 1_000_000_000)
    later = path.with_name("later.mp4")
    output = Output(later, SMALL)
    for tick in range(300 - begins):
        output.sound(sound(tick + begins))
        output.picture(picture(tick + begins), tick)
    output.close()
    with Joining(path) as joining:
        joining.append(2, later)
    chapters = (Chapter(0, "Beginning"), Chapter(joining.joints[0].start_ns, "Interrupted for 0:12"))
    finish(path, joining.index, Label("Joined", 1_795_000_000, chapters))


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[str, "queue.Queue[dict[str, Any]]"]]:
    """Ten seconds of known media, finished or as a killed bot would leave it."""
    path = tmp_path / "a.mp4"
    {"stills": write_stills, "joined": write_joined}.get(request.param, lambda path: write(path, 300))(path)
    if request.param == "stills":
        finish(path)
    elif request.param == "finishing":  # killed between the two steps: tables at the end, head not patched
        head = path.read_bytes()
        finish(path)
        path.write_bytes(head + path.read_bytes()[len(head) :])
    told: queue.Queue[dict[str, Any]] = queue.Queue()
    handler = type("Handler", (_Handler,), {"file": path.read_bytes(), "told": told})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", told
        server.shutdown()
        thread.join()


@pytest.mark.long
@pytest.mark.needs("chromium")
@pytest.mark.parametrize("served", ["joined", "fragmented", "finishing", "stills"], indirect=True)
def test_chromium_plays_and_seeks(
    served: tuple[str, "queue.Queue[dict[str, Any]]"], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The right duration, the very picture at ten places, sound that decodes, no error."""
    address, told = served
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
    log = (tmp_path / "chromium.log").open("wb")
    browser = subprocess.Popen(
        ["chromium", *flags, f"--user-data-dir={tmp_path / 'profile'}", address], stdout=log, stderr=log
    )
    try:
        seen = told.get(timeout=60)
    finally:
        browser.terminate()
        browser.wait(timeout=20)
        log.close()
    assert seen["errors"] == []
    assert seen["duration"] == pytest.approx(10.0, abs=0.1)
    assert seen["width"] == 320
    each = 4 if "stills" in request.node.name else 1
    assert [shown for _, shown in seen["seeks"]] == [wanted // each * each for wanted, _ in seen["seeks"]]
    assert seen["played"] > 1.2
    assert seen["sound"] > 0
