"""Throwing a recording away, bringing it back, and removing it for good: the trash and the catalogue in step."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.errors import BotError, NotNow, OutputError, UnknownRecording
from bot.library.catalogue.recording import Recording
from bot.library.retention.rules import Stored, why_kept
from bot.library.retention.trash import Trash

log = logging.getLogger(__name__)

Change = Callable[[Recording], Recording]


class Disposal:
    """Used on one event loop, by whoever holds the library; the disk's part is done in a thread, one at a time.

    `get` raises UnknownRecording; `amend` keeps a changed recording, `forget` takes one out of the catalogue for good:
    both raise OutputError. `look` says what is to be known of one before it may go; `told` hears of each that is back,
    for what became known of it in the trash has reached no destination."""

    def __init__(
        self,
        library: Path,
        *,
        get: Callable[[str], Recording],
        amend: Callable[[str, Change], Recording],
        forget: Callable[[Recording], None],
        look: Callable[[Recording], Stored],
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.trash = Trash(library)
        self._get, self._amend, self._forget, self._look = get, amend, forget, look
        self._told = told
        self._one_at_a_time = asyncio.Lock()

    async def throw(self, recording_id: str, *, now_s: float) -> Recording:
        """Into the trash; there already: nothing happens. Links to it open nothing any more, not even when it is back.
        Raises UnknownRecording; NotNow for one that may not go yet;
        OutputError."""
        async with self._one_at_a_time:
            recording = self._get(recording_id)
            if recording.trashed_at is not None:
                return recording
            if why := why_kept(self._look(recording)):
                raise NotNow(why)
            await _on_disk(self.trash.prepare, replace(recording, trashed_at=now_s))
            trashed = self._amend(
                recording_id, lambda one: replace(one, trashed_at=now_s, link_series=one.link_series + 1)
            )
            await _on_disk(self.trash.take, trashed)
            return trashed

    async def restore(self, recording_id: str) -> Recording:
        """Out of the trash, with name and folder; ` (2)` where somebody has the name by now. Raises UnknownRecording;
        NotNow for one that is not in the trash; OutputError."""
        async with self._one_at_a_time:
            if self._get(recording_id).trashed_at is None:
                raise NotNow("This recording is not in the trash.")
            return await self._bring_back(self._amend(recording_id, lambda one: replace(one, trashed_at=None)))

    async def remove(self, recording_id: str) -> None:
        """For good, out of the trash. Raises UnknownRecording; NotNow for one that is not in the trash, or may not go;
        OutputError."""
        async with self._one_at_a_time:
            recording = self._get(recording_id)
            if recording.trashed_at is None:
                raise NotNow("This recording is not in the trash.")
            if why := why_kept(self._look(recording)):
                raise NotNow(why)
            await _on_disk(self.trash.take, recording)  # in case it was not all there yet
            await _on_disk(self.trash.clear, recording.id)
            self._forget(recording)

    async def mend(self) -> None:
        """At the start: what a crash left half done is done, in the way that the catalogue says. Raises nothing: what
        cannot be done is logged, and waits for the next start."""
        async with self._one_at_a_time:
            for recording_id in await asyncio.to_thread(self.trash.ids):
                with _logged(recording_id):
                    recording = self._get(recording_id)
                    if recording.trashed_at is None:
                        await self._bring_back(recording)
                    else:
                        await _on_disk(self.trash.take, recording)

    async def _bring_back(self, recording: Recording) -> Recording:
        back: Recording = await _on_disk(self.trash.give_back, recording)
        known = self._amend(recording.id, lambda one: replace(one, file=back.file, path=back.path))
        self._told(recording.id)
        await _on_disk(self.trash.clear, recording.id)
        return known


async def _on_disk(step: Callable[[Any], Any], value: Any) -> Any:
    """Raises OutputError."""
    try:
        return await asyncio.to_thread(step, value)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        raise OutputError(
            f"The trash cannot be used: {error.strerror or error}{where}. What was begun is done at the next start."
        ) from error


@contextlib.contextmanager
def _logged(recording_id: str) -> Iterator[None]:
    try:
        yield
    except UnknownRecording:
        log.warning("the trash holds %s, which the catalogue does not know", recording_id)
    except BotError as error:
        log.error("the trash of %s could not be put right: %s", recording_id, error)
