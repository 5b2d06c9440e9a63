"""Which of the room's time is in the file: pauses, and parts that follow each other."""

from hypothesis import given
from hypothesis import strategies as st

from bot.footage import MOST_CUTS, Footage

S = 1_000_000_000
FIRST = Footage(part=1, began_ns=100 * S)


def test_a_pause_is_not_in_the_file() -> None:
    """File time stands still in it, and a chapter is where it goes on."""
    paused = FIRST.pause(110 * S)
    assert paused.file_ns(115 * S) == 10 * S
    resumed = paused.resume(120 * S)
    assert resumed.file_ns(125 * S) == 15 * S
    assert resumed.chapters_ns == (10 * S,)
    assert resumed.end_of_ns(20 * S) == 30 * S, "of the room's time, for 20 s of file"


def test_wishes_that_change_nothing() -> None:
    """Paused twice, resumed twice: as once."""
    assert FIRST.resume(101 * S) is FIRST
    paused = FIRST.pause(110 * S)
    assert paused.pause(111 * S) is paused


def test_the_part_after_a_crash() -> None:
    """It begins with what nobody recorded: from the last fragment to now."""
    later, gap_ns = FIRST.following(8 * S, 112 * S, part=2)
    assert gap_ns == 4 * S
    assert later.file_ns(113 * S) == 5 * S
    assert later.before_ns == 8 * S
    assert later.gaps_ns == (4 * S,)


def test_a_crash_in_a_pause() -> None:
    """The gap reaches to where the pause began, and it is still paused."""
    later, gap_ns = FIRST.pause(110 * S).following(9 * S, 150 * S, part=2)
    assert gap_ns == 1 * S
    assert later.file_ns(200 * S) == 1 * S
    resumed = later.resume(210 * S)
    assert resumed.chapters_ns == (10 * S,)
    assert resumed.file_ns(212 * S) == 3 * S


def test_how_long_a_pause_was_in_which_bots_died() -> None:
    """From where the first began it to where the last ended it; the next pause has only its own length."""
    second, _ = FIRST.pause(110 * S).following(10 * S, 150 * S, part=2)
    third, _ = second.following(0, 170 * S, part=3)
    resumed = third.resume(180 * S)
    assert resumed.newest_pause_ns == 70 * S
    assert resumed.left_out_ns == 10 * S, "of the part's own time"
    again = resumed.pause(190 * S)
    assert again.resume(193 * S).newest_pause_ns == 3 * S
    fourth, _ = again.following(10 * S, 195 * S, part=4)
    assert fourth.resume(196 * S).newest_pause_ns == 6 * S


def test_a_crash_soon_after_a_pause() -> None:
    """The file ended before the pause, of which nothing is in the gap."""
    _, gap_ns = FIRST.pause(110 * S).resume(120 * S).following(9 * S, 121 * S, part=2)
    assert gap_ns == 2 * S


def test_a_part_that_wrote_nothing() -> None:
    """Its gap is part of the next one's."""
    second, _ = FIRST.following(8 * S, 112 * S, part=2)
    third, gap_ns = second.following(0, 115 * S, part=3)
    assert gap_ns == 7 * S
    assert third.gaps_ns == (0, 7 * S)
    assert third.before_ns == 8 * S


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=20), st.integers(0, 100))
def test_file_time_never_jumps(pauses: list[tuple[int, int]], rest: int) -> None:
    """Whatever is paused, file time is the room's without the pauses."""
    footage, now_ns, played = FIRST, FIRST.began_ns, 0
    for runs, stands in pauses:
        now_ns += runs * S
        played += runs * S
        footage = footage.pause(now_ns)
        now_ns += stands * S
        assert footage.file_ns(now_ns) == played
        footage = footage.resume(now_ns)
        assert footage.file_ns(now_ns) == played
    assert footage.file_ns(now_ns + rest * S) == played + rest * S
    assert footage.end_of_ns(played + rest * S) == now_ns + rest * S - FIRST.began_ns


def test_paused_all_day() -> None:
    """Ten thousand pauses: what is remembered is bounded, and file time is still right."""
    footage = FIRST
    for number in range(10_000):
        footage = footage.pause(FIRST.began_ns + 2 * number * S).resume(FIRST.began_ns + (2 * number + 1) * S)
    assert len(footage.cuts) == len(footage.chapters_ns) == MOST_CUTS
    assert footage.file_ns(FIRST.began_ns + 20_000 * S) == 10_000 * S
