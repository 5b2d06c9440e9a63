"""Carries out the order in one folder, and leaves there what became of it."""

import asyncio
import contextlib
import errno
import json
import logging
import signal
from functools import partial
from pathlib import Path

from bot.aftermath import Aftermath
from bot.chronicle import Chronicle
from bot.configuration import Configuration
from bot.control.anchor import Instant
from bot.control.endpoint import Endpoint
from bot.control.place import Place
from bot.control.status import Status
from bot.errors import BotError, DiskFull, NotARecording, OutputError, RecordingFailed
from bot.journal.history import write_events
from bot.library.finalise import Finalised
from bot.library.folder import RecordingFolder
from bot.library.poster import POSTER_FILE, poster_of
from bot.library.replacement import replace_file
from bot.lifecycle import EndReason, State
from bot.past import Past, read_past
from bot.poster import Poster
from bot.progress import Progress
from bot.recording import Order
from bot.report import REPORT_FILE
from bot.rescue import closing_status, finish_parts
from bot.session import Session
from signaling.errors import SignalingError

log = logging.getLogger(__name__)

EXIT_USAGE, EXIT_JOIN, EXIT_RECORDING = 2, 3, 4


class Worker:
    """Single use."""

    def __init__(self, folder: Path, configuration: Configuration) -> None:
        self._folder = folder
        self._configuration = configuration
        self._session: Session | None = None
        self._stopped = False

    async def run(self, *, finish: bool, reason: EndReason | None = None) -> int:
        """The exit code; those of `roomreel record`. What happened is in status.json, whatever happened. `reason`: why
        what is to be finished has ended, where it was decided between two bots."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._stop)
        try:
            order = await asyncio.to_thread(Order.read, self._folder)
            with Place(self._folder, alone=True) as place:
                return await self._carry_out(order, place, finish=finish, reason=reason)
        except (BotError, OSError) as error:  # also: another bot is at work here
            log.error("%s", error)
            return EXIT_USAGE

    def _stop(self) -> None:
        """What is being finished goes on: there is no other way to end in order."""
        self._stopped = True
        if self._session is not None:
            self._session.stop()

    async def _carry_out(self, order: Order, place: Place, *, finish: bool, reason: EndReason | None) -> int:
        folder = RecordingFolder(order.output, order.recording_id)
        past = await asyncio.to_thread(read_past, order, folder, Instant.now())
        if past.status is not None and past.status.is_final:
            return 0 if past.status.state is State.AVAILABLE else EXIT_RECORDING
        if finish or past.is_ending:
            return await self._finish(order, folder, place, past, closing_status(order, past, reason=reason))
        self._session = session = Session(
            order, self._configuration, on_progress=_silent, past=past, on_file=self._keep
        )
        if self._stopped:  # before there was anything to stop
            session.stop()
        code, error = await self._record(session, place)
        if session.desk.status().is_final:
            return code
        reason = EndReason.DISK_FULL if isinstance(error, DiskFull) else None
        closing = closing_status(order, past, reason=reason, problem=str(error))
        return await self._finish(order, folder, place, past, closing)

    async def _finish(self, order: Order, folder: RecordingFolder, place: Place, past: Past, closing: Status) -> int:
        """Answers meanwhile, each second: hours of recording may take minutes to be joined."""
        aftermath = Aftermath(closing)
        async with contextlib.AsyncExitStack() as exits:
            await _serve(exits, Endpoint(aftermath), place)  # nobody needs to steer it
            finish = partial(finish_parts, speaker_chapters=self._configuration.speaker_chapters)
            status = await asyncio.to_thread(finish, order, folder, past, closing, self._see_to_poster)
            aftermath.end_with(status)
        return 0 if status.state is State.AVAILABLE else EXIT_RECORDING

    async def _record(self, session: Session, place: Place) -> tuple[int, Exception | None]:
        """The exit code, and what kept it from being 0. A later part that could not begin leaves no last word."""
        desk = session.desk
        chronicle = Chronicle(desk.board, self._folder)
        poster = Poster(desk.recorded_still, self._folder)
        desk.post()
        async with asyncio.TaskGroup() as group, contextlib.AsyncExitStack() as exits:
            beside = [group.create_task(work) for work in (chronicle.run(), poster.run())]
            trouble = await _serve(exits, Endpoint(desk, chronicle.caught_up), place)
            if trouble is None:
                code, error = await _outcome(session)
            else:  # nobody could stop it
                desk.give_up(str(trouble))
                code, error = EXIT_USAGE, trouble
            await asyncio.to_thread(self._leave_behind, session, chronicle)
            for task in beside:
                task.cancel()
        return code, error

    def _leave_behind(self, session: Session, chronicle: Chronicle) -> None:
        """The last word is written last."""
        if session.events is None:
            self._write_report(session)
        status = session.desk.status()
        chronicle.close(status if status.is_final else None)

    def _keep(self, finalised: Finalised) -> None:
        """What belongs to the file is there before anybody hears of it."""
        self._see_to_poster(finalised)
        session = self._session
        if session is not None and session.events is not None:
            self._write_report(session)
            try:
                write_events(self._folder, session.events)
            except OSError as error:
                log.error("events.json could not be written: %s", error.strerror or error)

    def _write_report(self, session: Session) -> None:
        if session.report is not None:
            _write(self._folder / REPORT_FILE, json.dumps(session.report.as_values(), indent=1).encode())

    def _see_to_poster(self, finalised: Finalised) -> None:
        """A recording that was too short for one has its own pictures."""
        poster = self._folder / POSTER_FILE
        if poster.exists() or not finalised.duration_ns:
            return
        try:
            _write(poster, poster_of(finalised.path))
        except NotARecording as error:
            log.warning("%s", error)


async def _serve(exits: contextlib.AsyncExitStack, endpoint: Endpoint, place: Place) -> OutputError | None:
    """Why it cannot be, if it cannot."""
    try:
        await exits.enter_async_context(endpoint.serving(place))
    except OSError as error:
        kind = DiskFull if error.errno in {errno.ENOSPC, errno.EDQUOT} else OutputError
        trouble = kind(f"The control socket in {place.folder} cannot be made: {error.strerror or error}.")
        log.error("%s", trouble)
        return trouble
    return None


async def _outcome(session: Session) -> tuple[int, Exception | None]:
    try:
        await session.run()
    except SignalingError as error:
        log.error("could not join: %s", error)
        return EXIT_JOIN, error
    except OutputError as error:
        log.error("%s", error)
        return EXIT_USAGE, error
    except RecordingFailed as error:
        log.error("the recording broke off: %s", error)
        return EXIT_RECORDING, error
    except Exception as error:
        log.exception("a defect of the bot")
        problem = RecordingFailed(f"A defect of the bot: {error!r}.")
        session.desk.give_up(str(problem))
        return EXIT_RECORDING, problem
    return 0, None


def _write(path: Path, content: bytes) -> None:
    try:
        replace_file(path, content)
    except OSError as error:
        log.error("%s could not be written: %s", path, error.strerror or error)


def _silent(_progress: Progress) -> None: ...
