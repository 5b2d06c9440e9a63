"""The parts of a recording that has ended become the file people see."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bot.duration import short_clock_text
from bot.library.check import MOST_APART_NS, quick_check
from bot.library.folder import RecordingFolder
from bot.library.joining import Piece, join_parts
from bot.library.names import file_name
from bot.library.shelf import Shelf
from mixer.errors import MixerError, UnreadableFile
from mixer.mp4.finish import finish, recorded_ns
from mixer.mp4.front import bring_forward
from mixer.mp4.head import read_head
from mixer.mp4.index import Index
from mixer.mp4.join import Joint
from mixer.mp4.label import Chapter, Label

_NS = 1_000_000_000
# Chapters: where the file begins, and where there was nobody to record.
BEGINNING = "Beginning"
INTERRUPTED = "Interrupted for {}"
UNFIT = "The finished file did not pass its check and is kept as it is. {}"
SHORT = "It is {:.1f} s shorter than what was recorded."
APART = "{} could not be joined with what came before and is a file of its own."


@dataclass(frozen=True, slots=True)
class Finalised:
    """`path` is where the recording is, whatever happened. `problem` is empty, or a sentence: it could not be made
    seekable, did not pass its check, could not be named, or (`duration_ns` is 0) holds nothing to show. `notice` is
    empty, or sentences that say why there are `others` as well: later parts that could not be joined. Duration and
    chapters are those of `path`.
    """

    path: Path
    duration_ns: int
    problem: str = ""
    notice: str = ""
    others: tuple[Path, ...] = ()
    chapters: tuple[Chapter, ...] = ()


def finalise(
    folder: RecordingFolder,
    *,
    started: datetime.datetime,
    title: str,
    room_id: str,
    target: Path | None = None,
    index: Index | None = None,
    label: Label | None = None,
    gaps: Sequence[int] = (),
    expected_ns: int = 0,
) -> Finalised:
    """Joins the parts, which nobody writes to any more, finishes what comes of it, checks it and moves it to its name
    in `target` (on the same file system; made where it is missing), or in the output folder. `label` replaces what the
    parts say about themselves; its chapters are in file time, parts joined. `gaps` says how long (ns) the interruption
    was before part 2, 3, ...: a chapter marks each that is longer than 0. `expected_ns`: what those who recorded it
    know to be in the parts; a file that is shorter has a problem. Other files in the folder are left alone. Blocks for
    the disk: with the `index` of the output that wrote a single part, a second after hours of recording; otherwise the
    parts are gone through, and the later ones copied.

    Never raises for what can go wrong with a file nor loses one. May be called again if killed at any moment.
    """
    folder.release_reserve()
    parts = folder.numbered_parts()
    found = _found_again(folder, [path for _, path in parts])
    pieces = [Piece(parts[0][1], index)] if index and len(parts) == 1 else join_parts(parts)
    shelf = Shelf(target or folder.output, partial(file_name, started, title, room_id))
    label = label or Label(title, int(started.timestamp()))
    results = list(found)
    before_ns = sum(result.duration_ns for result in found)
    for piece in pieces:
        marked = replace(label, chapters=_chapters(label.chapters, before_ns, piece.joints, gaps))
        results.append(_publish(piece, marked, folder, shelf))
        before_ns += results[-1].duration_ns
    if not results:
        return Finalised(folder.part(1), 0, f"{folder.part(1)} is gone: nothing is left to finish.")
    if before_ns:
        folder.discard()
    summed = _summed(results, _notices(results, pieces))
    return _held_against(summed, expected_ns - before_ns, MOST_APART_NS * len(parts))


def _notices(results: Sequence[Finalised], pieces: Sequence[Piece]) -> list[str]:
    """Why there are several files. `pieces` became the last of `results`; a call that was killed may have been the one
    that knew more."""
    known = [""] * (len(results) - len(pieces)) + [piece.notice for piece in pieces]
    notices: list[str] = []
    shows = False
    for result, notice in zip(results, known, strict=True):
        is_apart = shows and result.duration_ns and not notice
        notices.append(APART.format(result.path.name) if is_apart else notice)
        shows = shows or result.duration_ns > 0
    return notices


def _held_against(found: Finalised, short_ns: int, most_ns: int) -> Finalised:
    """What the disk has lost is known to none but those who wrote it."""
    if found.problem or short_ns <= most_ns:
        return found
    return replace(found, problem=UNFIT.format(SHORT.format(short_ns / _NS)))


def _chapters(
    given: Sequence[Chapter], before_ns: int, joints: Sequence[Joint], gaps: Sequence[int]
) -> tuple[Chapter, ...]:
    """Of one piece, which begins at `before_ns`: those given, and one where each interruption begins. A file that has
    chapters has one at its beginning, too."""
    gap_ns = dict(enumerate(gaps, start=2))
    chapters = {Chapter(start_ns - before_ns, text) for start_ns, text in given if start_ns >= before_ns}
    for joint in joints:
        if gap_ns.get(joint.number, 0) > 0:
            chapters.add(Chapter(joint.start_ns, INTERRUPTED.format(short_clock_text(gap_ns[joint.number] / _NS))))
    if chapters and all(start_ns for start_ns, _ in chapters):
        chapters.add(Chapter(0, BEGINNING))
    return tuple(sorted(chapters))


def _publish(piece: Piece, label: Label, folder: RecordingFolder, shelf: Shelf) -> Finalised:
    chapters: tuple[Chapter, ...] = ()
    try:
        finished = finish(piece.path, piece.index, label=label)
        duration_ns = finished.duration_ns
        kept = _chapters_of(piece.path) if finished.before else label.chapters  # by a call that was killed
        chapters = tuple(chapter for chapter in kept if chapter.start_ns < duration_ns)
        problem = _checked(piece.path, duration_ns)
    except UnreadableFile as error:
        return Finalised(piece.path, 0, f"{piece.path} shows nothing: {error}.")
    except MixerError as error:
        duration_ns = _shown_ns(piece.path)
        if not duration_ns:
            return Finalised(piece.path, 0, str(error))
        problem = f"The recording plays, but could not be made seekable. {error}"
    try:
        path = shelf.put(piece.path, folder.remember, folder.remembered())
    except OSError as error:
        problem = f"{piece.path} could not be moved to {shelf.folder}: {error.strerror or error}."
        return Finalised(piece.path, duration_ns, problem, chapters=chapters)
    return Finalised(path, duration_ns, problem, chapters=chapters)


def _checked(path: Path, duration_ns: int) -> str:
    """Empty, or why a finished file is not as it should be. A small one has its head in front afterwards; it is only
    replaced by what passes."""
    if bring_forward(path, lambda copy: not quick_check(copy, duration_ns)):
        return ""
    problem = quick_check(path, duration_ns)
    return problem and UNFIT.format(problem)


def _summed(results: Sequence[Finalised], notices: Sequence[str]) -> Finalised:
    """The first that shows something, and what became of the others."""
    best = next((result for result in results if result.duration_ns), results[0])
    others = [result for result in results if result is not best]
    # A part that ended before its first picture is nothing to talk about.
    told = [result.problem for result in others if result.path.exists()]
    return replace(
        best,
        notice=" ".join(sentence for sentence in (*notices, *told) if sentence),
        others=tuple(result.path for result in others if result.duration_ns),
    )


def _found_again(folder: RecordingFolder, parts: Sequence[Path]) -> list[Finalised]:
    """What an earlier call has moved, in order, which was killed before anybody heard of it. A part that has its new
    name already, and its old one still, is none of them."""
    found: list[Finalised] = []
    for path in dict.fromkeys(folder.remembered()):
        duration_ns = _shown_ns(path)
        if not duration_ns or any(path.samefile(part) for part in parts):
            continue
        problem = quick_check(path, duration_ns)
        told = problem and UNFIT.format(problem)
        found.append(Finalised(path, duration_ns, told, chapters=_chapters_of(path)))
    return found


def _chapters_of(path: Path) -> tuple[Chapter, ...]:
    """As far as they can be read."""
    try:
        with path.open("rb") as file:
            return tuple(read_head(file.fileno()).moov.label.chapters)
    except (OSError, UnreadableFile):
        return ()


def _shown_ns(part: Path) -> int:
    """0 when it cannot be read."""
    try:
        return recorded_ns(part)
    except (OSError, UnreadableFile):
        return 0
