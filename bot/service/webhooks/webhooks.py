"""Webhooks: what is told, to whom, and the task that delivers it."""

import asyncio
import json
import logging
import random
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from bot.library.catalogue.database import Database
from bot.library.catalogue.recording import Recording
from bot.service.webhooks.destination import shown, url_problem
from bot.service.webhooks.outbox import Letter, Outbox
from bot.service.webhooks.schedule import SECOND_NS, Answer, Verdict, next_due_ns
from bot.service.webhooks.sender import Sender
from bot.service.webhooks.settings import WebhookSettings

log = logging.getLogger(__name__)

AT_ONCE = 128  # messages under way; retries leave a half of them to what is sent for the first time
AN_ADDRESS = 4  # of them to one address
GRACE_S = 3.0  # at the end, for what is under way or new
LONGEST_SLEEP_S = 60.0
# A long outbox takes a while to look through: that may take a tenth of the event loop's time.
PAUSE_SHARE, LONGEST_PAUSE_S = 10, 1.0
TROUBLE_S = 5.0  # until the next attempt, when the catalogue cannot be used
LEAST_REST_NS = 5 * SECOND_NS  # for a server that asks to slow down without saying for how long
_MOST_RESTING = 10_000  # addresses; beyond that the one that rests longest already is forgotten


@dataclass(slots=True)
class Tally:
    """Since the start."""

    delivered: int = 0
    failed: int = 0  # attempts
    given_up: int = 0  # messages


class Webhooks:
    """An async context manager. `announce` is one of the recordings' listeners."""

    def __init__(
        self,
        database: Database,
        settings: WebhookSettings,
        *,
        describe: Callable[[Recording], dict[str, Any]],
        describe_outside: Callable[[Recording], dict[str, Any]] | None = None,
        room_url: Callable[[str], str | None],
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        """`describe`: a recording as the API shows it to the service; `describe_outside`: as the webhook of a room gets
        it, else the same. `room_url`: that webhook, by the room's id."""
        self._settings = settings
        self._describe = describe
        self._describe_outside = describe_outside or describe
        self._room_url = room_url
        self._now_ns = now_ns
        self._outbox = Outbox(database)
        self._sender = Sender(settings.keys, settings.networks, timeout_s=settings.timeout_s, now_ns=now_ns)
        self._news = asyncio.Event()
        self._under_way: dict[str, Letter] = {}
        self._sends: set[asyncio.Task[None]] = set()
        self._resting_ns: dict[str, int] = {}
        self._closing = False
        self.tally = Tally()

    async def __aenter__(self) -> Self:
        now_ns = self._now_ns()
        longest_ns = max(self._settings.delays_ns, default=0)
        self._outbox.catch_up_with_clock(now_ns, 2 * longest_ns)
        async with AsyncExitStack() as exits:
            await exits.enter_async_context(self._sender)
            self._group = await exits.enter_async_context(asyncio.TaskGroup())
            self._delivering = self._group.create_task(self._deliver())
            self._exits = exits.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What is new has GRACE_S to be delivered; the rest waits for the next start."""
        self._closing = True
        self._news.set()
        try:
            await asyncio.wait({self._delivering}, timeout=GRACE_S)
        finally:
            for task in (self._delivering, *self._sends):
                task.cancel()
            await self._exits.__aexit__(kind, error, trace)

    def announce(self, before: Recording | None, after: Recording) -> None:
        """Keeps a message for each address when the state is another than before; it is sent later."""
        if before is not None and before.state is after.state:
            return
        urls = [url for url in self._addresses(after.room) if self._may_go(url, after)]
        if not urls:
            return
        now_ns = self._now_ns()
        dropped = self._outbox.dropped
        letters = [Letter(f"msg_{uuid.uuid4().hex}", url, after.id, self._body(url, after, now_ns)) for url in urls]
        self._outbox.put(after.id, after.state, letters, [max(now_ns, self._resting_ns.get(url, 0)) for url in urls])
        if self._outbox.dropped > dropped:
            log.error("%d webhooks were dropped, because too many wait", self._outbox.dropped - dropped)
        self._news.set()

    def _body(self, url: str, recording: Recording, now_ns: int) -> bytes:
        describe = self._describe if url in self._settings.urls else self._describe_outside
        values = {
            "type": f"recording.{recording.state}",
            "timestamp": datetime.fromtimestamp(now_ns / 1e9, UTC).isoformat(timespec="milliseconds"),
            "data": describe(recording),
        }
        return json.dumps(values, ensure_ascii=False).encode()

    def catch_up(self, recordings: Iterable[Recording]) -> None:
        """After a start: what changed its state in the moment in which the service died, and was told of before."""
        for recording in recordings:
            told = self._outbox.told(recording.id)
            if told is not None and told != recording.state:
                self.announce(None, recording)

    def backlog(self) -> int:
        """Messages that wait."""
        return self._outbox.waiting()

    def dropped(self) -> int:
        """Messages that went undelivered for want of room."""
        return self._outbox.dropped

    def addresses_gone(self) -> int:
        """Addresses that answered 410."""
        return self._outbox.addresses_gone()

    def _addresses(self, room: str) -> Iterable[str]:
        return dict.fromkeys(url for url in (*self._settings.urls, self._room_url(room)) if url)

    def _may_go(self, url: str, recording: Recording) -> bool:
        problem = url_problem(url, self._settings.networks)
        if problem:
            log.warning("webhook of recording %s is not sent to %s: %s", recording.id, shown(url), problem)
        return not problem and not self._outbox.is_gone(url)

    async def _deliver(self) -> None:
        """Ends when the service ends and nothing new waits."""
        while True:
            self._news.clear()
            began_s = time.monotonic()
            try:
                wait_s = self._start_due()
            except Exception:  # whatever it is, recordings go on
                log.exception("webhooks wait, because the outbox cannot be read")
                wait_s = TROUBLE_S
            if self._closing and not self._under_way:
                return
            await asyncio.sleep(min(LONGEST_PAUSE_S, PAUSE_SHARE * (time.monotonic() - began_s)))
            try:
                async with asyncio.timeout(wait_s):
                    await self._news.wait()
            except TimeoutError:
                continue

    def _start_due(self) -> float:
        """Sends what may be sent; seconds until there may be more."""
        now_ns = self._now_ns()
        retries = sum(letter.attempts > 0 for letter in self._under_way.values())
        for letter in self._outbox.due(
            now_ns, under_way=self._under_way, an_address=AN_ADDRESS, most=AT_ONCE - len(self._under_way)
        ):
            if letter.attempts:
                retries += 1
                if self._closing or retries > AT_ONCE // 2:
                    continue
            self._under_way[letter.id] = letter
            task = self._group.create_task(self._send(letter))
            self._sends.add(task)
            task.add_done_callback(self._sends.discard)
        next_ns = self._outbox.next_due_ns(now_ns)
        return LONGEST_SLEEP_S if next_ns is None else min(LONGEST_SLEEP_S, max(0, next_ns - now_ns) / SECOND_NS)

    async def _send(self, letter: Letter) -> None:
        try:
            answer = await self._sender.send(letter)
            self._settle(letter, answer)
        except Exception:
            log.exception("what became of webhook %s could not be kept; it is sent again", letter.id)
            await asyncio.sleep(TROUBLE_S)
        finally:
            del self._under_way[letter.id]
            self._news.set()

    def _settle(self, letter: Letter, answer: Answer) -> None:
        now_ns, where = self._now_ns(), shown(letter.url)
        if answer.verdict is Verdict.DELIVERED:
            self._outbox.delivered(letter, now_ns)
            self.tally.delivered += 1
            return
        self.tally.failed += 1
        if answer.verdict is Verdict.GONE:
            self._outbox.gone(letter.url, now_ns)
            log.error("%s wants no webhooks any more (410); to send there again, change its address a little", where)
            return
        due_ns = next_due_ns(letter.attempts + 1, now_ns, random.random(), self._settings.delays_ns)
        if answer.verdict is Verdict.SLOW_DOWN:
            until_ns = now_ns + max(answer.rest_ns, LEAST_REST_NS)
            due_ns = None if due_ns is None else max(due_ns, until_ns)
            self._outbox.rest(letter.url, until_ns)
            self._rest(letter.url, until_ns)
        self._outbox.failed(letter, due_ns=due_ns, reached=answer.status is not None)
        if due_ns is None:
            self.tally.given_up += 1
            log.error("webhook %s of %s to %s is given up: %s", letter.id, letter.recording, where, answer.trouble)
        else:
            again_s = (due_ns - now_ns) // SECOND_NS
            log.warning("webhook to %s failed, again in %d s: %s", where, again_s, answer.trouble)

    def _rest(self, url: str, until_ns: int) -> None:
        self._resting_ns.pop(url, None)
        self._resting_ns[url] = until_ns
        if len(self._resting_ns) > _MOST_RESTING:
            del self._resting_ns[next(iter(self._resting_ns))]
