"""What is noticed of a room: who comes with what, who speaks, which picture stands, what is missing."""

from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from bot.footage import Footage
from bot.journal.line import What
from bot.journal.view import View, changes, view_of
from bot.journal.voices import Voices
from bot.journal.witness import Witness
from mixer.layout.speech import Speech
from mixer.marks import MOST_WAITING, Mark, MarkKind, Marks
from signaling.model import Participant, Track, TrackKind, TrackSource
from tests.receive.simulated_room import MS, SECOND, Network, SimulatedRoom

ANN = Participant("ann", "Ann")
CAMERA = Track("v", "p", "ann", TrackKind.VIDEO, TrackSource.CAMERA, stage=False)
VOICE = Track("a", "p", "ann", TrackKind.AUDIO, TrackSource.MICROPHONE, stage=False)
SCREEN = Track("s", "q", "ann", TrackKind.VIDEO, TrackSource.SCREEN_SHARE, stage=True)
SCREEN_SOUND = Track("t", "q", "ann", TrackKind.AUDIO, TrackSource.SCREEN_SHARE_AUDIO, stage=True)


def test_a_room_that_changes() -> None:
    """Come, muted, put on stage, renamed, gone; the stage's sound is no microphone."""
    before = view_of([ANN], [CAMERA, VOICE])
    after = view_of([replace(ANN, display_name="Anna")], [replace(CAMERA, muted=True), VOICE, SCREEN, SCREEN_SOUND])
    assert list(changes(before, after)) == [
        (What.OFF, {"track": "v"}),
        (What.CAME, {"who": "ann", "name": "Anna"}),
        (What.ON, {"track": "s", "who": "ann", "shown": "stage", "source": "screen_share"}),
    ]
    assert [what for what, _ in changes(after, View())] == [What.OFF, What.OFF, What.LEFT]
    assert list(changes(after, after)) == []
    restaged = view_of([ANN], [replace(CAMERA, stage=True)])
    assert [what for what, _ in changes(view_of([ANN], [CAMERA]), restaged)] == [What.OFF, What.ON]


def test_a_voice_in_a_pause() -> None:
    """Nothing of it, unless it goes on behind it: then from there on."""
    voices = Voices()
    cut_ns = 30 * SECOND
    assert voices.take(MarkKind.SPEAKS, "eve", cut_ns - MS, cut_ns) == []
    assert voices.take(MarkKind.SILENT, "eve", cut_ns, cut_ns) == []
    assert voices.take(MarkKind.SPEAKS, "ann", cut_ns, cut_ns) == []
    assert list(voices.settle(cut_ns + SECOND)) == []
    assert list(voices.settle(cut_ns + 2 * SECOND)) == [(What.SPEAKS, cut_ns, "ann")]
    assert voices.take(MarkKind.SILENT, "ann", 33 * SECOND, cut_ns) == [(What.SILENT, 33 * SECOND, "ann")]
    assert voices.take(MarkKind.SPEAKS, "ben", cut_ns, cut_ns) == []
    assert voices.take(MarkKind.SILENT, "ben", cut_ns + SECOND, cut_ns) == [
        (What.SPEAKS, cut_ns, "ben"),
        (What.SILENT, cut_ns + SECOND, "ben"),
    ]
    assert voices.take(MarkKind.SPEAKS, "ben", 40 * SECOND, cut_ns) == [(What.SPEAKS, 40 * SECOND, "ben")]


def test_speech_is_marked_from_its_first_sound_to_its_last() -> None:
    """Not when it was recognised as speech, and not when it was over for certain; a cough is none."""
    marks = Marks()
    speech = Speech(-45.0, 3 * SECOND, marks)
    loud = [(2000, 5000), (9000, 9300), (12_000, 12_600), (13_500, 14_500)]
    for now_ms in range(0, 16_000, 20):
        heard = any(begins < now_ms <= ends for begins, ends in loud)
        speech.update(now_ms * MS, {"ann": -20.0 if heard else -80.0})
    assert [(mark.kind, mark.of, mark.from_ns // MS) for mark in marks.take()] == [
        (MarkKind.SPEAKS, "ann", 2000),
        (MarkKind.SILENT, "ann", 5000),
        (MarkKind.SPEAKS, "ann", 12_000),
        (MarkKind.SILENT, "ann", 12_600),
        (MarkKind.SPEAKS, "ann", 13_500),
        (MarkKind.SILENT, "ann", 14_500),
    ]
    assert marks.take() == []


def test_marks_that_nobody_takes() -> None:
    """Bounded, and counted."""
    marks = Marks()
    for number in range(MOST_WAITING + 3):
        marks.add(Mark(MarkKind.SPEAKS, "ann", number))
    assert (len(marks.take()), marks.left_out) == (MOST_WAITING, 3)


def test_a_link_that_was_down() -> None:
    """When picture and sound were missing, and for how long in all; how far they were apart at worst."""
    room = SimulatedRoom(network=lambda: Network(delay_ms=25, down=((10, 15),)))
    room.add("cam", "a", video=True)
    room.add("mic", "a", video=False)
    room.run(20)
    breaks = {one.track: one for one in room.receiver.take_breaks()}
    assert set(breaks) == {"cam", "mic"}
    for track, found in breaks.items():
        assert found.from_ns == pytest.approx(10 * SECOND, abs=100 * MS), track
        # What was sent last while the link was down is still asked for in time.
        assert 14 * SECOND < found.to_ns < 15.4 * SECOND
        assert room.receiver.stats()[track].missing_ns == found.to_ns - found.from_ns
    assert room.receiver.take_breaks() == []
    assert room.receiver.skews_ns()["a"] < 40 * MS


def test_sound_that_is_missing_for_moments() -> None:
    """Single packets are counted, not told one by one; nothing is missing of a sender who pauses."""
    room = SimulatedRoom(down=Network(loss=0.02, delay_ms=25), network=lambda: Network(delay_ms=25))
    room.add("mic", "a", video=False)
    room._resend = lambda *_: None  # type: ignore[method-assign]
    room.run(30)
    stats = room.receiver.stats()["mic"]
    assert stats.unrecoverable > 10
    assert stats.missing_ns == pytest.approx(stats.unrecoverable * 20 * MS, rel=0.1)
    assert sum(one.to_ns - one.from_ns for one in room.receiver.take_breaks()) < stats.missing_ns / 4
    paused = SimulatedRoom(network=lambda: Network(delay_ms=25))
    paused.add("mic", "a", video=False, muted=((5, 10),))
    paused.run(14)
    assert paused.receiver.stats()["mic"].missing_ns == 0
    assert paused.receiver.take_breaks() == []


def test_how_long_a_pause_is_noted_to_have_been() -> None:
    """With the time in which there was no bot; the next one without."""
    dead = Footage(part=1, began_ns=0).pause(30 * SECOND)
    footage, _ = dead.following(30 * SECOND, 80 * SECOND, part=2)
    noted: list[tuple[What, int, int | None]] = []
    journal: Any = SimpleNamespace(note=lambda what, at_ns, **v: noted.append((what, at_ns, v.get("left_out_ns"))))
    nobody: Any = SimpleNamespace(stats=dict, changes=-1)
    witness = Witness(journal, nobody, nobody, nobody)
    footages = [footage, footage.resume(100 * SECOND)]
    footages += [footages[-1].pause(105 * SECOND), footages[-1].pause(105 * SECOND).resume(106 * SECOND)]
    for one in footages:
        witness._note_pauses(one)
    assert [line for line in noted if line[0] is not What.TOTALS] == [
        (What.PAUSE, 30 * SECOND, None),
        (What.RESUME, 30 * SECOND, 70 * SECOND),
        (What.PAUSE, 35 * SECOND, None),
        (What.RESUME, 35 * SECOND, SECOND),
    ]


def test_where_an_instant_lies_in_the_file() -> None:
    """Looked up afterwards it lies where it was when it was now; in a pause where the pause is."""
    dice = Random(6)
    footage, now_ns = Footage(part=2, began_ns=7 * SECOND, before_ns=100 * SECOND), 7 * SECOND
    seen: list[tuple[int, int]] = []
    for _ in range(300):
        now_ns += dice.randrange(1, 3 * SECOND)
        footage = footage.resume(now_ns) if footage.paused_at_ns is not None else footage.pause(now_ns)
        for _ in range(2):
            now_ns += dice.randrange(1, SECOND)
            seen.append((now_ns, footage.before_ns + footage.file_ns(now_ns)))
    assert [footage.place_ns(at_ns) for at_ns, _ in seen] == [place_ns for _, place_ns in seen]
    assert footage.place_ns(0) == 100 * SECOND
