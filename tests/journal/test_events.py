"""What is told of a recording, from what was noted of it."""

import json
from dataclasses import asdict, replace

import pytest

from bot.journal.events import Events, Interruption, Loss, OnStage, Pause, Person
from bot.journal.line import Line, What
from bot.ledger import Ledger
from bot.report import TrackReport
from tests.journal.notes import S, began, came, end, events, note, off, on

TRACK = TrackReport(
    track="v", participant="ann", kind="video", stage=False, codec="vp8", packets=100, lost=9, recovered_nack=5,
    recovered_fec=1, unrecoverable=3, frames=50, frames_dropped=1, decode_errors=0, keyframe_requests=2, freezes=1,
    longest_freeze_ms=300.0, missing_s=0.3, skew_median_ms=1.0, skew_worst_ms=7.0, drift_ppm=2.0,
)  # fmt: skip
VOICE = replace(TRACK, track="a", kind="audio", codec="", packets=40, lost=1, recovered_nack=1, missing_s=1.5)


def person(told: Events, who: str) -> Person:
    return next(one for one in told.participants if one.identity == who)


def test_who_was_there_with_what_and_when() -> None:
    """In the order in which they came; what still goes on lasts until the end."""
    told = events(
        60, began(), came(0, "ann"), on(0, "ann", "camera"), came(5, "ben"), on(6, "ben", "microphone"),
        off(20, "ann", "camera"), on(30, "ann", "camera"), note(40, What.LEFT, who="ben"), off(40, "ben", "microphone"),
        note(7, What.SPEAKS, who="ben"), note(9.5, What.SILENT, who="ben"), end(60),
    )  # fmt: skip
    assert [one.identity for one in told.participants] == ["ann", "ben"]
    ann, ben = told.participants
    assert (ann.name, ann.there, ann.camera) == ("Ann", ((0, 60),), ((0, 20), (30, 60)))
    assert (ben.there, ben.microphone, ben.speaking) == (((5, 40),), ((6, 40),), ((7, 9.5),))
    assert told.known_until_s == told.duration_s == 60


def test_two_cameras_are_one_camera() -> None:
    """What matters is whether somebody was seen; a breath between two words is no silence."""
    told = events(
        60, began(), came(0, "ann"), on(0, "ann", "camera"), note(2, What.ON, track="other", who="ann", shown="camera",
        source="camera"), off(10, "ann", "camera"), note(20, What.OFF, track="other"),
        note(1, What.SPEAKS, who="ann"), note(2, What.SILENT, who="ann"), note(2.5, What.SPEAKS, who="ann"),
        note(4, What.SILENT, who="ann"), note(5, What.SPEAKS, who="ann"), note(6, What.SILENT, who="ann"), end(60),
    )  # fmt: skip
    assert person(told, "ann").camera == ((0, 20),)
    assert person(told, "ann").speaking == ((1, 4), (5, 6))


def test_nothing_of_a_pause() -> None:
    """Who came, spoke and was on stage only then is not named; who came then and stayed is there from where the file
    goes on. How long it was is told, and packets of the pause are not."""
    pause = [note(30, What.TOTALS, packets=300, lost=3, recovered=2), note(30, What.PAUSE)]
    secret = [
        came(30, "eve"), on(30, "eve", "stage"), note(30, What.SPEAKS, who="eve"), note(30, What.SILENT, who="eve"),
        off(30, "eve", "stage"), note(30.02, What.LEFT, who="eve"), came(30, "ben"),
    ]  # fmt: skip
    resume = [
        note(30, What.TOTALS, packets=900, lost=90, recovered=2),
        note(30, What.RESUME, left_out_ns=12 * S),
        note(40, What.TOTALS, packets=1000, lost=91, recovered=3),
    ]
    told = events(50, began(), came(0, "ann"), *pause, *secret, *resume, end(50))
    assert [one.identity for one in told.participants] == ["ann", "ben"]
    assert person(told, "ben").there == ((30, 50),)
    assert told.stage == ()
    assert told.pauses == (Pause(at_s=30, left_out_s=12),)
    assert told.losses == (
        Loss(from_s=0, to_s=30, packets=300, lost=3, recovered=2),
        Loss(from_s=30, to_s=40, packets=100, lost=1, recovered=1),
    )
    assert "eve" not in json.dumps(asdict(told))


def test_ended_in_a_pause() -> None:
    """The file may be a picture longer than where the pause is: that picture is nobody's who came later."""
    told = events(30.03, began(), came(0, "ann"), note(30, What.PAUSE), came(30, "eve"), end(30.03))
    assert [one.identity for one in told.participants] == ["ann"]
    assert told.pauses == (Pause(at_s=30, left_out_s=0),)


def test_a_bot_that_died_in_a_pause() -> None:
    """One pause, as long as it was for those in the room: until another bot ended it."""
    first = [began(), came(0, "ann"), note(30, What.PAUSE), note(30, What.ALIVE)]
    second = [began(2, 29.5, 0.5), note(30, What.PAUSE), note(30, What.RESUME, left_out_ns=70 * S), came(30, "ann")]
    told = events(40, *first, *second, end(40))
    assert told.pauses == (Pause(at_s=30, left_out_s=70),)


def test_a_bot_that_died_and_another_that_went_on() -> None:
    """What the first noted of a time that is not in its file has not happened. Nobody saw the gap."""
    first = [began(), came(0, "ann"), on(0, "ann", "camera"), came(19, "ben"), note(10, What.LAYOUT, layout="grid")]
    first += [note(19.5, What.LEFT, who="ann"), note(20, What.ALIVE)]
    second = [began(2, 18.7, 4), note(22.7, What.LAYOUT, layout="grid"), came(22.7, "ann"), came(24, "ben"), end(40)]
    told = events(40, *first, *second)
    assert person(told, "ann").there == ((0, 18.7), (22.7, 40))
    assert person(told, "ann").camera == ((0, 18.7),)
    assert person(told, "ben").there == ((24, 40),)
    assert told.interruptions == (Interruption(from_s=18.7, to_s=22.7, why="bot"),)
    assert [(one.at_s, one.layout) for one in told.layouts] == [(10, "grid")]


def test_a_crash_without_another_bot() -> None:
    """Known until the last line; of what came later nothing is claimed."""
    told = events(30, began(), came(0, "ann"), on(0, "ann", "camera"), note(24, What.ALIVE))
    assert told.known_until_s == 24
    assert person(told, "ann").camera == ((0, 24),)


def test_the_room_was_lost() -> None:
    """Who was there meanwhile nobody knows; who is heard is heard to the end."""
    lost = [note(20, What.AWAY), note(21, What.SILENT, who="ann"), note(25, What.BACK), came(25, "ann")]
    told = events(60, began(), came(0, "ann"), note(15, What.SPEAKS, who="ann"), *lost, end(60))
    assert person(told, "ann").there == ((0, 20), (25, 60))
    assert person(told, "ann").speaking == ((15, 21),)
    assert told.interruptions == (Interruption(from_s=20, to_s=25, why="room"),)


def test_a_hole_in_the_journal() -> None:
    """A full disk: nothing is claimed of it. One that was never mended ends what is known."""
    before = [began(), came(0, "ann"), note(20, What.HOLE, left_out=7)]
    mended = events(60, *before, note(30, What.ALIVE), came(30, "ann"), end(60))
    assert person(mended, "ann").there == ((0, 20), (30, 60))
    assert (mended.known_until_s, mended.left_out) == (60, 0), "the end says how many were left out"
    broken = events(60, *before, end(60))
    assert person(broken, "ann").there == ((0, 20),)
    assert broken.known_until_s == 20


def test_figures_of_every_part() -> None:
    """Summed; those of a part that died are the last it noted. Sound that was gone for moments counts, too."""
    empty: dict[str, TrackReport] = {}
    early = Ledger(tracks=(TRACK,), skews_ms={"ann": 9.0}, rejoins=1, ticks_late=3)
    later = Ledger(tracks=(TRACK, VOICE), skews_ms={"ann": 4.0}, rejoins=1, ticks_late=2)
    told = events(
        60, began(), came(0, "ann"), note(5, What.FIGURES, **early.figures(empty)),
        note(12, What.FIGURES, **later.figures({"v": TRACK})), note(11, What.FROZEN, who="ann", to_ns=12 * S),
        began(2, 20, 1), came(21, "ann"), note(40, What.MISSING, who="ann", to_ns=round(40.2 * S)),
        note(60, What.FIGURES, **early.figures(empty)), end(60),
    )  # fmt: skip
    ann = person(told, "ann")
    assert (ann.packets, ann.lost, ann.recovered) == (240, 19, 14)
    assert ann.skew_worst_ms == 9.0
    assert (ann.picture_frozen, ann.picture_frozen_s) == (((11, 12),), 1.0)
    assert (ann.sound_missing, ann.sound_missing_s) == (((40, 40.2),), 1.5)


def test_stage_and_load() -> None:
    """Who was on stage, in order; what a busy machine cost, until it cost nothing any more."""

    def load(at_s: float, level: int) -> Line:
        return note(at_s, What.LOAD, level=level, lag_ms=300, before="b", after=f"level {level}", why="busy")

    told = events(
        60, began(), came(0, "ann"), came(0, "ben"), on(10, "ben", "stage", "screen_share"), off(30, "ben", "stage"),
        on(5, "ann", "stage", "file"), off(12, "ann", "stage"), load(20, 1), load(25, 2), load(28, 0), load(58, 1),
        end(60),
    )  # fmt: skip
    assert told.stage == (
        OnStage(from_s=5, to_s=12, identity="ann", kind="file"),
        OnStage(from_s=10, to_s=30, identity="ben", kind="screen_share"),
    )
    assert [(one.from_s, one.to_s, one.level) for one in told.load] == [(20, 25, 1), (25, 28, 2), (58, 60, 1)]


@pytest.mark.parametrize("damage", [None, note(3, What.CAME), note(3, What.FIGURES, rows=[[1]], columns=["a"])])
def test_damaged_lines(damage: object) -> None:
    """Torn, without its values, or of another version: it is counted, and the rest told."""
    told = events(60, began(), damage, came(0, "ann"), end(60))  # type: ignore[arg-type]
    assert [one.identity for one in told.participants] == ["ann"]
    assert told.left_out == 1


def test_an_empty_journal() -> None:
    """Nobody is invented."""
    told = events(60)
    assert (told.participants, told.known_until_s) == ((), 0)


def test_values_of_the_file() -> None:
    """The keys that others read."""
    told = events(60, began(), came(0, "ann"), end(60)).as_values()
    assert set(told) == {
        "version", "recording", "title", "started", "duration_s", "participants", "stage", "losses", "pauses",
        "interruptions", "load", "layouts", "known_until_s", "unknown", "left_out",
    }  # fmt: skip
    assert set(told["participants"][0]) >= {
        "identity", "name", "there", "camera", "microphone", "stage", "speaking", "picture_frozen", "sound_missing",
        "packets", "lost", "recovered", "skew_worst_ms",
    }  # fmt: skip
