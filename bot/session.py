"""One recording from join to finished file: the file that wires the rooms of the house together."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bot.configuration import Configuration
from bot.control.anchor import Instant
from bot.delivery import deliver
from bot.desk import Desk
from bot.errors import BotError, DiskFull, OutputError, RecordingFailed
from bot.journal.events import Events
from bot.journal.history import History, read_history
from bot.journal.journal import Journal
from bot.ledger import Ledger
from bot.library.finalise import Finalised
from bot.library.folder import RecordingFolder
from bot.lifecycle import EndReason, State
from bot.past import Past, no_past
from bot.presence import Presence
from bot.progress import Progress
from bot.receive.receiver import Receiver
from bot.recording import Order
from bot.report import Report
from bot.rig import Rig, assemble
from bot.settings import MS, client_settings, receive_settings
from bot.take import Take
from mixer.errors import MixerError, OutputFull
from mixer.frame import EncodedFrame
from mixer.playout import playout_delay_ns
from signaling.connect import make_client
from signaling.errors import SignalingError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    path: Path
    report: Report


class Session:
    """Single use. `run` on the event loop; `stop` and the `desk` on its thread, as often as anybody likes."""

    def __init__(
        self,
        order: Order,
        configuration: Configuration,
        *,
        on_progress: Callable[[Progress], None],
        past: Past | None = None,
        on_file: Callable[[Finalised], None] = lambda _: None,
    ) -> None:
        """`on_progress` is called once a second, until it raises; `on_file` on a thread with the finished file, before
        anybody is told of it. `past`: what was written before this process."""
        self._order = order
        self._configuration = configuration
        self._on_file = on_file
        self._past = past or no_past(order, Instant.now())
        self._rig: Rig | None = None
        self._live_ns = self._origin_ns = time.monotonic_ns()  # live: where the gap of a later part ends
        self._receiver = Receiver(
            self._origin_ns, self._take, receive_settings(configuration), playout_delay_ns=self._delay_ns
        )
        connect = partial(
            make_client,
            order.address,
            token=order.token,
            receiver=self._receiver,
            settings=client_settings(configuration, order, self._past.part),
        )
        self._presence = Presence(connect, grace_ns=int(configuration.rejoin_grace_s * 1e9))
        self.desk = Desk(order, configuration, self._presence, self._past)
        self._journal = Journal(RecordingFolder(order.output, order.recording_id).journal)
        self._recording = Take(self.desk, self._presence, self._receiver, self._journal, on_progress)
        self.desk.before_cut = self._recording.look
        self.report: Report | None = None  # once it is being finalised
        self.events: Events | None = None  # once there is a file

    def stop(self) -> None:
        """Finish in order. Before the room is entered, `run` raises RecordingFailed and leaves no file."""
        if self.desk.state not in {State.AVAILABLE, State.FAILED}:
            self.desk.end(EndReason.STOPPED)

    async def run(self) -> Outcome:
        """Raises OutputError (nothing started), SignalingError (could not join), RecordingFailed (says what is kept)"""
        try:
            return await self._run()
        except (BotError, SignalingError) as error:
            self.desk.give_up(str(error), error.kept if isinstance(error, RecordingFailed) else None)
            raise
        finally:
            if self._rig is not None:  # broken off by a defect: nobody else ends the threads that write
                rig, self._rig = self._rig, None
                rig.mixer.stop(self._end_ns())
            await self._leave()  # not before: those in the room were told how it ended

    async def _run(self) -> Outcome:
        folder = RecordingFolder.create(self._order.output, self._order.recording_id)
        rig = await self._begin(folder)
        reason, trouble = await self._recording.run(rig)
        try:
            await self._close(rig)
            report, finalised = await self._finalise(folder, rig, reason, rig.mixer.failure or trouble)
        except Exception as error:
            log.exception("the recording could not be finished")
            raise RecordingFailed(_sentence(error), rig.output.path) from error
        problem = _sentence(rig.mixer.failure or trouble) or finalised.problem
        if problem:
            self.desk.fail(problem, finalised.path, finalised)
            raise RecordingFailed(problem, finalised.path)
        self.desk.publish(finalised)
        return Outcome(finalised.path, report)

    async def _begin(self, folder: RecordingFolder) -> Rig:
        """Recording, and in the room. A first part for which that fails leaves nothing. A later one begins without the
        room, which may be as hard to reach as it was for the part before."""
        try:
            if not self._past.goes_on:
                await self._enter()
                self.desk.entered()
            rig = self._assemble(folder.part(self._past.part))
        except BaseException as error:
            await self._leave()
            folder.discard()
            if isinstance(error, MixerError):
                raise (DiskFull if isinstance(error, OutputFull) else OutputError)(str(error)) from error
            raise
        footage, gap_ns = self._past.begin(time.monotonic_ns())
        self._origin_ns, self._live_ns = footage.began_ns, footage.began_ns + gap_ns
        self._receiver.begin(self._origin_ns)
        self.desk.begin(rig, footage)
        rig.mixer.start(self._origin_ns, gap_ns=gap_ns, held=self._past.last_picture)
        if footage.paused_at_ns is not None:
            rig.mixer.pause(gap_ns)
        self._recording.begin(rig, self._past.part, gap_ns)
        self._rig = rig
        return rig

    def _assemble(self, part: Path) -> Rig:
        rig = assemble(
            part,
            self._order,
            self._configuration,
            title=self.desk.title,
            layout=self.desk.layout,
            receiver=self._receiver,
            presence=self._presence,
        )
        if rig.output.notice:
            log.warning("%s", rig.output.notice)
        return rig

    def _take(self, frame: EncodedFrame) -> None:
        if self._rig is not None:
            self._rig.mixer.push(frame)

    def _delay_ns(self, now_ns: int) -> int:
        """How far the mix runs behind at a moment."""
        return playout_delay_ns(now_ns - self._live_ns, self._configuration.playout_delay_ms * MS)

    async def _enter(self) -> None:
        entering = asyncio.ensure_future(self._presence.enter())
        stopped = asyncio.ensure_future(self.desk.end_asked.wait())
        try:
            await asyncio.wait({entering, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not entering.done():
                raise RecordingFailed("It was stopped before the room was joined; nothing was recorded.")
            entering.result()
        finally:
            for task in (entering, stopped):
                task.cancel()
            await asyncio.gather(entering, stopped, return_exceptions=True)

    async def _close(self, rig: Rig) -> None:
        """Everything that was received into the file. The file is closed whatever else fails."""
        end_ns = self._end_ns()
        try:
            self.desk.advance(State.STOPPING)
        except Exception:
            log.exception("nobody was told that the recording stops")
        try:
            self._receiver.poll(time.monotonic_ns())
            self._receiver.close()
        except Exception:
            log.exception("what was received last is not in the file")
        self._rig = None
        await asyncio.to_thread(rig.mixer.stop, end_ns)
        self._recording.say(rig)

    def _end_ns(self) -> int:
        """Of the part, in the room's time."""
        assert self.desk.footage is not None, "it has begun"
        limit_ns = int(self._configuration.max_duration_s * 1e9)
        return min(time.monotonic_ns() - self._origin_ns, self.desk.footage.end_of_ns(limit_ns))

    async def _leave(self) -> None:
        try:
            await self._presence.leave()
        except Exception as error:
            log.error("the room was not left in order: %r", error)

    async def _finalise(
        self, folder: RecordingFolder, rig: Rig, reason: EndReason, trouble: BaseException | None
    ) -> tuple[Report, Finalised]:
        if trouble is not None:
            reason = EndReason.DISK_FULL if isinstance(trouble, OutputFull) else EndReason.FAILED
        self.desk.end_with(reason)
        self.desk.advance(State.FINALISING)
        footage = self.desk.footage
        assert footage is not None, "it has begun"
        end_ns = footage.before_ns + rig.output.written_ns
        ledger = Ledger.read(rig, self._receiver, rejoins=self._presence.rejoins, before_ns=footage.before_ns)
        history = await self._close_journal(folder, ledger, end_ns, reason)
        earlier, speakers = history.ledger(self._past.part), self._configuration.speaker_chapters
        whole, chapters = await asyncio.to_thread(history.told, earlier.plus(ledger), end_ns, speakers=speakers)
        gaps_s = self.desk.interruptions_s
        self.report = report = whole.report(
            self._order, title=self.desk.title, reason=reason, duration_ns=end_ns, gaps_s=gaps_s
        )
        finalised = await asyncio.to_thread(
            deliver,
            folder,
            self._order,
            room_id=self.desk.room_id,
            report=report,
            chapters=(*self.desk.chapters, *chapters),
            gaps_ns=footage.gaps_ns,
            index=rig.output.index,
            expected_ns=end_ns,
        )
        self.events = await asyncio.to_thread(history.events, finalised.duration_ns)
        await asyncio.to_thread(self._on_file, finalised)
        return report, finalised

    async def _close_journal(self, folder: RecordingFolder, ledger: Ledger, end_ns: int, reason: EndReason) -> History:
        self._recording.witnessed(lambda witness: witness.finish(ledger, end_ns, reason))
        await asyncio.to_thread(folder.release_reserve)  # on a full disk its last lines need it, too
        await asyncio.to_thread(self._journal.close)
        return await asyncio.to_thread(read_history, folder.journal, self._order, self.desk.title)


def _sentence(trouble: BaseException | None) -> str:
    """What is said of an error that ended the recording; empty for none."""
    if trouble is None:
        return ""
    return str(trouble) if isinstance(trouble, MixerError) else f"A defect of the bot: {trouble!r}."
