"""One video track in the mix: its timeline, and whether it may be seen."""

from dataclasses import dataclass

from mixer.decode.picture import Picture
from mixer.layout.tile import Shape
from mixer.picture.timeline import VideoTimeline
from mixer.settings import MixSettings
from mixer.source import Source

# A track that was not shown for want of tiles sends nothing, because nothing was asked of it. Shown again, it has this
# long to send something before its tile is given to others.
PROBATION_NS = 3_000_000_000
# A stage that sends a smaller picture is still shown as large as before for this long: layers switch down and up again.
SHRINK_NS = 10_000_000_000
SAME_ASPECT = 1.02
# Longer than this without a new picture is a freeze: five pictures of a slow camera.
FREEZE_NS = 500_000_000


@dataclass(slots=True)
class Entry:
    """Times are pts. Used on the mix's thread only, but for the timeline's `push`."""

    source: Source
    timeline: VideoTimeline
    arrival: int  # counts up: order among the tracks of one participant
    muted_ns: int | None = None
    fresh_from_ns: int | None = None  # pictures from before this are not shown (it was muted)
    parked: bool = False
    probation_until_ns: int | None = None
    shape: Shape | None = None
    smaller_since_ns: int | None = None
    freeze_ns: int = 0  # length of the freeze under way

    def mute(self, at_ns: int, muted: bool) -> None:
        if muted and self.muted_ns is None:
            self.muted_ns = at_ns
        elif not muted and self.muted_ns is not None:
            self.muted_ns = None
            self.fresh_from_ns = at_ns

    def is_eligible(self, tick_ns: int, settings: MixSettings) -> bool:
        """May have a tile: it sends, or would if it were asked to, and is not muted."""
        if self.muted_ns is not None and tick_ns - self.muted_ns >= settings.mute_hold_ns:
            return False
        if self.parked or (self.probation_until_ns is not None and tick_ns < self.probation_until_ns):
            return True
        newest_ns = self.timeline.newest_ns
        recent = newest_ns is not None and tick_ns - newest_ns <= self._hold_ns(settings)
        return recent or self.timeline.is_due(tick_ns)

    def live_picture(self, tick_ns: int, settings: MixSettings) -> Picture | None:
        """What its tile shows; None when there is nothing, or nothing recent enough."""
        picture = self.timeline.picture
        if picture is None:
            return None
        if self.fresh_from_ns is not None and picture.pts_ns < self.fresh_from_ns:
            return None
        return picture if tick_ns - picture.pts_ns <= self._hold_ns(settings) else None

    def park(self) -> None:
        self.parked = True
        self.probation_until_ns = None

    def unpark(self, tick_ns: int) -> None:
        if self.parked:
            self.parked = False
            self.probation_until_ns = tick_ns + PROBATION_NS

    def current_shape(self, picture: Picture, tick_ns: int) -> Shape:
        """The picture's, but for a stage that only changed to a lower layer: the layout stays."""
        shape = Shape(self.source.track, picture.size.width, picture.size.height)
        known = self.shape
        if known is None or not self.source.stage or shape.width >= known.width or not _alike(shape, known):
            self.smaller_since_ns = None
            self.shape = shape
            return shape
        if self.smaller_since_ns is None:
            self.smaller_since_ns = tick_ns
        elif tick_ns - self.smaller_since_ns >= SHRINK_NS:
            self.smaller_since_ns = None
            self.shape = shape
        return self.shape or shape

    def count_freeze(self, picture: Picture, tick_ns: int, interval_ns: int) -> None:
        """Once a tick while it is shown. A stage at rest is not frozen."""
        stats = self.timeline.stats
        if self.source.stage or tick_ns - picture.pts_ns <= FREEZE_NS:
            self.freeze_ns = 0
            return
        stats.freezes += self.freeze_ns == 0
        self.freeze_ns += interval_ns if self.freeze_ns else tick_ns - picture.pts_ns
        stats.frozen_ns += interval_ns
        stats.longest_freeze_ns = max(stats.longest_freeze_ns, self.freeze_ns)

    def _hold_ns(self, settings: MixSettings) -> int:
        return settings.stage_hold_ns if self.source.stage else settings.hold_ns


def _alike(one: Shape, other: Shape) -> bool:
    return max(one.aspect, other.aspect) <= SAME_ASPECT * min(one.aspect, other.aspect)
