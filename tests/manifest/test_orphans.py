"""What the catalogue does not know when a service starts is entered again."""

import errno
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest

from bot.library.catalogue.delivery import DeliveryState
from bot.library.places import work_folder
from bot.library.retention.trash import Trash
from bot.lifecycle import State
from bot.service.recovery.orphans import ENTERED, enter_orphans
from signaling.model import RoomKind
from tests.manifest.stocked import BEGAN, Stocked, content, opened, room_of


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def forget(stocked: Stocked, *recordings: str) -> None:
    """As a catalogue that is older than its files."""
    with stocked.database.transaction() as cursor:
        for one in recordings:
            cursor.execute("DELETE FROM recordings WHERE id = ?", (one,))
            cursor.execute("DELETE FROM deliveries WHERE recording = ?", (one,))
        cursor.execute("DELETE FROM rooms")


async def test_whatever_it_is_it_comes_back(library: Path) -> None:
    """Published, failed, in the trash, just begun: as it was, and it says that it was entered again; rooms too."""
    with opened(library) as stocked:
        stays = stocked.add(4)
        ids = [stocked.add(0).id, stocked.fail(1).id, stocked.add(2).id, stocked.begin(3).id]
        await stocked.disposal().throw(ids[2], now_s=BEGAN.timestamp() + 999)
        before = {one: stocked.ledger.get(one) for one in ids}
        forget(stocked, *ids)
        entered = enter_orphans(library, stocked.ledger)
        assert sorted(one.id for one in entered) == sorted(ids)
        for one in ids:
            found = stocked.ledger.get(one)
            assert found.problem == f"{before[one].problem} {ENTERED}".lstrip()
            assert replace(found, problem="", link_series=0) == replace(before[one], problem="", link_series=0)
            assert found.link_series > before[one].link_series
            assert found.destinations == tuple(
                replace(delivery, wanted=0, accompanied=0) for delivery in before[one].destinations
            )
        room = stocked.ledger.rooms.get("team")
        assert room is not None
        assert room.url == room_of().url
        assert stocked.ledger.get(stays.id) == stays
        assert enter_orphans(library, stocked.ledger) == []


@pytest.mark.parametrize("full", ["bot.service.commission.write_start", "bot.service.commission.Order.write"])
def test_what_was_refused_does_not_begin_later(library: Path, full: str) -> None:
    """The disk was full in the middle of writing down what is to be recorded: nothing of it is left."""
    with opened(library) as stocked:
        no_space = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch(full, side_effect=no_space), pytest.raises(OSError, match="No space"):
            stocked.begin(0, in_catalogue=False)
        assert enter_orphans(library, stocked.ledger) == []
        assert list((library / "recordings").iterdir()) == []


def test_a_finished_file_that_nobody_published_is_on_its_way_again(library: Path) -> None:
    """Its bot had finished when catalogue and service died: it goes to every destination, and is whose it was."""
    with opened(library) as stocked:
        recording = stocked.begin(0, in_catalogue=False)
        stocked.make(recording)
        enter_orphans(library, stocked.ledger)
        stocked.ledger.plan_missing()
        found = stocked.ledger.get(recording.id)
        assert (found.state, found.owner, found.started_by) == (State.UPLOADING, "olga", "ben")
        assert found.path is not None
        assert (library / found.path).is_file()
        assert [one.state for one in found.destinations] == [DeliveryState.WAITING] * 2


def test_a_broadcast_is_still_held_back(library: Path) -> None:
    """Entering it again does not show it to anybody before its room is closed."""
    room = replace(room_of("show", RoomKind.BROADCAST), opened_at=None, timeout_s=1e9)
    with opened(library) as stocked:
        recording = stocked.begin(0, room=room, in_catalogue=False)
        stocked.make(recording, room)
        enter_orphans(library, stocked.ledger)
        stocked.ledger.plan_missing()
        found = stocked.ledger.get(recording.id)
        assert found.held
        assert [one.state for one in found.destinations] == [DeliveryState.WAITING, DeliveryState.HELD]


def test_parts_of_a_broadcast_that_wait_are_held_back_too(library: Path) -> None:
    """Its room has another one that is not over: what there is of it is nobody's to see either."""
    room = replace(room_of("show", RoomKind.BROADCAST), opened_at=None, timeout_s=1e9)
    with opened(library) as stocked:
        recording = stocked.begin(0, room=room, in_catalogue=False)
        stocked.begin(1, room=room)
        (work_folder(library, recording.id) / "part-0001.mp4").write_bytes(b"something")
        enter_orphans(library, stocked.ledger)
        found = stocked.ledger.get(recording.id)
        assert (found.given_up, found.held) == (True, True)


def test_a_room_that_is_taken_makes_it_wait(library: Path) -> None:
    """Two unfinished ones of a room, of which the catalogue knows one: the other waits with its parts."""
    with opened(library) as stocked:
        unknown, known = stocked.begin(0, in_catalogue=False), stocked.begin(1)
        stocked.say(unknown, State.RECORDING)
        (work_folder(library, unknown.id) / "part-0001.mp4").write_bytes(b"something")
        enter_orphans(library, stocked.ledger)
        found = stocked.ledger.get(unknown.id)
        assert (found.state, found.given_up) == (State.FAILED, True)
        assert stocked.ledger.get(known.id).state is State.STARTING


def test_what_is_no_recording_is_left_alone(library: Path) -> None:
    """An empty folder, a film that somebody put there, half a manifest: nothing is entered, nothing touched."""
    with opened(library) as stocked:
        (library / "recordings" / "empty").mkdir()
        (library / "media").mkdir()
        (library / "media" / "holiday.mp4").write_bytes(b"a film")
        (library / "media" / "holiday.json").write_text('{"format": "roomreel manifest", "version": 1}')
        (library / "trash" / "odd").mkdir(parents=True)
        assert enter_orphans(library, stocked.ledger) == []
        assert content(stocked.database)["recordings"] == []
        assert (library / "media" / "holiday.mp4").read_bytes() == b"a film"
        assert Trash(library).ids() == ["odd"]


async def test_half_way_into_the_trash_it_stays_outside(library: Path) -> None:
    """Without a catalogue nobody can say whether it was meant to go: nothing is lost that way."""
    with opened(library) as stocked:
        recording = stocked.add(0)
        trash = Trash(library)
        trash.prepare(replace(recording, trashed_at=1.0))
        forget(stocked, recording.id)
        enter_orphans(library, stocked.ledger)
        assert stocked.ledger.get(recording.id).trashed_at is None
        await stocked.disposal().mend()
        assert stocked.file(recording.id).is_file()
        assert trash.ids() == []
