"""Which simulcast substream (or SVC layer) fits the size a track is shown at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from signaling.janus.feedstream import FeedStream
from signaling.model import Layer

TOP: Final = 2  # Janus counts three substreams, 0 is the smallest
_SCALES = ((0, 4), (1, 2))
_ENOUGH = 0.9  # a layer a tenth smaller than its tile is not told from a full one


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of one video m-line; None sends nothing."""

    layer: int | None = TOP


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


def configure_stream(stream: FeedStream, before: Wish, wish: Wish) -> Mapping[str, Any] | None:
    """The entry for `configure`, or None when there is nothing to say. `send` is said only when it changes: Janus asks
    the publisher for a keyframe whenever it hears `send: true`."""
    change: dict[str, Any] = {}
    if (before.layer is None) != (wish.layer is None):
        change["send"] = wish.layer is not None
    if wish.layer is not None and wish.layer != before.layer:
        if stream.simulcast:
            change |= {"substream": wish.layer, "temporal": TOP}
        elif stream.layered:
            change |= {"spatial_layer": wish.layer, "temporal_layer": TOP}
    return {"mid": stream.mid, **change} if change else None
