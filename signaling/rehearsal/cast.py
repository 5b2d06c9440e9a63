"""Who is live in a generated room: turns actions into messages to the bots and into performers that play or rest."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from signaling.model import Layer, Participant, TrackKind
from signaling.native import message as m
from signaling.rehearsal.carriage import Ticket
from signaling.rehearsal.clip import PictureRequest, SoundRequest
from signaling.rehearsal.clockwork import Clockwork
from signaling.rehearsal.course import Place, Standing, after, beginning, expand, present_at_beginning
from signaling.rehearsal.performer import Performer, picture_requests
from signaling.rehearsal.plan import Action, Close, Encode, Join, Leave, Mute, MuteBy, ParticipantPlan, Plan, Unmute
from signaling.rehearsal.rhythm import SECOND_NS
from signaling.rehearsal.studio import Studio

_EPOCH_NS = 1_790_000_000 * SECOND_NS  # wall clocks of participants are some minutes around this
_SPREAD_NS = 12_000_000  # publications send at different moments within so much


@dataclass(slots=True)
class Live:
    """One publication while it is in the room."""

    id: str
    performers: dict[TrackKind, Performer] = field(default_factory=dict)


class Cast:
    """`tell`, `give` and `take_back` reach every bot that is in the room now."""

    def __init__(
        self, plan: Plan, studio: Studio, clockwork: Clockwork,
        *, tell: Callable[[m.Message], None], give: Callable[[Ticket], None], take_back: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._plan, self._studio, self._clockwork = plan, studio, clockwork
        self._tell, self._give, self._take_back = tell, give, take_back
        self._present = present_at_beginning(plan)
        self._standings = beginning(plan)
        self._live: dict[Place, Live] = {}
        for place, standing in self._standings.items():
            if standing.live:
                self._open(place, standing)

    def participants(self) -> tuple[Participant, ...]:
        return tuple(_participant(one) for one in self._plan.participants if one.identity in self._present)

    def publications(self) -> tuple[m.Publication, ...]:
        return tuple(self._described(place) for place in self._live)

    def tickets(self) -> list[Ticket]:
        """Every live track, for a bot that comes now."""
        return [ticket for place in self._live for ticket in self._tickets(place)]

    def begin(self) -> None:
        """Room time begins: what is live plays."""
        for place in self._live:
            self._direct(place)

    def apply(self, action: Action) -> None:
        """One of `course.expand`. Messages come in the order a bot needs them."""
        old = self._standings
        self._standings = after(old, action)
        if isinstance(action, Join) and action.identity not in self._present:
            self._present.add(action.identity)
            self._tell(m.ParticipantJoined(_participant(self._plan.participant(action.identity))))
        for place, standing in self._standings.items():
            if standing != old[place]:
                self._follow(place, old[place], standing)
        if isinstance(action, Encode | Mute | Unmute):
            self._redraw(action)
        if isinstance(action, Leave) and action.identity in self._present:
            self._present.discard(action.identity)
            self._tell(m.ParticipantLeft(action.identity))
        if isinstance(action, Close):
            self._present.clear()

    def _follow(self, place: Place, old: Standing, new: Standing) -> None:
        if old.live and (not new.live or new.life != old.life):
            self._close(place)
        if new.live and (not old.live or new.life != old.life):
            self._open(place, new)
            self._tell(m.Published(self._described(place)))
            for ticket in self._tickets(place):
                self._give(ticket)
            self._direct(place)
        elif new.live:
            if self._told(place, old) != self._told(place, new):
                self._tell(m.Changed(self._described(place)))
            self._direct(place)

    def _open(self, place: Place, standing: Standing) -> None:
        plan, clock = self._plan.publication(*place), self._plan.participant(place[0]).clock
        name = f"{place[0]}/{place[1]}/{standing.life}"
        live = Live(name)
        for kind in plan.kinds:
            delay_ns = plan.number * 1_700_000 % _SPREAD_NS
            live.performers[kind] = Performer(f"{name}/{kind}", kind, clock, delay_ns)
            self._dress(place, live, kind)
        self._live[place] = live

    def _close(self, place: Place) -> None:
        live = self._live.pop(place)
        for performer in live.performers.values():
            self._clockwork.stop(performer)
            self._take_back(performer.track)
        self._tell(m.Unpublished(live.id))

    def _dress(self, place: Place, live: Live, kind: TrackKind) -> None:
        """What the performer shows or says."""
        standing, plan = self._standings[place], self._plan.publication(*place)
        blank = (mute := standing.mute(kind)) is not None and mute.by is MuteBy.BLANKING
        if kind is TrackKind.VIDEO:
            live.performers[kind].show(picture_requests(plan, plan.stage, standing.video, blank), self._studio)
        elif plan.sound is not None:
            live.performers[kind].sound(SoundRequest(plan.number, plan.sound, blank), self._studio)

    def _direct(self, place: Place) -> None:
        """Play or rest."""
        for kind, performer in self._live[place].performers.items():
            if self._standings[place].sends(kind):
                self._clockwork.start(performer)
            else:
                self._clockwork.stop(performer)
                performer.pause()

    def _redraw(self, action: Encode | Mute | Unmute) -> None:
        place = (action.identity, action.publication)
        live = self._live.get(place)
        if live is None:
            return
        kind = TrackKind.VIDEO if isinstance(action, Encode) else action.kind
        if isinstance(action, Mute) and action.by is MuteBy.STOPPING:
            return
        self._dress(place, live, kind)
        if isinstance(action, Unmute) and action.keyframe:
            live.performers[kind].restart()

    def _described(self, place: Place) -> m.Publication:
        return self._told(place, self._standings[place])

    def _told(self, place: Place, standing: Standing) -> m.Publication:
        """The publication as bots hear of it: without the mutes that are not announced."""
        plan, name = self._plan.publication(*place), f"{place[0]}/{place[1]}/{standing.life}"
        tracks = []
        for kind in plan.kinds:
            mute = standing.mute(kind)
            several = kind is TrackKind.VIDEO and len(standing.video) > 1
            layers = tuple(Layer(one.width, one.height) for one in standing.video) if several else ()
            muted = mute is not None and mute.announced
            source = replace(plan, stage=standing.stage).source(kind)
            tracks.append(m.PublishedTrack(f"{name}/{kind}", kind, source, standing.stage, muted, layers))
        return m.Publication(name, place[0], tuple(tracks))

    def _tickets(self, place: Place) -> Iterable[Ticket]:
        plan, person = self._plan.publication(*place), self._plan.participant(place[0])
        epoch_ns = _EPOCH_NS + random.Random(f"{self._plan.seed} {place[0]}").randrange(300) * SECOND_NS
        for kind, performer in self._live[place].performers.items():
            video = kind is TrackKind.VIDEO
            yield Ticket(
                performer=performer,
                participant=place[0],
                publication=place[1],
                clock=person.clock,
                epoch_ns=epoch_ns,
                seed=f"{self._plan.seed} {performer.track}",
                first_sequence=plan.first_sequence,
                first_timestamp=plan.first_timestamp if video else plan.sound_first_timestamp,
            )


def clips(plan: Plan) -> list[PictureRequest | SoundRequest]:
    """Everything that has to be encoded for a plan."""
    found: list[PictureRequest | SoundRequest] = []
    standings = beginning(plan)
    for action in (None, *expand(plan)):
        standings = after(standings, action) if action is not None else standings
        for place, standing in standings.items():
            publication = plan.publication(*place)
            blank = (mute := standing.mute(TrackKind.VIDEO)) is not None and mute.by is MuteBy.BLANKING
            found += picture_requests(publication, publication.stage, standing.video, blank)
            silent = (mute := standing.mute(TrackKind.AUDIO)) is not None and mute.by is MuteBy.BLANKING
            if publication.sound is not None:
                found.append(SoundRequest(publication.number, publication.sound, silent))
    return list(dict.fromkeys(found))


def _participant(one: ParticipantPlan) -> Participant:
    return Participant(one.identity, one.display_name, one.role, one.mobile)
