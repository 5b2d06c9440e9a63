"""What a publisher sends: the `streams` of `attached` and `updated`, read together with the offer they come with.

The list alone does not say that an m-line was stopped: the stream stays `active` there and only the offer has
`a=inactive`. So a stream counts when both agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signaling.errors import ProtocolError
from signaling.janus.roster import FeedId
from signaling.model import TrackKind
from signaling.peer.sdp import parse

_KINDS = {"audio": TrackKind.AUDIO, "video": TrackKind.VIDEO}
_SENDING = ("sendonly", "sendrecv")


@dataclass(frozen=True, slots=True)
class FeedStream:
    """One m-line of a publisher. `mid` names it in the subscription's own offers, `feed_mid` at its publisher."""

    feed: FeedId
    feed_mid: str
    mid: str
    kind: TrackKind
    codec: str
    description: str
    simulcast: bool = False
    layered: bool = False  # scalable coding with layers to choose from (VP9 SVC)


def parse_streams(data: Mapping[str, object], offer_sdp: str) -> tuple[FeedStream, ...]:
    """Audio and video that is sent now. Raises ProtocolError or NegotiationError."""
    listed = data.get("streams")
    if not isinstance(listed, list):
        raise ProtocolError("Janus made an offer without a list of streams.")
    sending = sending_mids(offer_sdp)
    streams = (_stream(item) for item in listed)
    return tuple(stream for stream in streams if stream is not None and stream.mid in sending)


def by_feed(streams: Sequence[FeedStream]) -> dict[FeedId, tuple[FeedStream, ...]]:
    found: dict[FeedId, tuple[FeedStream, ...]] = {}
    for stream in streams:
        found[stream.feed] = (*found.get(stream.feed, ()), stream)
    return found


def sending_mids(sdp: str) -> frozenset[str]:
    """The mids of the m-lines on which the offerer sends. Raises NegotiationError."""
    sections = parse(sdp).sections
    return frozenset(item.mid for item in sections if not item.rejected and item.direction in _SENDING)


def _stream(item: object) -> FeedStream | None:
    if not isinstance(item, dict):
        raise ProtocolError("Janus listed a stream that is no object.")
    kind, feed, mid, feed_mid = (item.get(key) for key in ("type", "feed_id", "mid", "feed_mid"))
    known = _KINDS.get(kind) if isinstance(kind, str) else None
    if known is None or item.get("active") is not True:
        return None
    if isinstance(feed, bool) or not isinstance(feed, int | str):
        return None  # its publisher is going away just now
    if not isinstance(mid, str) or not isinstance(feed_mid, str):
        raise ProtocolError("Janus listed a stream without its mid.")
    codec, description = item.get("codec"), item.get("feed_description")
    return FeedStream(
        feed=feed,
        feed_mid=feed_mid,
        mid=mid,
        kind=known,
        codec=codec if isinstance(codec, str) else "",
        description=description if isinstance(description, str) else "",
        simulcast=isinstance(item.get("simulcast"), dict),
        layered=isinstance(item.get("svc"), dict),
    )
