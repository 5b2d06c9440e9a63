"""Watches a recording while it runs, and notes what has changed."""

from bot.attendance import Attendance
from bot.desk import Desk
from bot.footage import Cut, Footage
from bot.journal.journal import Journal
from bot.journal.line import What
from bot.journal.view import View, changes, view_of
from bot.journal.voices import Voices
from bot.ledger import Ledger
from bot.lifecycle import EndReason
from bot.presence import Presence
from bot.receive.receiver import Receiver
from bot.report import TrackReport, step_report
from bot.rig import Rig
from mixer.controller import Step
from mixer.marks import Mark, MarkKind
from signaling.model import TrackKind

_SECOND_NS = 1_000_000_000
STEPS_NS = _SECOND_NS
ALIVE_NS = _SECOND_NS  # without anything else to note
TOTALS_NS = 10 * _SECOND_NS
FIRST_FIGURES_NS = 5 * _SECOND_NS  # what a crash takes of them; twice as much each time,
FIGURES_NS = 30 * _SECOND_NS  # but no more than this


class Witness:
    """Of one part. On the event loop's thread; never waits. Of what happens in a pause nothing is noted, not even who
    was there; what goes on behind it begins there."""

    def __init__(self, journal: Journal, desk: Desk, presence: Presence, receiver: Receiver) -> None:
        self._journal = journal
        self._desk = desk
        self._presence = presence
        self._receiver = receiver
        self._rig: Rig | None = None
        self._away = False
        self._seen = -1  # of the presence's changes
        self._view = View()
        self._named: set[str] = set()  # who is in the journal
        self._voices = Voices()
        self._layout = ""
        self._paused_ns: int | None = None
        self._cut: Cut | None = None
        self._level = 0
        self._steps = 0
        self._tracks: dict[str, TrackReport] = {}  # as they were noted last
        self._looked_ns = self._counted_ns = self._read_ns = self._said_ns = 0
        self._noted = 0
        self._patience_ns = FIRST_FIGURES_NS

    def begin(self, rig: Rig, part: int, gap_ns: int) -> None:
        footage = self._desk.footage
        assert footage is not None, "it has begun"
        self._rig = rig
        now_ns = footage.began_ns + gap_ns
        self._looked_ns = self._counted_ns = self._read_ns = self._said_ns = now_ns
        self._journal.note(What.PART, footage.before_ns, part=part, gap_ns=gap_ns)
        self.look(now_ns)

    def look(self, now_ns: int) -> None:
        """Ten times a second."""
        rig, footage = self._rig, self._desk.footage
        if rig is None or footage is None:
            return
        self._mend(footage.place_ns(now_ns))
        self._note_pauses(footage)
        self._note_room(footage, now_ns)
        self._note_layout(footage.place_ns(now_ns))
        self._note_marks(rig, footage)
        if now_ns - self._looked_ns >= STEPS_NS:
            self._looked_ns = now_ns
            self._note_steps(rig, footage)
        if now_ns - self._counted_ns >= TOTALS_NS:
            self._count(footage.place_ns(now_ns), now_ns)
        if now_ns - self._read_ns >= self._patience_ns:
            self._read_ns, self._patience_ns = now_ns, min(2 * self._patience_ns, FIGURES_NS)
            self._note_figures(self._ledger(rig, footage), footage.place_ns(now_ns))
        self._stay_alive(footage.place_ns(now_ns), now_ns)

    def _ledger(self, rig: Rig, footage: Footage) -> Ledger:
        return Ledger.read(rig, self._receiver, rejoins=self._presence.rejoins, before_ns=footage.before_ns)

    def finish(self, ledger: Ledger, end_ns: int, reason: EndReason) -> None:
        """When the mix has stopped, at the file's end. What has changed in the room since the last look is not looked
        at: a room that ends is no change in it."""
        rig, footage = self._rig, self._desk.footage
        if self._journal.broken:
            self._journal.mend()
        if rig is not None and footage is not None:
            self._note_pauses(footage)
            self._note_marks(rig, footage)
            self._note_steps(rig, footage)
        self._count(end_ns, None)
        self._note_figures(ledger, end_ns)
        self._journal.note(What.END, end_ns, reason=reason, left_out=self._journal.left_out)

    def _mend(self, at_ns: int) -> None:
        """What went on through a hole is said again."""
        if not self._journal.broken:
            return
        self._journal.mend()
        self._journal.note(What.ALIVE, at_ns)
        self._view, self._seen, self._tracks = View(), -1, {}
        self._level, self._layout = -1, ""
        if self._away:
            self._journal.note(What.AWAY, at_ns)
        for who in self._voices.speaking:
            self._journal.note(What.SPEAKS, at_ns, who=who)

    def _note_pauses(self, footage: Footage) -> None:
        cut = footage.cuts[-1] if footage.cuts else None
        if cut != self._cut:
            self._cut = cut
            if cut is not None:
                at_ns = footage.before_ns + cut.at_ns
                self._count(at_ns, None)
                self._journal.note(What.RESUME, at_ns, left_out_ns=footage.newest_pause_ns)
                self._note_people(at_ns)
        if footage.paused_at_ns != self._paused_ns:
            self._paused_ns = footage.paused_at_ns
            if self._paused_ns is not None:
                at_ns = footage.place_ns(self._paused_ns)
                self._count(at_ns, None)
                self._journal.note(What.PAUSE, at_ns)

    def _note_room(self, footage: Footage, now_ns: int) -> None:
        presence = self._presence
        away_ns = presence.away_since_ns
        if away_ns is not None:
            if not self._away:
                self._away, self._view = True, View()
                self._journal.note(What.AWAY, footage.place_ns(away_ns))
            return
        at_ns = footage.place_ns(now_ns)
        if self._away:
            self._away, self._seen = False, -1
            self._journal.note(What.BACK, at_ns)
        if footage.paused_at_ns is None:
            self._note_people(at_ns)

    def _note_people(self, at_ns: int) -> None:
        presence = self._presence
        if self._away or presence.changes == self._seen:
            return
        self._seen = presence.changes
        view = view_of(presence.participants.values(), presence.tracks.values())
        for what, values in changes(self._view, view):
            self._journal.note(what, at_ns, **values)
        self._view = view
        self._named |= view.people.keys() | {sender.who for sender in view.tracks.values()}

    def _note_layout(self, at_ns: int) -> None:
        if self._desk.layout != self._layout:
            self._layout = self._desk.layout
            self._journal.note(What.LAYOUT, at_ns, layout=self._layout)

    def _note_marks(self, rig: Rig, footage: Footage) -> None:
        for mark in rig.mixer.take_marks():
            if mark.kind is MarkKind.FROZEN:
                self._note_break(rig.attendance, footage, mark)
                continue
            at_ns = footage.place_ns(footage.began_ns + mark.from_ns)
            for what, noted_ns, who in self._voices.take(mark.kind, mark.of, at_ns, self._newest_cut_ns(footage)):
                self._journal.note(what, noted_ns, who=who)
        for what, noted_ns, who in self._voices.settle(footage.before_ns + rig.mixer.recorded_ns):
            self._journal.note(what, noted_ns, who=who)
        for track, from_ns, to_ns in self._receiver.take_breaks():
            self._note_break(rig.attendance, footage, Mark(MarkKind.FROZEN, track, from_ns, to_ns))

    def _newest_cut_ns(self, footage: Footage) -> int | None:
        """Where the newest pause is."""
        if self._paused_ns is not None:
            return footage.place_ns(self._paused_ns)
        return None if self._cut is None else footage.before_ns + self._cut.at_ns

    def _note_break(self, attendance: Attendance, footage: Footage, mark: Mark) -> None:
        track = attendance.find(mark.of)
        from_ns, to_ns = (footage.place_ns(footage.began_ns + pts_ns) for pts_ns in (mark.from_ns, mark.to_ns))
        if track is not None and to_ns > from_ns:
            what = What.MISSING if track.kind is TrackKind.AUDIO else What.FROZEN
            self._journal.note(what, from_ns, who=track.participant, to_ns=to_ns)

    def _note_steps(self, rig: Rig, footage: Footage) -> None:
        """The mix keeps the first of them; of those that follow there is what a look each second sees."""
        mix = rig.mixer.stats()
        for step in mix.steps[self._steps :]:
            self._note_step(step, footage)
        self._steps = len(mix.steps)
        if mix.effort.level != self._level:
            effort = mix.effort
            at_ns = rig.mixer.recorded_ns
            self._note_step(Step(at_ns, effort, effort, mix.lag_ns, mix.mix_load, mix.encode_load), footage)

    def _note_step(self, step: Step, footage: Footage) -> None:
        report = step_report(step, footage.before_ns)
        self._level = step.after.level
        self._journal.note(
            What.LOAD,
            footage.before_ns + step.at_ns,
            level=step.after.level,
            lag_ms=round(step.behind_ns / 1e6, 1),
            before=report.before,
            after=report.after,
            why=report.why,
        )

    def _count(self, at_ns: int, now_ns: int | None) -> None:
        """`now_ns` None: out of turn."""
        self._counted_ns = self._counted_ns if now_ns is None else now_ns
        tracks = self._receiver.stats().values()
        self._journal.note(
            What.TOTALS,
            at_ns,
            packets=sum(track.packets for track in tracks),
            lost=sum(track.lost for track in tracks),
            recovered=sum(track.recovered for track in tracks),
        )

    def _note_figures(self, ledger: Ledger, at_ns: int) -> None:
        known = ledger.only(self._named)
        self._journal.note(What.FIGURES, at_ns, **known.figures(self._tracks))
        self._tracks = {track.track: track for track in known.tracks}

    def _stay_alive(self, at_ns: int, now_ns: int) -> None:
        if self._journal.noted != self._noted:
            self._noted, self._said_ns = self._journal.noted, now_ns
        elif now_ns - self._said_ns >= ALIVE_NS:
            self._journal.note(What.ALIVE, at_ns)
