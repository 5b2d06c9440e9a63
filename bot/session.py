"""One recording from join to finished file: the file that wires the rooms of the house together."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.attendance import Attendance
from bot.configuration import Configuration
from bot.errors import OutputError, RecordingFailed
from bot.gauge import Gauge
from bot.library.finalise import Finalised, finalise
from bot.library.folder import RecordingFolder
from bot.lifecycle import EndReason, State, advance
from bot.presence import Presence
from bot.progress import Progress
from bot.receive.receiver import Receiver
from bot.recording import Order
from bot.report import VERSION, Report, load_report, track_reports
from bot.settings import MS, client_settings, mix_settings, output_settings, receive_settings
from bot.upstream import Upstream
from mixer.errors import MixerError, OutputFull
from mixer.frame import EncodedFrame
from mixer.mixer import Mixer
from mixer.mp4.label import Label
from mixer.output.output import Output
from mixer.playout import playout_delay_ns
from signaling.connect import make_client
from signaling.model import Room

log = logging.getLogger(__name__)

POLL_S = 0.01
PROGRESS_S = 1.0


@dataclass(frozen=True, slots=True)
class Outcome:
    path: Path
    report: Report


@dataclass(frozen=True, slots=True)
class _Rig:
    """What runs from the join to the end of the file."""

    output: Output
    mixer: Mixer
    attendance: Attendance
    gauge: Gauge
    mix_failed: asyncio.Event


class Session:
    """Single use. `run` on the event loop; `stop` on its thread, as often as anybody likes."""

    def __init__(self, order: Order, configuration: Configuration, *, on_progress: Callable[[Progress], None]) -> None:
        """`on_progress` is called once a second, until it raises."""
        self._order = order
        self._configuration = configuration
        self._on_progress: Callable[[Progress], None] | None = on_progress
        self._state = State.STARTING
        self._stop_asked = asyncio.Event()
        self._mixer: Mixer | None = None
        self._origin_ns = time.monotonic_ns()
        self._receiver = Receiver(
            self._origin_ns, self._take, receive_settings(configuration), playout_delay_ns=self._delay_ns
        )
        connect = partial(
            make_client,
            order.address,
            token=order.token,
            receiver=self._receiver,
            settings=client_settings(configuration, order),
        )
        self._presence = Presence(connect, grace_ns=int(configuration.rejoin_grace_s * 1e9))

    def stop(self) -> None:
        """Finish in order. Before the room is entered, `run` raises RecordingFailed and leaves no file."""
        self._stop_asked.set()

    async def run(self) -> Outcome:
        """Raises OutputError (nothing started), SignalingError (could not join), RecordingFailed (says what is kept)"""
        folder = RecordingFolder.create(self._order.output, self._order.recording_id)
        rig = await self._begin(folder)
        reason, trouble = await self._record(rig)
        end_ns = min(time.monotonic_ns() - self._origin_ns, int(self._configuration.max_duration_s * 1e9))
        try:
            await self._close(rig, end_ns)
            report, finalised = await self._finalise(folder, rig, reason, rig.mixer.failure or trouble)
        except Exception as error:
            log.exception("the recording could not be finished")
            self._state = advance(self._state, State.FAILED)
            raise RecordingFailed(_sentence(error), rig.output.path) from error
        problem = _sentence(rig.mixer.failure or trouble) or finalised.problem
        self._state = advance(self._state, State.FAILED if problem else State.AVAILABLE)
        if problem:
            raise RecordingFailed(problem, finalised.path)
        return Outcome(finalised.path, report)

    async def _begin(self, folder: RecordingFolder) -> _Rig:
        """In the room, and recording. Otherwise nothing is left of it."""
        try:
            await self._enter()
            rig = self._assemble(folder.part(1))
        except BaseException as error:
            await self._presence.leave()
            folder.discard()
            if isinstance(error, MixerError):
                raise OutputError(str(error)) from error
            raise
        self._origin_ns = time.monotonic_ns()
        self._receiver.begin(self._origin_ns)
        rig.mixer.start(self._origin_ns)
        self._state = advance(self._state, State.RECORDING)
        return rig

    @property
    def _room(self) -> Room:
        """As last known."""
        assert self._presence.room is not None, "known since it was entered"
        return self._presence.room

    @property
    def _title(self) -> str:
        return self._order.title or self._room.title

    def _take(self, frame: EncodedFrame) -> None:
        if self._mixer is not None:
            self._mixer.push(frame)

    def _delay_ns(self, now_ns: int) -> int:
        """How far the mix runs behind at a moment."""
        target_ns = self._configuration.playout_delay_ms * MS
        return playout_delay_ns(now_ns - self._origin_ns, target_ns)

    def _assemble(self, part: Path) -> _Rig:
        configuration = self._configuration
        loop = asyncio.get_running_loop()
        upstream = Upstream(loop, self._receiver, self._presence.request_layer)
        output = Output(part, output_settings(configuration, self._order, self._title))
        if output.notice:
            log.warning("%s", output.notice)
        mixer = Mixer(mix_settings(configuration), output, upstream)
        failed = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(failed.set)

        mixer.on_failure = wake
        attendance = Attendance(mixer)
        self._mixer = mixer
        return _Rig(output, mixer, attendance, Gauge(self._receiver, mixer, output, attendance), failed)

    async def _enter(self) -> None:
        entering = asyncio.ensure_future(self._presence.enter())
        stopped = asyncio.ensure_future(self._stop_asked.wait())
        try:
            await asyncio.wait({entering, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not entering.done():
                raise RecordingFailed("It was stopped before the room was joined; nothing was recorded.")
            entering.result()
        finally:
            for task in (entering, stopped):
                task.cancel()
            await asyncio.gather(entering, stopped, return_exceptions=True)

    async def _record(self, rig: _Rig) -> tuple[EndReason, Exception | None]:
        """Why it ended, and the error when it did not end in order. Whatever goes wrong here, the file is finished."""
        reason, trouble = EndReason.FAILED, None
        try:
            async with asyncio.TaskGroup() as group:
                beside = [group.create_task(self._poll()), group.create_task(self._tell(rig.gauge))]
                ends = [  # the first of them counts when several come together
                    group.create_task(self._after(rig.mix_failed.wait(), EndReason.FAILED)),
                    group.create_task(self._presence.stay(rig.attendance)),
                    group.create_task(self._after(self._stop_asked.wait(), EndReason.STOPPED)),
                    group.create_task(self._after(self._limit(), EndReason.DURATION_LIMIT)),
                ]
                await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for task in (*beside, *ends):
                    task.cancel()
                reason = next(task for task in ends if task.done()).result()
        except* Exception as errors:
            log.exception("the recording broke off")
            reason, trouble = EndReason.FAILED, errors.exceptions[0]
        return reason, trouble

    @staticmethod
    async def _after(event: Awaitable[object], reason: EndReason) -> EndReason:
        await event
        return reason

    async def _limit(self) -> None:
        await asyncio.sleep(self._configuration.max_duration_s)

    async def _poll(self) -> None:
        """The one timer of all that waits for packets."""
        while True:
            self._receiver.poll(time.monotonic_ns())
            await asyncio.sleep(POLL_S)

    async def _tell(self, gauge: Gauge) -> None:
        while True:
            await asyncio.sleep(PROGRESS_S)
            self._say(gauge)

    def _say(self, gauge: Gauge) -> None:
        """A reader that is gone, or a gauge that is broken, is no reason to stop recording."""
        if self._on_progress is None:
            return
        try:
            self._on_progress(gauge.read(time.monotonic_ns()))
        except Exception as error:
            log.warning("progress is told no more: %r", error)
            self._on_progress = None

    async def _close(self, rig: _Rig, end_ns: int) -> None:
        """Out of the room, and everything that was received into the file. The file is closed whatever else fails."""
        self._state = advance(self._state, State.STOPPING)
        try:
            self._receiver.poll(time.monotonic_ns())
            self._receiver.close()
        except Exception:
            log.exception("what was received last is not in the file")
        _, left = await asyncio.gather(
            asyncio.to_thread(rig.mixer.stop, end_ns), self._presence.leave(), return_exceptions=True
        )
        if left is not None:
            log.error("the room was not left in order: %r", left)
        self._say(rig.gauge)

    async def _finalise(
        self, folder: RecordingFolder, rig: _Rig, reason: EndReason, trouble: BaseException | None
    ) -> tuple[Report, Finalised]:
        self._state = advance(self._state, State.FINALISING)
        if trouble is not None:
            reason = EndReason.DISK_FULL if isinstance(trouble, OutputFull) else EndReason.FAILED
        report = self._report(rig, reason)
        kept = json.dumps(report.without_identities()).encode()
        finalised = await asyncio.to_thread(
            finalise,
            folder,
            rig.output.path,
            started=self._order.asked_at,
            title=self._title,
            room_id=self._room.id,
            index=rig.output.index,
            label=Label(self._title, int(self._order.asked_at.timestamp()), report=kept),
        )
        return report, finalised

    def _report(self, rig: _Rig, reason: EndReason) -> Report:
        mix = rig.mixer.stats()
        return Report(
            version=VERSION,
            recording=self._order.recording_id,
            title=self._title,
            started=self._order.asked_at.isoformat(timespec="seconds"),
            end_reason=reason,
            duration_s=rig.output.written_ns / 1e9,
            rejoins=self._presence.rejoins,
            interruptions_s=tuple(away_ns / 1e9 for away_ns in rig.attendance.interruptions_ns),
            ticks_late=mix.ticks_late,
            worst_lag_ms=mix.worst_lag_ns / 1e6,
            load=load_report(mix),
            tracks=track_reports(rig.attendance.known, self._receiver.stats(), mix.tracks),
        )


def _sentence(trouble: BaseException | None) -> str:
    """What is said of an error that ended the recording; empty for none."""
    if trouble is None:
        return ""
    return str(trouble) if isinstance(trouble, MixerError) else f"A defect of the bot: {trouble!r}."
