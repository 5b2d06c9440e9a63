"""Carries out the order in one folder, and leaves there what became of it."""

import asyncio
import json
import logging
import signal
from pathlib import Path

from bot.configuration import Configuration
from bot.control.anchor import Instant
from bot.control.board import Board
from bot.control.endpoint import Endpoint
from bot.control.place import Place
from bot.control.status import Status
from bot.errors import BotError, NotARecording, OutputError, RecordingFailed
from bot.library.folder import RecordingFolder
from bot.library.poster import POSTER_FILE, poster_of
from bot.library.replacement import replace_file
from bot.lifecycle import State
from bot.past import read_past
from bot.poster import Poster
from bot.progress import Progress
from bot.recording import Order
from bot.report import REPORT_FILE
from bot.rescue import finish_parts
from bot.session import Session
from signaling.errors import SignalingError

log = logging.getLogger(__name__)

EXIT_USAGE, EXIT_JOIN, EXIT_RECORDING = 2, 3, 4
KEEP_S = 60.0
_ENDING = frozenset({State.STOPPING, State.FINALISING})


class Worker:
    """Single use."""

    def __init__(self, folder: Path, configuration: Configuration) -> None:
        self._folder = folder
        self._configuration = configuration

    async def run(self, *, finish: bool) -> int:
        """The exit code; those of `roomreel record`. What happened is in status.json, whatever happened."""
        try:
            order = await asyncio.to_thread(Order.read, self._folder)
            with Place(self._folder, alone=True) as place:
                return await self._carry_out(order, place, finish=finish)
        except (BotError, OSError) as error:  # also: another bot is at work here
            log.error("%s", error)
            return EXIT_USAGE

    async def _carry_out(self, order: Order, place: Place, *, finish: bool) -> int:
        folder = RecordingFolder(order.output, order.recording_id)
        past = await asyncio.to_thread(read_past, order, folder, Instant.now())
        if past.status is not None and past.status.is_final:
            return 0 if past.status.state is State.AVAILABLE else EXIT_RECORDING
        if finish or past.state in _ENDING:
            status = await asyncio.to_thread(finish_parts, order, folder, past)
            await asyncio.to_thread(self._see_to_poster, status)
            return 0 if status.state is State.AVAILABLE else EXIT_RECORDING
        session = Session(order, self._configuration, on_progress=_silent, past=past)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, session.stop)
        code = await self._record(session, place)
        if past.goes_on and session.report is None:  # it could not even begin: what is there is finished
            await asyncio.to_thread(finish_parts, order, folder, past, session.desk.status().problem)
        return code

    async def _record(self, session: Session, place: Place) -> int:
        board = session.desk.board
        session.desk.post()
        code = EXIT_RECORDING
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(_keep(board, self._folder))
            poster = group.create_task(Poster(session.desk.still, self._folder).run())
            async with Endpoint(session.desk).serving(place):
                code = await _outcome(session)
                for task in (keeping, poster):
                    task.cancel()
                await asyncio.gather(keeping, poster, return_exceptions=True)
                await asyncio.to_thread(self._leave_behind, session)
        return code

    def _leave_behind(self, session: Session) -> None:
        """The last word is written last."""
        if session.report is not None:
            _write(self._folder / REPORT_FILE, json.dumps(session.report.as_values(), indent=1).encode())
        status = session.desk.status()
        self._see_to_poster(status)
        _write_status(status, self._folder)

    def _see_to_poster(self, status: Status) -> None:
        """A recording that was too short for one has its own pictures."""
        poster = self._folder / POSTER_FILE
        if poster.exists() or status.path is None or not status.duration_s:
            return
        try:
            _write(poster, poster_of(Path(status.path)))
        except NotARecording as error:
            log.warning("%s", error)


async def _outcome(session: Session) -> int:
    try:
        await session.run()
    except SignalingError as error:
        log.error("could not join: %s", error)
        return EXIT_JOIN
    except OutputError as error:
        log.error("%s", error)
        return EXIT_USAGE
    except RecordingFailed as error:
        log.error("the recording broke off: %s", error)
        return EXIT_RECORDING
    except Exception as error:
        log.exception("a defect of the bot")
        session.desk.fail(f"A defect of the bot: {error!r}.", None)
        return EXIT_RECORDING
    return 0


async def _keep(board: Board, folder: Path) -> None:
    """status.json as it was last: a change that comes while one is written waits for it, and one is enough for all that
    came meanwhile."""
    version = 0
    while True:
        await board.newer(version, KEEP_S)
        if version != board.version and board.newest is not None:
            version = board.version
            await asyncio.to_thread(_write_status, board.newest, folder)


def _write_status(status: Status, folder: Path) -> None:
    try:
        status.write(folder)
    except OSError as error:  # a full disk is no reason to stop: the recording itself will say
        log.error("status.json in %s could not be written: %s", folder, error.strerror or error)


def _write(path: Path, content: bytes) -> None:
    try:
        replace_file(path, content)
    except OSError as error:
        log.error("%s could not be written: %s", path, error.strerror or error)


def _silent(_progress: Progress) -> None: ...
