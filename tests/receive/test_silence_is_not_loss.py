"""What counts as missing of a track that was silent for a while: what was lost, and not the silence."""

import pytest

from bot.receive.mute import Mutes, newest, without
from bot.receive.stats import TrackStats
from bot.receive.surroundings import Break
from tests.receive.simulated_room import MS, SECOND, START, Network, SimulatedRoom

MUTED = (5.0, 605.0)


def after_a_mute(*, video: bool, ends: tuple[float, float]) -> tuple[TrackStats, list[Break]]:
    """Ten minutes, of which the room says nothing; the link is down for so many seconds just before and after. Nothing
    is sent again."""
    down = ((MUTED[0] - ends[0], MUTED[0] + 1), (MUTED[1] - 1, MUTED[1] + ends[1]))
    room = SimulatedRoom(network=lambda: Network(delay_ms=25), down=Network(delay_ms=25, down=down))
    room._resend = lambda *_: None  # type: ignore[method-assign]
    room.add("x", "a", video=video, muted=(MUTED,))
    room.run(MUTED[1] + 5)
    return room.receiver.stats()["x"], room.receiver.take_breaks()


@pytest.mark.parametrize("ends", [(0.03, 0.0), (0.0, 0.03), (0.05, 0.05)])
def test_a_long_mute_with_few_packets_lost_at_its_ends(ends: tuple[float, float]) -> None:
    """As much sound is missing as those packets held."""
    stats, breaks = after_a_mute(video=False, ends=ends)
    assert stats.lost == stats.unrecoverable > 0
    assert stats.missing_ns == stats.unrecoverable * 20 * MS
    assert sum(one.to_ns - one.from_ns for one in breaks) in {0, stats.missing_ns}
    assert (stats.freezes, stats.longest_freeze_ns) == (0, 0)


def test_a_long_mute_with_a_second_lost_at_each_end() -> None:
    """Two seconds, in one place."""
    stats, [found] = after_a_mute(video=False, ends=(1, 1))
    assert stats.missing_ns == stats.longest_freeze_ns == found.to_ns - found.from_ns == 2 * SECOND
    assert stats.freezes == 1


def test_comfort_noise_that_is_lost() -> None:
    """It is sent every 0.4 s, and is no more sound than any other packet."""
    room = SimulatedRoom(down=Network(delay_ms=25, loss=0.3), network=lambda: Network(delay_ms=25))
    room._resend = lambda *_: None  # type: ignore[method-assign]
    room.add("x", "a", video=False, interval_ns=400 * MS)
    room.run(60)
    stats = room.receiver.stats()["x"]
    assert stats.unrecoverable > 20
    assert stats.missing_ns == stats.unrecoverable * 20 * MS
    assert sum(one.to_ns - one.from_ns for one in room.receiver.take_breaks()) < SECOND // 2


@pytest.mark.parametrize("ends", [(0.03, 0.0), (0.0, 0.03)])
def test_a_camera_that_was_off(ends: tuple[float, float]) -> None:
    """It did not stand for ten minutes because a packet was lost."""
    stats, breaks = after_a_mute(video=True, ends=ends)
    assert stats.lost > 0
    assert (stats.freezes, stats.missing_ns, stats.longest_freeze_ns, breaks) == (0, 0, 0, [])


def test_a_camera_that_was_off_with_a_second_lost_at_each_end() -> None:
    """About two seconds: packets do not say exactly how long they would have been shown."""
    stats, breaks = after_a_mute(video=True, ends=(1, 1))
    assert stats.freezes == 1
    assert 1.5 * SECOND < stats.missing_ns < 3 * SECOND
    assert sum(one.to_ns - one.from_ns for one in breaks) == pytest.approx(stats.missing_ns, abs=50 * MS)


def test_a_pause_that_ends_without_a_keyframe() -> None:
    """The picture is late by the time the keyframe took, not by the pause."""
    room = SimulatedRoom(network=lambda: Network(delay_ms=25))
    camera = room.add("x", "a", video=True, muted=((5, 65),))

    def let_go(_: int) -> None:
        """Pictures, which those behind the pause cannot be decoded without, the keyframe among them."""
        camera.number += 3
        camera.keyframe_wanted = False

    room.at(START + 64 * SECOND, let_go)
    room.run(75)
    stats = room.receiver.stats()["x"]
    assert stats.frames_dropped > 0
    assert stats.longest_freeze_ns < SECOND
    assert stats.missing_ns < SECOND


@pytest.mark.parametrize("video", [False, True])
def test_the_link_was_down_while_it_was_muted(video: bool) -> None:
    """Who is muted may go on sending silence: none of that is missing. What was lost before it and after it is."""
    room = SimulatedRoom(network=lambda: Network(delay_ms=25, down=((5, 15),)))
    room._resend = lambda *_: None  # type: ignore[method-assign]
    room.add("x", "a", video=video)
    room.at(START + 6 * SECOND, lambda now: room.receiver.set_muted("x", True, now))
    room.at(START + 12 * SECOND, lambda now: room.receiver.set_muted("x", False, now))
    room.run(20)
    before, after = room.receiver.take_breaks()
    assert before.to_ns == 6 * SECOND
    assert before.from_ns == pytest.approx(5 * SECOND, abs=100 * MS)
    assert after.from_ns == 12 * SECOND
    assert after.to_ns == pytest.approx(15 * SECOND, abs=200 * MS)
    stats = room.receiver.stats()["x"]
    assert stats.missing_ns == before.to_ns - before.from_ns + after.to_ns - after.from_ns


def test_every_lost_packet_of_sound_is_counted_once() -> None:
    """Those that were given up at once, too."""
    room = SimulatedRoom(network=lambda: Network(delay_ms=25, down=((10, 15),)))
    room.add("x", "a", video=False)
    room.run(20)
    stats = room.receiver.stats()["x"]
    assert stats.lost == stats.recovered + stats.unrecoverable == 250
    assert stats.missing_ns == stats.unrecoverable * 20 * MS


def test_mutes_of_many_tracks() -> None:
    """Told twice is once; what goes on lasts until now; bounded."""
    mutes = Mutes(2)
    for now_ns, muted in enumerate((False, True, True, False, False, True)):
        mutes.tell("a", muted, now_ns)
    assert mutes.of("a", 9) == [(1, 3), (5, 9)]
    mutes.tell("b", True, 6)
    mutes.tell("a", True, 7)
    mutes.tell("c", True, 8)
    assert (mutes.of("a", 9), mutes.of("b", 9)) == ([(1, 3), (5, 9)], [])
    for now_ns in range(10, 1000):
        mutes.tell("a", bool(now_ns % 2), now_ns)
    assert len(mutes.of("a", 1000)) == 64


def test_what_is_left_of_a_time() -> None:
    """Around, within, beside and across its edges."""
    assert without(0, 10, []) == [(0, 10)]
    assert without(0, 10, [(-5, 2), (4, 5), (8, 20), (30, 40)]) == [(2, 4), (5, 8)]
    assert without(0, 10, [(-1, 11)]) == []
    assert newest([(0, 4), (6, 9)], 5) == [(2, 4), (6, 9)]
    assert newest([(0, 4), (6, 9)], 2) == [(7, 9)]
    assert newest([(0, 4)], 0) == []
