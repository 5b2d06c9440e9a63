"""Real encoders' frames through RTP payloads and back. The payloads are built here, from the RFCs, for the test."""

import struct
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.receive.depayload.assembly import Assembly
from bot.receive.depayload.av1 import Av1
from bot.receive.depayload.h264 import H264
from bot.receive.depayload.opus import has_redundancy, packet_samples
from bot.receive.depayload.red import split_red
from bot.receive.depayload.vp8 import Vp8
from bot.receive.depayload.vp9 import Vp9
from signaling.rehearsal.priority import kept_priority

MTU = 300


def encode(codec: str, options: dict[str, str], frames: int = 12) -> list[tuple[bytes, bool]]:
    """Moving noise, one encoded frame each with whether it is a keyframe."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height, context.pix_fmt = 320, 180, "yuv420p"
    context.time_base = Fraction(1, 30)
    context.options = options
    with kept_priority():
        context.open()
    random = np.random.default_rng(1)
    noise = random.integers(0, 255, (270, 400), dtype=np.uint8)
    packets = []
    for number in range(frames):
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(noise[:, number : number + 320]), format="yuv420p")
        picture.pts = number
        packets += context.encode(picture)
    packets += context.encode(None)
    return [(bytes(packet), bool(packet.is_keyframe)) for packet in packets if packet.size]


def decoded(codec: str, frames: Sequence[bytes]) -> int:
    """Pictures a decoder makes of them."""
    context = av.CodecContext.create(codec, "r")
    assert isinstance(context, av.VideoCodecContext)
    pictures = sum(len(context.decode(av.Packet(frame))) for frame in frames)
    return pictures + len(context.decode(None))


def pieces(data: bytes, size: int = MTU) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def vp8_payloads(data: bytes, number: int) -> list[bytes]:
    head = struct.pack("!BH", 0xE0, 0x8000 | number) + bytes([number & 0xFF, 0x20])
    return [bytes([0x90 if index == 0 else 0x80]) + head + part for index, part in enumerate(pieces(data))]


def vp9_payloads(data: bytes, number: int, *, keyframe: bool) -> list[bytes]:
    parts = pieces(data)
    payloads = []
    for index, part in enumerate(parts):
        flags = 0x80 | (0 if keyframe else 0x40) | (0x08 if index == 0 else 0) | (0x04 if part is parts[-1] else 0)
        structure = b""
        if keyframe and index == 0:
            flags |= 0x02
            structure = bytes([0x18]) + struct.pack("!HH", 320, 180) + bytes([1, 0x04, 0x01])
        payloads.append(bytes([flags]) + struct.pack("!H", 0x8000 | number) + structure + part)
    return payloads


def nal_units(data: bytes) -> list[bytes]:
    return [unit for unit in data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit]


def h264_payloads(units: Sequence[bytes]) -> list[bytes]:
    """Small units together (STAP-A), large ones in fragments (FU-A)."""
    payloads: list[bytes] = []
    small: list[bytes] = []

    def flush() -> None:
        if len(small) > 1:
            payloads.append(b"\x78" + b"".join(struct.pack("!H", len(unit)) + unit for unit in small))
        else:
            payloads.extend(small)
        small.clear()

    for unit in units:
        if len(unit) < 100:
            small.append(unit)
            continue
        flush()
        if len(unit) < MTU:
            payloads.append(unit)
            continue
        parts = pieces(unit[1:])
        for index, part in enumerate(parts):
            edge = (0x80 if index == 0 else 0) | (0x40 if part is parts[-1] else 0)
            payloads.append(bytes([unit[0] & 0xE0 | 28, edge | unit[0] & 0x1F]) + part)
    flush()
    return payloads


def obus(data: bytes) -> list[bytes]:
    """OBUs of a temporal unit without their size fields, as RTP wants them; the delimiter left out."""
    units = []
    position = 0
    while position < len(data):
        header = data[position]
        start = position + (2 if header & 4 else 1)
        size = shift = 0
        while True:
            byte = data[start]
            start += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        if header >> 3 & 15 != 2:
            extension = data[position + 1 : position + 2] if header & 4 else b""
            units.append(bytes([header & ~2]) + extension + data[start : start + size])
        position = start + size
    return units


def leb128(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def av1_payloads(units: Sequence[bytes], *, keyframe: bool, counted: bool) -> list[bytes]:
    """One OBU element a packet when `counted` (W=1), else with a length (W=0); large OBUs in fragments."""
    payloads: list[bytes] = []
    for unit in units:
        parts = pieces(unit)
        for index, part in enumerate(parts):
            flags = (0x80 if index else 0) | (0x40 if index < len(parts) - 1 else 0)
            flags |= 0x08 if keyframe and not payloads else 0
            payloads.append(bytes([flags | 0x10]) + part if counted else bytes([flags]) + leb128(len(part)) + part)
    return payloads


def whole(assembly: Assembly | None) -> Assembly:
    assert assembly is not None
    return assembly


def test_vp8_frames_come_back_bit_for_bit() -> None:
    """libvpx -> RFC 7741 -> the same bytes, with the picture's number and kind."""
    depayloader = Vp8()
    for number, (data, keyframe) in enumerate(encode("libvpx", {"g": "6", "deadline": "realtime"})):
        payloads = vp8_payloads(data, number)
        assert depayloader.starts(payloads[0])
        frame = whole(depayloader.assemble(payloads, ()))
        assert frame.data == data
        assert (frame.keyframe, frame.picture, frame.base, frame.layer, frame.switch) == (
            keyframe,
            number,
            number,
            0,
            True,
        )
        if len(payloads) > 1:
            assert not depayloader.starts(payloads[1])
            assert depayloader.assemble(payloads[1:], ()) is None


def test_vp9_frames_come_back_bit_for_bit() -> None:
    """libvpx-vp9 -> RFC 9628 with a scalability structure on keyframes -> the same bytes."""
    depayloader = Vp9()
    for number, (data, keyframe) in enumerate(
        encode("libvpx-vp9", {"g": "6", "deadline": "realtime", "lag-in-frames": "0"})
    ):
        frame = whole(depayloader.assemble(vp9_payloads(data, number, keyframe=keyframe), ()))
        assert frame.data == data
        assert (frame.keyframe, frame.picture) == (keyframe, number)


def test_vp9_spatial_layers_become_one_superframe() -> None:
    """Layers of one picture stay together, with an index that lets a decoder find each."""
    base, upper = b"b" * 700, b"u" * 70000
    head = struct.pack("!H", 0x8000 | 5)
    payloads = [b"\xa8" + head + b"\x00\x01" + base[:400], b"\xa0" + head + b"\x00\x01" + base[400:]]
    payloads += [b"\xa8" + head + b"\x03\x01" + upper]
    frame = whole(Vp9().assemble(payloads, ()))
    assert frame.data[: len(base) + len(upper)] == base + upper
    index = frame.data[len(base) + len(upper) :]
    assert index == b"\xd1" + (700).to_bytes(3, "little") + (70000).to_bytes(3, "little") + b"\xd1"
    assert frame.keyframe


def test_vp9_references_of_flexible_mode_are_read() -> None:
    """F set: the distances to every reference."""
    frame = whole(Vp9().assemble([bytes([0xD8, 0x05, 0x03, 0x04]) + b"data"], ()))
    assert frame.references == (1, 2)
    assert (frame.picture, frame.picture_bits, frame.keyframe) == (5, 7, False)


@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_h264_access_units_come_back(profile: str) -> None:
    """x264 -> RFC 6184 -> an Annex B unit that decodes; parameter sets stand before every keyframe."""
    frames = encode("libx264", {"g": "6", "tune": "zerolatency", "profile": profile, "preset": "ultrafast"})
    depayloader = H264()
    expected = 0
    out: list[bytes] = []
    for data, keyframe in frames:
        units = nal_units(data)
        if out and keyframe:
            units = [unit for unit in units if unit[0] & 0x1F not in {7, 8}]  # sent once only
        payloads = h264_payloads(units)
        assert depayloader.starts(payloads[0])
        frame = whole(depayloader.assemble(payloads, ()))
        assert frame.keyframe == keyframe
        assert frame.picture == expected * (not keyframe)
        if keyframe:
            assert {7, 8, 5} <= {unit[0] & 0x1F for unit in nal_units(frame.data)}
        expected = (frame.picture or 0) + 1
        out.append(frame.data)
    assert decoded("h264", out) == len(frames)


def test_h264_parameter_sets_of_the_sdp_are_used() -> None:
    """sprop-parameter-sets: the sender never sends them in band."""
    data, _ = encode("libx264", {"tune": "zerolatency", "preset": "ultrafast"}, frames=1)[0]
    units = nal_units(data)
    sets = [unit for unit in units if unit[0] & 0x1F in {7, 8}]
    slices = [unit for unit in units if unit[0] & 0x1F == 5]
    frame = whole(H264(sets).assemble(h264_payloads(slices), ()))
    assert decoded("h264", [frame.data]) == 1


@pytest.mark.parametrize("counted", [True, False])
def test_av1_temporal_units_come_back(counted: bool) -> None:
    """libaom or SVT -> AV1 RTP, fragments and lengths -> what libdav1d decodes."""
    frames = encode("libsvtav1", {"preset": "12", "svtav1-params": "pred-struct=1:lookahead=0:lp=1"}, frames=6)
    depayloader = Av1()
    out = []
    for data, keyframe in frames:
        payloads = av1_payloads(obus(data), keyframe=keyframe, counted=counted)
        frame = whole(depayloader.assemble(payloads, ()))
        assert frame.keyframe == keyframe
        assert frame.data.startswith(b"\x12\x00")
        out.append(frame.data)
    assert decoded("libdav1d", out) == len(frames)


def bits(*fields: tuple[int, int]) -> bytes:
    """(value, width) pairs, padded with zeros to whole bytes."""
    text = "".join(f"{value:0{width}b}" for value, width in fields)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def test_the_dependency_descriptor_tells_references() -> None:
    """A template structure of two temporal layers, then frames by template and with distances of their own."""
    keyframe = bits(
        *((1, 1), (1, 1), (0, 6), (100, 16)),  # start, end, template 0, number
        *((1, 1), (0, 1), (0, 1), (0, 1), (0, 1)),  # a structure follows
        *((0, 6), (1, 5)),  # template offset 0, two decode targets
        *((0, 2), (1, 2), (3, 2)),  # layers: T0, T0, T1, end
        *(((2, 2),) * 6),  # decode target indications
        *((0, 1), (1, 1), (1, 4), (0, 1), (1, 1), (0, 4), (0, 1)),  # distances: none; 2; 1
        *((1, 1), (0, 1)),  # one chain of ns(3): 1 -> '10'; protects both targets, ns(1) has no bits
        *((0, 4), (2, 4), (1, 4)),
        (0, 1),  # no resolutions
    )
    depayloader = Av1()
    payload = [b"\x18\x0a\x01\x02", b"\x10\x32\x01"]
    frame = whole(depayloader.assemble(payload[:1], [keyframe]))
    assert (frame.keyframe, frame.picture, frame.references) == (True, 100, ())
    frame = whole(depayloader.assemble(payload[1:], [bits((1, 1), (1, 1), (1, 6), (102, 16))]))
    assert (frame.picture, frame.references, frame.layer) == (102, (2,), 0)
    frame = whole(depayloader.assemble(payload[1:], [bits((1, 1), (1, 1), (2, 6), (103, 16))]))
    assert (frame.picture, frame.references, frame.layer) == (103, (1,), 1)
    own = bits((1, 1), (1, 1), (2, 6), (104, 16), (0, 3), (1, 1), (0, 1), (1, 2), (6, 4), (0, 2))
    frame = whole(depayloader.assemble(payload[1:], [own]))
    assert (frame.picture, frame.references) == (104, (7,))


def test_redundant_audio_is_split() -> None:
    """RFC 2198: two older blocks and the primary one."""
    payload = struct.pack("!IIB", 1 << 31 | 111 << 24 | 1920 << 10 | 3, 1 << 31 | 111 << 24 | 960 << 10 | 2, 111)
    blocks = split_red(payload + b"aaabbcccc")
    assert [(block.payload_type, block.offset, block.payload) for block in blocks] == [
        (111, 1920, b"aaa"),
        (111, 960, b"bb"),
        (111, 0, b"cccc"),
    ]
    assert split_red(payload + b"aaa") == []


def opus_packets(options: dict[str, str]) -> list[bytes]:
    context = av.CodecContext.create("libopus", "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout, context.format = 48000, "mono", "s16"
    context.bit_rate = 20000
    context.options = options
    out = []
    for index in range(40):
        phase = np.arange(index * 960, (index + 1) * 960) / 48000
        wave = 9000 * np.sin(6.28 * 220 * phase) * (1 + np.sin(6.28 * 3 * phase))
        frame = av.AudioFrame.from_ndarray(wave.astype(np.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48000, index * 960
        out += [bytes(packet) for packet in context.encode(frame)]
    return out


def test_opus_packets_tell_their_length_and_their_redundancy() -> None:
    """libopus with in-band FEC for a lossy path, and without."""
    with_fec = opus_packets({"application": "voip", "fec": "1", "packet_loss": "20"})
    without = opus_packets({"application": "voip"})
    assert {packet_samples(packet) for packet in with_fec + without} == {960}
    assert sum(map(has_redundancy, with_fec)) > len(with_fec) // 2
    assert not any(map(has_redundancy, without))


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=4), st.binary(max_size=12))
def test_no_payload_makes_a_depayloader_raise(payloads: list[bytes], header: bytes) -> None:
    """Any bytes: a frame that is not empty, parameter sets, or nothing."""
    for depayloader in (Vp8(), Vp9(), H264(), Av1()):
        for payload in payloads:
            depayloader.starts(payload)
            depayloader.peek(payload)
        for headers in ((), (header,) if header else ()):
            depayloader.assemble(payloads, headers)
    for payload in payloads:
        split_red(payload)
        packet_samples(payload)
        has_redundancy(payload)
