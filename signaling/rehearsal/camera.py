"""One encoding of one publication, live: which picture is sent at which moment, keyframes on demand among them."""

from collections.abc import Iterator

from signaling.rehearsal.clip import Picture, PictureRequest
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.studio import Detour, Studio

_FIRST_LEAD_NS = 60_000_000  # a keyframe that is asked for is due so much later; twice as much when it was not ready


class Camera:
    """Pictures are numbered from the beginning of room time; the loop repeats below these numbers."""

    def __init__(self, request: PictureRequest, studio: Studio) -> None:
        self.request = request
        self._studio = studio
        self._loop = studio.pictures(request)
        self._next: int | None = None
        self._detour: Detour | None = None  # what is sent in place of the loop, up to the loop's next keyframe
        self._coming: Detour | None = None  # what was asked for, and takes its place with its first picture
        self._lead_ns = _FIRST_LEAD_NS
        self.keyframes_made = 0

    def ask_keyframe(self) -> None:
        """Does nothing while one is on its way or the loop's own comes about as soon."""
        if self._coming is not None or self._next is None:
            return
        number = self._next + self._lead_ns * self.request.encoding.fps // SECOND_NS
        if self._next % self.request.group and number // self.request.group == self._next // self.request.group:
            self._coming = self._studio.detour(self.request, number)

    def until(self, number: int) -> Iterator[tuple[int, Picture]]:
        """Every picture due up to `number` that was not given out before; later ones wait for a picture that is still
        being encoded. Before the first call nothing is due but `number` itself."""
        if self._next is None:
            self._next = number
        while self._next <= number:
            picture = self._picture(self._next)
            if picture is None:
                return
            self._next += 1
            yield self._next - 1, picture

    def rest(self) -> None:
        """Nobody watches: what comes next is counted anew."""
        self._next = None
        self._take(None)
        self._forget_coming()

    def _picture(self, number: int) -> Picture | None:
        """None: it is still being encoded. Every picture refers to the one given out before it, or to none."""
        if self._coming is not None and number >= self._coming.first:
            keyframe = self._coming.picture(number)
            if keyframe is not None:
                self._take(self._coming)
                self._coming = None
                self.keyframes_made += 1
                self._lead_ns = _FIRST_LEAD_NS
                return keyframe
            # Not ready in time: it is tried again with more time.
            self._forget_coming()
            self._lead_ns *= 2
            self.ask_keyframe()
        if self._detour is not None and number >= self._detour.end:
            self._take(None)
        return self._detour.picture(number) if self._detour is not None else self._loop[number % self.request.length]

    def _take(self, detour: Detour | None) -> None:
        if self._detour is not None:
            self._detour.cancel()
        self._detour = detour

    def _forget_coming(self) -> None:
        if self._coming is not None:
            self._coming.cancel()
            self._coming = None
