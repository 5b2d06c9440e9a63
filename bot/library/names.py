"""What a finished recording is called."""

import datetime
import unicodedata

SUFFIX = ".mp4"

_MOST_BYTES = 255  # of UTF-8 in one name: ext4, XFS, APFS; NTFS's 255 UTF-16 units are then kept too
_COLLISION_BYTES = len(" (9999)")

# Characters that some file system or shell refuses, and what reads best in their place.
_REPLACEMENTS = str.maketrans(
    {"/": "-", "\\": "-", ":": "-", "|": "-", "*": "-", "?": "", '"': "'", "<": "(", ">": ")"},
)
_JOINER = "\u200d"
# They can disguise a suffix.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_REGIONAL = range(0x1F1E6, 0x1F200)  # flags are pairs of these
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)


def file_name(started: datetime.datetime, title: str, room_id: str, copy: int = 1) -> str:
    """`Rec - 2026-11-21 14-05-33 - Meeting title.mp4`, in the time zone of `started`; ` (2)` and so on for copies.

    The title is made safe for every file system and shortened to fit; without one the room's id stands there. The first
    word keeps the name clear of the names that Windows reserves and of leading dots.
    """
    head = f"Rec - {started:%Y-%m-%d %H-%M-%S}"
    tail = (f" ({copy})" if copy > 1 else "") + SUFFIX
    room = _MOST_BYTES - len(f"{head} - ") - len(SUFFIX) - _COLLISION_BYTES
    words = safe_title(title, room) or safe_title(room_id, room)
    return f"{head} - {words}{tail}" if words else head + tail


def safe_title(title: str, most_bytes: int) -> str:
    """`title` without what a file system could refuse, in at most `most_bytes` of UTF-8. May be empty."""
    composed = unicodedata.normalize("NFC", title).translate(_REPLACEMENTS)
    spaced = " ".join("".join(_safe(character) for character in composed).split())
    return _shortened(spaced, most_bytes).strip(" .")


def _safe(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp", "Zs"}:
        return " "
    if category == "Cs" or character in _DIRECTIONS or character in "\ufeff\ufffe\uffff":
        return ""
    return character


def _shortened(text: str, most_bytes: int) -> str:
    """Cut between two characters as people see them: an accent, a flag or a family stays whole or goes."""
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    end = len(encoded[:most_bytes].decode(errors="ignore"))
    while end and not _is_boundary(text, end):
        end -= 1
    return text[:end]


def _is_boundary(text: str, position: int) -> bool:
    before, after = text[position - 1], text[position]
    if before == _JOINER or _continues(after):
        return False
    if ord(before) in _REGIONAL and ord(after) in _REGIONAL:
        flags = len(text[:position]) - len(text[:position].rstrip("".join(map(chr, _REGIONAL))))
        return flags % 2 == 0
    return True


def _continues(character: str) -> bool:
    """Belongs to the character before it."""
    code = ord(character)
    return (
        character == _JOINER
        or unicodedata.category(character) in {"Mn", "Me", "Mc"}
        or code in _SKIN_TONES
        or code in _TAGS
    )
