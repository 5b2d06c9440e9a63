"""A partner's account at Kaltura as a place where recordings go."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from bot.library.destinations.address import Target
from bot.library.destinations.destination import Evidence, Finished, Growing, Memory
from bot.library.destinations.kaltura.client import Client
from bot.library.destinations.kaltura.course import NO_ENTRY, Course, problem_of
from bot.library.destinations.kaltura.entry import EntryState
from bot.library.destinations.kaltura.progress import Progress
from bot.library.destinations.kaltura.refusals import Refusal
from bot.library.destinations.kaltura.settings import KalturaSettings, settings_from


class KalturaDestination:
    """Each recording becomes one media entry, found again by its reference id: the recording's id."""

    # What is sent of a file must be what the file is in the end. Its end may be sent at any time, but its beginning is
    # written anew when it is finished, and several parts are joined then: there is nothing to send before.
    follows = False

    def __init__(
        self,
        target: Target,
        secret: str,
        *,
        settings: KalturaSettings | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """Raises ConfigurationError. `settings`: instead of those that the address means."""
        self._settings = settings or settings_from(target, secret)
        self._client = Client(self._settings)
        self._now_s = now_s

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def follow(self, growing: Growing, memory: Memory) -> None:
        return

    async def deliver(self, finished: Finished, memory: Memory) -> Evidence:
        """Into channels and galleries only when its content is there: nobody sees an empty entry."""
        course = Course(self._client, finished, memory, self._now_s)
        state = await course.have_entry()
        await course.have_content(state)
        await course.be_theirs()
        await course.be_in_place()
        await course.prove()
        return Evidence(
            uri=f"kaltura://{self._settings.server.authority}/{self._settings.partner}/{course.entry}",
            size=finished.size,
            checksum="",  # the API tells none
            details={
                "entry": course.entry,
                "owner": course.progress.told.get("userId", ""),
                "categories": ",".join(course.progress.categories),
                "room": course.progress.room or "",
            },
        )

    async def accompany(self, finished: Finished, memory: Memory) -> None:
        """Nothing where the entry is gone: somebody deleted it at Kaltura after it had arrived."""
        course = Course(self._client, finished, memory, self._now_s)
        if await course.known_state() == EntryState.DELETED:
            return
        await course.be_theirs()
        await course.be_in_place()
        await course.have_poster()

    async def verify(self, finished: Finished, evidence: Evidence) -> str:
        return await problem_of(self._client, finished.owner, evidence.uri.rpartition("/")[2], finished.size)

    async def abandon(self, memory: Memory) -> None:
        """An entry goes only as long as there is nothing in it."""
        progress = Progress.from_values(memory.values)
        identity = progress.told.get("userId", "")
        try:
            if progress.token is not None:
                await self._client.delete_token(identity, progress.token)
        except Refusal:
            pass  # it is gone, or goes by itself within 7 days
        try:
            if progress.entry is not None and not progress.has_content:
                found = await self._client.entry(identity, progress.entry)
                if found.get("status") == EntryState.NO_CONTENT:
                    await self._client.delete(identity, progress.entry)
        except Refusal as refusal:
            if refusal.code not in NO_ENTRY:
                raise
        memory.keep({})
