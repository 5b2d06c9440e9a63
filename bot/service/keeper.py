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
from bot.library.places import work_folder
from bot.lifecycle import EndReason, State
from bot.service.account import Account, Keep
from bot.service.bot_process import BotProcess
from bot.service.processor_meter import ProcessorMeter
from bot.service.spares import Spares
from bot.service.standing import asked_to_stop, being_finished, given_up, settled, told, with_others
from bot.service.upkeep import READY_NS, Deaths, Remains, Step, Vigil, next_step
from bot.service.workplace import Workplace

log = logging.getLogger(__name__)

LOOK_S = 1.0
FIRST_RETRY_S, LAST_RETRY_S = 0.02, 0.5  # for a bot that does not listen yet
HOST_PATIENCE_S = 10.0
MEASURED_READINGS = 10
KEEP_S = 1.0  # between tries to keep what the catalogue could not take
_STEERABLE = frozenset({State.STARTING, State.RECORDING, State.PAUSED})


class Keeper:
    """Single use. What it finds out goes to `account`, until all of it is kept."""

    def __init__(self, recording: Recording, library: Path, spares: Spares, keep: Keep) -> None:
        self.account = Account(recording, keep)
        self._place = Workplace(work_folder(library, recording.id))
        self._library = library
        self._spares = spares
        self._process: BotProcess | None = None
        self._meter: ProcessorMeter | None = None
        self._link = Link(self._place.folder)
        self._is_closed = False
        self._ending = recording.end_reason
        self._end_asked = asyncio.Event()
        self._is_amended = False  # its order; no bot has been told yet
        self._deaths = Deaths()
        self._vigil = Vigil(time.monotonic_ns())
        self._heard_s = 0.0  # `time_s` of the newest status
        self._heard_at_s = 0.0  # when it came, in unix seconds
        self._why = ""  # it is to end now, in a sentence that says more than its last bot can know

    @property
    def recording(self) -> Recording:
        return self.account.recording

    @property
    def is_done(self) -> bool:
        """There is nothing left for a bot to do, and that is kept. From then on the recording is the publisher's."""
        return self.recording.is_made and self.account.is_kept

    @property
    def cores(self) -> float | None:
        """What its bot takes of the processor; None until it is known."""
        if self._meter is None or self._meter.readings < MEASURED_READINGS:
            return None
        return self._meter.cores

    async def run(self) -> None:
        """Until it is done. Cancelled: the bot goes on alone. Raises OSError when the machine has no descriptors left;
        may be called again then."""
        try:
            process = self._running_bot()
            while True:
                finishing = False
                if process is None:
                    step, why = next_step(self._remains(), self._deaths)
                    if step in {Step.SETTLE, Step.GIVE_UP}:
                        self._settle(step, why)
                        break
                    finishing = step is Step.FINISH
                    self._take_over(step, why)
                    process = await self._begin(finish=finishing)
                if process is not None:
                    await self._accompany(process, finishing=finishing)
                process = self._running_bot()
            while not self.account.is_kept:
                await asyncio.sleep(KEEP_S)
                self.account.try_again()
        finally:
            if self._process is not None:
                self._process.release()
                self._process = None

    async def close(self) -> None:
        """From now on there is no bot to talk to."""
        self._is_closed = True
        await self._link.close()

    async def end(self, reason: EndReason) -> Recording:
        """Stop in order. Returns when the bot knows it; without a bot, what is there is finished."""
        self._ending = self._ending or reason
        self._end_asked.set()
        try:
            self._take(await self._bot().stop(reason))
        except BotGone:
            if self._process is not None:
                self._process.stop()
        except NotNow:
            return self.recording  # it ends already
        if self.recording.state in _STEERABLE:  # the bot is about to say so
            self.account.change(asked_to_stop(self.recording, self._ending, now_s=time.time()))
        return self.recording

    async def wish(self, ask: Callable[[Link], Awaitable[Status]]) -> Recording:
        """Raises NotNow."""
        try:
            self._take(await ask(self._bot()))
        except BotGone:
            raise NotNow("The recording's bot is just being started; try again in a few seconds.") from None
        return self.recording

    async def tell_host(self, present: bool, identity: str | None) -> None:
        """A bot that is just being started hears of it as soon as it listens. Raises NotNow when none ever does."""
        give_up_s = time.monotonic() + HOST_PATIENCE_S
        while True:
            try:
                self._take(await self._bot().host(present, identity=identity))
            except BotGone:
                if time.monotonic() > give_up_s or self.recording.is_made or self._is_closed:
                    raise NotNow("The recording's bot does not answer; tell it again in a few seconds.") from None
                await asyncio.sleep(LAST_RETRY_S)
            else:
                return

    async def follow(self) -> None:
        """Its order was amended: its bot reads that again, or the next one as soon as it listens."""
        try:
            self._take(await self._bot().order())
        except BotGone:
            self._is_amended = True
            return
        except NotNow:
            log.debug("the bot of %s reads no order any more", self.recording.id)
        self._is_amended = False

    async def picture(self, width: int) -> bytes:
        """JPEG. Raises NotNow while there is none."""
        try:
            return await self._bot().picture(width)
        except BotGone:
            raise NotNow("The recording's bot is just being started; try again in a few seconds.") from None

    def _bot(self) -> Link:
        """Raises BotGone when there will be none any more."""
        if self._is_closed:
            raise BotGone("The recording is over.")
        return self._link

    def _running_bot(self) -> BotProcess | None:
        """One that was left running by an earlier service, or that holds the folder against ours. Raises OSError."""
        status = self._place.status()
        if status is None or status.is_final:
            return None
        process = BotProcess.adopt(status.pid, status.pid_started)
        if process is not None:
            log.info("found the bot of %s, process %d", self.recording.id, status.pid)
        return process

    def _remains(self) -> Remains:
        status = self._place.status()
        return Remains(
            state=None if status is None else status.state,
            has_order=self._place.has_order,
            has_parts=self._place.has_parts,
            age_ns=int((time.time() - self._last_sign_s()) * 1e9),
            stop_asked=self._ending is not None or self.recording.state not in _STEERABLE,
        )

    def _last_sign_s(self) -> float:
        """Of any bot, in unix seconds."""
        return max(self.recording.asked_at, self._heard_at_s, self._place.last_sign_s())

    def _reason(self, why: str) -> EndReason | None:
        """Why it ends, when somebody meant it to."""
        status = self._place.status()
        reason = (status.end_reason if status is not None else None) or self._ending
        return None if why or reason is EndReason.FAILED else reason

    def _take_over(self, step: Step, why: str) -> None:
        """Before a bot that is not the first."""
        self._why = why
        if step is Step.GO_ON and self._place.has_parts:
            self.account.change(replace(self.recording, interruptions=self.recording.interruptions + 1, live=None))
        if step is Step.FINISH:
            reason = self._reason(why) or EndReason.FAILED
            for after in being_finished(self.recording, reason, now_s=self._last_sign_s()):
                self.account.change(after)

    async def _begin(self, *, finish: bool) -> BotProcess | None:
        """None: what is to be done has changed, or cannot be."""
        pause_s = self._deaths.pause_ns(finishing=finish) / 1e9
        if finish:
            await asyncio.sleep(pause_s)
        else:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._end_asked.wait(), pause_s)
            if self._ending is not None:
                return None
        try:
            return await self._spares.give(
                self._place.folder, finish=finish, reason=self._reason(self._why) if finish else None
            )
        except OSError as error:
            log.error("no bot can be started: %s", error)
            self._deaths = self._deaths.after(finishing=finish, recorded_ns=0)
            return None

    async def _accompany(self, process: BotProcess, *, finishing: bool) -> None:
        """To the end of that process."""
        self._process = process
        self._meter = ProcessorMeter(process.pid)
        began_s, began_at_s = self._heard_s, time.time()
        async with asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(self._listen()), tasks.create_task(self._watch(process))]
            await process.exited.wait()
            for task in beside:
                task.cancel()
        process.release()
        self._process = None
        heard_at_s, status = self._heard_at_s, self._place.status()
        if status is not None and status.pid == process.pid:
            self._take(status)
            if status.is_final:
                return
        is_paused = self.recording.state is State.PAUSED  # then nothing gets into the file, however long it is there
        lasted_s = heard_at_s - began_at_s if is_paused else self._heard_s - began_s
        self._deaths = self._deaths.after(finishing=finishing, recorded_ns=int(lasted_s * 1e9))
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
                    elif self._is_amended:
                        await self.follow()
            await asyncio.sleep(retry_s)
            retry_s = min(1.5 * retry_s, LAST_RETRY_S)

    async def _watch(self, process: BotProcess) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.ready.wait(), READY_NS / 1e9)
        self._vigil = Vigil(time.monotonic_ns())
        while True:
            await asyncio.sleep(LOOK_S)
            now_ns = time.monotonic_ns()
            self._vigil.look((self.recording.state, self._place.traces()), now_ns)
            if why := self._vigil.hangs(self.recording.state, now_ns):
                log.error("the bot of %s is killed: %s", self.recording.id, why)
                process.kill()

    def _take(self, status: Status) -> None:
        now_ns = time.monotonic_ns()
        self._vigil.hear(now_ns)
        self._heard_s, self._heard_at_s = status.time_s, time.time()
        cores = self._meter.read(now_ns) if self._meter is not None else 0.0
        after = told(self.recording, status, now_s=time.time(), cores=cores)
        if status.is_final:
            after = settled(after, self._library, status.path)
            problem = with_others(self._why, status.others) if self._why else after.problem
            after = replace(after, poster=self._place.has_poster, problem=problem)
        self.account.change(after)

    def _settle(self, step: Step, why: str) -> None:
        """It is over, if its bot has not said so itself."""
        status = self._place.status()
        if status is not None and status.is_final:
            self._take(status)
        if self.recording.is_made:
            return
        reason = self._ending or EndReason.FAILED
        waits = step is Step.GIVE_UP and self._place.has_order and self._place.has_parts
        self.account.change(given_up(self.recording, reason, why, has_parts=waits, now_s=time.time()))
