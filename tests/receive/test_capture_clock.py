"""One clock a participant: sound and picture together, for 24 hours, whatever reports say."""

import itertools
from random import Random

import pytest

from bot.receive.clock import ParticipantClock
from tests.receive.simulated_room import MS, SECOND, START, Network, SimulatedRoom, frame_number

HOUR = 3600 * SECOND
LOCAL = 555 * SECOND
NTP = 3_900_000_000 * SECOND


class Source:
    """Feeds one track's clock with frames and reports of a sender whose clocks are known."""

    def __init__(
        self,
        participant: ParticipantClock,
        random: Random,
        *,
        audio: bool,
        media_ppm: float = 0,
        wall_ppm: float = 0,
        late_ms: float = 0,
        start: int = 0,
    ) -> None:
        self.rate = 48000 if audio else 90000
        self.clock = participant.track(self.rate, audio=audio)
        self.random = random
        self.media_ppm, self.wall_ppm = media_ppm, wall_ppm
        self.late_ms = late_ms
        self.start = start
        self.wall = NTP

    def timestamp(self, time: int) -> int:
        return (self.start + int(time * (1 + self.media_ppm * 1e-6)) * self.rate // SECOND) & 0xFFFFFFFF

    def frame(self, time: int) -> int:
        """Captured at `time`: how far off it is placed, in ns. The network adds 20 ms and jitter."""
        delay = (self.late_ms + 20 + self.random.expovariate(1 / 3)) * MS
        self.clock.arrived(self.timestamp(time), LOCAL + time + int(delay))
        return self.clock.place(self.timestamp(time)) - LOCAL - time

    def report(self, time: int, *, wrong_ns: int = 0) -> None:
        """What real senders report is off by a few milliseconds."""
        ntp = self.wall + int(time * (1 + self.wall_ppm * 1e-6)) + wrong_ns
        noise = int(self.random.uniform(-3, 3) * MS)
        self.clock.report((ntp << 32) // SECOND, self.timestamp(time + noise), LOCAL + time + 30 * MS)


def a_pair(seed: int = 1, **video: float) -> tuple[Source, Source]:
    random, participant = Random(seed), ParticipantClock()
    audio = Source(participant, random, audio=True, start=0xFFFF0000)
    picture = Source(participant, random, audio=False, late_ms=video.get("late_ms", 60), start=0x12345)
    return audio, picture


def run(audio: Source, video: Source, begin: float, end: float, *, reports: bool = True) -> list[tuple[int, int]]:
    """Half-second steps; (audio error, video error) of each."""
    errors = []
    for half in range(int(begin * 2), int(end * 2)):
        time = half * SECOND // 2
        errors.append((audio.frame(time), video.frame(time + 7 * MS)))
        if reports and half % 10 == 0:
            audio.report(time)
            video.report(time + 100 * MS)
    return errors


@pytest.mark.parametrize(
    ("media", "wall"),
    [
        pytest.param((200, 200), 200, marks=pytest.mark.long, id="whole sender 200 ppm fast"),
        pytest.param((-200, -200), -200, marks=pytest.mark.long, id="whole sender 200 ppm slow"),
        pytest.param((200, -200), 0, marks=pytest.mark.long, id="sound card and camera drift apart"),
    ],
)
def test_sound_and_picture_stay_together_for_24_hours(media: tuple[float, float], wall: float) -> None:
    """Within 20 ms at every hour, and placed within a frame of the truth; never a step that could be heard."""
    random, participant = Random(7), ParticipantClock()
    audio = Source(participant, random, audio=True, media_ppm=media[0], wall_ppm=wall, start=0xFFFF0000)
    video = Source(participant, random, audio=False, media_ppm=media[1], wall_ppm=wall, late_ms=60)
    worst = placed = step = 0
    last = None
    for second in range(24 * 3600):
        time = second * SECOND
        sound, picture = audio.frame(time), video.frame(time + 7 * MS)
        if second % 5 == 0:
            audio.report(time)
            video.report(time + 100 * MS)
        if second > 10:
            worst = max(worst, abs(sound - picture))
            placed = max(placed, abs(sound - 20 * MS), abs(picture - 20 * MS))
            step = max(step, abs(sound - (sound if last is None else last)))
        last = sound
    assert worst < 20 * MS
    assert placed < 33 * MS
    assert step <= 4 * MS, "moves at most 2 ms a second, on top of the drift itself"
    assert audio.clock.drift_ppm == pytest.approx(media[0], abs=10)
    assert video.clock.drift_ppm == pytest.approx(media[1], abs=10)


def test_unrelated_timestamps_are_joined_by_the_first_report() -> None:
    """Before it, sound moves by no more than a block; from it on both are within 40 ms (in fact much less)."""
    audio, video = a_pair(late_ms=120)
    before = run(audio, video, 0, 5, reports=False)
    after = run(audio, video, 5, 30)
    sounds = [sound for sound, _ in before + after]
    assert max(abs(b - a) for a, b in itertools.pairwise(sounds)) <= 20 * MS
    assert all(abs(sound - picture) < 40 * MS for sound, picture in after[1:])


def test_a_single_wrong_report_is_not_believed() -> None:
    """An hour off, a second off: nothing moves."""
    audio, video = a_pair()
    run(audio, video, 0, 60)
    for wrong in (HOUR, -SECOND, 400 * MS):
        audio.report(60 * SECOND, wrong_ns=wrong)
        assert all(abs(s - v) < 20 * MS for s, v in run(audio, video, 60, 70))
    assert audio.clock.rejected_reports == 3


def test_a_participants_clock_that_is_set_moves_nothing() -> None:
    """NTP jumps by two minutes in the reports of both tracks: the media does not."""
    audio, video = a_pair()
    run(audio, video, 0, 60)
    audio.wall += 120 * SECOND
    video.wall += 120 * SECOND
    errors = run(audio, video, 60, 120)
    assert all(abs(s - v) < 20 * MS for s, v in errors)
    assert all(abs(s - 20 * MS) < 20 * MS for s, _ in errors)


def test_a_track_whose_reports_really_change_moves_to_its_place() -> None:
    """The SFU's first reports for the picture were 300 ms wrong; the right ones win when they persist."""
    audio, video = a_pair()
    video.wall += 300 * MS
    run(audio, video, 0, 30)
    video.wall -= 300 * MS
    errors = run(audio, video, 30, 90)
    assert all(abs(s - v) < 20 * MS for s, v in errors[-60:])


def test_reports_on_clocks_of_their_own_are_not_compared() -> None:
    """An SFU that gives each SSRC its own wall clock: tracks are placed by their arrivals."""
    audio, video = a_pair()
    video.wall += 17 * HOUR
    errors = run(audio, video, 0, 60)
    assert all(abs(s - 20 * MS) < 25 * MS for s, _ in errors[4:])
    assert all(abs(v - 80 * MS) < 25 * MS for _, v in errors[4:])


def test_no_report_ever() -> None:
    """Arrivals alone place both within what the network adds."""
    audio, video = a_pair()
    errors = run(audio, video, 0, 60, reports=False)
    assert all(abs(s - 20 * MS) < 25 * MS and abs(v - 80 * MS) < 25 * MS for s, v in errors)


@pytest.mark.parametrize("jump", [90000 * 3600, -90000 * 3600, 0x7FFFFFFF, 90000 * 7, -90000 * 7])
def test_timestamps_that_start_anew_are_placed_by_arrival(jump: int) -> None:
    """Forwards or backwards: the picture goes on within a moment, and the next report puts it right."""
    audio, video = a_pair()
    run(audio, video, 0, 60)
    video.start += jump
    for step in range(10):
        video.frame(60 * SECOND + step * 33 * MS)
    errors = run(audio, video, 61, 80)
    assert all(abs(s - v) < 60 * MS for s, v in errors)
    assert all(abs(s - v) < 25 * MS for s, v in errors[12:])
    assert video.clock.restarts == 1


def test_a_stall_of_the_network_is_not_taken_for_a_restart() -> None:
    """Three seconds of packets come at once: they stay where they belong."""
    audio, video = a_pair()
    run(audio, video, 0, 60)
    for step in range(150):
        audio.clock.arrived(audio.timestamp(60 * SECOND + step * 20 * MS), LOCAL + 63 * SECOND + step * 100_000)
    errors = run(audio, video, 63, 80)
    assert audio.clock.restarts == 0
    assert all(abs(s - v) < 20 * MS for s, v in errors)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_through_the_whole_path_unrelated_timestamps_meet(seed: int) -> None:
    """Packets, loss and reports over the simulated network; sound and picture of one instant get the same time."""
    room = SimulatedRoom(seed=seed, network=lambda: Network(loss=0.02, delay_ms=30, jitter_ms=15))
    common = {"report_after_s": 5.0, "ppm": 150.0}
    camera = room.add("cam", "a", video=True, timestamp=0xFFFFFF00, late_ms=80, **common)
    microphone = room.add("mic", "a", video=False, timestamp=123456, **common)
    room.run(30)
    offsets = {}
    for sender in (camera, microphone):
        offsets[sender.track] = [
            frame.pts_ns + START - sender.captured[frame_number(frame)]
            for frame in room.frames[sender.track]
            if frame.pts_ns > 5.5 * SECOND
        ]
    everything = offsets["cam"] + offsets["mic"]
    assert max(everything) - min(everything) < 25 * MS
    sound = [frame.pts_ns for frame in room.frames["mic"]]
    steps = [later - earlier - 20 * MS for earlier, later in itertools.pairwise(sound)]
    assert max(map(abs, steps)) <= 20 * MS
