"""The two requests that run against the flow, carried from the mixer's threads to the event loop."""

import asyncio
import time
from collections.abc import Callable

from bot.receive.receiver import Receiver
from mixer.source import Size
from signaling.model import Layer


class Upstream:
    """The mixer's `Requests`. After the loop is closed, requests are dropped: nobody is left to hear them."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, receiver: Receiver, ask_layer: Callable[[str, Layer | None], None]
    ) -> None:
        self._loop = loop
        self._receiver = receiver
        self._ask_layer = ask_layer

    def request_keyframe(self, track: str) -> None:
        self._hand_over(lambda: self._receiver.request_keyframe(track, time.monotonic_ns()))

    def request_layer(self, track: str, size: Size | None) -> None:
        layer = None if size is None else Layer(size.width, size.height)
        self._hand_over(lambda: self._ask_layer(track, layer))

    def _hand_over(self, request: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(request)
