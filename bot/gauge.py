"""Reads the instruments of a running recording."""

import time

from bot.attendance import Attendance
from bot.progress import Progress
from bot.receive.receiver import Receiver
from mixer.mixer import Mixer
from mixer.output.output import Output


class Gauge:
    """Rates are over the time since the last reading."""

    def __init__(self, receiver: Receiver, mixer: Mixer, output: Output, attendance: Attendance) -> None:
        self._receiver = receiver
        self._mixer = mixer
        self._output = output
        self._attendance = attendance
        self._last_ns = time.monotonic_ns()
        self._last_ticks = 0
        self._last_bytes = 0

    def read(self, now_ns: int) -> Progress:
        mix = self._mixer.stats()
        tracks = self._receiver.stats().values()
        elapsed_s = max(1, now_ns - self._last_ns) / 1e9
        written = self._output.bytes_written
        progress = Progress(
            time_s=self._output.written_ns / 1e9,
            tracks=len(self._attendance),
            fps=(mix.ticks - self._last_ticks) / elapsed_s,
            bitrate_kbps=(written - self._last_bytes) / 125 / elapsed_s,
            packets=sum(track.packets for track in tracks),
            lost=sum(track.unrecoverable for track in tracks),
            recovered=sum(track.recovered for track in tracks),
            load=mix.load,
            lag_ms=mix.lag_ns / 1e6,
            effort=mix.effort.level,
            gives_way=mix.effort.name if mix.effort.level else "",
            repeated=mix.ticks_repeated,
            freezes=sum(track.freezes for track in tracks),
        )
        self._last_ns, self._last_ticks, self._last_bytes = now_ns, mix.ticks, written
        return progress
