"""One row of the timeline: a participant, several together, or the stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.library.certificate.account import Person
from bot.library.certificate.markup import Markup, element, svg
from bot.library.certificate.raster import Raster, as_path
from bot.library.certificate.spans import Spans, merged, total_s
from bot.library.certificate.wording import counted, length

HEIGHT = 40
_GOOD = (  # lane, class, height in the row
    ("there", "at", 20.0),
    ("there", "li", 39.0),
    ("stage", "st", 3.0),
    ("camera", "ca", 13.0),
    ("microphone", "mi", 28.0),
    ("speaking", "sp", 28.0),
)
_BAD = (("frozen", "fr", 13.0), ("missing", "mu", 28.0))
_LANES = ("there", "stage", "camera", "microphone", "speaking", "frozen", "missing")
# In words, for those who do not see the picture.
_SAID = (
    ("there", "there for {}"),
    ("camera", "camera on for {}"),
    ("microphone", "microphone on for {}"),
    ("speaking", "spoke for {}"),
    ("stage", "on stage for {}"),
)
_HARM = (("frozen", "stood still"), ("missing", "no sound"))


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    lanes: Mapping[str, Spans]
    harm_s: Mapping[str, float]  # by the lanes of what is bad


def row_of(person: Person, label: str) -> Row:
    lanes = {lane: getattr(person, lane) for lane in _LANES}
    return Row(label, lanes, {"frozen": person.frozen_s, "missing": person.missing_s})


def rows_together(rows: Sequence[Row], label: str) -> Row:
    """What any of them did, and all that went wrong with any of them."""
    lanes = {lane: merged(span for row in rows for span in row.lanes[lane]) for lane in _LANES}
    return Row(label, lanes, {lane: sum(row.harm_s[lane] for row in rows) for lane, _ in _HARM})


def harm_sums(row: Row) -> tuple[float, int]:
    """Seconds, and how often."""
    return sum(row.harm_s.values()), sum(len(row.lanes[lane]) for lane, _ in _HARM)


def harm_of(row: Row) -> str:
    """Empty for none."""
    said = []
    for lane, words in _HARM:
        lasted_s, spans = row.harm_s[lane], row.lanes[lane]
        if lasted_s or spans:
            said.append(f"{words} {length(lasted_s) if lasted_s else counted(len(spans), 'time', 'times')}")
    return ", ".join(said)


def said_of(row: Row) -> str:
    good = [words.format(length(total_s(spans))) for lane, words in _SAID if (spans := row.lanes[lane])]
    return ", ".join([*good, harm_of(row) or "nothing stood still or is missing"])


def row_item(row: Row, raster: Raster) -> Markup:
    harm = harm_of(row)
    label = element("bdi", row.label, class_="who", dir_="auto")
    return element(
        "li",
        element("div", label, element("span", harm, class_="harm") if harm else "", class_="label"),
        element("div", _picture(row, raster), class_="track"),
        class_="row harmed" if harm else "row",
    )


def _picture(row: Row, raster: Raster) -> Markup:
    lines: list[Markup] = []
    for lane, name, y in _GOOD:
        whole, partly = raster.filled(row.lanes[lane])
        if partly:
            lines.append(element("path", d=as_path(partly, y), class_=f"{name} part"))
        if whole:
            lines.append(element("path", d=as_path(whole, y), class_=name))
    for lane, name, y in _BAD:
        if runs := raster.touched(row.lanes[lane]):
            # The second has a width on the screen that no scaling takes away.
            pins = "".join(f"M{run.begin} {y - 7:g}v14" for run in runs)
            lines += [element("path", d=as_path(runs, y), class_=name), element("path", d=pins, class_="pin")]
    return svg(raster.cells, HEIGHT, *lines, role="img", aria_label=said_of(row))
