"""What runs from the first picture of a part to the end of its file."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from bot.attendance import Attendance
from bot.configuration import Configuration
from bot.gauge import Gauge
from bot.presence import Presence
from bot.receive.receiver import Receiver
from bot.recording import Order
from bot.settings import mix_settings, output_settings
from bot.upstream import Upstream
from mixer.mixer import Mixer
from mixer.output.output import Output
from mixer.settings import LayoutName


@dataclass(frozen=True, slots=True)
class Rig:
    output: Output
    mixer: Mixer
    attendance: Attendance
    gauge: Gauge
    mix_failed: asyncio.Event


def assemble(
    part: Path,
    order: Order,
    configuration: Configuration,
    *,
    title: str,
    layout: LayoutName,
    receiver: Receiver,
    presence: Presence,
) -> Rig:
    """Opens the part; nothing runs yet. Raises MixerError."""
    loop = asyncio.get_running_loop()
    upstream = Upstream(loop, receiver, presence.request_layer)
    output = Output(part, output_settings(configuration, order, title))
    mixer = Mixer(mix_settings(configuration, layout), output, upstream)
    failed = asyncio.Event()

    def wake() -> None:
        loop.call_soon_threadsafe(failed.set)

    mixer.on_failure = wake
    attendance = Attendance(mixer, lambda track, muted: receiver.set_muted(track, muted, time.monotonic_ns()))
    return Rig(output, mixer, attendance, Gauge(receiver, mixer, output, attendance), failed)
