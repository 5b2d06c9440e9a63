"""The parts of the page that are lists: figures, what the colours mean, the file, and how it is judged."""

from datetime import datetime

from bot.library.certificate.account import Account
from bot.library.certificate.facts import Facts
from bot.library.certificate.figures import Figures
from bot.library.certificate.level import Level
from bot.library.certificate.markup import Child, Markup, element, svg
from bot.library.certificate.row import HEIGHT
from bot.library.certificate.rules import NOTICED_MS
from bot.library.certificate.spans import total_s
from bot.library.certificate.wording import amount, counted, length, moment, plain, share, size
from bot.lifecycle import EndReason
from signaling.model import RoomKind

_MOST_LINE = 300


def figure_list(told: Account, sums: Figures) -> Markup:
    shown = (*_damage(told, sums), *_transport(sums), *_conditions(told, sums))
    return element("dl", [_figure(*one) for one in shown], class_="figures")


def _figure(what: str, value: str, more: str, is_bad: bool) -> Markup:
    words: list[Child] = [element("strong", value), " ", element("span", more)]
    return element("div", element("dt", what), element("dd", *words), class_="bad" if is_bad else None)


_UNKNOWN = "not known"


def _damage(told: Account, sums: Figures) -> list[tuple[str, str, str, bool]]:
    damage = (
        ("Pictures stood still", sums.frozen_s, sums.frozen_times, sums.frozen_people),
        ("Sound missing", sums.missing_s, sums.missing_times, sums.missing_people),
    )
    if not told.is_known:
        return [(what, _UNKNOWN, "", False) for what, *_ in damage]
    return [(what, length(lasted_s), _whose(times, people), times > 0) for what, lasted_s, times, people in damage]


def _whose(times: int, people: int) -> str:
    return f"{counted(times, 'time', 'times')}, of {counted(people, 'person', 'people')}" if times else "of nobody"


def _transport(sums: Figures) -> list[tuple[str, str, str, bool]]:
    skew = sums.skew_worst_ms
    sent = sums.packets + sums.gone
    return [
        (
            "Sound to picture, at worst",
            _UNKNOWN if skew is None else f"{skew:.0f} ms",
            "" if skew is None else f"{NOTICED_MS:.0f} ms is where people begin to notice",
            skew is not None and skew > NOTICED_MS,
        ),
        (
            "Packets that never arrived",
            amount(sums.gone) if sent else _UNKNOWN,
            f"of {amount(sent)}; {amount(sums.lost)} were lost at first ({share(sums.lost, sent)})" if sent else "",
            sums.gone > 0,
        ),
    ]


def _conditions(told: Account, sums: Figures) -> list[tuple[str, str, str, bool]]:
    to_the_end = told.is_known_to_the_end
    between = f"{length(total_s(told.unknown))} in between are not" if told.unknown else ""
    rest = length(told.duration_s - told.known_until_s)
    interrupted = length(sums.interrupted_s) if told.is_known or sums.interruptions else _UNKNOWN
    known = "to the end" if to_the_end else f"until {moment(told.known_until_s)}" if told.is_known else "nothing"
    more = between if to_the_end else f"the last {rest} are not" if told.is_known else "no account was kept"
    lasted = ", the last until the end" if told.pauses and not told.pauses[-1].left_out_s else ""
    is_reduced = sums.reduced_s > 0 or sums.repeated > 0
    reduced = f"{share(sums.reduced_s, told.duration_s)} of the time; {_times(sums.repeated, 'picture')} shown again"
    return [
        ("Nobody recorded", interrupted, _times(sums.interruptions, "interruption"), sums.interruptions > 0),
        (
            "At reduced quality",
            length(sums.reduced_s) if told.is_known or is_reduced else _UNKNOWN,
            reduced if told.is_known or is_reduced else "",
            is_reduced,
        ),
        (
            "Left out by pauses",
            length(sums.left_out_s) if told.is_known else _UNKNOWN,
            _times(sums.pauses, "pause") + lasted if told.is_known else "",
            False,
        ),
        ("Known", known, more, not to_the_end or bool(between)),
    ]


def _times(number: int, what: str) -> str:
    return counted(number, what, f"{what}s") if number else f"no {what}"


_KEY = (
    ("there", (("at", 20), ("li", 39))),
    ("on stage", (("at", 20), ("st", 3))),
    ("camera on", (("at", 20), ("ca", 13))),
    ("microphone on", (("at", 20), ("mi", 28))),
    ("speaking", (("at", 20), ("sp", 28))),
    ("picture stood still", (("ca", 13), ("fr", 13))),
    ("sound missing", (("mi", 28), ("mu", 28))),
    ("paler: part of that time", (("ca part", 13), ("sp part", 28))),
)


def key() -> Markup:
    """Drawn as in the rows, and in words."""
    return element("ul", [_key_item(words, lanes) for words, lanes in _KEY], class_="key")


def bar_key(*bars: tuple[str, str]) -> Markup:
    """Of the pictures with bars: a class and its words each."""
    return element("ul", [_bar_item(name, words) for name, words in bars], class_="key")


def _bar_item(name: str, words: str) -> Markup:
    bar = element("path", d=f"M0 8h30v{HEIGHT - 16}h-30z", class_=name)
    return element("li", svg(30, HEIGHT, bar, aria_hidden="true"), element("span", words))


def _key_item(words: str, lanes: tuple[tuple[str, int], ...]) -> Markup:
    lines = [element("path", d=f"M0 {y}h30", class_=name) for name, y in lanes]
    return element("li", svg(30, HEIGHT, *lines, aria_hidden="true"), element("span", words))


_ROOMS = {
    RoomKind.CHANNEL: "room of a channel",
    RoomKind.GALLERY: "room of a media gallery",
    RoomKind.SINGLE: "single room",
    RoomKind.BREAKOUT: "breakout room",
    RoomKind.BROADCAST: "live broadcast",
}
_ENDS = {
    EndReason.STOPPED: "it was stopped",
    EndReason.HOST_ABSENT: "the host was away too long",
    EndReason.ROOM_CLOSED: "the room was closed",
    EndReason.ROOM_TIMEOUT: "the room's time was over",
    EndReason.DURATION_LIMIT: "a recording may last no longer",
    EndReason.ROOM_EMPTY: "nobody was left in the room",
    EndReason.DISK_FULL: "the disk was full",
    EndReason.FAILED: "it broke off",
}


def fact_list(told: Account, facts: Facts) -> Markup:
    room = plain(facts.room_title, _MOST_LINE)
    lines: list[tuple[str, Child]] = [
        ("File", element("bdi", plain(facts.file or "", _MOST_LINE) or "none", dir_="auto")),
        ("Length", f"{moment(facts.duration_s)} ({length(facts.duration_s)})"),
        (
            "Size",
            "not known" if facts.size_bytes is None else f"{size(facts.size_bytes)} ({amount(facts.size_bytes)} bytes)",
        ),
        ("SHA-256", element("code", facts.sha256) if facts.sha256 else "not worked out when this page was made"),
        ("Written by", counted(facts.parts, "recorder", "recorders, one after another")),
        ("Room", element("bdi", room or "without a title", dir_="auto")),
        ("Kind of room", _ROOMS[facts.room_kind] if facts.room_kind else "not stated"),
        ("Asked for", _time(facts.asked_at)),
        ("First picture", _time(facts.recording_since)),
        ("Ended because", _ENDS[facts.end_reason] if facts.end_reason else "not known"),
        ("State", facts.state.value),
        ("Recording", element("code", plain(facts.recording, _MOST_LINE))),
    ]
    checks = [
        element("li", f"{'Passed' if one.passed else 'Failed'}: {plain(one.what, _MOST_LINE)}{_more(one.words)}")
        for one in facts.checks
    ]
    lines.append(("Checks of the file", element("ul", checks) if checks else "none were made"))
    return element("dl", [(element("dt", what), element("dd", value)) for what, value in lines], class_="facts")


def _more(words: str) -> str:
    return f" ({plain(words, _MOST_LINE)})" if words else ""


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S %Z}".strip() if at else "not known"


_LIMITS = (
    "This page was made from what the recorder wrote down while it recorded, by rules that are the same for every "
    "recording. It leaves out nothing of what was written down.",
    "Times are those of the file. What would be thinner than a line is drawn as a line: nothing bad is too short to be "
    "seen. Tables that would be too long give the longest and the sum of the others.",
    "A picture counts as standing still when there was nothing newer to show for half a second though it was switched "
    "on, whatever the reason; a sound counts as missing when something was lost on the way for longer than usual. What "
    "somebody switched off, and what never left their device, cannot be told from silence.",
    "How far sound and picture were apart is the worst of any moment, of whoever had it worst; most of the time it is "
    "far less.",
)


def judging(facts: Facts) -> Markup:
    levels = [(element("dt", level.word), element("dd", level.meaning)) for level in Level]
    return Markup("".join(element("p", words) for words in _LIMITS) + element("dl", levels, class_="facts"))
