"""The history of a recording made in a room that does what the test says, and what happens to it when it cannot be
written."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot.journal.history import read_history, write_events
from bot.journal.journal import Journal
from bot.journal.witness import Witness
from bot.library.inspection import inspect_file
from bot.lifecycle import EndReason
from signaling.event import ConnectionLost, EndCause, ParticipantJoined, RoomEnded, TrackPublished
from signaling.model import Participant, RoomState, Track, TrackKind, TrackSource
from tests.bot.scripted_room import BIOLOGY, ScriptedClient
from tests.bot.test_session import finished, said, session, stop_after

SCREEN = Track("s", "q", "ann", TrackKind.VIDEO, TrackSource.SCREEN_SHARE, stage=True)


async def test_the_room_is_lost_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The history says so, and who was seen before and after; the file has a chapter of the stage, and no name."""
    first, second = ScriptedClient(), ScriptedClient(RoomState(BIOLOGY.room, BIOLOGY.participants, ()))
    recording = session(tmp_path, monkeypatch, first, second)
    running = asyncio.create_task(finished(recording))
    await said(first, 2)
    first.tell(TrackPublished(SCREEN))
    await asyncio.sleep(0.5)
    first.tell(ConnectionLost("gone"))
    await asyncio.wait_for(second.joining.wait(), 20)
    await asyncio.sleep(0.3)
    second.tell(ParticipantJoined(Participant("ben", "Ben")))
    await asyncio.sleep(0.5)
    second.tell(RoomEnded(EndCause.CLOSED))
    outcome = await running
    events = recording.events
    assert events is not None
    ann, ben = events.participants
    [away] = events.interruptions
    assert away.why == "room"
    assert ann.there == ((0, away.from_s), (away.to_s, events.duration_s))
    assert ann.camera == ((0, away.from_s),)
    assert away.to_s < ben.there[0][0] < ben.there[0][1] == events.duration_s
    assert [(one.identity, one.to_s) for one in events.stage] == [("ann", away.from_s)]
    assert events.known_until_s == events.duration_s
    assert "Presentation begins" in [text for _, text in recording.desk.chapters]
    assert outcome.report.interruptions_s == pytest.approx((away.to_s - away.from_s,), abs=0.2)
    assert "ann" not in json.dumps(inspect_file(outcome.path).report)
    assert list(tmp_path.iterdir()) == [outcome.path], "by hand there is nobody to keep a history for"


@pytest.mark.parametrize("broken", ["a full disk", "a defect"])
async def test_a_history_that_cannot_be_kept(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording is whole all the same, and claims to know nothing."""

    def defect(*_: object, **__: object) -> None:
        raise KeyError("a defect")

    if broken == "a full disk":
        real = Journal.__init__
        monkeypatch.setattr(Journal, "__init__", lambda self, path: real(self, Path("/dev/full")))
    else:
        monkeypatch.setattr(Witness, "look", defect)
    recording = session(tmp_path, monkeypatch, ScriptedClient())
    stop_after(recording, 1.0)
    outcome = await finished(recording)
    assert outcome.report.end_reason is EndReason.STOPPED
    assert [track.participant for track in outcome.report.tracks] == ["ann"]
    assert inspect_file(outcome.path).whole
    assert recording.events is not None
    assert recording.events.participants == ()
    assert recording.events.known_until_s == 0


def test_files_beside_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For whoever runs the bot and nobody else, also where there is nothing to tell."""
    recording = session(tmp_path, monkeypatch, ScriptedClient())
    history = read_history(tmp_path / "none", recording._order, "Biology")
    write_events(tmp_path, history.events(5_000_000_000))
    values: dict[str, Any] = json.loads((tmp_path / "events.json").read_text())
    assert (values["title"], values["duration_s"], values["known_until_s"]) == ("Biology", 5, 0)
    for name in ("events.json", "speakers.vtt"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
