"""Which simulcast substream (or SVC layer) fits the size a track is shown at, and how Janus is brought to send it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from signaling.janus.feedstream import FeedStream
from signaling.model import Layer

TOP: Final = 2  # Janus counts three substreams, 0 is the smallest
_SCALES = ((0, 4), (1, 2))
_ENOUGH = 0.9  # a layer a tenth smaller than its tile is not told from a full one

# Janus switches at the next keyframe of the other layer and asks for one once. A browser that made a keyframe within
# the last 300 ms ignores that, and the switch would wait for ever: so it is asked for again, but a layer that the
# publisher does not send is not asked for all day, as every time costs it a keyframe.
FIRST_AGAIN_NS: Final = 1_000_000_000
MOST_TIMES: Final = 6  # after 0, 1, 3, 7, 15, 31 s


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of one video m-line; None sends nothing."""

    layer: int | None = TOP


@dataclass(slots=True)
class _Told:
    wish: Wish
    times: int = 0
    again_ns: int | None = None  # None: Janus sends what it was told to, or has been told often enough


def choose(wanted: Layer | None, top: Layer) -> Wish:
    """The smallest layer that fills `wanted`, when the top layer has the size `top` (landscape or portrait)."""
    if wanted is None:
        return Wish(None)
    long, short = max(top.width, top.height), min(top.width, top.height)
    for layer, scale in _SCALES:
        fits_long = long / scale >= _ENOUGH * max(wanted.width, wanted.height)
        fits_short = short / scale >= _ENOUGH * min(wanted.width, wanted.height)
        if fits_long and fits_short:
            return Wish(layer)
    return Wish(TOP)


class Quality:
    """What Janus knows of the wishes for the m-lines of one subscription."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}  # by the m-line's mid; who is not in it gets the top layer, as Janus does

    def keep(self, mids: Collection[str]) -> None:
        """All other m-lines carry something else now, and begin anew."""
        self._told = {mid: told for mid, told in self._told.items() if mid in mids}

    def hear(self, data: Mapping[str, Any]) -> None:
        """An event of the plugin: it may say which layer is sent now."""
        mid = data.get("mid")
        told = self._told.get(mid) if isinstance(mid, str) else None
        sent = (data.get("substream"), data.get("spatial_layer"))
        if told is not None and told.wish.layer is not None and told.wish.layer in sent:
            told.again_ns = None

    def changes(self, wishes: Iterable[tuple[FeedStream, Wish]], now_ns: int) -> list[Mapping[str, Any]]:
        """The entries for `configure`, which is sent and accepted then; empty when there is nothing to say."""
        changes = (self._change(stream, wish, now_ns) for stream, wish in wishes)
        return [change for change in changes if change is not None]

    @property
    def next_ns(self) -> int | None:
        """When `changes` has something to say again."""
        return min((told.again_ns for told in self._told.values() if told.again_ns is not None), default=None)

    def _change(self, stream: FeedStream, wish: Wish, now_ns: int) -> Mapping[str, Any] | None:
        before = self._told.get(stream.mid) or _Told(Wish())
        change: dict[str, Any] = {}
        if (before.wish.layer is None) != (wish.layer is None):
            # Only when it changes: Janus asks the publisher for a keyframe whenever it hears `send: true`.
            change["send"] = wish.layer is not None
        told = _Told(wish) if wish != before.wish else before
        again = told.again_ns is not None and now_ns >= told.again_ns
        if wish != before.wish or again:
            change |= _layer_entry(stream, wish)
            told.times += 1
            waits = bool(_layer_entry(stream, wish)) and told.times < MOST_TIMES
            told.again_ns = now_ns + (FIRST_AGAIN_NS << (told.times - 1)) if waits else None
        self._told[stream.mid] = told
        return {"mid": stream.mid, **change} if change else None


def _layer_entry(stream: FeedStream, wish: Wish) -> Mapping[str, int]:
    if wish.layer is not None and stream.simulcast:
        return {"substream": wish.layer, "temporal": TOP}
    if wish.layer is not None and stream.layered:
        return {"spatial_layer": wish.layer, "temporal_layer": TOP}
    return {}
