"""What an Opus packet says without being decoded (RFC 6716 section 3)."""

_SILK_MS = (10, 20, 40, 60)
_CELT_SAMPLES = (120, 240, 480, 960)


def frame_samples(payload: bytes) -> int:
    """Samples of one frame at 48 kHz, from the TOC byte."""
    configuration = payload[0] >> 3
    if configuration < 12:
        return 48 * _SILK_MS[configuration & 3]
    if configuration < 16:
        return 960 if configuration & 1 else 480
    return _CELT_SAMPLES[configuration & 3]


def packet_samples(payload: bytes) -> int:
    """Samples of the whole packet at 48 kHz; 0 when it is malformed."""
    code = payload[0] & 3
    coded = payload[1] & 0x3F if len(payload) > 1 else 0
    return (1, 2, 2, coded)[code] * frame_samples(payload)


def has_redundancy(payload: bytes) -> bool:
    """Whether the packet carries in-band FEC (LBRR) of the one before it (RFC 6716 section 4.2.4)."""
    if payload[0] & 0x80:  # CELT only: has none
        return False
    start = _first_frame(payload)
    if start is None or start >= len(payload):
        return False
    frames = max(1, frame_samples(payload) // 960)
    first = payload[start]
    if first >> (7 - frames) & 1:
        return True
    return bool(payload[0] & 0x04 and first >> (6 - 2 * frames) & 1)


def _first_frame(payload: bytes) -> int | None:
    code = payload[0] & 3
    if code < 2:
        return 1
    if code == 2:
        return 1 + _length_size(payload, 1)
    if len(payload) < 2:
        return None
    position = 2
    if payload[1] & 0x40:  # padding
        while position < len(payload) and payload[position] == 255:
            position += 1
        position += 1
    if payload[1] & 0x80:  # every frame but the last states its length
        for _ in range((payload[1] & 0x3F) - 1):
            position += _length_size(payload, position)
    return position


def _length_size(payload: bytes, position: int) -> int:
    return 2 if position < len(payload) and payload[position] >= 252 else 1
