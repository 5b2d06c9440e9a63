"""A sender whose timestamps start anew while its packets come out of order."""

import pytest

from tests.receive.simulated_room import SECOND, Network, SimulatedRoom


@pytest.mark.parametrize("step_s", [-3, -10_000, 10_000])
def test_no_frame_is_lost_to_timestamps_that_start_anew(step_s: int) -> None:
    """A hole behind a timestamp that makes no sense yet is waited for like any other."""
    room = SimulatedRoom(seed=3, down=Network(jitter_ms=15))
    camera = room.add("camera", "p", video=True, timestamp=99_123_456, interval_ns=SECOND // 15)
    room.run(2)
    camera.timestamp += step_s * 90_000
    room.run(2)
    assert room.numbers("camera") == camera.sent[: len(room.frames["camera"])]
    assert len(camera.sent) - len(room.frames["camera"]) <= 2
