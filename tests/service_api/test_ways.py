"""Which service and which recording a command means, and which tokens it makes for that."""

import os
import time
from pathlib import Path

import pytest

from bot.commands.remote import meant_id
from bot.configuration import Configuration, load
from bot.errors import ConfigurationError, Unreachable
from bot.lifecycle import State
from bot.remote.client import Client
from bot.remote.target import MOST_LISTED
from bot.remote.way import find_way
from bot.service.access.keys import load_keys
from bot.service.access.tokens import read
from bot.service.address import Note
from tests.service_api.asking import Asking

OURS = "http://127.0.0.1:8120"


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """A library with a key, and the note of a service that runs: this process."""
    load_keys(tmp_path, "", make=True)
    Note(OURS, os.getpid()).write(tmp_path)
    return load(None, {}, {"library": str(tmp_path)})


@pytest.mark.parametrize("url", [None, OURS, f"{OURS}/"])
def test_the_librarys_own_service_is_given_a_token_of_minutes(configuration: Configuration, url: str | None) -> None:
    """By the note, or named by the same address."""
    way = find_way(configuration, url, None)
    assert way.url == OURS
    keys = load_keys(Path(configuration.library), "", make=False)
    assert 0 < read(way.token, keys, now_s=time.time()).expires_at - time.time() <= 600


@pytest.mark.parametrize("url", ["http://127.0.0.1:8121", "https://other.example", f"{OURS}.other.example"])
def test_no_other_service_is_given_a_token_of_ours(configuration: Configuration, url: str) -> None:
    """Whoever listens there could use it here: a sentence asks for a token instead."""
    with pytest.raises(ConfigurationError, match="--token"):
        find_way(configuration, url, None)
    assert find_way(configuration, url, "theirs").token == "theirs"


def test_a_note_that_a_dead_service_left_leads_nowhere(configuration: Configuration) -> None:
    """Its address may be somebody else's by now."""
    Note(OURS, 2**22 + 1).write(Path(configuration.library))  # beyond the greatest pid
    with pytest.raises(Unreachable, match="No service runs"):
        find_way(configuration, None, None)
    with pytest.raises(ConfigurationError, match="--token"):
        find_way(configuration, OURS, None)


async def test_a_room_that_was_recorded_long_ago_is_still_found(asking: Asking) -> None:
    """By its id, behind more recordings of other rooms than one list holds; and a recording by its id."""
    asking.add("20200101T000000Z-0000abcd", State.FAILED, room="old room/ü")
    for number in range(MOST_LISTED + 1):
        asking.add(f"20210101T000000Z-{number:08x}", State.FAILED, room="new")
    async with Client(asking.way) as client:
        assert await meant_id(client, "old room/ü") == "20200101T000000Z-0000abcd"
        assert await meant_id(client, "new") == f"20210101T000000Z-{MOST_LISTED:08x}"
        assert await meant_id(client, "20210101T000000Z-00000010") == "20210101T000000Z-00000010"
