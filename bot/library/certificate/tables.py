"""The same as the pictures, in numbers: for those who cannot see them, and for those who want to count."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.library.certificate.account import TRACK_FIGURES, Account, Person
from bot.library.certificate.figures import Figures
from bot.library.certificate.markup import Child, Markup
from bot.library.certificate.spans import Span, total_s
from bot.library.certificate.table import name, table
from bot.library.certificate.timeline import flags_of, stage_kind, who_is
from bot.library.certificate.wording import (
    NAMELESS,
    amount,
    called,
    counted,
    exact_moment,
    length,
    moment,
    plain,
)

MOST_INCIDENTS = 300
MOST_PEOPLE = 300
_MOST_ROWS = 200
_SLOTS = 48  # of the losses
EVERYBODY = "everybody"
_LEAST_S = 0.001


@dataclass(frozen=True, slots=True)
class Incident:
    span: Span
    who: str
    what: str
    lasted_s: float


def incidents(account: Account) -> tuple[Incident, ...]:
    """All that went wrong or was left out, as it came."""
    found = [
        Incident(flag.span, EVERYBODY, _KINDS[flag.kind], flag.span[1] - flag.span[0])
        for flag in flags_of(account)
        if flag.kind != "pause"
    ]
    found += [Incident((one.at_s, one.at_s), EVERYBODY, "paused", one.left_out_s) for one in account.pauses]
    for person in account.people:
        who = called(person)
        for what, spans in ((_STILL, person.frozen), (_MISSING, person.missing)):
            found += [Incident(span, who, what, span[1] - span[0]) for span in spans]
    return tuple(sorted(found, key=lambda one: (one.span, one.who, one.what)))


_STILL, _MISSING = "picture stood still", "sound missing"
_KINDS = {"gap": "nobody recorded", "dark": "not known"}


def incident_table(account: Account) -> Markup:
    """Those that concern everybody and the longest; of the others the sums."""
    every = incidents(account)
    by_weight = sorted(range(len(every)), key=lambda place: (every[place].who != EVERYBODY, -every[place].lasted_s))
    kept = set(by_weight[:MOST_INCIDENTS])
    rows: list[Sequence[Child]] = [
        (exact_moment(one.span[0]), length(one.lasted_s), one.what, name(one.who))
        for place, one in enumerate(every)
        if place in kept
    ]
    rest = [one for place, one in enumerate(every) if place not in kept]
    for what in dict.fromkeys(one.what for one in rest):
        spared = [one.lasted_s for one in rest if one.what == what]
        rows.append(
            (f"and {counted(len(spared), 'shorter one', 'shorter ones')}", length(sum(spared)), what, "various")
        )
    rows += _brief_rows(account)
    if not rows:
        return Markup("")
    return table("In the order in which it came", ("At", "For", "What", "Whose"), rows)


def _brief_rows(account: Account) -> list[Sequence[Child]]:
    """Of sound that was gone in moments that have no place."""
    brief = [(one, rest_s) for one in account.people if (rest_s := one.missing_s - total_s(one.missing)) >= _LEAST_S]
    what = f"{_MISSING}, too briefly to be placed"
    rows: list[Sequence[Child]] = [
        ("various", length(rest_s), what, name(called(one))) for one, rest_s in brief[:MOST_PEOPLE]
    ]
    if others := brief[MOST_PEOPLE:]:
        rows.append(("various", length(sum(rest_s for _, rest_s in others)), what, f"{amount(len(others))} more"))
    return rows


_PEOPLE_HEADS = (
    "Name",
    "Identity",
    "There",
    "Camera",
    "Microphone",
    "Spoke",
    "On stage",
    "Picture stood still",
    "Sound missing",
    "Packets",
    "Lost",
    "Recovered",
    "Sound to picture",
)


def people_table(account: Account, sums: Figures) -> Markup:
    if not account.people:
        return Markup("")
    shown, rest = account.people[:MOST_PEOPLE], account.people[MOST_PEOPLE:]
    rows = [(name(plain(one.name) or NAMELESS), name(plain(one.identity)), *_person_cells([one])) for one in shown]
    if rest:
        rows.append((f"and {amount(len(rest))} more", "", *_person_cells(rest)))
    return table("Participants", _PEOPLE_HEADS, rows, ("All together", "", *_person_cells(account.people)))


def _person_cells(people: Sequence[Person]) -> tuple[str, ...]:
    def seconds(lane: str) -> str:
        return length(sum(total_s(getattr(one, lane)) for one in people))

    return (
        *(seconds(lane) for lane in ("there", "camera", "microphone", "speaking", "stage")),
        _harm(sum(one.frozen_s for one in people), sum(len(one.frozen) for one in people)),
        _harm(sum(one.missing_s for one in people), sum(len(one.missing) for one in people)),
        *(amount(sum(getattr(one, what) for one in people)) for what in ("packets", "lost", "recovered")),
        f"{max(one.skew_worst_ms for one in people):.0f} ms",
    )


def _harm(lasted_s: float, times: int) -> str:
    return f"{length(lasted_s)} ({counted(times, 'time', 'times')})" if times else length(lasted_s)


def stage_table(account: Account) -> Markup:
    rows: list[Sequence[Child]] = [
        (
            moment(turn.span[0]),
            length(turn.span[1] - turn.span[0]),
            name(who_is(account, turn.identity)),
            stage_kind(turn.kind),
        )
        for turn in account.stage[:_MOST_ROWS]
    ]
    rest = account.stage[_MOST_ROWS:]
    if rest:
        rows.append((f"and {amount(len(rest))} more", length(total_s(turn.span for turn in rest)), "", ""))
    return table("On stage", ("From", "For", "Whose", "What"), rows) if rows else Markup("")


def losses_table(account: Account) -> Markup:
    """Windows put together into at most 48 slots; those without a loss are left out, as the sum below shows."""
    if not any(window.lost for window in account.losses):
        return Markup("")
    rows = [row for row in _slots(account) if row[2] != "0"]
    sums = [sum(getattr(one, what) for one in account.losses) for what in ("packets", "lost", "gone")]
    return table(
        "Packets lost over time; times without losses are not listed",
        ("From", "Received", "Lost at first", "Never arrived"),
        rows,
        ("All together", *map(amount, sums)),
    )


def _slots(account: Account) -> Iterator[tuple[str, str, str, str]]:
    slot_s = account.duration_s / _SLOTS
    slots: dict[int, list[int]] = {}
    for window in account.losses:
        place = int(window.span[0] / slot_s) if slot_s else 0
        sums = slots.setdefault(min(place, _SLOTS - 1), [0, 0, 0])
        for number, value in enumerate((window.packets, window.lost, window.gone)):
            sums[number] += value
    for place, sums in sorted(slots.items()):
        packets, lost, gone = map(amount, sums)
        yield moment(place * slot_s), packets, lost, gone


def load_table(account: Account) -> Markup:
    steps = [one for one in account.load if one.level]
    rows = [
        (
            moment(one.span[0]),
            length(one.span[1] - one.span[0]),
            plain(one.words) or f"step {one.level}",
            length(one.lag_ms / 1000),
        )
        for one in steps[:_MOST_ROWS]
    ]
    if rest := steps[_MOST_ROWS:]:
        rows.append((f"and {amount(len(rest))} more", length(total_s(one.span for one in rest)), "", ""))
    return table("Reduced quality", ("From", "For", "How", "Behind"), rows) if rows else Markup("")


def layout_table(account: Account) -> Markup:
    rows = [(moment(at_s), plain(layout)) for at_s, layout in account.layouts[:_MOST_ROWS]]
    if rest := account.layouts[_MOST_ROWS:]:
        rows.append((f"and {amount(len(rest))} more", ""))
    return table("Layouts chosen", ("From", "Layout"), rows) if rows else Markup("")


def track_table(account: Account) -> Markup:
    """The report's own figures. Of the tracks left out the sums are among all together."""
    if not account.tracks:
        return Markup("")
    rows = [
        (
            name(who_is(account, one.participant)),
            f"{'stage ' if one.is_stage else ''}{plain(one.kind)} {plain(one.codec)}".strip(),
            *(_figure(what, one.figures[what]) for what in TRACK_FIGURES),
        )
        for one in account.tracks[:_MOST_ROWS]
    ]
    if rest := account.tracks[_MOST_ROWS:]:
        rows.append(
            (
                f"and {amount(len(rest))} more",
                "",
                *(_summed(what, [one.figures[what] for one in rest]) for what in TRACK_FIGURES),
            )
        )
    foot = [_summed(what, [one.figures[what] for one in account.tracks]) for what in TRACK_FIGURES]
    heads = ("Whose", "Track", *(what.removesuffix("_ms").replace("_", " ").capitalize() for what in TRACK_FIGURES))
    return table("Tracks as they were received", heads, rows, ("All together", "", *foot))


def _summed(what: str, values: Sequence[float]) -> str:
    return _figure(what, max(values) if what.endswith("_ms") else sum(values))


def _figure(what: str, value: float) -> str:
    return f"{value:.1f} ms" if what.endswith("_ms") else amount(value)
