"""One recording from join to finished file: the file that wires the rooms of the house together."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.attendance import Attendance
from bot.configuration import Configuration
from bot.errors import RecordingFailed
from bot.gauge import Gauge
from bot.library.finalise import finalise
from bot.library.folder import RecordingFolder
from bot.lifecycle import EndReason, State, advance
from bot.presence import Presence
from bot.progress import Progress
from bot.receive.receiver import Receiver
from bot.receive.settings import ReceiveSettings
from bot.recording import Order
from bot.upstream import Upstream
from mixer.errors import OutputFull
from mixer.mixer import Mixer
from mixer.output.output import Output
from mixer.output.settings import OutputSettings
from mixer.settings import MixSettings
from signaling.connect import ClientSettings, make_client

log = logging.getLogger(__name__)

POLL_S = 0.01
PROGRESS_S = 1.0


@dataclass(frozen=True, slots=True)
class Summary:
    """How a recording ended, in figures."""

    path: str
    end_reason: EndReason
    duration_s: float
    rejoins: int


@dataclass(frozen=True, slots=True)
class Outcome:
    path: Path
    summary: Summary


class Session:
    """Single use. `run` on the event loop; `stop` on its thread, as often as anybody likes."""

    def __init__(self, order: Order, configuration: Configuration, *, on_progress: Callable[[Progress], None]) -> None:
        self._order = order
        self._configuration = configuration
        self._on_progress = on_progress
        self._state = State.STARTING
        self._stop_asked = asyncio.Event()
        self._mix_failed = asyncio.Event()

    def stop(self) -> None:
        """Finish in order. Before the room is entered, `run` ends with RecordingFailed and leaves no file."""
        self._stop_asked.set()

    async def run(self) -> Outcome:
        """Raises OutputError (nothing started), SignalingError (could not join), RecordingFailed (with what is kept)."""
        folder = RecordingFolder.create(self._order.output, self._order.recording_id)
        try:
            self._build(folder.part(1))
            room = await self._enter()
        except BaseException:
            folder.discard()
            raise
        origin_ns = time.monotonic_ns()
        self._receiver.set_origin(origin_ns)
        self._mixer.start(origin_ns)
        self._state = advance(self._state, State.RECORDING)
        reason, trouble = await self._record()
        await self._close(time.monotonic_ns() - origin_ns)
        return await self._finish(folder, self._order.title or room.title, reason, trouble)

    def _build(self, part: Path) -> None:
        settings = self._configuration
        loop = asyncio.get_running_loop()
        self._receiver = Receiver(0, self._take, ReceiveSettings(playout_delay_ns=settings.playout_delay_ms * MS))
        upstream = Upstream(loop, self._receiver, lambda: self._presence.client)
        self._output = Output(part, output_settings(settings))
        self._mixer = Mixer(mix_settings(settings), self._output, upstream)
        self._mixer.on_failure = lambda: loop.call_soon_threadsafe(self._mix_failed.set)
        self._attendance = Attendance(self._mixer)
        connect = partial(
            make_client,
            self._order.address,
            token=self._order.token,
            receiver=self._receiver,
            settings=client_settings(settings, self._order.recording_id),
        )
        self._presence = Presence(connect, self._attendance, grace_ns=int(settings.rejoin_grace_s * 1e9))
        self._gauge = Gauge(self._receiver, self._mixer, self._output, self._attendance)

    def _take(self, frame: EncodedFrame) -> None:
        self._mixer.push(frame)

    async def _enter(self) -> Room:
        entering = asyncio.ensure_future(self._presence.enter())
        stopped = asyncio.ensure_future(self._stop_asked.wait())
        try:
            await asyncio.wait({entering, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not entering.done():
                raise RecordingFailed("It was stopped before the room was joined; nothing was recorded.")
            return entering.result()
        finally:
            for task in (entering, stopped):
                task.cancel()
            await asyncio.gather(entering, stopped, return_exceptions=True)

    async def _record(self) -> tuple[EndReason, BaseException | None]:
        """Why it ended, and the error when it did not end in order. Nothing that goes wrong here may lose the file."""
        try:
            async with asyncio.TaskGroup() as group:
                beside = [group.create_task(self._poll()), group.create_task(self._tell())]
                ends = {
                    group.create_task(self._presence.stay()): None,
                    group.create_task(self._stop_asked.wait()): EndReason.STOPPED,
                    group.create_task(self._mix_failed.wait()): EndReason.FAILED,
                    group.create_task(asyncio.sleep(self._configuration.max_duration_s)): EndReason.DURATION_LIMIT,
                }
                done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for task in (*beside, *ends):
                    task.cancel()
        except* Exception as group_error:
            log.exception("the recording broke off")
            return EndReason.FAILED, group_error.exceptions[0]
        first = next(iter(done))
        return ends[first] or first.result(), None
