"""Packets of generated media, held against libavformat's own RTP reader."""

import socket
import threading
import time
from pathlib import Path

import av
import pytest

from signaling.rehearsal.clip import Picture, PictureRequest, encode_pictures
from signaling.rehearsal.encoding import SoundCodec, VideoCodec, VideoEncoding
from signaling.rehearsal.packetise import PAYLOAD_BYTES, FrameInfo, packetise, redundant
from signaling.rehearsal.report import (
    BitrateEstimate,
    KeyframeWanted,
    Nack,
    ReceiverReport,
    goodbye,
    ntp_time,
    parse_feedback,
    sender_report,
)
from signaling.rehearsal.sections import VIDEO_PAYLOADS
from signaling.rehearsal.sender import SenderSettings, TrackSender, TransportNumbers

MILLISECOND_NS = 1_000_000
INFO = FrameInfo(0, True, 320, 180)


def _sender(**changes: object) -> TrackSender:
    settings = {"ssrc": 77, "mid": "0", "name": "ada", "first_sequence": 65_530, "first_timestamp": 2**32 - 3_000}
    return TrackSender(SenderSettings(**(settings | changes)), TransportNumbers())  # type: ignore[arg-type]


def _pictures(codec: VideoCodec) -> list[Picture]:
    """Large keyframes: several packets each."""
    return list(encode_pictures(PictureRequest(3, False, VideoEncoding(codec, 320, 180, 15, 2_000, grain=12)), 0, 12))


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port & ~1


def _send(packets: list[bytes], port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        time.sleep(0.2)  # until libavformat has its socket
        for packet in packets:
            out.sendto(packet, ("127.0.0.1", port))
            time.sleep(0.0005)


def _units(frame: bytes, codec: VideoCodec) -> object:
    """H264: the NAL units, whatever start codes are between them."""
    if codec is not VideoCodec.H264:
        return frame
    return [part.rstrip(b"\0") for part in frame.split(b"\0\0\1") if part.rstrip(b"\0")]


@pytest.mark.parametrize("codec", list(VideoCodec))
def test_frames_come_back_whole(codec: VideoCodec, tmp_path: Path) -> None:
    """libavformat's RTP reader gives back every frame byte for byte, over wraps of sequence number and timestamp."""
    pictures, port, payload = _pictures(codec), _free_port(), VIDEO_PAYLOADS[codec]
    sender = _sender()
    packets = [
        packet
        for index, picture in enumerate(pictures)
        for packet in sender.video(
            codec, payload, picture.data, FrameInfo(0, picture.keyframe, 320, 180), index * 66 * MILLISECOND_NS
        )
    ]
    assert len(packets) > 2 * len(pictures)
    assert max(len(packet) for packet in packets) <= PAYLOAD_BYTES + 40
    description = tmp_path / "offer.sdp"
    fmtp = f"a=fmtp:{payload} packetization-mode=1\n" if codec is VideoCodec.H264 else ""
    description.write_text(
        f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP {payload}\n"
        f"a=rtpmap:{payload} {codec.name}/90000\n{fmtp}"
    )
    sending = threading.Thread(target=_send, args=(packets, port))
    sending.start()
    options = {"protocol_whitelist": "file,udp,rtp", "probesize": "32", "analyzeduration": "0"}
    received: list[bytes] = []
    with av.open(str(description), options=options, timeout=(5.0, 5.0)) as reader:
        for packet in reader.demux(video=0):
            received += [bytes(packet)] if packet.size else []
            if len(received) == len(pictures) - 1:  # the last one waits for a packet that never comes
                break
    sending.join()
    assert [_units(one, codec) for one in received] == [_units(one.data, codec) for one in pictures[:-1]]


def test_numbers_wrap() -> None:
    """Sequence numbers and timestamps begin where they are told to and go on over their end."""
    sender = _sender()
    sent = [sender.sound(SoundCodec.OPUS, 111, b"x", i * 20 * MILLISECOND_NS)[0] for i in range(10)]
    assert [int.from_bytes(one[2:4], "big") for one in sent] == [(65_530 + i) % 65_536 for i in range(10)]
    assert [int.from_bytes(one[4:8], "big") for one in sent] == [(2**32 - 3_000 + 960 * i) % 2**32 for i in range(10)]


def test_a_packet_is_sent_again_as_it_was() -> None:
    """Without RTX the same bytes; what is too old or never was is counted."""
    sender = _sender()
    (first,) = sender.video(VideoCodec.VP8, 96, b"frame", INFO, 0)
    assert sender.again(65_530) == first
    assert sender.again(1_000) is None
    sender.video(VideoCodec.VP8, 96, b"frame", INFO, 3_100 * MILLISECOND_NS)
    assert sender.again(65_530) is None
    assert (sender.counters.resent, sender.counters.not_kept) == (1, 2)


def test_a_packet_is_sent_again_by_rtx() -> None:
    """RFC 4588: another SSRC and payload type, the original sequence number in front of the payload, its timestamp."""
    sender = _sender(repair_ssrc=88, repairs={96: 97}, mid_extension=1, transport_extension=3)
    (first,) = sender.video(VideoCodec.VP8, 96, b"frame", INFO, 0)
    again = sender.again(65_530)
    assert again is not None
    assert int.from_bytes(again[8:12], "big") == 88
    assert again[1] == 0x80 | 97
    assert again[4:8] == first[4:8]
    assert again.endswith((65_530).to_bytes(2, "big") + first[-11:])
    assert first[12:18] == b"\xbe\xde\x00\x02\x10\x30"  # MID "0", then the transport-wide number
    assert (first[19:21], again[19:21]) == (b"\0\0", b"\0\1")


def test_redundant_sound_repeats_what_came_before() -> None:
    """RFC 2198: 20 and 40 ms old payloads in front of the packet's own."""
    body = redundant((b"aaa", b"bb", b"c"), 111, 960)
    assert body[:4] == (0x80000000 | 111 << 24 | 1_920 << 10 | 3).to_bytes(4, "big")
    assert body[4:8] == (0x80000000 | 111 << 24 | 960 << 10 | 2).to_bytes(4, "big")
    assert body[8:] == bytes((111,)) + b"aaabbc"


def test_what_receivers_say() -> None:
    """Reports, NACK, PLI, FIR and REMB in one compound packet, as RFC 3550, 4585 and 5104 write them."""
    block = (77).to_bytes(4, "big") + bytes((64, 0xFF, 0xFF, 0xFE)) + (70_000).to_bytes(4, "big") + bytes(12)
    report = bytes((0x81, 201, 0, 7)) + (1).to_bytes(4, "big") + block
    nack = bytes((0x81, 205, 0, 3)) + bytes(4) + (77).to_bytes(4, "big") + b"\xff\xfe\x00\x05"
    pli = bytes((0x81, 206, 0, 2)) + bytes(4) + (77).to_bytes(4, "big")
    fir = bytes((0x84, 206, 0, 4)) + bytes(8) + (78).to_bytes(4, "big") + bytes((9, 0, 0, 0))
    remb = bytes((0x8F, 206, 0, 5)) + bytes(8) + b"REMB" + bytes((1, 0x0C, 0, 1)) + (77).to_bytes(4, "big")
    assert parse_feedback(report + nack + pli + fir + remb) == [
        ReceiverReport(77, 64, -2, 70_000, 0),
        Nack(77, (0xFFFE, 0xFFFF, 1)),
        KeyframeWanted(77),
        KeyframeWanted(78),
        BitrateEstimate(8),
    ]
    with pytest.raises(ValueError, match="cut short"):
        parse_feedback(pli[:-4] + b"")


def test_what_senders_say() -> None:
    """A report maps a wall clock to an RTP timestamp and names its sender; every packet is a multiple of four bytes."""
    report = sender_report(77, "ada", ntp=ntp_time(1_500_000_000), timestamp=90, packets=3, octets=30)
    assert report[:4] == bytes((0x80, 200, 0, 6))
    assert int.from_bytes(report[8:16], "big") == (2_208_988_801 << 32) + (1 << 31)
    assert report[28:].find(b"\x01\x03ada\0") == 8
    assert len(report) % 4 == 0
    assert goodbye(77, "ada")[-8:] == bytes((0x81, 203, 0, 1)) + (77).to_bytes(4, "big")


@pytest.mark.parametrize("codec", list(VideoCodec))
def test_payloads_fit_and_end(codec: VideoCodec) -> None:
    """No payload is longer than what is allowed, none is empty."""
    for picture in _pictures(codec)[:2]:
        payloads = packetise(codec, picture.data, INFO)
        assert all(1 < len(payload) <= PAYLOAD_BYTES for payload in payloads)
