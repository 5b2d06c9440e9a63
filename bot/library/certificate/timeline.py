"""Who was there and what became of them, from beginning to end, with what went wrong through all rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.library.certificate.account import Account, Pause, StageTurn
from bot.library.certificate.markup import Markup, element, svg
from bot.library.certificate.raster import Raster, as_path
from bot.library.certificate.row import HEIGHT, Row, harm_sums, row_item, row_of, rows_together
from bot.library.certificate.spans import Span, merged, total_s
from bot.library.certificate.wording import called, counted, length, moment, plain

MOST_ROWS = 100
_MOST_BYTES = 300_000
_CELLS = (1200, 600, 300, 150, 75)  # the finest that fits
_COMPACT = 12  # rows
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_MOST_TICKS = 8
_LATE = 96.0  # per cent: words that begin in the middle of their place would stick out
_MOST_FLAGS = 24
_FLAG_LANES = 3
_LANE_EM = 1.125
_PERCENT_A_LETTER = 0.95
_LEAST_NAMED = 0.12  # of the width: a turn on the stage that has its name on it
STAGE_KINDS = {"screen_share": "screen share", "camera": "camera", "file": "file", "microphone": "sound"}


@dataclass(frozen=True, slots=True)
class Flag:
    """Something that concerns everybody."""

    span: Span
    words: str
    kind: str


def timeline(account: Account) -> Markup:
    rows, hidden = _rows(account)
    items = _items(rows, Raster(account.duration_s, _CELLS[0]))
    if len(items) > _MOST_BYTES:  # half as many cells take about half of them
        cells = next((cells for cells in _CELLS if len(items) * cells <= _MOST_BYTES * _CELLS[0]), _CELLS[-1])
        items = _items(rows, Raster(account.duration_s, cells))
    flags = flags_of(account)
    lanes, words = _flag_lane(flags, account.duration_s)
    chart = element(
        "div",
        _axis(account.duration_s),
        words,
        element(
            "div",
            element("ol", _stage_item(account), items, class_="rows"),
            _overlay(flags, account.duration_s),
            class_="body",
        ),
        class_="chart compact" if len(rows) > _COMPACT else "chart",
        style=f"--flags:{_LANE_EM * lanes:.2f}rem",
    )
    return Markup(chart + (element("p", f"{hidden} have one row together.", class_="note") if hidden else ""))


def _items(rows: Sequence[Row], raster: Raster) -> Markup:
    return Markup("".join(row_item(row, raster) for row in rows))


def _rows(account: Account) -> tuple[list[Row], str]:
    """At most so many; the others, among whom nobody was more harmed or spoke more, are in the last together."""
    every = [row_of(person, called(person)) for person in account.people]
    if len(every) <= MOST_ROWS:
        return every, ""
    weight = {place: (*harm_sums(row), total_s(row.lanes["speaking"])) for place, row in enumerate(every)}
    shown = set(sorted(weight, key=lambda place: weight[place], reverse=True)[: MOST_ROWS - 1])
    others = [row for place, row in enumerate(every) if place not in shown]
    words = counted(len(others), "more person", "more people")
    kept = [row for place, row in enumerate(every) if place in shown]
    return [*kept, rows_together(others, f"{words} together")], words


def flags_of(account: Account) -> tuple[Flag, ...]:
    found = [
        Flag(one.span, f"nobody recorded, {length(one.span[1] - one.span[0])}", "gap") for one in account.interruptions
    ]
    found += [Flag((one.at_s, one.at_s), _pause_words(one), "pause") for one in account.pauses]
    found += [Flag(span, f"not known, {length(span[1] - span[0])}", "dark") for span in account.unknown]
    if not account.is_known_to_the_end:
        found.append(Flag((account.known_until_s, account.duration_s), "not known from here", "dark"))
    return tuple(sorted(found, key=lambda flag: flag.span))


def _pause_words(pause: Pause) -> str:
    return f"paused, {length(pause.left_out_s)} left out" if pause.left_out_s else "paused until the end"


def _axis(duration_s: float) -> Markup:
    places = [(at_s, _percent(at_s, duration_s)) for at_s in _ticks(duration_s)]
    marks = [
        element("span", moment(at_s), class_="tick late" if at > _LATE else "tick", style=f"left:{at:.3f}%")
        for at_s, at in places
    ]
    return element("div", *marks, class_="axis", aria_hidden="true")


def _ticks(duration_s: float) -> Iterable[float]:
    step = next((step for step in _STEPS_S if duration_s / step <= _MOST_TICKS), duration_s)
    return [step * place for place in range(int(duration_s / step) + 1)] if duration_s > 0 else [0.0]


def _percent(at_s: float, duration_s: float) -> float:
    return 100 * at_s / duration_s if duration_s > 0 else 0.0


def _flag_lane(flags: Sequence[Flag], duration_s: float) -> tuple[int, Markup]:
    """Words where there is room for them, and how many lanes that takes; every flag is in the picture and in the table
    all the same."""
    free = [0.0] * _FLAG_LANES
    made: list[Markup] = []
    for flag in flags:
        width = _PERCENT_A_LETTER * (len(flag.words) + 2)
        at = _percent(flag.span[0], duration_s)
        is_late = at + width > 100  # its words end where it begins
        begin = max(0.0, at - width if is_late else at)
        lane = next((lane for lane, taken in enumerate(free) if taken <= begin), None)
        if lane is None or len(made) >= _MOST_FLAGS:
            continue
        free[lane] = begin + width
        side = f"right:{100 - at:.3f}%" if is_late else f"left:{at:.3f}%"
        when = element("span", f"{moment(flag.span[0])} ", class_="when")
        made.append(
            element(
                "span",
                when,
                flag.words,
                class_=f"flag {flag.kind}{' late' if is_late else ''}",
                style=f"{side};top:{lane * _LANE_EM:.2f}rem",
            )
        )
    return sum(1 for taken in free if taken), element("div", *made, class_="flags", aria_hidden="true")


def _overlay(flags: Sequence[Flag], duration_s: float) -> Markup:
    raster = Raster(duration_s, _CELLS[0])
    grid = "".join(f"M{raster.place(at_s):.1f} 0v100" for at_s in _ticks(duration_s))
    lines = [element("path", d=grid, class_="grid")]
    for kind in ("dark", "gap"):
        runs = raster.touched(merged(flag.span for flag in flags if flag.kind == kind))
        if runs:
            sides = "".join(f"M{run.begin} 0v100" for run in runs)
            lines += [
                element("path", d=as_path(runs, 50), class_=kind),
                element("path", d=sides, class_=f"{kind}-side"),
            ]
    pauses = raster.touched(merged(flag.span for flag in flags if flag.kind == "pause"))
    if pauses:
        lines.append(element("path", d="".join(f"M{run.begin} 0v100" for run in pauses), class_="pause-side"))
    picture = svg(raster.cells, 100, *lines, aria_hidden="true")
    return element("div", picture, class_="overlay")


def _stage_item(account: Account) -> Markup:
    duration_s = account.duration_s
    turns = account.stage
    raster = Raster(duration_s, _CELLS[1])
    whole, partly = raster.filled(merged(turn.span for turn in turns))
    begins = raster.touched(tuple((turn.span[0], turn.span[0]) for turn in turns))
    used = length(total_s(merged(turn.span for turn in turns)))
    said = f"in use for {used}, {counted(len(turns), 'turn', 'turns')}" if turns else "not used"
    lines = [
        element("path", d=as_path(partly, HEIGHT / 2), class_="block part") if partly else "",
        element("path", d=as_path(whole, HEIGHT / 2), class_="block") if whole else "",
        element("path", d="".join(f"M{run.begin} 8v24" for run in begins), class_="turn") if begins else "",
    ]
    picture = svg(raster.cells, HEIGHT, *lines, role="img", aria_label=said)
    named = [turn for turn in turns if turn.span[1] - turn.span[0] >= _LEAST_NAMED * duration_s > 0]
    words = [_turn_words(account, turn) for turn in named]
    return element(
        "li",
        element("div", element("span", "Stage", class_="who"), class_="label"),
        element("div", picture, *words, class_="track"),
        class_="row stage",
    )


def _turn_words(account: Account, turn: StageTurn) -> Markup:
    left, right = (_percent(at_s, account.duration_s) for at_s in turn.span)
    who = element("bdi", who_is(account, turn.identity), dir_="auto")
    kind = element("span", f", {stage_kind(turn.kind)}")
    return element("span", who, kind, class_="words", style=f"left:{left:.3f}%;width:{right - left:.3f}%")


def stage_kind(kind: str) -> str:
    return STAGE_KINDS.get(kind, plain(kind) or "something")


def who_is(account: Account, identity: str) -> str:
    person = account.names.get(identity)
    return called(person) if person else plain(identity) or "somebody"
