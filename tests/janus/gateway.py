"""Janus from Debian, with a configuration of the test's own."""

import contextlib
import json
import socket
import subprocess
import time
from pathlib import Path

from tests.janus.namespace import Namespace

PIN = "open-sesame-77"
SECRET = "for-tests-only"

_START_S = 20.0  # half a second alone; the machine may be busy
_PLUGINS = Path("/usr/lib")
_CORE = """
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{modules}/plugins"
  transports_folder = "{modules}/transports"
  events_folder = "{modules}/events"
  loggers_folder = "{modules}/loggers"
  debug_level = 4
  debug_colors = false
}}
nat: {{ full_trickle = {trickle}, ice_lite = {lite} }}
plugins: {{ disable = "{other_plugins}" }}
transports: {{ disable = "{other_transports}" }}
"""
_WEBSOCKETS = (
    'general: {{ json = "compact", ws = true, ws_port = {port}, wss = false }}\nadmin: {{ admin_ws = false }}\n'
)

# By number. The bot's tests publish VP8, H264 and VP9 into one room.
ROOMS: dict[int, dict[str, object]] = {
    1001: {"description": "Weekly planning", "notify_joining": True},
    1002: {"description": "Behind a pin", "pin": PIN},
    1003: {"description": "Publishers only", "require_pvtid": True},
    1004: {"description": "Not listed", "is_private": True},
    1005: {"description": "Not listed, publishers only", "is_private": True, "require_pvtid": True},
    1006: {"description": "Sealed", "require_e2ee": True},
    1007: {"description": "Second floor", "notify_joining": True},
    1008: {"description": "Third floor", "notify_joining": True},
}


class Gateway:
    """One Janus process. `full_trickle`: candidates come one by one; `ice_lite`: it never checks by itself."""

    def __init__(
        self, space: Namespace, folder: Path, *, full_trickle: bool = True, ice_lite: bool = False, port: int = 8188
    ) -> None:
        self._space = space
        self._folder = folder
        self._port = port
        self._options = {"trickle": str(full_trickle).lower(), "lite": str(ice_lite).lower()}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"ws://{self._space.address}:{self._port}"

    @property
    def log(self) -> str:
        return (self._folder / "janus.log").read_text(errors="replace")

    def start(self) -> None:
        self._configure()
        command = self._space.command("janus", "--configs-folder", str(self._folder))
        with (self._folder / "janus.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + _START_S
        while not self._answers():
            assert self._process.poll() is None, f"janus ended: {self.log[-2000:]}"
            assert time.monotonic() < deadline, f"janus does not listen: {self.log[-2000:]}"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with self._space.inside(), contextlib.suppress(OSError):
            socket.create_connection((self._space.address, self._port), 1.0).close()
            return True
        return False

    def _configure(self) -> None:
        modules = next(_PLUGINS.glob("*/janus/plugins/libjanus_videoroom.so")).parents[1]
        keep = {"plugins": "libjanus_videoroom.so", "transports": "libjanus_websockets.so"}
        others = {
            kind: ",".join(sorted(path.name for path in (modules / kind).glob("*.so") if path.name != kept))
            for kind, kept in keep.items()
        }
        core = _CORE.format(
            folder=self._folder,
            modules=modules,
            other_plugins=others["plugins"],
            other_transports=others["transports"],
            **self._options,
        )
        (self._folder / "janus.jcfg").write_text(core)
        (self._folder / "janus.transport.websockets.jcfg").write_text(_WEBSOCKETS.format(port=self._port))
        rooms = "".join(_room(number, settings) for number, settings in ROOMS.items())
        (self._folder / "janus.plugin.videoroom.jcfg").write_text(f"general: {{ }}\n{rooms}")


def _room(number: int, settings: dict[str, object]) -> str:
    common = {"publishers": 20, "bitrate": 0, "videocodec": "vp8,h264,vp9", "audiocodec": "opus", "secret": SECRET}
    lines = "".join(f"  {key} = {json.dumps(value)}\n" for key, value in (common | settings).items())
    return f"room-{number}: {{\n{lines}}}\n"
