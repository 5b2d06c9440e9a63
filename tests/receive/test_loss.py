"""What the network does to packets and what is left of it: nothing but the link down can be seen."""

import itertools
from collections.abc import Callable

import pytest

from bot.receive.rtcp import ReceiverReport
from tests.receive.simulated_room import MS, SECOND, START, Network, Sender, SimulatedRoom


def share_of_frames(room: SimulatedRoom, sender: Sender) -> float:
    """Of those sent up to two seconds ago. Checks on the way that nothing came twice, out of order or damaged."""
    numbers = room.numbers(sender.track)
    assert all(later > earlier for earlier, later in itertools.pairwise(numbers))
    times = [frame.pts_ns for frame in room.frames[sender.track]]
    assert all(later >= earlier for earlier, later in itertools.pairwise(times))
    arrived = set(numbers)
    due = [number for number in sender.sent if sender.captured[number] < room.now - 2 * SECOND]
    return sum(number in arrived for number in due) / len(due)


def longest_gap_ms(room: SimulatedRoom, sender: Sender) -> float:
    times = [frame.pts_ns for frame in room.frames[sender.track]]
    return max(later - earlier for earlier, later in itertools.pairwise(times)) / MS


def only_decodable(room: SimulatedRoom, sender: Sender) -> bool:
    """Every frame's predecessor was handed over before it, or it is a keyframe (the sender's frames all need the one
    before)."""
    numbers = room.numbers(sender.track)
    return numbers[0] in sender.keyframes and all(
        later == earlier + 1 or later in sender.keyframes for earlier, later in itertools.pairwise(numbers)
    )


CASES = [
    pytest.param(lambda: Network(loss=0.02, delay_ms=25), 1.0, 34, id="2 % loss, 50 ms"),
    pytest.param(lambda: Network(loss=0.05, delay_ms=50, jitter_ms=20, duplicate=0.02), 0.995, 500, id="5 %, 100 ms"),
    pytest.param(lambda: Network(loss=0.10, burst=4, delay_ms=75), 0.97, 1000, id="10 % in bursts, 150 ms"),
]


@pytest.mark.parametrize(("network", "share", "freeze_ms"), CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_loss_is_repaired(network: Callable[[], Network], share: float, freeze_ms: float, seed: int) -> None:
    """Issue 3's table, in virtual time, both directions."""
    room = SimulatedRoom(seed=seed, network=network)
    camera, microphone = room.add("cam", "a", video=True), room.add("mic", "a", video=False)
    room.run(20)
    assert share_of_frames(room, camera) >= share
    assert only_decodable(room, camera)
    assert longest_gap_ms(room, camera) <= freeze_ms
    assert share_of_frames(room, microphone) >= share
    assert max(room.late) < 0, "every frame comes before it is shown"


def test_a_link_down_for_five_seconds_comes_back_within_one() -> None:
    """The picture is back at once, in time, and sound and picture still belong together."""
    room = SimulatedRoom(network=lambda: Network(delay_ms=25, down=((10, 15),)))
    camera, microphone = room.add("cam", "a", video=True), room.add("mic", "a", video=False)
    room.run(20)
    assert only_decodable(room, camera)
    for sender in (camera, microphone):
        frames = room.frames[sender.track]
        index, _ = next((i, f) for i, f in enumerate(frames) if f.pts_ns > 15 * SECOND)
        assert frames[index].pts_ns < 15.4 * SECOND
        number = room.numbers(sender.track)[index]
        assert abs(frames[index].pts_ns + START - sender.captured[number] - 25 * MS) < 15 * MS
    assert max(room.late) < 0
    stats = room.receiver.stats()["cam"]
    assert stats.freezes == 1
    assert 5 * SECOND < stats.longest_freeze_ns < 5.4 * SECOND
    assert stats.unrecoverable > 300


def test_without_retransmission_only_whole_pictures_are_shown() -> None:
    """Nobody answers: frames are lost, never damaged, and keyframes are asked for."""
    room = SimulatedRoom(down=Network(loss=0.03, delay_ms=25), network=lambda: Network(delay_ms=25))
    camera = room.add("cam", "a", video=True)
    room._resend = lambda *_: None  # type: ignore[method-assign]
    room.run(20)
    assert only_decodable(room, camera)
    assert share_of_frames(room, camera) > 0.1
    gaps = [b.pts_ns - a.pts_ns for a, b in zip(room.frames["cam"], room.frames["cam"][1:], strict=False)]
    assert max(gaps) < 2 * SECOND
    assert camera.plis <= 40, "at most two a second"


def test_requests_are_not_wasted_on_packets_that_are_only_reordered() -> None:
    """The tolerance learns how far this network reorders."""
    room = SimulatedRoom(network=lambda: Network(delay_ms=40, jitter_ms=30))
    camera = room.add("cam", "a", video=True)
    room.run(30)
    assert share_of_frames(room, camera) == 1.0
    stats = room.receiver.stats()["cam"]
    assert stats.nacks < 60
    assert camera.plis <= 2


def test_the_report_to_the_sfu_tells_the_loss() -> None:
    """Fraction and total of what the network lost, without what was sent again on the same SSRC."""
    room = SimulatedRoom(down=Network(loss=0.2, delay_ms=25))
    room.add("cam", "a", video=True)
    room._resend = lambda *_: None  # type: ignore[method-assign]
    room.run(20)
    blocks = [b for report in room.feedback if isinstance(report, ReceiverReport) for b in report.blocks]
    assert blocks[-1].ssrc == 1000
    fraction = sum(block.fraction_lost for block in blocks[2:]) / len(blocks[2:]) / 256
    assert fraction == pytest.approx(0.2, abs=0.05)
    sent = room.senders[0].sequence
    assert blocks[-1].lost == pytest.approx(sent * 0.2, rel=0.2)
    assert blocks[-1].last_report != 0


@pytest.mark.parametrize("timestamp", [0, 0xFFFF8000, 0x7FFFFFF0])
def test_wraps_are_no_event(timestamp: int) -> None:
    """Sequence numbers and timestamps wrap in the middle, under loss."""
    room = SimulatedRoom(network=lambda: Network(loss=0.03, delay_ms=25))
    camera = room.add("cam", "a", video=True, timestamp=timestamp, sequence=65500)
    microphone = room.add("mic", "a", video=False, timestamp=timestamp, sequence=65530)
    room.run(12)
    assert share_of_frames(room, camera) == 1.0
    assert share_of_frames(room, microphone) == 1.0
    assert room.receiver.stats()["cam"].restarts == 0


def test_a_pause_is_noticed_by_time_and_its_end_asks_for_a_keyframe() -> None:
    """Muted without an event: silence shows in the figures, and what comes after is decodable."""
    room = SimulatedRoom(network=lambda: Network(delay_ms=25))
    camera = room.add("cam", "a", video=True, muted=((5, 10),))
    room.run(8)
    assert room.receiver.stats()["cam"].silent
    asked = camera.plis
    room.run(6)
    stats = room.receiver.stats()["cam"]
    assert not stats.silent
    assert stats.pauses == 1
    assert stats.freezes == 0, "a pause is no freeze"
    assert camera.plis > asked
    assert share_of_frames(room, camera) == 1.0
