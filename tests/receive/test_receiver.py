"""A receiver among real-life senders: changes, oddities, garbage."""

import random
import struct
import tracemalloc
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.receive import Receiver, ReceiveSettings
from bot.receive.connection import Connection
from bot.receive.rtcp import Bandwidth, FullIntra, Nack, PictureLoss, ReceiverReport, SenderReport, parse_rtcp
from bot.receive.rtcp_writer import bye, sender_report
from bot.receive.transport_feedback import TransportFeedback
from mixer.frame import Codec, EncodedFrame
from signaling.media import CodecParameters, Section
from signaling.model import TrackKind
from tests.receive.simulated_room import MS, OPUS, SECOND, START, VP8, SimulatedRoom, rtp, vp8_frame, vp8_payloads

RTX = CodecParameters("RTX", 90000, parameters={"apt": "96"})
RED = CodecParameters("RED", 48000, 2, {"": "111/111"})
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


class Bench:
    """One connection of a receiver, fed by hand."""

    id = "bench"

    def __init__(self, *sections: Section, settings: ReceiveSettings | None = None) -> None:
        self.now = START
        self.frames: list[EncodedFrame] = []
        self.sent: list[object] = []
        self.receiver = Receiver(START, self.frames.append, settings)
        self.sink: Connection = self.receiver.open(self)
        self.sink.bind(sections)

    def send_rtcp(self, packet: bytes) -> None:
        reports, malformed = parse_rtcp(packet)
        assert malformed == 0
        self.sent += reports

    def packet(
        self, payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, **more: object
    ) -> None:
        self.sink.on_rtp(rtp(payload_type, sequence, timestamp, ssrc, payload, **more), self.now)  # type: ignore[arg-type]

    def picture(self, number: int, sequence: int, *, key: bool = False, packets: int = 2, ssrc: int = 1) -> int:
        """Every packet of one VP8 frame captured now, and 33 ms; returns the next sequence number."""
        timestamp = (self.now - START) * 90000 // SECOND
        for index, payload in enumerate(vp8_payloads(number, keyframe=key, packets=packets)):
            last = index == packets - 1
            self.packet(96, sequence + index, timestamp, ssrc, payload, marker=last)
        self.wait(33)
        return sequence + packets

    def sound(self, sequence: int, ssrc: int = 2, payload: bytes = b"\xfcsound") -> None:
        self.packet(111, sequence, sequence * 960, ssrc, payload)
        self.wait(20)

    def wait(self, milliseconds: float) -> None:
        end = self.now + int(milliseconds * MS)
        while self.now < end:
            self.now = min(end, self.now + 10 * MS)
            self.receiver.poll(self.now)
        assert self.receiver.totals().faults == 0, self.receiver.totals().last_fault

    def asked(self, kind: type) -> int:
        return sum(isinstance(report, kind) for report in self.sent)


def camera(
    mid: str = "0",
    track: str | None = "cam",
    *,
    ssrcs: Sequence[int] = (1,),
    codecs: Mapping[int, CodecParameters] | None = None,
    repairs: Mapping[int, int] | None = None,
    extensions: Mapping[int, str] | None = None,
) -> Section:
    return Section(
        mid, TrackKind.VIDEO, track, "alice", codecs or {96: VP8}, tuple(ssrcs), repairs or {}, extensions or {}
    )


def microphone(track: str = "mic", *, ssrcs: Sequence[int] = (2,), red: bool = False, nack: bool = True) -> Section:
    opus = OPUS if nack else CodecParameters("OPUS", 48000, 2)
    codecs = {111: opus, 63: RED} if red else {111: opus, 13: CodecParameters("CN", 8000)}
    return Section("1", TrackKind.AUDIO, track, "alice", codecs, tuple(ssrcs))


def test_a_frame_is_handed_over_as_soon_as_it_is_whole() -> None:
    """With its codec, bytes, kind and capture time."""
    bench = Bench(camera())
    bench.picture(0, 100, key=True)
    assert [(f.track, f.codec, f.keyframe, f.pts_ns) for f in bench.frames] == [("cam", Codec.VP8, True, 0)]
    assert bench.frames[0].data == vp8_frame(0, keyframe=True, packets=2)


def test_a_frame_without_a_marker_ends_where_the_next_begins() -> None:
    """Not every sender sets it."""
    bench = Bench(camera())
    for sequence, number in ((0, 0), (1, 1), (2, 2)):
        (payload,) = vp8_payloads(number, keyframe=number == 0, packets=1)
        bench.packet(96, sequence, number * 3000, 1, payload)
    assert len(bench.frames) == 2


def test_the_first_packets_may_come_in_any_order() -> None:
    """The keyframe a join begins with is not lost to reordering."""
    bench = Bench(camera())
    payloads = vp8_payloads(0, keyframe=True, packets=4)
    for index in (2, 0, 3, 1):
        bench.packet(96, index, 0, 1, payloads[index], marker=index == 3)
    assert [frame.data for frame in bench.frames] == [vp8_frame(0, keyframe=True, packets=4)]


def test_padding_is_nothing_to_decode() -> None:
    """An empty frame would be a flush to the decoder."""
    bench = Bench(camera())
    sequence = bench.picture(0, 0, key=True)
    for index in range(5):
        bench.packet(96, sequence + index, 0, 1, b"", marker=index == 4)
    bench.picture(1, sequence + 5)
    assert [frame.data != b"" for frame in bench.frames] == [True, True]
    assert bench.receiver.stats()["cam"].malformed == 0


def test_rtx_fills_a_hole() -> None:
    """RFC 4588, by the SSRC group; the empty packets that probe the path are ignored."""
    bench = Bench(camera(codecs={96: VP8, 97: RTX}, repairs={9: 1}))
    sequence = bench.picture(0, 0, key=True)
    first, second = vp8_payloads(1, keyframe=False, packets=2)
    bench.packet(96, sequence + 1, 3000, 1, second, marker=True)
    bench.wait(20)
    assert [report.sequences for report in bench.sent if isinstance(report, Nack)] == [(sequence,)]
    bench.packet(97, 500, 3000, 9, b"")
    bench.packet(97, 501, 3000, 9, struct.pack("!H", sequence) + first)
    assert len(bench.frames) == 2
    stats = bench.receiver.stats()["cam"]
    assert (stats.lost, stats.recovered_rtx, stats.unrecoverable) == (1, 1, 0)


def test_red_fills_holes_of_sound() -> None:
    """RFC 2198: the copy in the next packet comes out first, at its own time."""
    bench = Bench(microphone(red=True, nack=False))
    for sequence in (0, 1, 3):
        older = struct.pack("!IB", 1 << 31 | 111 << 24 | 960 << 10 | 4, 111) + b"old%d" % (sequence - 1 & 7)
        bench.packet(63, sequence, sequence * 960, 2, older + b"new%d" % sequence)
        bench.wait(20)
    assert [frame.data for frame in bench.frames] == [b"new0", b"new1", b"old2", b"new3"]
    assert [frame.pts_ns for frame in bench.frames] == pytest.approx([0, 20 * MS, 40 * MS, 60 * MS], abs=2 * MS)
    assert bench.receiver.stats()["mic"].recovered_red == 1


def test_in_band_fec_stands_in_for_a_packet_that_never_comes() -> None:
    """At the deadline the packet behind the hole is handed over twice: once for the hole's time."""
    bench = Bench(microphone())
    bench.sound(0)
    lbrr = bytes([0x48, 0x40]) + bytes(30)  # SILK wideband 20 ms, mono, with LBRR
    bench.sound(2, payload=lbrr)
    bench.wait(700)
    assert len(bench.frames) == 1, "it is waited for while there is time"
    bench.wait(300)
    assert [(f.redundant, f.data) for f in bench.frames[1:]] == [(True, lbrr), (False, lbrr)]
    assert bench.frames[2].pts_ns - bench.frames[1].pts_ns == pytest.approx(20 * MS, abs=MS)
    stats = bench.receiver.stats()["mic"]
    assert (stats.recovered_fec, stats.unrecoverable) == (1, 0)
    assert bench.asked(Nack) > 3


def test_other_payload_types_do_not_look_like_losses() -> None:
    """Comfort noise and telephone events share the numbers of the sound."""
    bench = Bench(microphone())
    bench.sound(0)
    bench.packet(13, 1, 960, 2, b"noise")
    bench.packet(126, 2, 960, 2, b"tone")
    bench.sound(3)
    assert len(bench.frames) == 2
    assert bench.asked(Nack) == 0


def test_a_new_ssrc_takes_over_and_the_old_one_does_not_come_back() -> None:
    """An SFU switches source in mid-track: the picture goes on with the next keyframe, time never goes back."""
    bench = Bench(camera(ssrcs=()))
    sequence = 0
    for number in range(30):
        sequence = bench.picture(number, sequence, key=number == 0)
    other = 40000
    for number in range(1000, 1030):
        other = bench.picture(number, other, key=number == 1000, ssrc=77)
        bench.packet(96, sequence, 0, 1, b"straggler")
    assert bench.receiver.stats()["cam"].frames >= 58
    times = [frame.pts_ns for frame in bench.frames]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(bench.now - START, abs=150 * MS)


def test_a_section_used_again_carries_the_new_track() -> None:
    """Janus and Pion re-use an m-line with another SSRC."""
    bench = Bench(camera())
    bench.picture(0, 0, key=True)
    bench.sink.bind([camera(track="other", ssrcs=(5,))])
    bench.picture(0, 0, key=True, ssrc=5)
    bench.picture(1, 2, ssrc=1)
    assert [frame.track for frame in bench.frames] == ["cam", "other"]
    assert set(bench.receiver.stats()) == {"cam", "other"}


def test_packets_are_routed_by_mid_and_by_payload_type() -> None:
    """Offers without SSRC lines: MID first, then a payload type that only one section has."""
    extensions = {4: MID}
    first = camera("v0", "one", ssrcs=(), extensions=extensions)
    second = camera("v1", "two", ssrcs=(), extensions=extensions)
    third = camera("v2", "three", ssrcs=(), codecs={98: VP8}, extensions=extensions)
    bench = Bench(first, second, third)
    (payload,) = vp8_payloads(0, keyframe=True, packets=1)
    bench.packet(96, 1, 0, 10, payload, marker=True)  # could be either
    bench.packet(96, 1, 0, 11, payload, marker=True, extensions={4: b"v1"})
    bench.packet(98, 1, 0, 12, payload, marker=True)
    assert [frame.track for frame in bench.frames] == ["two", "three"]
    assert bench.receiver.totals().unknown == 1


def test_a_bye_ends_nothing() -> None:
    """SFUs send it and go on with the same SSRC."""
    bench = Bench(camera())
    sequence = bench.picture(0, 0, key=True)
    bench.sink.on_rtcp(bye([1]), bench.now)
    bench.picture(1, sequence)
    assert len(bench.frames) == 2


def test_a_muted_track_whose_numbers_go_on_is_not_decoded_into_rubbish() -> None:
    """Janus drops a muted publisher's packets without a hole in the numbers; the picture numbers show it."""
    bench = Bench(camera())
    sequence = bench.picture(0, 0, key=True)
    sequence = bench.picture(1, sequence)
    bench.wait(3000)
    pictures = bench.asked(PictureLoss)
    sequence = bench.picture(80, sequence)
    assert len(bench.frames) == 2
    assert bench.asked(PictureLoss) > pictures
    sequence = bench.picture(81, sequence, key=True)
    bench.picture(82, sequence)
    assert len(bench.frames) == 4


def test_a_slow_slide_share_is_not_a_pause_every_time() -> None:
    """One frame in two seconds, picture numbers consecutive: all are shown."""
    bench = Bench(camera())
    sequence = bench.picture(0, 0, key=True)
    for number in range(1, 12):
        bench.wait(2000)
        sequence = bench.picture(number, sequence)
    assert len(bench.frames) == 12
    assert bench.receiver.stats()["cam"].pauses < 6


def test_a_codec_change_starts_with_a_keyframe_and_asks_for_it() -> None:
    """Another payload type: nothing of the new codec is handed over before its keyframe."""
    h264 = CodecParameters("H264", 90000, feedback=("nack", "nack pli"))
    bench = Bench(camera(codecs={96: VP8, 102: h264}))
    sequence = bench.picture(0, 0, key=True)
    asked = bench.asked(PictureLoss)
    bench.wait(600)
    bench.packet(102, sequence, 60000, 1, b"\x61\x9a\x00", marker=True)
    assert bench.asked(PictureLoss) > asked
    bench.packet(102, sequence + 1, 63000, 1, b"\x65\x88\x00", marker=True)
    assert [frame.codec for frame in bench.frames] == [Codec.VP8, Codec.H264]


def test_rotation_comes_from_the_orientation_extension() -> None:
    """Phones turn: the last packet of a frame says so, and it holds until told otherwise."""
    bench = Bench(camera(extensions={3: "urn:3gpp:video-orientation"}))
    for sequence, orientation in ((0, None), (1, b"\x01"), (2, None), (3, b"\x03")):
        (payload,) = vp8_payloads(sequence, keyframe=True, packets=1)
        extensions = None if orientation is None else {3: orientation}
        bench.packet(96, sequence, sequence * 3000, 1, payload, marker=True, extensions=extensions)
    assert [frame.rotation for frame in bench.frames] == [0, 90, 90, 270]


def test_keyframes_are_asked_for_at_most_twice_a_second() -> None:
    """However often the decoder fails; and again and again until one comes."""
    bench = Bench(camera())
    sequence = bench.picture(0, 0, key=True)
    bench.wait(600)
    before = bench.asked(PictureLoss)
    for number in range(1, 91):
        bench.receiver.request_keyframe("cam", bench.now)
        sequence = bench.picture(number, sequence)
    assert 5 <= bench.asked(PictureLoss) - before <= 7
    bench.picture(91, sequence, key=True)
    after = bench.asked(PictureLoss)
    bench.wait(300)
    assert bench.asked(PictureLoss) == after


def test_full_intra_requests_where_only_those_are_negotiated() -> None:
    """ccm fir without nack pli."""
    fir = CodecParameters("VP8", 90000, feedback=("ccm fir",))
    bench = Bench(camera(codecs={96: fir}))
    bench.packet(96, 0, 0, 1, b"\x10\x01\x00", marker=True)
    bench.wait(20)
    assert bench.asked(FullIntra) == 1
    assert bench.asked(PictureLoss) == 0


def test_transport_feedback_where_it_is_negotiated() -> None:
    """All packets of the connection, told every 50 ms; then no REMB."""
    wide = CodecParameters("VP8", 90000, feedback=("transport-cc", "goog-remb"))
    bench = Bench(camera(codecs={96: wide}, extensions={5: WIDE}))
    for number in range(40):
        bench.packet(96, number, 0, 1, b"\x10\x01\x00", extensions={5: struct.pack("!H", 65530 + number & 0xFFFF)})
        bench.wait(25)
    bench.wait(100)
    told = [report for report in bench.sent if isinstance(report, TransportFeedback)]
    assert sum(arrival is not None for report in told for arrival in report.arrivals_ns) == 40
    assert 15 <= len(told) <= 22
    assert bench.asked(Bandwidth) == 0


def test_a_generous_bandwidth_grant_otherwise() -> None:
    """One for the whole connection, naming its video SSRCs; nothing where nothing is negotiated."""
    remb = CodecParameters("VP8", 90000, feedback=("goog-remb",))
    bench = Bench(camera(codecs={96: remb}))
    bench.picture(0, 0, key=True)
    bench.wait(3000)
    grants = [report for report in bench.sent if isinstance(report, Bandwidth)]
    assert 2 <= len(grants) <= 3
    assert grants[-1].bitrate > 50_000_000
    assert grants[-1].ssrcs == (1,)
    plain = Bench(camera())
    plain.picture(0, 0, key=True)
    plain.wait(3000)
    assert plain.asked(Bandwidth) == plain.asked(TransportFeedback) == 0
    assert plain.asked(ReceiverReport) >= 3


def test_a_track_moves_to_another_connection() -> None:
    """The network path changed: the new connection has it, the old one's packets and end do not disturb."""
    bench = Bench(camera())
    sequence = bench.picture(0, 0, key=True)
    bench.picture(1, sequence)
    second = bench.receiver.open(bench)
    second.bind([camera(ssrcs=(6,))])
    bench.picture(2, sequence + 2)
    bench.sink.close()
    bench.sink = second
    sequence = bench.picture(50, 7000, key=True, ssrc=6)
    bench.picture(51, sequence, ssrc=6)
    assert len(bench.frames) == 4
    assert bench.receiver.stats()["cam"].frames == 4
    assert bench.receiver.totals().connections == 1


def test_a_sender_that_starts_its_numbers_anew_is_followed() -> None:
    """Near or far, forwards or backwards: the picture is back within a few packets."""
    for jump in (20000, -20000, 2500, -40, 3500):
        bench = Bench(camera(), microphone())
        sequence = 30000
        for number in range(50):
            sequence = bench.picture(number, sequence, key=number == 0)
            bench.sound(sequence)
        sequence += jump
        bench.frames.clear()
        for number in range(2000, 2100):
            sequence = bench.picture(number, sequence, key=number % 20 == 0)
        times = [frame.pts_ns for frame in bench.frames if frame.track == "cam"]
        assert len(times) >= 60, jump
        assert times == sorted(times)
        assert times[-1] == pytest.approx(bench.now - START, abs=200 * MS)


def test_three_hundred_joins_and_leaves_leave_nothing_behind() -> None:
    """Publications come and go on new and on old connections: what is held stays flat."""
    bench = Bench()

    def round_of(index: int) -> None:
        sink = bench.receiver.open(bench)
        sink.bind([camera(track=f"cam{index}"), microphone(f"mic{index}")])
        bench.sink = sink
        sequence = bench.picture(0, 0, key=True)
        bench.picture(2, sequence + 3)  # leaves with a hole open
        bench.sound(7)
        sink.close()
        bench.frames.clear()
        bench.sent.clear()

    for index in range(20):
        round_of(index)
    tracemalloc.start()
    before = tracemalloc.take_snapshot()
    for index in range(20, 320):
        round_of(index)
    grown = sum(max(0, entry.size_diff) for entry in tracemalloc.take_snapshot().compare_to(before, "filename"))
    tracemalloc.stop()
    totals = bench.receiver.totals()
    assert (totals.tracks, totals.connections, totals.faults) == (0, 1, 0), "only the first, which stays"
    assert len(bench.receiver.stats()) == 640
    assert grown < 4_000_000, "the statistics of 600 tracks and no more"


def test_garbage_touches_nobody_else() -> None:
    """Random bytes, bit flips, cut packets, absurd numbers, thousands of SSRCs, huge packets: of the neighbour's
    pictures none is missing."""
    dice = random.Random(5)
    room = SimulatedRoom()
    room.add("cam", "a", video=True)
    victim = room.add("victim", "b", video=True)

    def attack(now: int) -> None:
        good = rtp(96, dice.getrandbits(16), dice.getrandbits(32), victim.ssrc, dice.randbytes(40), True, {1: b"x"})
        flipped = bytearray(good)
        flipped[dice.randrange(8, len(good))] ^= 1 << dice.randrange(8)
        for data in (
            dice.randbytes(dice.randrange(0, 200)),
            good,
            bytes(flipped[:8]) + struct.pack("!I", victim.ssrc) + bytes(flipped[12:]),
            good[: dice.randrange(len(good))],
            rtp(96, 1, 1, dice.getrandbits(20), dice.randbytes(30)),
            rtp(96, dice.getrandbits(16), 5, victim.ssrc, bytes(65_000)),
        ):
            room.sink.on_rtp(data, now)
            room.sink.on_rtcp(data, now)
            room.sink.on_rtcp(sender_report_of(victim.ssrc, dice), now)
        room.at(now + 7 * MS, attack)

    room.at(START + SECOND, attack)
    room.run(10)
    numbers = room.numbers("cam")
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 295
    stats = room.receiver.stats()
    assert stats["cam"].plis <= 2
    assert room.receiver.totals().unknown > 1000
    track = room.receiver._tracks.bound["victim"]
    assert len(track.missing) <= 1000


def sender_report_of(ssrc: int, dice: random.Random) -> bytes:
    return sender_report(SenderReport(ssrc, dice.getrandbits(64), dice.getrandbits(32), 1, 1))


ODD = st.one_of(
    st.binary(max_size=60),
    st.builds(
        rtp,
        st.sampled_from([96, 97, 102, 45, 98, 111, 63, 0, 13]),
        st.integers(0, 65535),
        st.one_of(st.integers(0, 0xFFFFFFFF), st.integers(0, 20000)),
        st.sampled_from([1, 2, 9, 4_000_000_000]),
        st.binary(max_size=30),
        st.booleans(),
        st.one_of(st.none(), st.dictionaries(st.integers(1, 6), st.binary(min_size=1, max_size=5), max_size=3)),
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(ODD, st.sampled_from([0, 1, 33, 400, 3000]), st.booleans()), max_size=40))
@example([(rtp(96, 5, 0, 1, b"\x90"), 0, False), (rtp(96, 4, 0, 1, b"\x10\x00"), 33, False)])
def test_no_sequence_of_packets_makes_it_fail(script: list[tuple[bytes, int, bool]]) -> None:
    """Any packets on any codec in any order: no exception on the way, frames never empty, time never backwards."""
    codecs = {
        96: VP8,
        97: RTX,
        98: CodecParameters("VP9", 90000, feedback=("nack", "transport-cc")),
        102: CodecParameters("H264", 90000),
        45: CodecParameters("AV1", 90000),
    }
    extensions = {
        1: MID,
        2: "urn:3gpp:video-orientation",
        3: WIDE,
        4: "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    }
    bench = Bench(camera(codecs=codecs, repairs={9: 1}, extensions=extensions), microphone(red=True))
    for data, milliseconds, rtcp in script:
        (bench.sink.on_rtcp if rtcp else bench.sink.on_rtp)(data, bench.now)
        bench.wait(milliseconds)
    bench.sink.close()
    bench.receiver.close()
    assert all(frame.data for frame in bench.frames)
    for track in ("cam", "mic"):
        times = [frame.pts_ns for frame in bench.frames if frame.track == track]
        assert times == sorted(times)
    assert bench.receiver.totals().faults == 0
