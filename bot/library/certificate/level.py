"""How good a recording is: a closed set, best first."""

from enum import Enum


class Level(Enum):
    COMPLETE = "complete"
    GOOD = "good"
    UNPROVEN = "unproven"
    FLAWED = "flawed"
    INCOMPLETE = "incomplete"
    NOTHING = "nothing"

    @property
    def badness(self) -> int:
        return _ORDER.index(self)

    @property
    def word(self) -> str:
        """Before the headline's sentence."""
        return _WORDS[self][0]

    @property
    def meaning(self) -> str:
        """The rule that leads to it; the bounds in it are those of rules.py."""
        return _WORDS[self][1]


_ORDER = tuple(Level)
_WORDS = {
    Level.COMPLETE: ("Complete", "Nothing is known to be missing, standing still or reduced, from beginning to end."),
    Level.GOOD: (
        "Good",
        "Something small: of nobody more than 2 s or 1% of the picture stood still, or more than 1 s or 0.5% of the "
        "sound is missing; sound and picture were within 125 ms; at most 10% of the time was at reduced quality. Or "
        "packets never arrived: what that did to pictures and sound is counted there.",
    ),
    Level.UNPROVEN: (
        "Not fully known",
        "Nothing worse is known, but not everything is known: the account of it is missing, has a hole or ends early, "
        "or the file was not checked.",
    ),
    Level.FLAWED: ("Flawed", "More than that, but the recording goes on from beginning to end."),
    Level.INCOMPLETE: (
        "Incomplete",
        "For some time nobody was recorded, or it ended too early, or the file does not hold all of it; or of somebody "
        "30 s at a time or a quarter of the picture stood still, or 10 s at a time or a tenth of the sound is missing.",
    ),
    Level.NOTHING: ("Nothing was recorded", "There is no picture and no sound."),
}
