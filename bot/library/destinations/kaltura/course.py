"""One recording's way to Kaltura, step by step. Each step looks at what is done already, remembers what it did before
the next one begins, and does no harm when it is done twice: any process can go on from any of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.errors import DeliveryError
from bot.library.destinations.destination import Finished, Memory
from bot.library.destinations.kaltura.client import Client
from bot.library.destinations.kaltura.connection import Section
from bot.library.destinations.kaltura.entry import EntryState, fields, new_entry, size_problem, state_problem
from bot.library.destinations.kaltura.placement import placement
from bot.library.destinations.kaltura.progress import Progress
from bot.library.destinations.kaltura.refusals import FORBIDDEN, RARELY_S, Refusal, Unanswered
from bot.library.destinations.kaltura.upload import TokenSpent, Upload

NO_ENTRY = frozenset({"ENTRY_ID_NOT_FOUND", "INVALID_ENTRY_ID"})
POSTER = "poster.jpg"
_HAS_CONTENT = frozenset({"ENTRY_ALREADY_WITH_CONTENT"})
_TOKEN_USED = frozenset({"UPLOAD_TOKEN_INVALID_STATUS_FOR_ADD_ENTRY", "UPLOADED_FILE_NOT_FOUND_BY_TOKEN"})
_FILED = frozenset({"CATEGORY_ENTRY_ALREADY_EXISTS"})
_NOT_FILED = frozenset({"ENTRY_IS_NOT_ASSIGNED_TO_CATEGORY", "CATEGORY_NOT_FOUND"})


class Course:
    """Each method raises DeliveryError. `now_s`: unix seconds."""

    def __init__(self, client: Client, finished: Finished, memory: Memory, now_s: Callable[[], float]) -> None:
        self._client = client
        self._finished = finished
        self._memory = memory
        self._now_s = now_s
        self._identity = finished.owner
        self.progress = Progress.from_values(memory.values)

    def _keep(self, **changes: Any) -> None:
        self.progress = replace(self.progress, **changes)
        self._memory.keep(self.progress.as_values())

    @property
    def entry(self) -> str:
        assert self.progress.entry is not None, "the entry is the first step"
        return self.progress.entry

    async def have_entry(self) -> int:
        """There is exactly one. Returns its state."""
        if self.progress.entry is not None:
            state = await self._state(self.entry)
            if state != EntryState.DELETED:
                return state
            self._memory.keep({})  # somebody deleted it: it is made anew, because the recording has not arrived
            self.progress = Progress()
        state = await self.find_entry()
        if state != EntryState.DELETED:
            return state
        self._let_search_catch_up()
        return await self._add()

    async def find_entry(self) -> int:
        """The oldest one that was added for it and is still there. Returns its state; DELETED where there is none."""
        for found in await self._client.find(self._identity, self._finished.recording.id):
            state = await self._state(found)
            if state != EntryState.DELETED:
                self._keep(entry=found, adding_s=None)
                return state
        return EntryState.DELETED

    async def known_state(self) -> int:
        """Of the entry that is remembered, else found. Adds none."""
        return await (self.find_entry() if self.progress.entry is None else self._state(self.entry))

    async def _state(self, entry: str) -> int:
        """DELETED where there is none."""
        try:
            return int((await self._client.entry(self._identity, entry)).get("status", EntryState.READY))
        except Refusal as refusal:
            if refusal.code in NO_ENTRY:
                return EntryState.DELETED
            raise

    def _let_search_catch_up(self) -> None:
        """An entry was asked for and no answer came: that the search does not show it proves nothing yet."""
        if self.progress.adding_s is None:
            return
        gone_s = self._now_s() - self.progress.adding_s
        if 0 <= gone_s < self._client.settings.settle_s:
            raise DeliveryError(
                "Kaltura did not say whether it added the entry; this is looked up again before one is added, so that"
                " there are never two.",
                self._client.settings.settle_s - gone_s,
            )

    async def _add(self) -> int:
        entry = new_entry(self._finished)
        self._keep(adding_s=self._now_s())
        try:
            added = await self._client.add(self._identity, entry)
        except Refusal:
            self._keep(adding_s=None)
            raise
        except Unanswered as silence:
            if not silence.sent:
                self._keep(adding_s=None)
            raise
        self._keep(entry=added, adding_s=None, told=fields(self._finished))
        return EntryState.NO_CONTENT

    async def have_content(self, state: int) -> None:
        """The file is the entry's content. `state`: the entry's."""
        if self.progress.has_content or state != EntryState.NO_CONTENT:
            self._keep(has_content=True, token=None, token_file=None)
            return
        upload = Upload(
            self._client, self._identity, self._finished.file, self._finished.size, lambda sent: self._keep(sent=sent)
        )
        mark = self._file_mark()
        if self.progress.token is None or self.progress.token_file != mark:
            self._keep(token=(await upload.begin()).id, token_file=mark)
        assert self.progress.token is not None
        try:
            await upload.run(self.progress.token)
            await self._attach(self.progress.token)
        except TokenSpent:
            self._keep(token=None, token_file=None)
            raise
        self._keep(has_content=True, token=None, token_file=None)

    def _file_mark(self) -> tuple[int, int]:
        """Raises DeliveryError when the file is not as it was announced."""
        try:
            found = self._finished.file.stat()
        except OSError as error:
            raise DeliveryError(f"{self._finished.name} cannot be read ({error.strerror}).") from None
        if found.st_size != self._finished.size or not found.st_size:
            raise DeliveryError(f"{self._finished.name} has {found.st_size} bytes, not {self._finished.size}.")
        return found.st_size, found.st_mtime_ns

    async def _attach(self, token: str) -> None:
        try:
            await self._client.add_content(self._identity, self.entry, token)
        except Refusal as refusal:
            if refusal.code not in _HAS_CONTENT | _TOKEN_USED:
                raise
            # An earlier request that was not answered did it; or else the token is of no use.
            if await self._state(self.entry) == EntryState.NO_CONTENT:
                raise TokenSpent(str(refusal)) from None

    async def be_theirs(self) -> None:
        """Owner, co-editors and words are as they are here now. What people changed at Kaltura stays as long as it did
        not change here."""
        wanted = fields(self._finished)
        changed = {key: value for key, value in wanted.items() if self.progress.told.get(key) != value}
        if changed:
            await self._client.update(self._identity, self.entry, changed)
            self._keep(told=wanted)

    async def be_in_place(self) -> None:
        """In each channel and gallery it belongs to, and no longer in those it was filed in wrongly; linked to its
        room. One that is refused does not keep it from the others."""
        wanted = placement(self._finished.room, self._finished.parent)
        refusals: list[DeliveryError] = []
        for category in wanted.categories:
            if category not in self.progress.categories:
                await self._file(category, refusals)
        for category in self.progress.categories:
            if category not in wanted.categories:
                await self._take_out(category, refusals)
        if wanted.room is not None and wanted.room != self.progress.room:
            await self._link(wanted.room, refusals)
        if refusals:
            raise refusals[0]

    async def _file(self, category: str, refusals: list[DeliveryError]) -> None:
        try:
            await self._client.add_to_category(self._identity, self.entry, category)
        except Refusal as refusal:
            if refusal.code not in _FILED:
                refusals.append(refusal)
                return
        self._keep(categories=(*self.progress.categories, category))

    async def _take_out(self, category: str, refusals: list[DeliveryError]) -> None:
        try:
            await self._client.remove_from_category(self._identity, self.entry, category)
        except Refusal as refusal:
            if refusal.code not in _NOT_FILED:
                refusals.append(refusal)
                return
        self._keep(categories=tuple(one for one in self.progress.categories if one != category))

    async def _link(self, room: str, refusals: list[DeliveryError]) -> None:
        try:
            await self._client.attach_to_room(self._identity, room, self.entry)
        except Refusal as refusal:
            if refusal.code in NO_ENTRY:
                words = f"There is no entry {room} of the room at Kaltura; tell the room's `media_entry` anew."
                refusals.append(DeliveryError(words, RARELY_S))
            else:
                refusals.append(refusal)
            return
        self._keep(room=room)

    async def have_poster(self) -> None:
        """The poster is the entry's picture. An answer that is lost costs a picture that nobody sees."""
        poster = self._finished.folder_path / POSTER
        try:
            found = poster.stat()
        except OSError:
            return
        mark = f"{found.st_size} {found.st_mtime_ns}"
        if mark == self.progress.poster or not found.st_size:
            return
        section = Section(poster, 0, found.st_size, "image/jpeg", POSTER)
        thumbnail = await self._client.add_thumbnail(self._identity, self.entry, section)
        await self._client.choose_thumbnail(self._identity, thumbnail)
        self._keep(poster=mark)

    async def problem(self) -> str:
        """What is wrong with the entry, as a sentence; empty when it is there and right."""
        return await problem_of(self._client, self._identity, self.entry, self._finished.size)

    async def prove(self) -> None:
        """Raises DeliveryError unless the entry is there and right."""
        problem = await self.problem()
        if problem:
            raise DeliveryError(problem, RARELY_S)


async def problem_of(client: Client, identity: str, entry: str, size: int) -> str:
    """The same, of any entry."""
    try:
        found = await client.entry(identity, entry)
    except Refusal as refusal:
        if refusal.code in NO_ENTRY:
            return f"Entry {entry} is not at Kaltura any more."
        raise
    problem = state_problem(int(found.get("status", EntryState.READY)))
    problem = problem or size_problem(await _assets(client, identity, entry), size)
    return f"Entry {entry} {problem}" if problem else ""


async def _assets(client: Client, identity: str, entry: str) -> Sequence[Mapping[str, Any]]:
    """None for a partner who may not look."""
    try:
        return await client.assets(identity, entry)
    except Refusal as refusal:
        if refusal.code in FORBIDDEN:
            return ()
        raise
