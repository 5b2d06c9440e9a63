"""What each payload type of a section means to the receive path."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from mixer.frame import Codec
from signaling.media import CodecParameters, Section


class Use(Enum):
    MEDIA = auto()
    REPAIR = auto()  # RTX (RFC 4588)
    REDUNDANT = auto()  # RED (RFC 2198)


@dataclass(frozen=True, slots=True)
class Format:
    use: Use
    codec: Codec | None  # None: RTX and RED
    clock_rate: int
    channels: int = 1
    original: int = 0  # RTX: the payload type it repeats
    nack: bool = False
    full_intra: bool = False  # keyframes are asked for by FIR because PLI was not negotiated
    in_band_fec: bool = False
    parameter_sets: tuple[bytes, ...] = ()


_MEDIA: Mapping[str, Codec] = {codec.value.upper(): codec for codec in Codec}


def read_formats(section: Section) -> dict[int, Format]:
    """Payload types that carry nothing for us (comfort noise, telephone events, FEC of other kinds) are left out."""
    formats = {}
    for payload_type, parameters in section.codecs.items():
        form = _format(parameters)
        if form is not None:
            formats[payload_type] = form
    return formats


def _format(parameters: CodecParameters) -> Format | None:
    name = parameters.name.upper()
    if parameters.clock_rate <= 0:
        return None
    if name == "RTX":
        original = parameters.parameters.get("apt", "")
        if not original.isdecimal():
            return None
        return Format(Use.REPAIR, None, parameters.clock_rate, original=int(original))
    if name == "RED":
        return Format(Use.REDUNDANT, None, parameters.clock_rate, nack="nack" in parameters.feedback)
    codec = _MEDIA.get(name)
    return None if codec is None else _media(codec, parameters)


def _media(codec: Codec, parameters: CodecParameters) -> Format:
    options, feedback = parameters.parameters, parameters.feedback
    channels = parameters.channels
    if codec is Codec.OPUS:
        channels = 2 if "1" in {options.get("stereo"), options.get("sprop-stereo")} else 1
    return Format(
        use=Use.MEDIA,
        codec=codec,
        clock_rate=parameters.clock_rate,
        channels=channels,
        nack="nack" in feedback,
        full_intra="ccm fir" in feedback and "nack pli" not in feedback,
        in_band_fec=codec is Codec.OPUS,
        parameter_sets=_parameter_sets(options.get("sprop-parameter-sets", "")),
    )


def _parameter_sets(text: str) -> tuple[bytes, ...]:
    try:
        return tuple(b64decode(part, validate=True) for part in text.split(",") if part)
    except (Base64Error, ValueError):
        return ()
