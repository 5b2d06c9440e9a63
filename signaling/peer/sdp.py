"""Reads SDP (RFC 8866, 8829) as SFUs write it: what is odd but understandable is taken, what is no SDP is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from signaling.errors import NegotiationError
from signaling.media import CodecParameters

_SECTION_LIMIT = 1_000
_SSRC_LIMIT = 64  # in one section
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_FLAGS = ("rtcp-mux", "rtcp-rsize", "bundle-only", "extmap-allow-mixed")
# Payload types that need no rtpmap (RFC 3551).
_STATIC_CODECS = {0: ("PCMU", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000)}


@dataclass(frozen=True, slots=True)
class TransportParameters:
    """ICE and DTLS parameters of one side (RFC 8839, 8842)."""

    username: str
    password: str = field(repr=False)
    fingerprints: tuple[tuple[str, str], ...]  # (algorithm, hexadecimal with colons)
    setup: str  # actpass, active, passive
    lite: bool = False


@dataclass(frozen=True, slots=True)
class MediaSection:
    """One m-line and what follows it."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    mid: str
    direction: str
    codecs: Mapping[int, CodecParameters]
    fmtp: Mapping[int, str]  # by payload type, as written
    extensions: Mapping[int, str]
    ssrcs: tuple[int, ...]
    repairs: Mapping[int, int]
    candidates: tuple[str, ...]
    flags: frozenset[
        str
    ]  # attributes without a value that matter: rtcp-mux, rtcp-rsize, bundle-only, extmap-allow-mixed
    transport: TransportParameters | None  # None: not stated, neither here nor for the session

    @property
    def rejected(self) -> bool:
        return self.port == 0 and "bundle-only" not in self.flags


@dataclass(frozen=True, slots=True)
class Description:
    sections: tuple[MediaSection, ...]
    bundle: tuple[str, ...]  # mids of the first BUNDLE group

    @property
    def candidates(self) -> tuple[str, ...]:
        """Of every section: some SFUs write them in the first only, others in all (or in the last)."""
        return tuple(dict.fromkeys(c for section in self.sections for c in section.candidates))


def parse(text: str) -> Description:
    """Raises NegotiationError for what is no SDP."""
    lines = [line for line in text.replace("\r", "\n").split("\n") if line]
    if not lines or lines[0] != "v=0" or any(line[1:2] != "=" for line in lines):
        raise NegotiationError("The other side sent a session description that is no SDP.")
    starts = [index for index, line in enumerate(lines) if line.startswith("m=")]
    if not starts:
        raise NegotiationError("The other side sent a session description without any media.")
    if len(starts) > _SECTION_LIMIT:
        raise NegotiationError(
            f"The other side sent {len(starts)} media sections; at most {_SECTION_LIMIT} are allowed."
        )
    session = _Attributes(lines[: starts[0]])
    ends = [*starts[1:], len(lines)]
    try:
        sections = tuple(
            _section(lines[start], _Attributes(lines[start + 1 : end]), session, index)
            for index, (start, end) in enumerate(zip(starts, ends, strict=True))
        )
    except (ValueError, IndexError) as exc:
        raise NegotiationError(f"The other side sent a session description that cannot be read: {exc}.") from None
    if len({section.mid for section in sections}) != len(sections):
        raise NegotiationError("The other side sent a session description with the same mid twice.")
    bundles = (group.split()[1:] for group in session.all("group") if group.split()[:1] == ["BUNDLE"])
    return Description(sections, tuple(next(bundles, ())))


class _Attributes:
    """The a= lines of a section, by name."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._values: dict[str, list[str]] = {}
        for line in lines:
            if line.startswith("a="):
                name, _, value = line[2:].partition(":")
                self._values.setdefault(name, []).append(value)

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def first(self, name: str) -> str | None:
        return next(iter(self.all(name)), None)

    def __contains__(self, name: str) -> bool:
        return name in self._values


def _section(line: str, attributes: _Attributes, session: _Attributes, index: int) -> MediaSection:
    kind, port, protocol, *formats = line[2:].split()
    codecs, fmtp = _codecs(formats, attributes) if kind in ("audio", "video") else ({}, {})
    ssrcs, repairs = _ssrcs(attributes)
    return MediaSection(
        kind=kind,
        port=int(port.partition("/")[0]),
        protocol=protocol,
        formats=tuple(formats),
        mid=attributes.first("mid") or str(index),
        direction=next((d for d in _DIRECTIONS if d in attributes or d in session), "sendrecv"),
        codecs=codecs,
        fmtp=fmtp,
        extensions=_extensions([*session.all("extmap"), *attributes.all("extmap")]),
        ssrcs=ssrcs,
        repairs=repairs,
        candidates=tuple(attributes.all("candidate")),
        flags=frozenset(flag for flag in _FLAGS if flag in attributes or flag in session),
        transport=_transport(attributes, session),
    )


def _codecs(formats: list[str], attributes: _Attributes) -> tuple[dict[int, CodecParameters], dict[int, str]]:
    rtpmap = dict(_numbered(attributes.all("rtpmap")))
    fmtp = dict(_numbered(attributes.all("fmtp")))
    feedback: dict[str, list[str]] = {}
    for value in attributes.all("rtcp-fb"):
        target, _, what = value.partition(" ")
        feedback.setdefault(target, []).append(what.strip())
    codecs = {}
    for number in _payload_types(formats):
        name, rate, channels = _rtpmap(rtpmap.get(number), number)
        if name:
            told = (*feedback.get(str(number), ()), *feedback.get("*", ()))
            codecs[number] = CodecParameters(
                name, rate, channels, _parameters(fmtp.get(number, "")), tuple(dict.fromkeys(told))
            )
    return codecs, {number: fmtp[number] for number in codecs if number in fmtp}


def _payload_types(formats: list[str]) -> list[int]:
    numbers = [int(text) for text in formats]
    if not all(0 <= number < 128 for number in numbers):
        raise ValueError(f"payload types are {' '.join(formats[:10])}")
    return numbers


def _rtpmap(value: str | None, number: int) -> tuple[str, int, int]:
    if value is None:
        return (*_STATIC_CODECS.get(number, ("", 0)), 1)
    name, rate, *channels = value.strip().split("/")
    return name.upper(), int(rate), int(channels[0]) if channels else 1


def _parameters(fmtp: str) -> dict[str, str]:
    pairs = (item.strip().partition("=") for item in fmtp.split(";") if item.strip())
    return {name.lower() if value else name: value for name, _, value in pairs}


def _numbered(values: list[str]) -> list[tuple[int, str]]:
    pairs = (value.partition(" ") for value in values)
    return [(int(number), rest.strip()) for number, _, rest in pairs]


def _extensions(values: list[str]) -> dict[int, str]:
    extensions = {}
    for value in values:
        number, uri = value.split()[:2]
        number, _, direction = number.partition("/")
        if direction in ("", "sendrecv", "sendonly"):
            extensions[int(number)] = uri
    return extensions


def _ssrcs(attributes: _Attributes) -> tuple[tuple[int, ...], dict[int, int]]:
    """Media SSRCs, and RTX SSRC -> media SSRC. A line may have no attribute behind the number (RFC 5576 wants one)."""
    known = dict.fromkeys(_ssrc(value.partition(" ")[0]) for value in attributes.all("ssrc"))
    repairs = {}
    for value in attributes.all("ssrc-group"):
        semantics, *numbers = value.split()
        members = [_ssrc(number) for number in numbers]
        if semantics == "SIM":
            known.update(dict.fromkeys(members))
        elif semantics in ("FID", "FEC-FR") and len(members) == 2:
            known.setdefault(members[0])
            known.pop(members[1], None)
            if semantics == "FID":
                repairs[members[1]] = members[0]
    media = [ssrc for ssrc in known if ssrc not in repairs]
    return tuple(media[:_SSRC_LIMIT]), dict(list(repairs.items())[:_SSRC_LIMIT])


def _ssrc(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1 << 32:
        raise ValueError(f"{value} is no SSRC")
    return value


def _transport(attributes: _Attributes, session: _Attributes) -> TransportParameters | None:
    username = attributes.first("ice-ufrag") or session.first("ice-ufrag")
    password = attributes.first("ice-pwd") or session.first("ice-pwd")
    prints = attributes.all("fingerprint") or session.all("fingerprint")
    if not (username and password and prints):
        return None
    pairs = (value.split()[:2] for value in prints)
    return TransportParameters(
        username=username,
        password=password,
        fingerprints=tuple((algorithm.lower(), digest.upper()) for algorithm, digest in pairs),
        setup=attributes.first("setup") or session.first("setup") or "actpass",
        lite="ice-lite" in session,
    )
