"""Writes SDP: values in, lines out."""

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from signaling.media import CodecParameters
from signaling.peer.sdp import TransportParameters

_CHANNELS_NAMED = frozenset({"OPUS", "RED"})  # whose rtpmap carries the number of channels


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """Our own side of the connection, the same in every section that is bundled."""

    parameters: TransportParameters
    candidates: tuple[str, ...]  # "foundation 1 udp …", without "candidate:"
    complete: bool = True  # no more candidates will follow

    def default_address(self) -> tuple[str, int]:
        """For the m= and c= lines (RFC 8839 section 4.2.1)."""
        if not self.candidates:
            return "0.0.0.0", 9  # noqa: S104 - written, not bound
        host, port = self.candidates[0].split()[4:6]
        return host, int(port)


@dataclass(frozen=True, slots=True)
class WrittenSection:
    kind: str
    protocol: str
    mid: str
    direction: str
    codecs: Mapping[int, CodecParameters]
    fmtp: Mapping[int, str] = field(default_factory=dict)
    extensions: Mapping[int, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset({"rtcp-mux", "rtcp-rsize"})
    ssrcs: tuple[int, ...] = ()
    repairs: Mapping[int, int] = field(default_factory=dict)
    cname: str = "-"
    stream: str = "-"
    track: str | None = None
    formats: tuple[str, ...] = ()  # rejected sections: as offered
    rejected: bool = False


def write(
    sections: Sequence[WrittenSection],
    local: LocalTransport,
    *,
    session_id: int,
    version: int,
    bundle: Collection[str] | None = None,
) -> str:
    """`bundle`: the mids of the group that was offered, when this is an answer; an answer adds none."""
    together = [section.mid for section in sections if not section.rejected]
    bundled = " ".join(mid for mid in together if bundle is None or mid in bundle)
    lines = [
        "v=0",
        f"o=- {session_id} {version} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        *([f"a=group:BUNDLE {bundled}"] if bundled else []),
        "a=ice-options:trickle",
    ]
    for section in sections:
        lines += _rejected(section) if section.rejected else _section(section, local)
    return "\r\n".join(lines) + "\r\n"


def _rejected(section: WrittenSection) -> list[str]:
    formats = " ".join(section.formats) or "0"
    return [
        f"m={section.kind} 0 {section.protocol} {formats}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{section.mid}",
        "a=inactive",
    ]


def _section(section: WrittenSection, local: LocalTransport) -> list[str]:
    host, port = local.default_address()
    family = "IP6" if ipaddress.ip_address(host).version == 6 else "IP4"
    formats = " ".join(str(number) for number in section.codecs)
    ice = local.parameters
    return [
        f"m={section.kind} {port} {section.protocol} {formats}",
        f"c=IN {family} {host}",
        f"a=rtcp:9 IN {family} {host}",
        *(f"a=candidate:{candidate}" for candidate in local.candidates),
        *(["a=end-of-candidates"] if local.complete else []),
        f"a=ice-ufrag:{ice.username}",
        f"a=ice-pwd:{ice.password}",
        *(f"a=fingerprint:{algorithm} {digest}" for algorithm, digest in ice.fingerprints),
        f"a=setup:{ice.setup}",
        f"a=mid:{section.mid}",
        *(f"a=extmap:{number} {uri}" for number, uri in section.extensions.items()),
        *([f"a=msid:{section.stream} {section.track}"] if section.track else []),
        f"a={section.direction}",
        *(f"a={flag}" for flag in sorted(section.flags)),
        *(line for number, codec in section.codecs.items() for line in _codec(number, codec, section.fmtp.get(number))),
        *(f"a=ssrc-group:FID {media} {repair}" for repair, media in section.repairs.items()),
        *(f"a=ssrc:{ssrc} cname:{section.cname}" for ssrc in (*section.ssrcs, *section.repairs)),
    ]


def _codec(number: int, codec: CodecParameters, fmtp: str | None) -> list[str]:
    channels = f"/{codec.channels}" if codec.name in _CHANNELS_NAMED and codec.channels > 1 else ""
    name = codec.name.lower() if codec.name in ("OPUS", "RED", "RTX") else codec.name
    return [
        f"a=rtpmap:{number} {name}/{codec.clock_rate}{channels}",
        *([f"a=fmtp:{number} {fmtp}"] if fmtp else []),
        *(f"a=rtcp-fb:{number} {what}" for what in codec.feedback),
    ]
