"""From any colours to those of the file, by FFmpeg's own filter.

It goes through a picture once, with SIMD and without RGB. The same on planes takes a dozen calls of OpenCV and more
than twice the time (measured).
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import cast

import av
from av.filter import Graph

from mixer.decode.colour import OF_THE_FILE, Colours, Matrix

# A filter is for pictures of one size. It takes an eighth of a millisecond to make, and keeps memory for a picture.
MOST_KEPT = 16

# As FFmpeg numbers them: AVColorSpace, AVColorRange.
_SPACES: Mapping[Matrix, int] = MappingProxyType({Matrix.BT601: 5, Matrix.BT709: 1, Matrix.BT2020: 9})
_LIMITED, _FULL = 1, 2


class Recolouring:
    """Holds what is worth keeping between pictures. Used by one thread."""

    def __init__(self) -> None:
        self._filter = lru_cache(maxsize=MOST_KEPT)(_Filter)

    def recoloured(self, frame: av.VideoFrame, colours: Colours) -> av.VideoFrame:
        """In BT.709 limited; the same object if it is already. Width and height are even. Saturates: a colour that
        BT.709 cannot hold stays at the edge instead of wrapping round. `frame` gets the tags of `colours`."""
        if colours == OF_THE_FILE:
            return frame
        return self._filter(frame.format.name, frame.width, frame.height, colours).run(frame)


class _Filter:
    def __init__(self, pixels: str, width: int, height: int, colours: Colours) -> None:
        self._space = _SPACES[colours.matrix]
        self._range = _FULL if colours.full_range else _LIMITED
        self._graph = Graph()  # its nodes do not keep it
        self._graph.threads = 1
        self._source = self._graph.add(
            "buffer",
            video_size=f"{width}x{height}",
            pix_fmt=pixels,
            time_base="1/1",
            colorspace=str(self._space),
            range=str(self._range),
        )
        # Primaries and transfer curves are taken as they are: the same on both sides.
        alike = {"iprimaries": "bt709", "primaries": "bt709", "itrc": "bt709", "trc": "bt709"}
        conversion = self._graph.add("colorspace", space="bt709", range="tv", **alike)
        self._sink = self._graph.add("buffersink")
        self._graph.link_nodes(self._source, conversion, self._sink).configure()

    def run(self, frame: av.VideoFrame) -> av.VideoFrame:
        # What the stream says of itself may be nonsense, and FFmpeg complains of every frame that is not as announced.
        frame.colorspace, frame.color_range = self._space, self._range
        self._source.push(frame)
        return cast("av.VideoFrame", self._sink.pull())
