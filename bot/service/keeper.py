"""Looks after one recording from its order to its end: its bots, one after the other, are processes that may die."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from bot.control.link import Link
from bot.control.status import Status
from bot.errors import BotGone, NotNow
from bot.library.catalogue.recording import Recording
from bot.library.folder import RecordingFolder
from bot.library.places import work_folder
from bot.lifecycle import EndReason, State
from bot.recording import ORDER_FILE
from bot.service.bot_process import BotProcess
from bot.service.processor_meter import ProcessorMeter
from bot.service.spares import Spares
from bot.service.standing import settled, told
from bot.service.upkeep import Deaths, Remains, Step, Vigil, next_step

log = logging.getLogger(__name__)

LOOK_S = 1.0
FIRST_RETRY_S, LAST_RETRY_S = 0.02, 0.5  # for a bot that does not listen yet
HOST_PATIENCE_S = 10.0
MEASURED_READINGS = 10
POSTER = "poster.jpg"
_STEERABLE = frozenset({State.STARTING, State.RECORDING, State.PAUSED})


class Keeper:
    """Single use. `recording` is always as it stands; `on_change` is called with it before and after each change."""

    def __init__(
        self, recording: Recording, library: Path, spares: Spares, on_change: Callable[[Recording, Recording], None]
    ) -> None:
        self.recording = recording
        self.folder = work_folder(library, recording.id)
        self._library = library
        self._spares = spares
        self._on_change = on_change
        self._process: BotProcess | None = None
        self._meter: ProcessorMeter | None = None
        self._link = Link(self.folder)
        self._ending: EndReason | None = None
        self._end_asked = asyncio.Event()
        self._deaths = Deaths()
        self._vigil = Vigil(time.monotonic_ns())
        self._heard_s = 0.0  # `time_s` of the newest status
        self._why = ""  # it is to end now, in a sentence that says more than its last bot can know

    @property
    def cores(self) -> float | None:
        """What its bot takes of the processor; None until it is known."""
        if self._meter is None or self._meter.readings < MEASURED_READINGS:
            return None
        return self._meter.cores

    async def run(self) -> None:
        """Until the recording is over. Cancelled: the bot goes on alone."""
        try:
            process = self._running_bot()
            while True:
                finishing = False
                if process is None:
                    step, why = next_step(self._remains(), self._deaths)
                    if step in {Step.SETTLE, Step.GIVE_UP}:
                        self._settle(why)
                        return
                    finishing = step is Step.FINISH
                    self._take_over(step, why)
                    process = await self._begin(finish=finishing)
                if process is not None:
                    await self._accompany(process, finishing=finishing)
                process = self._running_bot()
        finally:
            await self._link.close()
            if self._process is not None:
                self._process.release()

    async def end(self, reason: EndReason) -> Recording:
        """Stop in order. Returns when the bot knows it; without a bot, what is there is finished."""
        self._ending = reason
        self._end_asked.set()
        try:
            self._take(await self._link.stop(reason))
        except BotGone:
            if self._process is not None:
                self._process.stop()
        except NotNow:
            pass  # it is over already
        return self.recording

    async def wish(self, ask: Callable[[Link], Awaitable[Status]]) -> Recording:
        """Raises NotNow."""
        try:
            self._take(await ask(self._link))
        except BotGone:
            raise NotNow("The recording's bot is just being started; try again in a few seconds.") from None
        return self.recording

    async def tell_host(self, present: bool, identity: str | None) -> None:
        """A bot that is just being started hears of it as soon as it listens. Raises NotNow when none ever does."""
        give_up_s = time.monotonic() + HOST_PATIENCE_S
        while True:
            try:
                self._take(await self._link.host(present, identity=identity))
            except BotGone:
                if time.monotonic() > give_up_s or self.recording.is_over:
                    raise NotNow("The recording's bot does not answer; tell it again in a few seconds.") from None
                await asyncio.sleep(LAST_RETRY_S)
            else:
                return

    async def picture(self, width: int) -> bytes:
        """JPEG. Raises NotNow while there is none."""
        try:
            return await self._link.picture(width)
        except BotGone:
            raise NotNow("The recording's bot is just being started; try again in a few seconds.") from None

    def _running_bot(self) -> BotProcess | None:
        """One that was left running by an earlier service, or that holds the folder against ours."""
        status = Status.read(self.folder)
        if status is None or status.is_final:
            return None
        process = BotProcess.adopt(status.pid, status.pid_started)
        if process is not None:
            log.info("found the bot of %s, process %d", self.recording.id, status.pid)
        return process

    def _remains(self) -> Remains:
        status = Status.read(self.folder)
        return Remains(
            state=None if status is None else status.state,
            has_order=(self.folder / ORDER_FILE).exists(),
            has_parts=bool(self._parts()),
            age_ns=int((time.time() - self._last_sign_s()) * 1e9),
            stop_asked=self._ending is not None,
        )

    def _parts(self) -> list[Path]:
        try:
            return RecordingFolder(self.folder.parent, self.recording.id).parts()
        except OSError:
            return []

    def _last_sign_s(self) -> float:
        """When anything was written for it, in unix seconds."""
        times = [self.recording.asked_at]
        for path in self._parts():
            with contextlib.suppress(OSError):
                times.append(path.stat().st_mtime)
        return max(times)

    def _take_over(self, step: Step, why: str) -> None:
        """Before a bot that is not the first."""
        self._why = why
        if step is Step.GO_ON and self._parts():
            self._change(replace(self.recording, interruptions=self.recording.interruptions + 1, live=None))

    async def _begin(self, *, finish: bool) -> BotProcess | None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._deaths.pause_ns / 1e9):
                await self._end_asked.wait()
                finish = finish or bool(self._parts())
        if self._ending is not None and not finish:
            return None
        try:
            return await self._spares.give(self.folder, finish=finish)
        except OSError as error:
            log.error("no bot can be started: %s", error)
            self._deaths = self._deaths.after(finishing=finish, recorded_ns=0)
            return None

    async def _accompany(self, process: BotProcess, *, finishing: bool) -> None:
        """To the end of that process."""
        self._process = process
        self._meter = ProcessorMeter(process.pid)
        self._vigil = Vigil(time.monotonic_ns())
        began_s = self._heard_s
        async with asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(self._listen()), tasks.create_task(self._watch(process))]
            await process.exited.wait()
            for task in beside:
                task.cancel()
        process.release()
        self._process = None
        status = Status.read(self.folder)
        if status is not None and status.pid == process.pid:
            self._take(status)
            if status.is_final:
                return
        recorded_ns = int((self._heard_s - began_s) * 1e9)
        self._deaths = self._deaths.after(finishing=finishing, recorded_ns=recorded_ns)
        log.error("the bot of %s ended unexpectedly, process %d", self.recording.id, process.pid)

    async def _listen(self) -> None:
        retry_s = FIRST_RETRY_S
        while True:
            with contextlib.suppress(BotGone):
                async for status in self._link.events():
                    retry_s = FIRST_RETRY_S
                    self._take(status)
                    if self._ending is not None and status.state in _STEERABLE:
                        await self.end(self._ending)  # it was asked for before this bot listened
            await asyncio.sleep(retry_s)
            retry_s = min(1.5 * retry_s, LAST_RETRY_S)

    async def _watch(self, process: BotProcess) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            now_ns = time.monotonic_ns()
            self._vigil.look((self.recording.state, self._signs()), now_ns)
            if why := self._vigil.hangs(self.recording.state, now_ns):
                log.error("the bot of %s is killed: %s", self.recording.id, why)
                process.kill()

    def _signs(self) -> tuple[tuple[int, int], ...]:
        """Of work on the files."""
        try:
            stats = [path.stat() for path in self.folder.iterdir()]
        except OSError:
            return ()
        return tuple((stat.st_size, stat.st_mtime_ns) for stat in stats)

    def _take(self, status: Status) -> None:
        now_ns = time.monotonic_ns()
        self._vigil.hear(now_ns)
        self._heard_s = status.time_s
        cores = self._meter.read(now_ns) if self._meter is not None else 0.0
        after = told(self.recording, status, now_s=time.time(), cores=cores)
        if status.is_final:
            after = settled(after, self._library, status.path)
            poster = (self.folder / POSTER).exists()
            after = replace(after, poster=poster, problem=self._why or after.problem)
        self._change(after)

    def _settle(self, why: str) -> None:
        """It is over, if its bot has not said so itself."""
        status = Status.read(self.folder)
        if status is not None and status.is_final:
            self._take(status)
        if self.recording.is_over:
            return
        reason = self._ending or EndReason.FAILED
        self._change(
            replace(
                self.recording,
                state=State.FAILED,
                end_reason=reason,
                problem=why or self.recording.problem,
                ended_at=self.recording.ended_at or time.time(),
                host_absent_until=None,
                live=None,
            )
        )

    def _change(self, after: Recording) -> None:
        before, self.recording = self.recording, after
        self._on_change(before, after)
