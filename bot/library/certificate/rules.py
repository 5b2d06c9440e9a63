"""What is said of a recording, and how bad each of it is. Rules on values; each is a line in RULES."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.library.certificate.account import Account, Interruption, Person
from bot.library.certificate.facts import Facts
from bot.library.certificate.figures import Figures
from bot.library.certificate.level import Level
from bot.library.certificate.spans import Spans, longest, merged, total_s
from bot.library.certificate.wording import (
    amount,
    called,
    counted,
    isolated,
    length,
    moment,
    plain,
    share,
    without_folders,
)
from bot.lifecycle import EndReason

# The bounds below are also said in words, in level.py.
NOTICED_MS = 45.0  # sound before its picture: what people begin to notice (ITU-R BT.1359)
DISTURBING_MS = 125.0
GOOD_REDUCED = 0.1  # share of the time
GOOD_REPEATED = 0.01  # share of the pictures
UNTOLD_S = 1.0  # a file that much shorter than its account lacks something; so does an account
_MOST_NAMED = 3
_PICTURES_A_SECOND = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` are a sentence without its first capital and its full stop."""

    level: Level
    words: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one kind of damage to one participant."""

    good_s: float  # at a time
    good_share: float
    grave_s: float
    grave_share: float

    def level(self, damage: Spans, total: float, whole_s: float) -> Level:
        worst = total_s([longest(damage)]) if damage else 0.0
        if worst >= self.grave_s or (total > self.good_s and total >= self.grave_share * whole_s):
            return Level.INCOMPLETE
        small = worst <= self.good_s and total <= max(self.good_s, self.good_share * whole_s)
        return Level.GOOD if small else Level.FLAWED


PICTURE = Bounds(good_s=2.0, good_share=0.01, grave_s=30.0, grave_share=0.25)
SOUND = Bounds(good_s=1.0, good_share=0.005, grave_s=10.0, grave_share=0.1)


@dataclass(frozen=True, slots=True)
class Harm:
    """To one participant."""

    person: Person
    spans: Spans
    total_s: float
    level: Level


Findings = Iterator[Finding]


def _nothing(account: Account, facts: Facts, figures: Figures) -> Findings:
    if facts.duration_s <= 0:
        yield Finding(Level.NOTHING, "there is no picture and no sound")


def _failure(account: Account, facts: Facts, figures: Figures) -> Findings:
    if facts.problem:
        yield Finding(Level.INCOMPLETE, f"the recorder said: {_said(facts.problem)}")
    if facts.notice:
        yield Finding(Level.INCOMPLETE, f"not all of it is in this file: {_said(facts.notice)}")


def _said(words: str) -> str:
    return isolated(plain(without_folders(words), 400))


_ENDS = {
    EndReason.FAILED: (Level.INCOMPLETE, "it broke off at {}"),
    EndReason.DISK_FULL: (Level.INCOMPLETE, "it ended at {} because the disk was full"),
    EndReason.DURATION_LIMIT: (Level.COMPLETE, "it ended at {}, the longest a recording may last"),
    EndReason.ROOM_TIMEOUT: (Level.COMPLETE, "it ended at {}, when the room's time was over"),
    EndReason.HOST_ABSENT: (Level.COMPLETE, "it ended at {} because the host had been away too long"),
    EndReason.ROOM_EMPTY: (Level.COMPLETE, "it ended at {} because nobody was left in the room"),
}


def _end(account: Account, facts: Facts, figures: Figures) -> Findings:
    if facts.end_reason in _ENDS:
        level, words = _ENDS[facts.end_reason]
        yield Finding(level, words.format(moment(facts.duration_s)))


def _checks(account: Account, facts: Facts, figures: Figures) -> Findings:
    for check in facts.checks:
        if not check.passed:
            said = f" ({isolated(plain(check.words, 200))})" if check.words else ""
            yield Finding(Level.INCOMPLETE, f'the finished file failed the check "{plain(check.what, 200)}"{said}')
    if not facts.checks:
        yield Finding(Level.UNPROVEN, "the finished file was not checked")


def _shortfall(account: Account, facts: Facts, figures: Figures) -> Findings:
    short_s = account.duration_s - facts.duration_s
    if short_s > UNTOLD_S:
        yield Finding(Level.INCOMPLETE, f"the file is {length(short_s)} shorter than what was recorded")


_WHY = {
    "bot": ", because the recorder had to be started again",
    "room": ", because the connection to the room was lost",
}


def _interruptions(account: Account, facts: Facts, figures: Figures) -> Findings:
    by_length = sorted(account.interruptions, key=lambda one: one.span[0] - one.span[1])
    for one in by_length[:_MOST_NAMED]:
        yield Finding(Level.INCOMPLETE, f"nobody was recorded {_when(one)}{_WHY.get(one.why, '')}")
    if rest := by_length[_MOST_NAMED:]:
        lost_s = total_s(merged(one.span for one in rest))
        times = counted(len(rest), "time", "times")
        yield Finding(Level.INCOMPLETE, f"{times} more nobody was recorded, for {length(lost_s)} in all")
    placed_s = total_s(merged(one.span for one in account.interruptions))
    if figures.interrupted_s - placed_s > UNTOLD_S or (figures.interruptions and not by_length):
        untold = length(figures.interrupted_s - placed_s)
        yield Finding(Level.INCOMPLETE, f"nobody was recorded for {untold} at times that are not known")


def _when(one: Interruption) -> str:
    begin_s, end_s = one.span
    if end_s - begin_s < 1:
        return f"for {length(end_s - begin_s)} at {moment(begin_s)}" if end_s > begin_s else f"at {moment(begin_s)}"
    return f"from {moment(begin_s)} to {moment(end_s)}"


def _pictures(account: Account, facts: Facts, figures: Figures) -> Findings:
    harmed = []
    for one in account.people:
        if one.frozen or one.frozen_s:
            level = PICTURE.level(one.frozen, one.frozen_s, _whole_s(account, one.camera, one.stage))
            harmed.append(Harm(one, one.frozen, one.frozen_s, level))
    yield from _told(harmed, "{}'s picture stood still", "the pictures of {} stood still")


def _sounds(account: Account, facts: Facts, figures: Figures) -> Findings:
    harmed = []
    for one in account.people:
        if one.missing or one.missing_s:
            level = SOUND.level(one.missing, one.missing_s, _whole_s(account, one.microphone, one.stage))
            harmed.append(Harm(one, one.missing, one.missing_s, level))
    yield from _told(harmed, "{}'s sound is missing", "the sound of {} is missing")


def _whole_s(account: Account, own: Spans, stage: Spans) -> float:
    """What the damage is a share of."""
    return total_s(merged((*own, *stage))) or account.duration_s


def _told(harmed: list[Harm], of_one: str, of_more: str) -> Findings:
    harmed.sort(key=lambda one: (-one.level.badness, -one.total_s))
    for one in harmed[:_MOST_NAMED]:
        words = of_one.format(called(one.person))
        yield Finding(one.level, f"{_how_long(one.total_s)} of {words} ({_times(one.spans)})")
    if rest := harmed[_MOST_NAMED:]:
        people = counted(len(rest), "more person", "more people")
        lasted = _how_long(sum(one.total_s for one in rest))
        yield Finding(rest[0].level, f"{lasted} of {of_more.format(people)}")


def _times(spans: Spans) -> str:
    if not spans:
        return "in moments too short to be placed"
    begin_s, end_s = longest(spans)
    times = f"{amount(len(spans))} times, the longest {length(end_s - begin_s)} " if len(spans) > 1 else ""
    return f"{times}at {moment(begin_s)}"


def _how_long(seconds: float) -> str:
    return length(seconds) if seconds else "a moment"


def _unplaced(account: Account, facts: Facts, figures: Figures) -> Findings:
    if figures.freezes_counted and not figures.frozen_times and not figures.missing_times:
        worst_s = figures.longest_freeze_s
        times = counted(figures.freezes_counted, "time", "times")
        level = Level.GOOD if worst_s <= SOUND.good_s else Level.FLAWED
        yield Finding(level, f"{times} a picture stood still or sound was missing, at most {length(worst_s)} at a time")


def _packets(account: Account, facts: Facts, figures: Figures) -> Findings:
    """How bad that was is measured by what it did to pictures and sound, which have rules of their own."""
    if figures.gone:
        part = share(figures.gone, figures.packets + figures.gone)
        packets = counted(figures.gone, "packet", "packets")
        yield Finding(Level.GOOD, f"{packets} of {amount(figures.packets + figures.gone)} never arrived ({part})")
    if figures.frames_dropped or figures.decode_errors:
        dropped = figures.frames_dropped + figures.decode_errors
        yield Finding(Level.GOOD, f"{counted(dropped, 'picture', 'pictures')} could not be shown because of losses")


def _skew(account: Account, facts: Facts, figures: Figures) -> Findings:
    worst_ms = figures.skew_worst_ms
    if worst_ms is not None and worst_ms > NOTICED_MS:
        level = Level.FLAWED if worst_ms > DISTURBING_MS else Level.GOOD
        yield Finding(level, f"for a moment sound and picture may have been {worst_ms:.0f} ms apart")


def _load(account: Account, facts: Facts, figures: Figures) -> Findings:
    if figures.reduced_s:
        level = Level.GOOD if figures.reduced_s <= GOOD_REDUCED * account.duration_s else Level.FLAWED
        part = share(figures.reduced_s, account.duration_s)
        yield Finding(level, f"{length(figures.reduced_s)} ({part}) were at reduced quality, as the machine was busy")
    if figures.repeated:
        few = figures.repeated <= GOOD_REPEATED * _PICTURES_A_SECOND * account.duration_s
        pictures = counted(figures.repeated, "picture was", "pictures were")
        yield Finding(Level.GOOD if few else Level.FLAWED, f"{pictures} shown again in place of new ones")


def _knowledge(account: Account, facts: Facts, figures: Figures) -> Findings:
    if not account.is_known:
        yield Finding(Level.UNPROVEN, "no account was kept of what happened while it was recorded")
    elif account.duration_s - account.known_until_s > UNTOLD_S:
        rest = length(account.duration_s - account.known_until_s)
        yield Finding(Level.UNPROVEN, f"what happened after {moment(account.known_until_s)} is not known ({rest})")
    for begin_s, end_s in account.unknown[:_MOST_NAMED]:
        when = f"from {moment(begin_s)} to {moment(end_s)}"
        yield Finding(Level.UNPROVEN, f"what happened {when} is not known ({length(end_s - begin_s)})")
    if rest_of := account.unknown[_MOST_NAMED:]:
        times = counted(len(rest_of), "more time", "more times")
        yield Finding(Level.UNPROVEN, f"{times} what happened is not known, {length(total_s(rest_of))} in all")
    if account.left_out:
        events = counted(account.left_out, "event", "events")
        yield Finding(Level.UNPROVEN, f"{events} happened that there was no room to write down")
    if account.unreadable:
        entries = counted(account.unreadable, "entry", "entries")
        yield Finding(Level.UNPROVEN, f"{entries} of the account could not be read")


def _pauses(account: Account, facts: Facts, figures: Figures) -> Findings:
    if not account.pauses:
        return
    left_out = length(figures.left_out_s)
    at, to_the_end = moment(account.pauses[-1].at_s), not account.pauses[-1].left_out_s
    if figures.pauses == 1:
        words = f"it was paused at {at}{' and ended so' if to_the_end else f': {left_out} are left out'}"
    else:
        words = f"it was paused {figures.pauses} times: {left_out} are left out"
        words += f", and it ended paused, from {at}" if to_the_end else ""
    yield Finding(Level.COMPLETE, words)


def _parts(account: Account, facts: Facts, figures: Figures) -> Findings:
    if facts.parts > 1:
        yield Finding(Level.COMPLETE, f"it was put together from {facts.parts} parts, without encoding it again")


# Among findings of one level the order is this one.
RULES: tuple[Callable[[Account, Facts, Figures], Findings], ...] = (
    _nothing,
    _interruptions,
    _end,
    _failure,
    _shortfall,
    _checks,
    _sounds,
    _pictures,
    _unplaced,
    _skew,
    _load,
    _knowledge,
    _packets,
    _pauses,
    _parts,
)
