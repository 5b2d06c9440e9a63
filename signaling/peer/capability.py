"""What we take of an offer: codecs, feedback, header extensions."""

from collections.abc import Mapping
from dataclasses import replace

from signaling.media import CodecParameters

# The codecs that can be decoded, by kind of section. RTX is taken with what it repairs; RED for Opus only (RFC 2198).
_CODECS = {
    "audio": frozenset({"OPUS", "PCMU", "PCMA", "G722", "RED"}),
    "video": frozenset({"VP8", "VP9", "H264", "AV1", "RTX"}),
}

FEEDBACK = frozenset({"nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"})

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
VIDEO_ORIENTATION = "urn:3gpp:video-orientation"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
DEPENDENCY_DESCRIPTOR = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
_EXTENSIONS = frozenset(
    {MID, ABS_SEND_TIME, TRANSPORT_CC, VIDEO_ORIENTATION, AUDIO_LEVEL, DEPENDENCY_DESCRIPTOR},
)


def usable_codecs(kind: str, offered: Mapping[int, CodecParameters]) -> dict[int, CodecParameters]:
    """In the order offered, with the feedback we give. Empty: nothing of it can be decoded."""
    known = {number: codec for number, codec in offered.items() if codec.name in _CODECS.get(kind, ())}
    media = {number for number, codec in known.items() if codec.name not in ("RTX", "RED")}
    return {
        number: replace(codec, feedback=tuple(what for what in codec.feedback if what in FEEDBACK))
        for number, codec in known.items()
        if number in media or (media and _wraps(codec, media))
    }


def _wraps(codec: CodecParameters, media: set[int]) -> bool:
    """RED says "111/111" or nothing in its fmtp; RTX says apt=96."""
    if codec.name == "RED":
        return all(part.isdecimal() and int(part) in media for name in codec.parameters for part in name.split("/"))
    apt = codec.parameters.get("apt", "")
    return apt.isdecimal() and int(apt) in media


def usable_extensions(offered: Mapping[int, str]) -> dict[int, str]:
    return {number: uri for number, uri in offered.items() if uri in _EXTENSIONS and 1 <= number <= 255}


def answered_fmtp(codec: CodecParameters, fmtp: str | None) -> str | None:
    """What we say about a codec: what was offered; for Opus also that both channels and its own FEC are welcome."""
    if codec.name != "OPUS":
        return fmtp
    wanted = {"minptime": "10", **codec.parameters, "stereo": "1", "useinbandfec": "1"}
    return ";".join(f"{name}={value}" for name, value in wanted.items())
