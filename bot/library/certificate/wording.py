"""How names, times and amounts are written, so that a person reads them at a glance and no name can do harm."""

import re
import unicodedata

from bot.library.certificate.account import Person

MOST_CHARACTERS = 64  # of a name or a title in a row; a title on top may be longer
NAMELESS = "somebody without a name"

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_FROM_THE_RIGHT = frozenset({"R", "AL", "AN"})
# A folder's name may have spaces in it; what follows a colon is no path (an error may be one of "input/output").
_FOLDERS = re.compile(r"""(?<![^\s"'(\u2068])/(?=[^/\s])(?:[^/\s:]+(?: +[^/\s:]+)*/)*""")
_MOST_ACCENTS = 2  # on one character: more of them reach into the lines around it


def plain(text: str, most: int = MOST_CHARACTERS) -> str:
    """One line, at most so many characters: without control characters, marks of direction and towers of accents.
    Cut text ends with `…`."""
    kept: list[str] = []
    accents = 0
    cut = text[: most * 8]  # a name of 10 kB is not worth reading to its end
    for character in cut:
        category = unicodedata.category(character)
        accents = accents + 1 if category in {"Mn", "Me"} else 0
        if character in _DIRECTIONS or accents > _MOST_ACCENTS:
            continue
        kept.append(" " if category in _UNSEEN else character)
    line = " ".join("".join(kept).split())
    return line if len(line) <= most and len(cut) == len(text) else line[: most - 1].rstrip() + "…"


def without_folders(text: str) -> str:
    """Paths become names: where the machine keeps its files is nothing for those who read the page."""
    return _FOLDERS.sub("", text)


def isolated(text: str) -> str:
    """For the middle of a sentence: writing from the right stays inside its place."""
    if any(unicodedata.bidirectional(character) in _FROM_THE_RIGHT for character in text):
        return f"\u2068{text}\u2069"
    return text


def called(person: Person) -> str:
    """Namesakes are told apart by their identity."""
    name = plain(person.name)
    if name and not person.is_namesake:
        return isolated(name)
    identity = plain(person.identity)
    return isolated(f"{name} ({identity})" if name and identity else name or identity or NAMELESS)


def moment(at_s: float) -> str:
    """0:12, or 1:02:03."""
    whole = int(at_s + 1e-6)
    minutes = f"{whole // 60 % 60:02d}" if whole >= 3600 else str(whole // 60)
    return f"{f'{whole // 3600}:' if whole >= 3600 else ''}{minutes}:{whole % 60:02d}"


def exact_moment(at_s: float) -> str:
    """With tenths: 0:12.3."""
    tenths = round(at_s * 10)
    return f"{moment(tenths / 10)}.{tenths % 10}"


def length(seconds: float) -> str:
    """What is there at all is never written as 0."""
    if seconds <= 0:
        return "0 s"
    if seconds < 0.0995:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return _two(whole // 60, "min", whole % 60, "s")
    return _two(whole // 3600, "h", whole % 3600 // 60, "min")


def _two(large: int, unit: str, small: int, smaller: str) -> str:
    return f"{large} {unit} {small} {smaller}" if small else f"{large} {unit}"


def amount(number: float) -> str:
    return f"{round(number):,}"


def counted(number: int, one: str, many: str) -> str:
    return f"{amount(number)} {one if number == 1 else many}"


def share(part: float, whole: float) -> str:
    """Per cent; what is there at all is never written as 0%, and what lacks anything never as 100%."""
    if whole <= 0 or part <= 0:
        return "0%"
    percent = 100 * part / whole
    if percent < 0.1:
        return "under 0.1%"
    if percent < 9.95:
        return f"{percent:.1f}%"
    return f"{min(99, round(percent)) if part < whole else round(percent)}%"


def size(count: int) -> str:
    """1.4 GB; steps of 1000."""
    value = float(count)
    for unit in ("bytes", "kB", "MB"):
        if value < 999.5:
            return f"{value:.0f} {unit}" if unit == "bytes" or value >= 99.5 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


def sentence(text: str) -> str:
    """A finding standing by itself."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
