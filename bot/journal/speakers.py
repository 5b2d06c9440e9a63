"""speakers.vtt: who spoke when, for players and editors (WebVTT, https://www.w3.org/TR/webvtt1/, section 4)."""

from collections.abc import Iterable

from bot.journal.events import Person

SPEAKERS_FILE = "speakers.vtt"
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def speakers_vtt(people: Iterable[Person]) -> str:
    """A cue a span of speech, in order of time. Who speaks at the same time has cues that overlap."""
    spoken = sorted((pair, place, one) for place, one in enumerate(people) for pair in one.speaking)
    cues = [f"{_clock(from_s)} --> {_clock(to_s)}\n{_voice(one)}\n" for (from_s, to_s), _, one in spoken]
    return "\n".join(["WEBVTT\n", *cues])


def _voice(person: Person) -> str:
    """A name without a line break, which would end the cue."""
    name = " ".join((person.name or person.identity).split()).translate(_ESCAPES)
    return f"<v {name}>{name}</v>" if name else "-"


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    return (
        f"{milliseconds // 3_600_000:02}:{milliseconds // 60_000 % 60:02}:{milliseconds // 1000 % 60:02}"
        f".{milliseconds % 1000:03}"
    )
