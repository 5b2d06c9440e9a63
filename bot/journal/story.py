"""A journal read back: what was so from when to when, before anything is left out or rounded."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.journal.figures import Figures
from bot.journal.line import Line, What
from bot.ledger import Ledger
from bot.report import StepReport


class Kind(StrEnum):
    THERE = "there"
    CAMERA = "camera"
    MICROPHONE = "microphone"
    STAGE = "stage"
    SPEAKING = "speaking"
    FROZEN = "picture_frozen"
    MISSING = "sound_missing"
    AWAY = "away"
    LOAD = "load"
    LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Stretch:
    """`who` is empty where it is about nobody."""

    kind: Kind
    from_ns: int
    to_ns: int
    who: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    number: int
    from_ns: int
    gap_ns: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A pause; `left_out_ns` 0: it was not over when the recording was."""

    at_ns: int
    left_out_ns: int


@dataclass(slots=True)
class Story:
    """Made by `read_story`. `until_ns`: what came later is not known."""

    names: dict[str, str] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    layouts: list[tuple[int, str]] = field(default_factory=list)
    ledgers: dict[int, Ledger] = field(default_factory=dict)  # by part: as last known
    until_ns: int = 0
    ended: bool = False  # in order
    is_whole: bool = False  # and no hole reaches to its end, so that it is known to the end of the file
    had_hole: bool = False  # lines are missing somewhere: who came and left there is not known,
    unknown: list[tuple[int, int]] = field(default_factory=list)  # nor anything else from when to when
    left_out: int = 0  # lines that could not be written, or cannot be read


class _Reader:
    """Takes the lines one after the other."""

    def __init__(self) -> None:
        self.story = Story()
        self._open: dict[tuple[str, str], Stretch] = {}  # by what it is and which
        self._paused_ns: int | None = None
        self._totals: tuple[int, Mapping[str, int]] | None = None
        self._newest_ns = 0
        self._figures_of: dict[int, Figures] = {}  # by part
        self._hole_ns: int | None = None
        self._left_out = 0  # of the part

    def take(self, line: Line) -> None:
        """Raises KeyError, TypeError or ValueError for a line without its values."""
        _TAKERS[line.what](self, line)
        self._newest_ns = max(self._newest_ns, line.at_ns)
        self.story.ended = line.what is What.END

    def finish(self) -> Story:
        story = self.story
        if not story.ended:
            story.until_ns = self._newest_ns
        if self._hole_ns is not None:
            story.until_ns = min(story.until_ns, self._hole_ns)
        story.left_out += self._left_out
        story.is_whole = story.ended and self._hole_ns is None
        if self._paused_ns is not None:
            self._cut(self._paused_ns, 0)
        self._end_all(story.until_ns)
        story.ledgers = {number: figures.ledger() for number, figures in self._figures_of.items()}
        return story

    @property
    def _figures_now(self) -> Figures:
        number = self.story.parts[-1].number if self.story.parts else 1
        return self._figures_of.setdefault(number, Figures())

    def _begin(self, key: tuple[str, str], stretch: Stretch) -> None:
        self._end(key, stretch.from_ns)
        self._open[key] = stretch

    def _end(self, key: tuple[str, str], at_ns: int) -> None:
        found = self._open.pop(key, None)
        if found is None:
            return
        self._add(found, at_ns)
        if found.kind is Kind.AWAY:
            away_s = max(0, at_ns - found.from_ns) / 1e9
            self._figures_now.was_away(away_s)

    def _add(self, stretch: Stretch, to_ns: int) -> None:
        if to_ns > stretch.from_ns:
            done = Stretch(stretch.kind, stretch.from_ns, to_ns, stretch.who, stretch.details)
            self.story.stretches.append(done)

    def _end_all(self, at_ns: int, *, but: frozenset[Kind] = frozenset()) -> None:
        for key in [key for key, stretch in self._open.items() if stretch.kind not in but]:
            self._end(key, at_ns)

    def _part(self, line: Line) -> None:
        """What the part before noted of a time that is not in its file has not happened."""
        at_ns, story = line.at_ns, self.story
        self._end_all(at_ns)
        self._fill_hole(at_ns)
        story.unknown = [(from_ns, min(to_ns, at_ns)) for from_ns, to_ns in story.unknown if from_ns < at_ns]
        story.stretches = [_until(one, at_ns) for one in story.stretches if one.from_ns < at_ns]
        story.layouts = [one for one in story.layouts if one[0] <= at_ns]
        story.parts.append(Part(int(line.values["part"]), at_ns, int(line.values["gap_ns"])))
        self._totals = (at_ns + story.parts[-1].gap_ns, {})
        self._newest_ns = at_ns
        story.left_out += self._left_out
        self._left_out = 0

    def _came(self, line: Line) -> None:
        who = str(line.values["who"])
        self.story.names[who] = str(line.values["name"])
        if ("there", who) not in self._open:
            self._begin(("there", who), Stretch(Kind.THERE, line.at_ns, 0, who))

    def _left(self, line: Line) -> None:
        self._end(("there", str(line.values["who"])), line.at_ns)

    def _on(self, line: Line) -> None:
        values = line.values
        kind, details = Kind(values["shown"]), {"kind": str(values["source"])}
        self._begin(("track", str(values["track"])), Stretch(kind, line.at_ns, 0, str(values["who"]), details))

    def _off(self, line: Line) -> None:
        self._end(("track", str(line.values["track"])), line.at_ns)

    def _speaks(self, line: Line) -> None:
        who = str(line.values["who"])
        self._begin(("speaks", who), Stretch(Kind.SPEAKING, line.at_ns, 0, who))

    def _silent(self, line: Line) -> None:
        self._end(("speaks", str(line.values["who"])), line.at_ns)

    def _frozen(self, line: Line) -> None:
        self._add(Stretch(Kind.FROZEN, line.at_ns, 0, str(line.values["who"])), int(line.values["to_ns"]))

    def _missing(self, line: Line) -> None:
        self._add(Stretch(Kind.MISSING, line.at_ns, 0, str(line.values["who"])), int(line.values["to_ns"]))

    def _counted(self, line: Line) -> None:
        now = {key: int(line.values[key]) for key in ("packets", "lost", "recovered")}
        from_ns, before = self._totals or (0, {})
        news = {key: max(0, count - before.get(key, 0)) for key, count in now.items()}
        self._totals = (line.at_ns, now)
        self._add(Stretch(Kind.LOSS, from_ns, 0, "", news), line.at_ns)

    def _figures(self, line: Line) -> None:
        self._figures_now.take(line.values)

    def _load(self, line: Line) -> None:
        values = line.values
        details: dict[str, Any] = {key: str(values[key]) for key in ("before", "after", "why")}
        details |= {"level": int(values["level"]), "lag_ms": float(values["lag_ms"])}
        at_s = round(line.at_ns / 1e9, 3)
        step = StepReport(at_s=at_s, before=details["before"], after=details["after"], why=details["why"])
        self._figures_now.stepped(step)
        self._begin(("load", ""), Stretch(Kind.LOAD, line.at_ns, 0, "", details))

    def _away(self, line: Line) -> None:
        """The mix goes on with what it has, so voices end by themselves."""
        self._end_all(line.at_ns, but=frozenset({Kind.SPEAKING, Kind.LOAD, Kind.AWAY}))
        self._begin(("away", ""), Stretch(Kind.AWAY, line.at_ns, 0))

    def _back(self, line: Line) -> None:
        self._end(("away", ""), line.at_ns)

    def _pause(self, line: Line) -> None:
        if self._paused_ns is None:
            self._paused_ns = line.at_ns

    def _resume(self, line: Line) -> None:
        self._paused_ns = None
        self._cut(line.at_ns, int(line.values["left_out_ns"]))

    def _cut(self, at_ns: int, left_out_ns: int) -> None:
        """A pause in which a bot died and another went on is one."""
        if self.story.cuts and self.story.cuts[-1].at_ns == at_ns:
            left_out_ns += self.story.cuts.pop().left_out_ns
        self.story.cuts.append(Cut(at_ns, left_out_ns))

    def _layout(self, line: Line) -> None:
        self.story.layouts.append((line.at_ns, str(line.values["layout"])))

    def _hole(self, line: Line) -> None:
        self._left_out = int(line.values["left_out"])
        self._end_all(line.at_ns)
        self._hole_ns = line.at_ns if self._hole_ns is None else min(self._hole_ns, line.at_ns)
        self.story.had_hole = True

    def _end_of_it(self, line: Line) -> None:
        """Of a recording that ended in a pause nothing is known to be later than the pause."""
        at_ns = line.at_ns if self._paused_ns is None else min(line.at_ns, self._paused_ns)
        self._end_all(at_ns)
        self.story.until_ns = line.at_ns
        self._left_out = int(line.values["left_out"])

    def _alive(self, line: Line) -> None:
        """Behind a hole: all that goes on is said again."""
        self._fill_hole(line.at_ns)

    def _fill_hole(self, at_ns: int) -> None:
        if self._hole_ns is not None and self._hole_ns < at_ns:
            self.story.unknown.append((self._hole_ns, at_ns))
        self._hole_ns = None


def _until(stretch: Stretch, at_ns: int) -> Stretch:
    if stretch.to_ns <= at_ns:
        return stretch
    return Stretch(stretch.kind, stretch.from_ns, at_ns, stretch.who, stretch.details)


_TAKERS: Mapping[What, Callable[[_Reader, Line], None]] = {
    What.PART: _Reader._part,
    What.CAME: _Reader._came,
    What.LEFT: _Reader._left,
    What.ON: _Reader._on,
    What.OFF: _Reader._off,
    What.SPEAKS: _Reader._speaks,
    What.SILENT: _Reader._silent,
    What.FROZEN: _Reader._frozen,
    What.MISSING: _Reader._missing,
    What.TOTALS: _Reader._counted,
    What.FIGURES: _Reader._figures,
    What.LOAD: _Reader._load,
    What.AWAY: _Reader._away,
    What.BACK: _Reader._back,
    What.PAUSE: _Reader._pause,
    What.RESUME: _Reader._resume,
    What.LAYOUT: _Reader._layout,
    What.HOLE: _Reader._hole,
    What.ALIVE: _Reader._alive,
    What.END: _Reader._end_of_it,
}


def read_story(lines: Iterable[Line | None]) -> Story:
    """Never raises for what can be in a journal: what is no line, or lacks its values, is counted as damaged."""
    reader = _Reader()
    for line in lines:
        try:
            if line is None:
                reader.story.left_out += 1
            else:
                reader.take(line)
        except (KeyError, TypeError, ValueError, AttributeError):
            reader.story.left_out += 1
    return reader.finish()
