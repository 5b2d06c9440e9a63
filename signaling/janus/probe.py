"""What publishers send, asked without being seen: an offer for it on a handle that is thrown away at once. It costs
Janus two milliseconds, asks nobody for a keyframe, and no participant hears of it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from signaling.errors import NegotiationError
from signaling.janus.failure import NO_SUCH_FEED, NOTHING_TO_OFFER, RequestError, Unanswered
from signaling.janus.feedstream import FeedStream, by_feed, parse_streams
from signaling.janus.link import Link
from signaling.janus.roster import FeedId
from signaling.janus.transaction import Message

LIMIT_S: Final = 1.0
# Browsers count their m-lines from 0: tried in turn, up to the first that is not there, for a publisher that cannot be
# asked about as a whole.
_MIDS: Final = tuple(str(number) for number in range(10))

Streams = tuple[FeedStream, ...]
Wanted = Mapping[str, Any]


class Probe:
    """A stream in a codec that Janus could not agree on with its publisher gets the payload type -1, and then Janus
    answers no request that has this stream in it (1.1.2: it stumbles over its own offer), or with an offer that is no
    SDP. Such a stream must not cost the others: it is found out once, and left out from then on."""

    def __init__(self, link: Link, join: Callable[[Sequence[Wanted]], Message]) -> None:
        """`join` makes the request that subscribes to the given streams."""
        self._link = link
        self._join = join
        self._mute: dict[FeedId, set[str]] = {}  # by publisher, the mids that get no answer

    async def streams(self, feeds: Sequence[FeedId]) -> Mapping[FeedId, Streams | None]:
        """For each of `feeds` what it sends now, nothing when it is gone, None when Janus does not say. Raises
        RequestError, LinkLost or ProtocolError."""
        plain = [feed for feed in feeds if feed not in self._mute]
        found: dict[FeedId, Streams | None] = {}
        if plain:
            try:
                answer = await self._ask([{"feed": feed} for feed in plain])
                found = {feed: answer.get(feed, ()) for feed in plain}
            except (RequestError, Unanswered) as error:
                _raise_unless_partial(error)
                found = {feed: await self._alone(feed) for feed in plain}
        for feed in feeds:
            if feed not in found:
                found[feed] = await self._one_by_one(feed)
        return found

    def keep(self, feeds: Collection[FeedId]) -> None:
        """Who no longer publishes is forgotten."""
        self._mute = {feed: mids for feed, mids in self._mute.items() if feed in feeds}

    async def _alone(self, feed: FeedId) -> Streams | None:
        try:
            return (await self._ask([{"feed": feed}])).get(feed, ())
        except RequestError as error:
            _raise_unless_partial(error)
            return ()
        except Unanswered:
            return await self._one_by_one(feed)

    async def _one_by_one(self, feed: FeedId) -> Streams | None:
        mute = self._mute.setdefault(feed, set())
        streams: Streams = ()
        answered = False
        for mid in _MIDS:
            if mid in mute:
                continue
            try:
                streams += (await self._ask([{"feed": feed, "mid": mid}])).get(feed, ())
                answered = True
            except RequestError as error:
                _raise_unless_partial(error)
                answered = True
                break
            except Unanswered:
                mute.add(mid)
        if not answered:  # not this publisher's fault, then
            del self._mute[feed]
            return None
        return streams

    async def _ask(self, wanted: Sequence[Wanted]) -> Mapping[FeedId, Streams]:
        handle = await self._link.attach(_ignore)
        try:
            answer = await self._link.ask(handle, self._join(wanted), limit_s=LIMIT_S)
        finally:
            await self._link.detach(handle)
        try:
            return by_feed(parse_streams(answer.data, answer.sdp)) if answer.sdp is not None else {}
        except NegotiationError as error:
            raise Unanswered(f"Janus answered with what cannot be read. {error}") from None


def _raise_unless_partial(error: RequestError | Unanswered) -> None:
    """One publisher that went meanwhile, or has nothing to offer, spoils the answer about all."""
    if isinstance(error, RequestError) and (error.core or error.code not in {NO_SUCH_FEED, NOTHING_TO_OFFER}):
        raise error


def _ignore(message: Message) -> None:
    pass
