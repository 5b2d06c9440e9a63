"""RTP and RTCP as bytes."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.receive import rtcp_writer
from bot.receive.packet import parse_packet
from bot.receive.rtcp import (
    Bandwidth,
    Bye,
    Description,
    FullIntra,
    Nack,
    PictureLoss,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    parse_rtcp,
)
from bot.receive.sequence import signed_distance, unwrap
from bot.receive.transport_feedback import ArrivalLog, TransportFeedback
from tests.receive.simulated_room import MS, rtp

BLOCK = ReportBlock(7, 25, -3, 70000, 99, 0x12345678, 65536)


def one(data: bytes) -> object:
    reports, malformed = parse_rtcp(data)
    assert malformed == 0
    assert len(reports) == 1
    return reports[0]


def test_every_field_of_a_packet_is_read() -> None:
    """Header, contributing sources, extensions, padding."""
    plain = rtp(96, 0xFFFF, 0xFFFFFFF0, 0xDEADBEEF, b"payload", True, {1: b"a", 5: b"xyz"})
    packet = parse_packet(plain, 42)
    assert packet is not None
    assert (packet.payload_type, packet.marker, packet.sequence, packet.timestamp) == (96, True, 0xFFFF, 0xFFFFFFF0)
    assert (packet.ssrc, packet.payload, packet.arrival_ns) == (0xDEADBEEF, b"payload", 42)
    assert packet.extensions == {1: b"a", 5: b"xyz"}
    sources = bytes([0x82 | 0x20]) + plain[1:12] + bytes(8) + b"data" + bytes([0, 0, 3])
    padded = parse_packet(sources, 0)
    assert padded is not None
    assert padded.payload == b"data"


def test_two_byte_extensions_are_read() -> None:
    """RFC 8285 section 4.3, with an empty element and padding between."""
    body = bytes([3, 0, 0, 200, 2]) + b"ab" + bytes([9, 1]) + b"z" + bytes(2)
    data = bytes([0x90, 96]) + bytes(10) + struct.pack("!HH", 0x1000, len(body) // 4) + body + b"p"
    packet = parse_packet(data, 0)
    assert packet is not None
    assert packet.extensions == {3: b"", 200: b"ab", 9: b"z"}
    assert packet.payload == b"p"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        bytes(12),
        b"\x81" + bytes(11),
        b"\x90" + bytes(13),
        b"\x90" + bytes(13) + b"\xff\xff",
        b"\xa0" + bytes(11) + b"x\0",
        b"\xa0" + bytes(11) + b"x\xff",
    ],
)
def test_what_is_no_packet_is_refused(data: bytes) -> None:
    """Too short, wrong version, lengths beyond the end, impossible padding."""
    assert parse_packet(data, 0) is None


@given(st.binary(max_size=80))
@example(b"\x90\x60" + bytes(10) + b"\xbe\xde\x00\x01" + b"\x1f\x00\x00\x00")
@example(b"\x90\x60" + bytes(10) + b"\x10\x00\x00\x01" + b"\x01\xff\x00\x00")
def test_no_bytes_make_the_parsers_raise(data: bytes) -> None:
    """Whatever comes, parsing ends with a packet or without one."""
    parse_packet(data, 0)
    parse_rtcp(data)
    for kind in range(200, 208):
        for count in (0, 1, 15, 31):
            parse_rtcp(rtcp_writer.sub_packet(kind, count, data[: len(data) // 4 * 4]))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (rtcp_writer.receiver_report(5, [BLOCK, BLOCK]), ReceiverReport(5, (BLOCK, BLOCK))),
        (
            rtcp_writer.sender_report(SenderReport(5, 1 << 63, 2, 3, 4, (BLOCK,))),
            SenderReport(5, 1 << 63, 2, 3, 4, (BLOCK,)),
        ),
        (rtcp_writer.bye([1, 2]), Bye((1, 2))),
        (rtcp_writer.picture_loss(1, 2), PictureLoss(1, 2)),
        (rtcp_writer.full_intra(1, 2, 300), FullIntra(1, ((2, 44),))),
        (rtcp_writer.bandwidth(1, 100_000_000, [7, 8]), Bandwidth(1, 99_999_744, (7, 8))),
        (rtcp_writer.nack(1, 2, [65534, 65536, 65550, 70000]), Nack(1, 2, (65534, 0, 14, 4464))),
    ],
)
def test_what_is_written_is_read_back(data: bytes, expected: object) -> None:
    """Every kind of report."""
    assert one(data) == expected
    assert len(data) % 4 == 0


@pytest.mark.parametrize("length", range(1, 37))
def test_a_description_of_several_sources_does_not_hide_the_sender_report(length: int) -> None:
    """LiveKit sends them in one compound packet, with names of any length."""
    report = SenderReport(1, 2 << 32, 3, 4, 5)
    chunks = b""
    for ssrc in (1, 2, 3):
        chunk = struct.pack("!IBB", ssrc, 1, length) + b"n" * length + b"\0"
        chunks += chunk + bytes(-len(chunk) % 4)
    compound = rtcp_writer.sender_report(report) + rtcp_writer.sub_packet(202, 3, chunks)
    reports, malformed = parse_rtcp(compound)
    assert malformed == 0
    assert reports[0] == report
    assert reports[1] == Description(tuple((ssrc, "n" * length) for ssrc in (1, 2, 3)))


def test_profile_extensions_and_cut_off_neighbours_cost_nothing_else() -> None:
    """A sender report with extra words is read; what comes before a cut is kept."""
    report = SenderReport(1, 2 << 32, 3, 4, 5)
    data = rtcp_writer.sender_report(report)
    extended = struct.pack("!BBH", 0x80, 200, 8) + data[4:] + b"extra123"
    assert one(extended) == report
    reports, malformed = parse_rtcp(data + rtcp_writer.picture_loss(1, 2)[:-4])
    assert reports == [report]
    assert malformed == 1


@given(st.integers(0, 70000), st.lists(st.tuples(st.integers(1, 400), st.integers(-3000, 60000)), max_size=60))
def test_transport_feedback_tells_arrivals_within_a_quarter_millisecond(
    first: int, steps: list[tuple[int, int]]
) -> None:
    """Any gaps, any jitter: what the sender reads is what came."""
    log = ArrivalLog()
    number, time_us = first, 1_000_000_000
    truth = {}
    for gap, later in [(1, 0), *steps]:
        number += gap
        time_us += later
        log.add(number & 0xFFFF, time_us * 1000)
        truth[number & 0xFFFF] = time_us * 1000
    body = log.feedback(1, 2)
    assert body is not None
    feedback = one(rtcp_writer.sub_packet(205, 15, body))
    assert isinstance(feedback, TransportFeedback)
    told = {
        (feedback.base + index) & 0xFFFF: arrival
        for index, arrival in enumerate(feedback.arrivals_ns)
        if arrival is not None
    }
    assert told.keys() <= truth.keys()
    if number - first < 8000:
        assert told.keys() == truth.keys()
    wrap = (1 << 24) * 64 * MS
    for number_told, arrival in told.items():
        assert (truth[number_told] - arrival) % wrap < MS // 2
    assert log.feedback(1, 2) is None


def test_lost_packets_between_two_feedbacks_are_told() -> None:
    """The second feedback begins where the first ended."""
    log = ArrivalLog()
    log.add(10, 0)
    log.feedback(1, 2)
    log.add(13, MS)
    body = log.feedback(1, 2)
    assert body is not None
    feedback = one(rtcp_writer.sub_packet(205, 15, body))
    assert isinstance(feedback, TransportFeedback)
    assert feedback.base == 11
    assert [arrival is None for arrival in feedback.arrivals_ns] == [True, True, False]


@given(st.integers(0, 1 << 40), st.integers(-32768, 32767))
def test_wrapping_counters_are_unwrapped(reference: int, step: int) -> None:
    """Forwards and backwards across any number of wraps."""
    assert unwrap(reference, (reference + step) & 0xFFFF, 16) == reference + step
    assert signed_distance(reference & 0xFFFF, (reference + step) & 0xFFFF, 16) == step
