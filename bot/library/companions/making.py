"""Makes all that goes with a finished recording, each for itself: one that fails keeps no other from being there."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.library.certificate.certificate import certificate
from bot.library.certificate.reading import Reading
from bot.library.companions.contact_sheet import contact_sheet
from bot.library.companions.listing import write_listing
from bot.library.companions.particulars import facts_of
from bot.library.companions.seek_bar import SHEET_FILE, TILE_WIDTH, VTT_FILE, seek_bar
from bot.library.companions.stills import Stills
from bot.library.digest import sha256_of
from bot.library.image import as_jpeg, as_png
from bot.library.poster import POSTER_FILE, poster_of
from bot.library.replacement import replace_file
from bot.report import REPORT_FILE
from mixer.mp4.opened import OpenedFile

log = logging.getLogger(__name__)

CONTACT_SHEET_FILE = "contact-sheet.jpg"
CERTIFICATE_FILE = "report.html"
EVENTS_FILE = "events.json"
_SEEK_QUALITY = 75
_MOST_JSON = 64 << 20  # bytes; events of a day with forty participants are a few


@dataclass(frozen=True, slots=True)
class Subject:
    """`file` is the finished recording, and `sha256` and `size` are its own; companions go to `folder`."""

    folder: Path
    file: Path
    sha256: str
    size: int


def make_companions(folder: Path, file: Path) -> list[str]:
    """Sentences about those that could not be made; empty when all are there. companions.json comes last. Made again,
    they take the place of what was there. Memory and time have bounds: 250 MB and half a minute for a day of 1080p,
    and the time to read the file once. Raises OSError when the file cannot be read or the last word not be written."""
    digest, size = sha256_of(file)
    subject = Subject(folder, file, digest, size)
    problems = [problem for name, make in _MAKERS.items() if (problem := _attempt(name, make, subject))]
    write_listing(folder, digest, size)
    return problems


def _attempt(name: str, make: Callable[[Subject], None], subject: Subject) -> str:
    try:
        make(subject)
    except Exception as error:
        log.warning("%s was not made: %r", name, error)
        return f"{name} could not be made: {error}"
    return ""


def _poster(subject: Subject) -> None:
    """The bot has made one from what it saw; this is for one that was killed before."""
    if not (subject.folder / POSTER_FILE).exists():
        replace_file(subject.folder / POSTER_FILE, poster_of(subject.file))


def write_contact_sheet(file: Path, sheet: Path) -> None:
    """`sheet`: .png, or else JPEG. Raises OSError, NotARecording and UnreadableFile."""
    with OpenedFile(file) as opened:
        picture = contact_sheet(Stills(opened))
    replace_file(sheet, as_png(picture) if sheet.suffix == ".png" else as_jpeg(picture))


def _seek_bar(subject: Subject) -> None:
    """The text comes after the pictures that it names; pictures of an earlier making that it does not name go."""
    with OpenedFile(subject.file) as opened:
        stills = Stills(opened)
        bar = seek_bar(stills.duration_ns, stills.height_for(TILE_WIDTH))
        for number, sheet in enumerate(bar.draw(stills), start=1):
            replace_file(subject.folder / SHEET_FILE.format(number), as_jpeg(sheet, _SEEK_QUALITY))
    replace_file(subject.folder / VTT_FILE, bar.vtt().encode())
    number = bar.sheets + 1
    while (left := subject.folder / SHEET_FILE.format(number)).exists():
        left.unlink()
        number += 1


def _certificate(subject: Subject) -> None:
    folder = subject.folder
    report = _read(folder / REPORT_FILE)
    facts = facts_of(folder, subject.file, subject.sha256, subject.size, Reading().number(report, "duration_s"))
    page = certificate(_read(folder / EVENTS_FILE), report, facts)
    replace_file(folder / CERTIFICATE_FILE, page.encode())


def _read(path: Path) -> Mapping[str, Any]:
    """Empty when it is missing or none of ours: the certificate then says what is not known."""
    try:
        if path.stat().st_size > _MOST_JSON:
            return {}
        values = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


# In this order; the page of the certificate shows none of the pictures.
_MAKERS: Mapping[str, Callable[[Subject], None]] = {
    POSTER_FILE: _poster,
    CONTACT_SHEET_FILE: lambda subject: write_contact_sheet(subject.file, subject.folder / CONTACT_SHEET_FILE),
    VTT_FILE: _seek_bar,
    CERTIFICATE_FILE: _certificate,
}
