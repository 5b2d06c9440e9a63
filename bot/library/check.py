"""Whether a finished file is what it is to be, before anybody is told that it is there, and again whenever asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.duration import clock_text
from bot.library.decoders import SampleDecoder
from mixer.errors import UnreadableFile
from mixer.mp4.lookup import Lookup
from mixer.mp4.opened import OpenedFile
from mixer.mp4.track import PICTURE, SOUND

_NS = 1_000_000_000
_KINDS = {PICTURE: "picture", SOUND: "sound"}
# What was written is counted in nanoseconds and kept in milliseconds by some: three pictures are a difference.
MOST_APART_NS = 100_000_000
# The last pictures and blocks of sound of a mix end within a tick of each other. Where a bot was killed the fragment
# that is missing takes both with it; this leaves room for what an encoder holds back.
MOST_RAGGED_NS = 500_000_000
# Where a quick check decodes, in parts of the duration; the very end comes on top of these.
_PLACES = (0.0, 0.2, 0.4, 0.6, 0.8)
_SAMPLES = {PICTURE: 2, SOUND: 4}  # at each place, from a keyframe on
_LAST = {PICTURE: 1, SOUND: 40}  # so many samples of the end, from the keyframe before them
_BLOCKS = 1000  # of sound that are decoded together when all are

Choice = Callable[[OpenedFile, Lookup], Iterator[tuple[int, int]]]  # of samples: first, end

OPENS = "It opens, and everything that it lists is there"
LASTS = "It is as long as what was recorded"
ENDS = "Picture and sound reach its end"
DECODES = "It decodes at its beginning, at its end and at places between"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried. `problem` is empty, or a sentence."""

    what: str
    problem: str = ""


def quick_check(path: Path, expected_ns: int) -> str:
    """Empty, or a sentence that says what is wrong with a finished file that should last `expected_ns`. Takes a tenth
    of a second whatever the duration, and 60 MB for a day. Raises nothing."""
    return next((one.problem for one in examine(path, expected_ns) if one.problem), "")


def examine(path: Path, expected_ns: int) -> Iterator[Finding]:
    """The same, thing by thing."""
    try:
        with OpenedFile(path) as opened:
            yield Finding(OPENS, "" if opened.finished else "It was never finished.")
            yield Finding(LASTS, _difference(opened.duration_ns, expected_ns))
            yield Finding(ENDS, next(_missing_ends(opened), ""))
            yield Finding(DECODES, next(_undecodable(opened, _some), ""))
    except OSError as error:
        yield Finding(OPENS, f"It cannot be read: {error.strerror or error}.")
    except UnreadableFile as error:
        yield Finding(OPENS, f"It cannot be played: {error}.")


def deep_check(path: Path) -> str:
    """As `quick_check`, and every picture and every block of sound is decoded. Takes a tenth of the recording's
    duration on one processor, and no more memory than the other."""
    try:
        with OpenedFile(path) as opened:
            problem = quick_check(path, opened.duration_ns)
            return problem or next(_undecodable(opened, _everything), "")
    except (OSError, UnreadableFile):
        return quick_check(path, 0)


def _difference(duration_ns: int, expected_ns: int) -> str:
    apart_ns = duration_ns - expected_ns
    if abs(apart_ns) <= MOST_APART_NS:
        return ""
    return f"It is {abs(apart_ns) / _NS:.1f} s {'shorter' if apart_ns < 0 else 'longer'} than what was recorded."


def _missing_ends(opened: OpenedFile) -> Iterator[str]:
    for handler, kind in _KINDS.items():
        lookup = opened.track(handler)
        if lookup is None:
            yield f"There is no {kind} in it."
        elif (early_ns := opened.duration_ns - lookup.end_ns) > MOST_RAGGED_NS:
            yield f"Its {kind} ends {early_ns / _NS:.1f} s early, at {clock_text(lookup.end_ns / _NS)}."


def _undecodable(opened: OpenedFile, to_try: Choice) -> Iterator[str]:
    for handler, kind in _KINDS.items():
        lookup = opened.track(handler)
        if lookup is None:
            continue
        decoder = SampleDecoder(opened, lookup)
        for first, end in to_try(opened, lookup):
            if problem := _undecoded(decoder, first, end):
                yield f"Its {kind} at {clock_text(lookup.shown_ns(first) / _NS)} is not right: {problem}."


def _undecoded(decoder: SampleDecoder, first: int, end: int) -> str:
    try:
        missing = end - first - sum(1 for _ in decoder.decode(first, end))
    except UnreadableFile as error:
        return str(error)
    return f"{missing} of {end - first} samples show nothing" if missing else ""


def _some(opened: OpenedFile, lookup: Lookup) -> Iterator[tuple[int, int]]:
    for place in _PLACES:
        first = lookup.keyframe_at(int(opened.duration_ns * place))
        yield first, min(first + _SAMPLES[lookup.track.handler], lookup.count)
    yield lookup.keyframe_up_to(max(0, lookup.count - _LAST[lookup.track.handler])), lookup.count


def _everything(_opened: OpenedFile, lookup: Lookup) -> Iterator[tuple[int, int]]:
    first = 0
    while first < lookup.count:
        end = lookup.group_end(first) if lookup.keyframes is not None else min(first + _BLOCKS, lookup.count)
        yield first, end
        first = end
