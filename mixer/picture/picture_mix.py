"""The picture side of the mix: which tracks are decoded, which are shown, and the frame that comes out."""

import threading
from collections.abc import Mapping

import av

from mixer.decode.crew import Crew, Job
from mixer.decode.picture import Picture
from mixer.effort import FULL, Effort
from mixer.frame import EncodedFrame
from mixer.layout.arrangement import Cast, arrange, most_cameras, resolve
from mixer.layout.layer_requests import LayerRequests
from mixer.layout.roster import Roster
from mixer.layout.seating import seat
from mixer.layout.speech import Speech
from mixer.layout.tile import EMPTY, Scene, Shape
from mixer.layout.vacancies import VACANT, Vacancies
from mixer.marks import Marks
from mixer.picture.canvas import Canvas
from mixer.picture.entry import Entry
from mixer.picture.order import Order
from mixer.picture.probes import Probes
from mixer.picture.sizes import Sizes, first_size
from mixer.picture.stand_ins import StandIns
from mixer.picture.timeline import TimelineStats, VideoTimeline
from mixer.picture.turns import Turns
from mixer.requests import Requests
from mixer.settings import LayoutName, MixSettings
from mixer.source import Source

MOST_STAGES = 4
MOST_PAST = 4096  # tracks that are gone whose figures are kept for the report


class PictureMix:
    """`add`, `push` and `stats` from any thread, everything else on the mix's. `canvas` is to be looked at only."""

    def __init__(self, settings: MixSettings, requests: Requests, slots: int) -> None:
        """A picture that was lent is written to again when it was given back, or `slots` - 1 newer ones were made."""
        self.layout = LayoutName(settings.layout)
        self.effort: Effort = FULL
        self._settings = settings
        self._requests = requests
        self._interval_ns = 1_000_000_000 // settings.fps
        self._entries: dict[str, Entry] = {}  # replaced, never changed: other threads read it
        self._lock = threading.Lock()
        self.marks = Marks()
        self._past: dict[str, TimelineStats] = {}
        self._arrivals = 0
        self._roster = Roster()
        self._order = Order(self._roster)
        self._stand_ins = StandIns()
        self._sizes = Sizes()
        self._layers = LayerRequests(requests)
        self._probes = Probes(requests)
        self._turns = Turns()
        self._crew = Crew(settings.decode_threads)
        self._stage_places = Vacancies(settings.stage_vacancy_ns)
        self._camera_places = Vacancies(settings.vacancy_ns, settings.arrivals_ns)
        self.canvas = Canvas(settings.width, settings.height, settings.transition_ns, slots)
        self._arranged: tuple[LayoutName, Cast, Scene] | None = None
        self._shown: dict[str, Picture] = {}  # replaced, never changed: the canvas keeps it
        self.expected: frozenset[str] = frozenset()  # participants about to speak: their cameras are kept ready
        self._ready: set[str] = set()  # tracks without a tile that are decoded nevertheless
        self.hidden: frozenset[str] = frozenset()  # participants with cameras, but no tile, who could get one

    @property
    def entries(self) -> Mapping[str, Entry]:
        return self._entries

    @property
    def scene(self) -> Scene:
        """What is on the canvas now."""
        return self.canvas.scene

    def add(self, source: Source) -> None:
        """A track that is there already is shown as `source` says from now on (on or off the stage), unmuted."""
        entry = self._entries.get(source.track)
        if entry is not None:
            entry.source, entry.muted_ns, entry.shape = source, None, None
            return
        timeline = VideoTimeline(source.track, self._settings, self._requests)
        with self._lock:
            self._arrivals += 1
            self._entries = {**self._entries, source.track: Entry(source, timeline, self._arrivals)}

    def remove(self, track: str) -> None:
        entry = self._entries.get(track)
        if entry is None:
            return
        with self._lock:
            self._entries = {key: entry for key, entry in self._entries.items() if key != track}
        entry.thaw(self.marks, gone=True)
        self._past[track] = entry.timeline.snapshot()
        while len(self._past) > MOST_PAST:
            del self._past[next(iter(self._past))]
        self._layers.forget(track)
        self._probes.forget(track)
        self._roster.prune({entry.source.participant for entry in self._entries.values()})

    def set_muted(self, track: str, muted: bool, at_ns: int) -> None:
        entry = self._entries.get(track)
        if entry is not None:
            entry.mute(at_ns, muted)

    def push(self, frame: EncodedFrame) -> None:
        entry = self._entries.get(frame.track)
        if entry is not None:
            entry.timeline.push(frame)

    def render(self, tick_ns: int, speech: Speech) -> av.VideoFrame:
        """The picture of the tick; the canvas tells whether, and where, it differs from the one before."""
        name, wanted = self._wanted(tick_ns, speech)
        self._decode(tick_ns, wanted)
        cast, pictures = self._cast(tick_ns, wanted, speech)
        scene = self._arrange(resolve(name, len(cast.stages)), cast)
        self.canvas.transition_ns = 0 if self.effort.cuts else self._settings.transition_ns
        self._shown = {tile.track: pictures[tile.track] for tile in scene}
        self.canvas.draw(scene, self._shown, tick_ns)
        self._follow_up(tick_ns, scene, self._shown)
        return self.canvas.frame

    def repeat(self) -> av.VideoFrame:
        """The picture of the tick before: there is no time to draw."""
        if self.canvas.is_blank:
            self.canvas.draw(EMPTY, {})
        return self.canvas.frame

    def stats(self) -> dict[str, TimelineStats]:
        """By track, those that are gone included."""
        return {**self._past, **{track: entry.timeline.snapshot() for track, entry in self._entries.items()}}

    def close(self) -> None:
        for entry in self._entries.values():
            entry.thaw(self.marks)
        self._crew.close()

    def _wanted(self, tick_ns: int, speech: Speech) -> tuple[LayoutName, list[Entry]]:
        """Those who should be seen, in order; at most as many as the layout has tiles for."""
        eligible = self._eligible(tick_ns)
        self._order.settle(eligible)
        stages, cameras = self._order.stages[:MOST_STAGES], self._order.cameras
        live = [entry for entry in stages if self._live_picture(entry, tick_ns)]
        name = resolve(self.layout, len(live) or self._stage_places.kept)
        limit = self._most_cameras(name)
        shown = cameras
        if len(cameras) > limit:
            seated = seat([(c.source.track, c.source.participant) for c in cameras], limit, self._roster, speech)
            shown = [self._entries[track] for track in seated]
        if len(shown) < len(cameras) or self._ready or self.hidden:
            self._dismiss(cameras, shown, tick_ns)
        self._stand_ins.settle(cameras, shown)
        return self.layout, stages + shown

    def _most_cameras(self, name: LayoutName) -> int:
        return most_cameras(name, self.canvas.rect, self._settings.max_cameras)

    def _eligible(self, tick_ns: int) -> list[Entry]:
        """What the others showed last is out of date."""
        eligible = []
        for entry in self._entries.values():
            if entry.is_eligible(tick_ns, self._settings):
                eligible.append(entry)
            else:
                entry.timeline.forget()
        return eligible

    def _live_picture(self, entry: Entry, tick_ns: int) -> Picture | None:
        return entry.live_picture(tick_ns, self._settings, spare=self.effort.level > 0)

    def _dismiss(self, cameras: list[Entry], shown: list[Entry], tick_ns: int) -> None:
        """No tile for those that are not shown. Of those about to speak, who could get one, the cameras are sent and
        decoded already: they are seen with their first word."""
        seats = set(shown)
        seated = {entry.source.participant for entry in shown}
        cameras = [entry for entry in cameras if entry not in seats]
        candidates = [entry for entry in cameras if entry.source.participant not in seated] if shown else []
        self._ready = {entry.source.track for entry in candidates if entry.source.participant in self.expected}
        for entry in cameras:
            if entry.source.track in self._ready:
                self._unpark(entry, tick_ns)
            else:
                entry.park()
        self.hidden = frozenset(entry.source.participant for entry in candidates)

    def _unpark(self, entry: Entry, tick_ns: int) -> None:
        """An SFU that sent it all the time has to be asked for a keyframe."""
        if entry.unpark(tick_ns, self._settings):
            self._requests.request_keyframe(entry.source.track)

    def _decode(self, tick_ns: int, wanted: list[Entry]) -> None:
        """Decode what is wanted, and what lingers in a tile until the picture of its successor is there."""
        for entry in wanted:
            if entry.parked:
                self._unpark(entry, tick_ns)
        due = [entry for entry in self._entries.values() if entry.timeline.is_due(tick_ns)]
        self._turns.begin(
            self.effort,
            stage_shown=any(entry.source.track in self._shown for entry in self._order.stages),
            stage_due=any(entry.timeline.is_due(tick_ns) for entry in self._order.stages),
        )
        jobs: list[Job] = []
        pixels = 0
        for entry in due:
            # A muted one goes on being decoded: it sends next to nothing, and is back at once when it is unmuted.
            if not self._is_needed(entry, wanted) and entry.muted_ns is None:
                entry.timeline.discard(tick_ns)
                entry.timeline.forget()
            elif self.effort.keyframes_only:
                jobs.append(entry.timeline.take_keyframe(tick_ns))
                pixels += entry.timeline.pixels
            elif self._may_move(entry):
                jobs.append(entry.timeline.take(tick_ns))
                pixels += entry.timeline.pixels
        if jobs:
            self._crew.run(jobs, pixels)
            for entry in due:
                entry.timeline.finish()

    def _is_needed(self, entry: Entry, wanted: list[Entry]) -> bool:
        track = entry.source.track
        return track in self._shown or entry in wanted or track in self._ready

    def _may_move(self, entry: Entry) -> bool:
        if entry.timeline.picture is None:
            return True
        return self._turns.stage if entry.source.stage else self._turns.camera(entry.arrival)

    def _cast(self, tick_ns: int, wanted: list[Entry], speech: Speech) -> tuple[Cast, dict[str, Picture]]:
        """Those who are seen; of the cameras no more than there are tiles for: a stage may have come only now."""
        pictures: dict[str, Picture] = {}
        stages: list[tuple[str, Shape]] = []
        cameras: list[tuple[str, Shape]] = []
        for candidate in wanted:
            entry, picture = self._seen_for(candidate, tick_ns)
            if picture is None:
                continue
            pictures[entry.source.track] = picture
            shape = (entry.source.participant, entry.current_shape(picture, tick_ns, self._settings))
            if entry.source.stage:
                stages.append(shape)
            else:
                cameras.append(shape)
        stage_places = self._stage_places.settle(tick_ns, stages, MOST_STAGES)
        most = self._most_cameras(resolve(self.layout, len(stage_places)))
        places = self._camera_places.settle(tick_ns, cameras[:most], most)
        main = self._speaker(tick_ns, [self._entries[one.track] for one in places if one.track != VACANT], speech)
        return Cast(stage_places, places, main), pictures

    def _seen_for(self, entry: Entry, tick_ns: int) -> tuple[Entry, Picture | None]:
        """A camera without a picture leaves its tile to the one before it."""
        picture = self._live_picture(entry, tick_ns)
        if picture is not None:
            self._stand_ins.release(entry)
            return entry, picture
        before = self._stand_ins.before(entry)
        if before is None or not self._may_linger(before, tick_ns):
            return entry, None
        return before, self._live_picture(before, tick_ns)

    def _may_linger(self, entry: Entry, tick_ns: int) -> bool:
        track = entry.source.track
        known = self._entries.get(track) is entry and track in self._shown
        return known and not entry.source.stage and entry.is_eligible(tick_ns, self._settings)

    def _arrange(self, name: LayoutName, cast: Cast) -> Scene:
        """Geometry is worked out again only when who is seen, or how, has changed."""
        if self._arranged is None or self._arranged[:2] != (name, cast):
            tiles = arrange(name, self.canvas.rect, cast)
            self._arranged = (name, cast, tuple(tile for tile in tiles if tile.track != VACANT))
        return self._arranged[2]

    def _speaker(self, tick_ns: int, cameras: list[Entry], speech: Speech) -> str | None:
        main = speech.main(tick_ns, [entry.source.participant for entry in cameras])
        return next((entry.source.track for entry in cameras if entry.source.participant == main), None)

    def _follow_up(self, tick_ns: int, scene: Scene, pictures: Mapping[str, Picture]) -> None:
        """Ask for the layers that fit, keep alive what is at rest, and count what is frozen."""
        sizes = self._sizes.settle(scene, pictures, self._entries, self.effort.layer_scale)
        for tile, size in zip(scene, sizes, strict=True):
            self._layers.want(tile.track, size, tick_ns)
            self._entries[tile.track].count_freeze(pictures[tile.track], tick_ns, self._interval_ns, self.marks)
        for track, entry in self._entries.items():
            if track not in pictures:
                self._keep_ready(entry, scene, tick_ns)
            if entry.source.stage:
                self._probes.keep(track, entry.timeline.newest_ns, tick_ns)

    def _keep_ready(self, entry: Entry, scene: Scene, tick_ns: int) -> None:
        """It has no tile."""
        track = entry.source.track
        entry.thaw(self.marks)
        if entry.parked:
            self._layers.want(track, None, tick_ns)
        elif entry.probation_until_ns is not None and self._layers.asked(track) is None:
            self._layers.want(track, first_size(scene, self._entries, self.effort.layer_scale), tick_ns)
