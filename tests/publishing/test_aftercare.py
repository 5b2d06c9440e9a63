"""What is made of a recording when it is over comes from a process of its own, and whatever becomes of that process,
the file's checksum is known in the end."""

import hashlib
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.library.catalogue.delivery import Kind
from bot.library.companions.listing import LISTING_FILE
from bot.library.places import work_folder
from bot.service import aftercare
from bot.service.aftercare import Aftercare, read_listing
from tests.publishing.bench import CONTENT, Bench, Store, until

SUM = hashlib.sha256(CONTENT).hexdigest()


def carer(bench: Bench, environment: Mapping[str, str] = os.environ, bots: tuple[str, ...] = ()) -> Aftercare:
    care = Aftercare(bench.ledger, bench.library, environment, lambda one: one in bots)
    bench.ledger.listeners.append(care.observe)
    return care


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"REST_S": 0.01, "LOOK_S": 0.05, "STALL_S": 0.3}.items():
        monkeypatch.setattr(aftercare, name, value)


@pytest.mark.long
async def test_by_the_command(tmp_path: Path) -> None:
    """The checksum of the file, and what could be made beside it: of one that no player could show, little."""
    async with Bench(tmp_path / "library") as bench, carer(bench) as care:
        bench.finish()
        (work_folder(bench.library, "one") / "events.json").write_text("{}")
        await until(lambda: bench.ledger.get("one").sha256 is not None, 60)
        recording = bench.ledger.get("one")
        assert recording.sha256 == SUM
        assert "events.json" in recording.companions
        assert "contact-sheet.jpg" not in recording.companions
        assert care.waiting == 0


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("command", ["exit 1", "exec sleep 60", "kill -9 $$", "echo {} > $4/companions.json"])
async def test_whatever_becomes_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """A process that fails, hangs, dies or leaves nonsense is tried again, and then done without."""
    script = tmp_path / "command"
    script.write_text(f"#!/bin/sh\n{command}\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    async with Bench(tmp_path / "library") as bench, carer(bench):
        bench.finish()
        await until(lambda: bench.ledger.get("one").sha256 == SUM)


@pytest.mark.usefixtures("_hasty")
async def test_not_before_its_bot_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot writes its report after the file: until then nothing is made of it. Published it is all the same."""
    monkeypatch.setattr(aftercare, "MOST_TRIES", 0)
    async with Bench(tmp_path / "library") as bench, carer(bench, bots=("one",)) as care:
        bench.finish()
        await bench.published()
        assert (care.waiting, bench.ledger.get("one").sha256) == (1, None)
    async with Bench(tmp_path / "library") as bench, carer(bench):  # found again at the next start
        await until(lambda: bench.ledger.get("one").sha256 == SUM)


@pytest.mark.usefixtures("_hasty")
async def test_however_long_ago(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not published may wait for its checksum at a destination: it is worked out whenever it ended; of a long
    file a piece at a time."""
    monkeypatch.setattr(aftercare, "MOST_TRIES", 0)
    monkeypatch.setattr(aftercare, "SPAN", 1000)
    portal = "portal", Kind.WEBHOOK, Store(refuses=10**9, wait_s=3600.0)
    async with Bench(tmp_path / "library", [portal]) as bench:
        bench.finish(ended_at=time.time() - 2 * aftercare.BACK_S)
        bench.finish("two", ended_at=None)
        await until(lambda: all(bench.problem(name, "portal") for name in ("one", "two")))
        await bench.publisher.quiet()  # nothing more is said of them
        async with carer(bench):
            await until(lambda: [bench.ledger.get(name).sha256 for name in ("one", "two")] == [SUM] * 2)


@pytest.mark.usefixtures("_hasty")
async def test_more_than_are_found_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When those found at the start are done, the others are found."""
    for name, value in {"MOST_TRIES": 0, "MOST_FOUND": 1, "FIND_S": 0.05}.items():
        monkeypatch.setattr(aftercare, name, value)
    async with Bench(tmp_path / "library") as bench:
        names = ["one", "two", "three"]
        for name in names:
            bench.finish(name)
            await bench.published(name)
        async with carer(bench):
            await until(lambda: all(bench.ledger.get(name).sha256 == SUM for name in names))


def test_a_listing_that_is_none(tmp_path: Path) -> None:
    """Nothing is taken from a file that is missing, damaged, or names what is elsewhere."""
    assert read_listing(tmp_path) is None
    file = tmp_path / LISTING_FILE
    good = '{"version": 1, "sha256": "%s", "size": 3, "companions": [{"name": "%s"}]}'
    for text in ("", "{}", "[]", good % ("xyz", "a.jpg"), good % ("0" * 64, "../../etc/passwd")):
        file.write_text(text)
        assert read_listing(tmp_path) is None, text
    file.write_text(good % ("0" * 64, "a.jpg"))
    listing = read_listing(tmp_path)
    assert listing is not None
    assert listing.names == ("a.jpg",)
