"""How a recording stands after what its bots have said, in whatever order."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.control.status import Status
from bot.library.catalogue.room_entry import RoomEntry
from bot.lifecycle import EndReason, State
from bot.service.commission import new_order, new_recording
from bot.service.standing import settled, told
from signaling.model import RoomKind
from tests.service_core.test_catalogue import NOON_S, recording

STATUS = Status(recording="a", part=1, state=State.RECORDING, pid=1, pid_started=1, time_s=3.0, recording_since=NOON_S)
RUNNING = told(recording("a", "x"), STATUS, now_s=NOON_S)


def test_a_running_recording_shows_its_counter() -> None:
    """While it runs there are live figures and no end; when it is over there is an end and no live figures."""
    assert (RUNNING.state, RUNNING.recording_since, RUNNING.ended_at) == (State.RECORDING, NOON_S, None)
    assert RUNNING.live is not None
    assert RUNNING.live.time_s == 3.0
    stopping = told(RUNNING, replace(STATUS, state=State.STOPPING, end_reason=EndReason.STOPPED), now_s=NOON_S + 9)
    final = replace(STATUS, state=State.AVAILABLE, end_reason=EndReason.STOPPED, duration_s=8.5, size_bytes=77)
    over = told(stopping, final, now_s=NOON_S + 60)
    assert (over.ended_at, over.duration_s, over.size_bytes, over.live) == (NOON_S + 9, 8.5, 77, None)


def test_the_next_bot_does_not_begin_anew() -> None:
    """While the next part's bot joins, a recording is still recording or paused, and never comes back from its end."""
    joining = replace(STATUS, state=State.STARTING, part=2, recording_since=NOON_S + 50)
    for state in (State.RECORDING, State.PAUSED):
        after = told(replace(RUNNING, state=state), joining, now_s=NOON_S)
        assert (after.state, after.parts, after.recording_since) == (state, 2, NOON_S)
    over = replace(RUNNING, state=State.FAILED)
    assert told(over, STATUS, now_s=NOON_S).state is State.FAILED


def test_parts_that_are_files_of_their_own() -> None:
    """Nothing that was recorded is invisible: what is not in the file is named."""
    final = replace(
        STATUS, state=State.AVAILABLE, others=("/library/media/x/Rec (2).mp4", "/library/media/x/Rec (3).mp4")
    )
    after = told(RUNNING, final, now_s=NOON_S)
    assert after.problem.endswith(": Rec (2).mp4, Rec (3).mp4.")


def test_a_clock_that_trembles_is_no_change() -> None:
    """A moment that is worked out anew each second is the same moment, so nobody is told of it each second."""
    before = told(RUNNING, replace(STATUS, host_absent_until=NOON_S + 900.0), now_s=NOON_S)
    after = told(before, replace(STATUS, time_s=4.0, host_absent_until=NOON_S + 900.02), now_s=NOON_S + 1)
    assert after == before
    assert after.live != before.live
    assert told(after, STATUS, now_s=NOON_S).host_absent_until is None


def test_only_files_of_the_library_are_given_out(tmp_path: Path) -> None:
    """Whatever a bot says of its file: what lies outside the library cannot be downloaded."""
    inside = settled(RUNNING, tmp_path, str(tmp_path / "media" / "x" / "Rec.mp4"))
    assert (inside.file, inside.path) == ("Rec.mp4", "media/x/Rec.mp4")
    (tmp_path / "way-out").symlink_to("/etc")
    for path in ("/etc/passwd", f"{tmp_path}/../x.mp4", f"{tmp_path}/way-out/passwd"):
        assert settled(RUNNING, tmp_path, path).path is None


def test_a_library_whose_folders_lie_elsewhere(tmp_path: Path) -> None:
    """Media may be a link to a larger disk: files in there are the library's. One that is elsewhere is not dropped
    without a word."""
    library, disk = tmp_path / "library", tmp_path / "disk"
    library.mkdir()
    disk.mkdir()
    (library / "media").symlink_to(disk)
    (disk / "Rec.mp4").touch()
    uploading = replace(RUNNING, state=State.UPLOADING)
    inside = settled(uploading, library, str(library / "media" / "Rec.mp4"))
    assert (inside.state, inside.path) == (State.UPLOADING, "media/Rec.mp4")
    outside = settled(uploading, library, str(tmp_path / "Rec.mp4"))
    assert (outside.state, outside.path) == (State.FAILED, None)
    assert outside.problem == "The finished file Rec.mp4 is not in the library, and is not published."


def test_the_order_says_all_that_was_asked(tmp_path: Path) -> None:
    """What the conferencing server told of a room is what the bot is told."""
    room = RoomEntry(
        "b/1", "roomreel+ws://h:1/rooms/b", "s3cret", "Breakout", RoomKind.BREAKOUT, parent="main", hosts=("ann",),
        opened_at=NOON_S, timeout_s=60,
    )  # fmt: skip
    asked_at = datetime.fromtimestamp(NOON_S, UTC)
    made = new_recording(room, None, by="ann", title="Täg: one", layout="grid", asked_at=asked_at)
    order = new_order(room, made, tmp_path)
    assert (order.title, order.layout, order.token, order.hosts) == ("Täg: one", "grid", "s3cret", ("ann",))
    assert order.target == tmp_path / "media" / "main" / "Breakout room recordings"
    assert (order.opened_at, order.room_timeout_s, order.asked_at) == (asked_at, 60, asked_at)
    assert made.owner == "ann"
    assert made.folder == "Breakout room recordings"
