"""A day in virtual time: senders whose clocks are wrong, from their packets to their place in the mix."""

from dataclasses import dataclass, field
from random import Random

import numpy as np
import pytest

from bot.receive.receiver import Receiver
from mixer.audio.sound_mix import SoundMix
from mixer.frame import EncodedFrame
from mixer.layout.speech import Speech
from mixer.picture.picture_mix import PictureMix
from mixer.settings import LayoutName, MixSettings
from mixer.source import Size, Source, SourceKind
from signaling.media import CodecParameters, Section
from signaling.model import TrackKind
from signaling.rehearsal.clip import PACKET_NS, Picture, PictureRequest, SoundRequest, encode_pictures, encode_sound
from signaling.rehearsal.encoding import SoundCodec, SoundEncoding, VideoCodec, VideoEncoding
from signaling.rehearsal.hearing import listen
from signaling.rehearsal.marks import find_marks
from signaling.rehearsal.packetise import FrameInfo
from signaling.rehearsal.rhythm import SECOND_NS, phase_ns, unwrap
from signaling.rehearsal.sender import SenderSettings, TrackSender, TransportNumbers
from tests.figures import note

pytestmark = pytest.mark.long

MS = 1_000_000
HOUR_NS = 3600 * SECOND_NS
HOURS = 24
START_NS = 777 * SECOND_NS  # monotonic time at which it all begins
CAMERA = VideoEncoding(VideoCodec.VP8, 320, 180, 15, 150)
FPS = 30
DELAY_NS, JITTER_NS = 20 * MS, 15 * MS
REPORT_NS = 5 * SECOND_NS
SPARSE_NS = 3_900 * MS  # between what is checked a track sends just often enough to be followed
CHECKED_NS = 4 * SECOND_NS  # at each full hour
PICTURES, SOUND = 96, 111


@dataclass
class Person:
    """Sends a picture and a sound by a clock of its own. Times are local unless they are called `own`."""

    number: int
    ppm: float
    loop: list[Picture]
    packets: list[bytes]
    senders: dict[str, TrackSender] = field(init=False)
    truth: dict[str, list[int]] = field(default_factory=lambda: {"video": [], "audio": []})

    def __post_init__(self) -> None:
        self.senders = {
            kind: TrackSender(
                SenderSettings(
                    ssrc=100 * self.number + index,
                    mid=kind,
                    name=f"p{self.number}",
                    first_sequence=65_000 + index,
                    first_timestamp=(1 << 32) - 9_000_000 * (index + 1),
                ),
                TransportNumbers(),
            )
            for index, kind in enumerate(("video", "audio"))
        }

    def own(self, local_ns: int) -> int:
        return local_ns + round(local_ns * self.ppm / 1e6)

    def local(self, own_ns: int) -> int:
        return round(own_ns / (1 + self.ppm / 1e6))

    def track(self, kind: str) -> str:
        return f"{self.number}/{kind}"

    def picture(self, index: int, *, keyframe: bool = False) -> list[bytes]:
        """The packets of the picture that is captured at `index` / 15 s of its own time; or the beginning of a keyframe
        in its place, for what is not going to be decoded."""
        shown = self.loop[index % len(self.loop)]
        data = self.loop[0].data[:100] if keyframe else shown.data
        info = FrameInfo(0, keyframe or shown.keyframe, CAMERA.width, CAMERA.height)
        return self.senders["video"].video(VideoCodec.VP8, PICTURES, data, info, index * SECOND_NS // CAMERA.fps)

    def sound(self, index: int) -> list[bytes]:
        payload = self.packets[index % len(self.packets)]
        return self.senders["audio"].sound(SoundCodec.OPUS, SOUND, payload, index * PACKET_NS)


class Nowhere:
    """A transport and a mixer's requests that lead nowhere."""

    id = "simulated"

    def send_rtcp(self, packet: bytes) -> None: ...

    def request_keyframe(self, track: str) -> None: ...

    def request_layer(self, track: str, size: Size | None) -> None: ...


class Day:
    """The receive path and the mix, told what time it is."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self.random = Random(5)
        self.frames: list[EncodedFrame] = []
        self.receiver = Receiver(START_NS, self.frames.append)
        self.sink = self.receiver.open(Nowhere())
        self.sink.bind([self._section(person, kind) for person in people for kind in ("video", "audio")])
        self.reported_ns = -REPORT_NS

    def _section(self, person: Person, kind: str) -> Section:
        video = kind == "video"
        codec = CodecParameters("VP8", 90_000) if video else CodecParameters("OPUS", 48_000, 2)
        return Section(
            mid=person.track(kind),
            kind=TrackKind(kind),
            track=person.track(kind),
            participant=str(person.number),
            codecs={PICTURES if video else SOUND: codec},
            ssrcs=(person.senders[kind].settings.ssrc,),
        )

    def deliver(self, packets: list[bytes], sent_ns: int) -> list[tuple[int, bytes]]:
        """When each arrives: in order, by a network that is sometimes slow."""
        arrival_ns = START_NS + sent_ns + DELAY_NS + round(self.random.random() * JITTER_NS)
        return [(arrival_ns, packet) for packet in packets]

    def take(self, arrivals: list[tuple[int, bytes]]) -> None:
        for at_ns, packet in sorted(arrivals, key=lambda arrival: arrival[0]):
            self.sink.on_rtp(packet, at_ns)
            self.receiver.poll(at_ns)

    def report(self, now_ns: int) -> None:
        if now_ns - self.reported_ns < REPORT_NS:
            return
        self.reported_ns = now_ns
        for person in self.people:
            for sender in person.senders.values():
                report = sender.report(person.own(now_ns), 1_790_000_000 * SECOND_NS)
                self.sink.on_rtcp(report, START_NS + now_ns + DELAY_NS)

    def skip(self, from_ns: int, to_ns: int) -> None:
        """Hours in which next to nothing is sent."""
        for now_ns in range(from_ns, to_ns, SPARSE_NS):
            self.report(now_ns)
            arrivals = []
            for person in self.people:
                word, look = person.own(now_ns) // PACKET_NS, person.own(now_ns) * CAMERA.fps // SECOND_NS
                arrivals += self.deliver(person.sound(word), person.local((word + 1) * PACKET_NS))
                seen_ns = person.local(look * SECOND_NS // CAMERA.fps)
                arrivals += self.deliver(person.picture(look, keyframe=True), seen_ns)
            self.take(arrivals)
        self.frames.clear()

    def live(self, from_ns: int, to_ns: int) -> None:
        """Everything is sent; what was captured when is kept in `truth`."""
        arrivals = []
        for person in self.people:
            first = -(-person.own(from_ns) * CAMERA.fps // SECOND_NS // 30) * 30  # the beginning of a group
            start_ns = first * SECOND_NS // CAMERA.fps
            for index in range(first, person.own(to_ns) * CAMERA.fps // SECOND_NS):
                captured_ns = person.local(index * SECOND_NS // CAMERA.fps)
                person.truth["video"].append(captured_ns)
                arrivals += self.deliver(person.picture(index), captured_ns)
            for index in range(start_ns // PACKET_NS, person.own(to_ns) // PACKET_NS):
                captured_ns = person.local(index * PACKET_NS)
                person.truth["audio"].append(captured_ns)
                arrivals += self.deliver(person.sound(index), captured_ns + PACKET_NS)
        self.take(arrivals)


def placed_errors(day: Day, person: Person, kind: str) -> list[int]:
    """How much later than its capture each frame is placed."""
    placed = [frame.pts_ns for frame in day.frames if frame.track == person.track(kind)]
    assert len(placed) == len(person.truth[kind])
    return [at_ns - true_ns for at_ns, true_ns in zip(placed, person.truth[kind], strict=True)]


def shown_errors(day: Day, from_ns: int, to_ns: int) -> list[int]:
    """By how much each new picture of the mix comes later than it was captured."""
    mix = PictureMix(MixSettings(width=640, height=180, layout=LayoutName.GRID), Nowhere(), 4)
    for person in day.people:
        mix.add(Source(person.track("video"), str(person.number), SourceKind.VIDEO, False))
    for frame in day.frames:
        if not frame.codec.is_audio:
            mix.push(frame)
    speech = Speech(-45.0, SECOND_NS)
    before: dict[int, int] = {}
    errors = []
    people = {person.number: person for person in day.people}
    for tick in range(from_ns * FPS // SECOND_NS, to_ns * FPS // SECOND_NS):
        tick_ns = tick * SECOND_NS // FPS
        picture = mix.render(tick_ns, speech)
        plane = picture.planes[0]
        luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:180, :640]
        for mark in find_marks(luma)[0]:
            person = people[mark.publication]
            if before.get(mark.publication, mark.number) != mark.number:
                captured_ns = person.local(unwrap(mark.number, CAMERA.fps, person.own(tick_ns)))
                errors.append(tick_ns - captured_ns)
            before[mark.publication] = mark.number
    mix.close()
    return errors


def heard_errors(day: Day, from_ns: int, to_ns: int) -> list[int]:
    """By how much each beep of the mix comes later than it was made."""
    mix = SoundMix()
    for person in day.people:
        mix.add(Source(person.track("audio"), str(person.number), SourceKind.AUDIO, False))
    for frame in day.frames:
        if frame.codec.is_audio:
            mix.push(frame)
    first = from_ns * 48_000 // SECOND_NS
    sound = np.concatenate(
        [mix.render(first + block * 1600, 1600) for block in range(30 * (to_ns - from_ns) // SECOND_NS)], 1
    )
    mix.close()
    hearing = listen(sound.mean(axis=0), 48_000, [person.number for person in day.people])
    errors = []
    for person in day.people:
        for onset_ns in hearing.beep_onsets(person.number):
            at_ns = from_ns + onset_ns
            own_ns = person.own(at_ns) - phase_ns(person.number)
            beep_own_ns = round(own_ns / SECOND_NS) * SECOND_NS + phase_ns(person.number)
            errors.append(at_ns - person.local(beep_own_ns))
    return errors


def test_a_day_of_wrong_clocks() -> None:
    """±200 ppm are 17 s a day. At every hour each one's sound and picture are together, and in their place."""
    people = [_person(number, ppm) for number, ppm in ((1, 200.0), (2, -200.0))]
    day = Day(people)
    skews, cuts, voices = [], [], []
    for hour in range(1, HOURS + 1):
        from_ns = hour * HOUR_NS
        day.skip((hour - 1) * HOUR_NS + (CHECKED_NS if hour > 1 else 0), from_ns)
        for person in people:
            person.truth = {"video": [], "audio": []}
        day.live(from_ns, from_ns + CHECKED_NS)
        for person in people:
            picture, voice = (np.array(placed_errors(day, person, kind)) for kind in ("video", "audio"))
            skews.append(int(abs(picture.mean() - voice.mean()) + picture.std() + voice.std()))
        # Nobody can know how long the fastest packet was on its way: that is the same for all, and taken off.
        cuts += [error - DELAY_NS for error in shown_errors(day, from_ns, from_ns + CHECKED_NS)]
        voices += [error - DELAY_NS for error in heard_errors(day, from_ns, from_ns + CHECKED_NS)]
        day.frames.clear()
    drifts = {track: stats.drift_ppm for track, stats in day.receiver.stats().items()}
    worst_skew_ms, worst_voice_ms = max(skews) / MS, max(map(abs, voices)) / MS
    earliest_ms, latest_ms = min(cuts) / MS, max(cuts) / MS
    frame_ms = 1000 / FPS
    met = worst_skew_ms <= 20 and max(worst_voice_ms, latest_ms, -earliest_ms) <= frame_ms
    note(
        3,
        "sender clocks off by ±200 ppm, 24 simulated hours (virtual time)",
        "sound and picture of each participant within 20 ms at every hour; cut into the mix within one frame of the "
        "truth",
        f"worst skew {worst_skew_ms:.1f} ms at {HOURS} hours; {len(cuts)} pictures in the mix {earliest_ms:.0f} to "
        f"{latest_ms:.0f} ms from the truth, {len(voices)} beeps at most {worst_voice_ms:.1f} ms; drift estimated as "
        + ", ".join(f"{ppm:+.1f}" for ppm in drifts.values())
        + " ppm",
        met=met,
        order=5,
    )
    assert len(cuts) > 40 * HOURS
    assert len(voices) >= 6 * HOURS
    assert met, (worst_skew_ms, earliest_ms, latest_ms, worst_voice_ms)
    # From a packet every two seconds over five minutes of a jittery network nobody knows it better.
    assert all(abs(abs(ppm) - 200) < 5 for ppm in drifts.values()), drifts
    assert day.receiver.totals().faults == 0


def _person(number: int, ppm: float) -> Person:
    request = PictureRequest(number, False, CAMERA)
    loop = [
        picture
        for first in range(0, request.length, request.group)
        for picture in encode_pictures(request, first, request.group)
    ]
    return Person(number, ppm, loop, encode_sound(SoundRequest(number, SoundEncoding())))
