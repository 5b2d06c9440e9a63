"""Decides the answer to an offer. No I/O: an offer and bindings in, sections and text out."""

from collections.abc import Mapping
from dataclasses import dataclass

from signaling.errors import NegotiationError
from signaling.media import CodecParameters, Section
from signaling.model import TrackKind
from signaling.peer import sdp
from signaling.peer.capability import answered_fmtp, usable_codecs, usable_extensions
from signaling.peer.sdp_writer import LocalTransport, WrittenSection, write

_KINDS = {"audio": TrackKind.AUDIO, "video": TrackKind.VIDEO}
_DIGESTS = frozenset({"sha-256", "sha-384", "sha-512"})


@dataclass(frozen=True, slots=True)
class TrackBinding:
    """Whose track an m-line carries."""

    track: str
    participant: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is agreed on, before our own transport is known."""

    remote: sdp.TransportParameters | None  # None: every section is rejected, there is nothing to connect
    candidates: tuple[str, ...]
    sections: tuple[WrittenSection, ...]
    bundle: tuple[str, ...]

    def bound(self, tracks: Mapping[str, TrackBinding], offer: sdp.Description) -> tuple[Section, ...]:
        """The sections as the packet receiver wants them."""
        offered = {section.mid: section for section in offer.sections}
        return tuple(_bound(s, offered[s.mid], tracks.get(s.mid)) for s in self.sections if not s.rejected)


def accept(offer: sdp.Description) -> Accepted:
    """Every section gets an answer: taken, or rejected by itself without failing the rest. Raises NegotiationError when
    the transport of what could be taken is not described."""
    codecs = {section.mid: usable_codecs(section.kind, section.codecs) for section in offer.sections}
    usable = [section for section in offer.sections if codecs[section.mid] and _is_open(section)]
    described = [section for section in usable if section.transport is not None]
    if usable and not described:
        raise NegotiationError("The other side sent an offer without ICE credentials or a fingerprint.")
    tagged = described[0] if described else None
    taken = {section.mid for section in usable if tagged is not None and _shares(section, tagged, offer.bundle)}
    remote = tagged.transport if tagged is not None else None
    if remote is not None and not any(algorithm in _DIGESTS for algorithm, _ in remote.fingerprints):
        raise NegotiationError("The other side sent a fingerprint of an unknown kind; SHA-256 is expected.")
    return Accepted(
        remote=remote,
        candidates=offer.candidates,
        sections=tuple(_answered(s, codecs[s.mid]) if s.mid in taken else _refused(s) for s in offer.sections),
        bundle=offer.bundle,
    )


def answer_text(accepted: Accepted, local: LocalTransport, *, session_id: int, version: int) -> str:
    return write(accepted.sections, local, session_id=session_id, version=version, bundle=accepted.bundle)


def answered_setup(offered: str) -> str:
    """Passive wherever we may choose: the first flight of an active side often comes before an SFU is ready for it,
    and is repeated a second later only."""
    return "active" if offered == "passive" else "passive"


def _is_open(section: sdp.MediaSection) -> bool:
    return not section.rejected and section.protocol.upper().endswith("RTP/SAVPF")


def _shares(section: sdp.MediaSection, tagged: sdp.MediaSection, bundle: tuple[str, ...]) -> bool:
    """Whether the section goes over the same transport: we open only one."""
    if section.mid == tagged.mid or (section.mid in bundle and tagged.mid in bundle):
        return True
    return section.transport is not None and section.transport == tagged.transport


def _answered(section: sdp.MediaSection, codecs: Mapping[int, CodecParameters]) -> WrittenSection:
    told = {number: answered_fmtp(codec, section.fmtp.get(number)) for number, codec in codecs.items()}
    return WrittenSection(
        kind=section.kind,
        protocol=section.protocol,
        mid=section.mid,
        direction="recvonly" if section.direction in ("sendrecv", "sendonly") else "inactive",
        codecs=codecs,
        fmtp={number: fmtp for number, fmtp in told.items() if fmtp},
        extensions=usable_extensions(section.extensions),
        flags=(section.flags & {"rtcp-rsize", "extmap-allow-mixed"}) | {"rtcp-mux"},
    )


def _refused(section: sdp.MediaSection) -> WrittenSection:
    return WrittenSection(
        kind=section.kind,
        protocol=section.protocol,
        mid=section.mid,
        direction="inactive",
        codecs={},
        formats=section.formats,
        rejected=True,
    )


def _bound(answered: WrittenSection, offered: sdp.MediaSection, binding: TrackBinding | None) -> Section:
    sends = answered.direction == "recvonly" and binding is not None
    return Section(
        mid=answered.mid,
        kind=_KINDS[answered.kind],
        track=binding.track if sends and binding else None,
        participant=binding.participant if sends and binding else None,
        codecs=answered.codecs,
        ssrcs=offered.ssrcs,
        repairs=offered.repairs,
        extensions=answered.extensions,
    )
