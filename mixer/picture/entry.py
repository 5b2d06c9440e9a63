"""One video track in the mix: its timeline, and whether it may be seen."""

from dataclasses import dataclass

from mixer.decode.picture import Picture
from mixer.layout.tile import Shape
from mixer.marks import Mark, MarkKind, Marks
from mixer.picture.timeline import VideoTimeline
from mixer.settings import MixSettings
from mixer.source import Source

# A track that was not shown for want of tiles sends nothing, because nothing was asked of it. Shown again, it has this
# long to send something before its tile is given to others.
PROBATION_NS = 3_000_000_000
# A stage that sends a smaller picture is still shown as large as before for this long: layers switch down and up again.
SHRINK_NS = 10_000_000_000
SAME_ASPECT = 1.02
# A stage of the same shape that is larger by this is another layer, and shown as large at once.
BETTER_LAYER = 1.25
# Longer than this without a new picture is a freeze: five pictures of a slow camera.
FREEZE_NS = 500_000_000
# That a camera was switched off is heard so much later than its last picture was sent.
NEWS_NS = 1_000_000_000


@dataclass(slots=True, eq=False)
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
    next_shape: Shape | None = None  # since when the picture has a shape that the layout does not know yet
    next_since_ns: int = 0
    freeze_ns: int = 0  # length of the freeze under way,
    frozen_from_ns: int = 0  # the picture that is shown in it,
    frozen_at_ns: int = 0  # the last tick of it that was drawn,
    counted: tuple[int, int, int] = (0, 0, 0)  # and what was counted before it

    def mute(self, at_ns: int, muted: bool) -> None:
        if muted and self.muted_ns is None:
            self.muted_ns = at_ns
        elif not muted and self.muted_ns is not None:
            self.muted_ns = None
            self.fresh_from_ns = at_ns

    def cut(self, tick_ns: int) -> None:
        """What was sent until now is not to be seen, unless more of it comes, or it is a stage at rest."""
        newest_ns = self.timeline.newest_ns
        comes = newest_ns is not None and tick_ns - newest_ns <= FREEZE_NS
        if self.muted_ns is not None or not (comes or self.source.stage):
            self.fresh_from_ns = tick_ns

    def is_eligible(self, tick_ns: int, settings: MixSettings) -> bool:
        """May have a tile: it sends, or would if it were asked to, and is not muted."""
        if self.muted_ns is not None and tick_ns - self.muted_ns >= settings.mute_hold_ns:
            return False
        if self.parked or (self.probation_until_ns is not None and tick_ns < self.probation_until_ns):
            return True
        return self._sends(tick_ns, settings)

    def live_picture(self, tick_ns: int, settings: MixSettings, *, spare: bool = False) -> Picture | None:
        """What its tile shows; None when there is nothing, or nothing recent enough. `spare`: pictures are drawn more
        rarely than they come, so that an old one says nothing of its sender, but what was sent does, unless it could
        not be decoded for as long."""
        picture = self.timeline.picture
        if picture is None:
            return None
        if self.fresh_from_ns is not None and picture.pts_ns < self.fresh_from_ns:
            return None
        hold_ns, lost_ns = self._hold_ns(settings), self.timeline.lost_ns
        if tick_ns - picture.pts_ns <= hold_ns:
            return picture
        lost = lost_ns is not None and tick_ns - lost_ns > hold_ns
        return picture if spare and not lost and self._sends(tick_ns, settings) else None

    def park(self) -> None:
        self.parked = True
        self.probation_until_ns = None

    def unpark(self, tick_ns: int, settings: MixSettings) -> bool:
        """False: it was not parked. What it sends from now on is due when the mix has come that far."""
        if not self.parked:
            return False
        self.parked = False
        picture = self.timeline.picture
        if picture is not None and tick_ns - picture.pts_ns > self._hold_ns(settings):
            self.timeline.forget()
        self.probation_until_ns = tick_ns + settings.playout_delay_ns + PROBATION_NS
        return True

    def current_shape(self, picture: Picture, tick_ns: int, settings: MixSettings) -> Shape:
        """What the layout reckons with: the picture's shape once it has rested. A window that is dragged, a camera that
        turns and a change of layers do not move the layout; the picture is fitted into the tile that is there."""
        size, known = picture.size, self.shape
        if known is not None and known.width == size.width and known.height == size.height:
            self.next_shape = None
            return known
        shape = Shape(self.source.track, size.width, size.height)
        if known is None or _is_better_layer(shape, known):
            self.shape, self.next_shape = shape, None
            return shape
        alike = _alike(shape, known)
        if alike and not self.source.stage:
            self.next_shape = None
            return known  # of a camera nothing but the aspect counts
        if self.next_shape != shape:
            self.next_shape, self.next_since_ns = shape, tick_ns
        if tick_ns - self.next_since_ns < (SHRINK_NS if alike and shape.width < known.width else settings.reshape_ns):
            return known
        self.shape, self.next_shape = shape, None
        return shape

    def count_freeze(self, picture: Picture, tick_ns: int, interval_ns: int, marks: Marks) -> None:
        """Once a tick while it is shown. A stage at rest is not frozen, and no camera that is switched off."""
        if not self.freeze_ns and tick_ns - picture.pts_ns <= FREEZE_NS:
            return
        stats = self.timeline.stats
        if self.source.stage or self.muted_ns is not None or tick_ns - picture.pts_ns <= FREEZE_NS:
            self.thaw(marks)
            return
        if not self.freeze_ns:
            self.frozen_from_ns = picture.pts_ns
            self.counted = stats.freezes, stats.frozen_ns, stats.longest_freeze_ns
        self.frozen_at_ns = tick_ns
        stats.freezes += self.freeze_ns == 0
        self.freeze_ns += interval_ns if self.freeze_ns else tick_ns - picture.pts_ns
        stats.frozen_ns += interval_ns
        stats.longest_freeze_ns = max(stats.longest_freeze_ns, self.freeze_ns)

    def thaw(self, marks: Marks, *, gone: bool = False) -> None:
        """It moves again, or is not shown any more; `gone`: its track is over. What was the end of it is no freeze."""
        is_over = gone or self.muted_ns is not None
        if self.freeze_ns and is_over and self.frozen_at_ns - self.frozen_from_ns <= NEWS_NS:
            stats = self.timeline.stats
            stats.freezes, stats.frozen_ns, stats.longest_freeze_ns = self.counted
            self.freeze_ns = 0
        if self.freeze_ns:
            marks.add(Mark(MarkKind.FROZEN, self.source.track, self.frozen_from_ns, self.frozen_at_ns))
            self.freeze_ns = 0

    def _sends(self, tick_ns: int, settings: MixSettings) -> bool:
        newest_ns = self.timeline.newest_ns
        recent = newest_ns is not None and tick_ns - newest_ns <= self._hold_ns(settings)
        return recent or self.timeline.is_due(tick_ns)

    def _hold_ns(self, settings: MixSettings) -> int:
        return settings.stage_hold_ns if self.source.stage else settings.hold_ns


def _is_better_layer(shape: Shape, known: Shape) -> bool:
    return _alike(shape, known) and shape.width >= BETTER_LAYER * known.width


def _alike(one: Shape, other: Shape) -> bool:
    return max(one.aspect, other.aspect) <= SAME_ASPECT * min(one.aspect, other.aspect)
