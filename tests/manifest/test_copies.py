"""`verify --destinations`: what they say of the copies that they have confirmed."""

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from bot.configuration import Configuration
from bot.errors import DeliveryError
from bot.library.destinations.destination import Evidence, Finished, Growing, Kind, Memory
from bot.library.verification.copies import Copies
from bot.library.verification.finding import Trouble
from tests.manifest.stocked import opened

URLS = ("s3://bucket/prefix?name=archive", "webhook+https://example.com/hook")


class Store:
    """A destination that says `answer`, and raises what is an error."""

    follows = False

    def __init__(self, answer: str | DeliveryError, opening: DeliveryError | None = None) -> None:
        self.answer, self.opening = answer, opening
        self.asked: list[tuple[str, Evidence]] = []
        self.open = 0

    async def verify(self, finished: Finished, evidence: Evidence) -> str:
        assert self.open == 1
        self.asked.append((finished.recording.id, evidence))
        if isinstance(self.answer, DeliveryError):
            raise self.answer
        return self.answer

    async def follow(self, growing: Growing, memory: Memory) -> None: ...

    async def deliver(self, finished: Finished, memory: Memory) -> Evidence:
        raise NotImplementedError

    async def accompany(self, finished: Finished, memory: Memory) -> None: ...

    async def abandon(self, memory: Memory) -> None: ...

    async def __aenter__(self) -> Self:
        if self.opening is not None:
            raise self.opening
        self.open += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.open -= 1


async def said(library: Path, store: Store, urls: tuple[str, ...] = URLS) -> list[tuple[Any, str | None, str]]:
    with opened(library) as stocked:
        factories = {Kind.S3: lambda *_: store}
        copies = Copies(library, stocked.database, Configuration(destinations=urls), factories)
        found = [(one.trouble, one.recording, one.sentence) async for one in copies.findings()]
    assert store.open == 0
    return found


@pytest.mark.parametrize(
    ("answer", "opening", "sentence"),
    [
        ("", None, None),
        ("It has 3 bytes instead of 4.", None, "archive: It has 3 bytes instead of 4."),
        (DeliveryError("The store is down."), None, "archive: it cannot be asked: The store is down."),
        ("", DeliveryError("There are no credentials."), "archive: it cannot be asked: There are no credentials."),
    ],
)
async def test_each_copy_is_asked_for(
    tmp_path: Path, answer: str | DeliveryError, opening: DeliveryError | None, sentence: str | None
) -> None:
    """With the evidence that it once gave; not for what is in the trash, or has no file."""
    with opened(tmp_path) as stocked:
        first, second = stocked.add(0), stocked.add(1)
        stocked.fail(2)
        await stocked.disposal().throw(second.id, now_s=1.0)
        evidence = [one.evidence for one in first.destinations if one.name == "archive"]
    store = Store(answer, opening)
    assert await said(tmp_path, store) == ([(Trouble.DELIVERY, first.id, sentence)] if sentence else [])
    assert store.asked == ([] if opening else [(first.id, evidence[0])])


async def test_nobody_is_asked_who_is_not_configured(tmp_path: Path) -> None:
    """What an earlier configuration had sent somewhere is not looked for."""
    with opened(tmp_path) as stocked:
        stocked.add(0)
    store = Store("It is gone.")
    assert await said(tmp_path, store, ()) == []
    assert store.asked == []
