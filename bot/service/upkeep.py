"""What becomes of a recording whose bot has ended, or hangs: rules on values, with the time as an argument."""

from dataclasses import dataclass
from enum import StrEnum

from bot.lifecycle import State

SECOND_NS = 1_000_000_000
LASTING_NS = 30 * SECOND_NS  # a bot that recorded for so long has not failed at the start
MOST_DEATHS = 5  # in a row, none of which lasted
MOST_FINISHES = 3
PAUSES_NS = (0, SECOND_NS // 2, SECOND_NS, 2 * SECOND_NS, 4 * SECOND_NS)  # before the next bot, by deaths in a row
FINISH_PAUSES_NS = (0, 2 * SECOND_NS, 15 * SECOND_NS)  # before the next try to finish: the disk may be what is wrong
# A room that was left longer ago has most likely gone on without us; what there is, is finished.
RESUMED_WITHIN_NS = 15 * 60 * SECOND_NS
READY_NS = 300 * SECOND_NS  # a bot that begins from nothing on a starved machine imports for minutes
SILENT_NS = 60 * SECOND_NS  # a bot says something every second
STUCK_NS = 60 * SECOND_NS  # a bot that stops writes, or comes to the next state

_ENDING = frozenset({State.STOPPING, State.FINALISING, State.UPLOADING})


class Step(StrEnum):
    SETTLE = "settle"  # it is over, as its bot has said
    GO_ON = "go on"  # a bot writes the next part
    FINISH = "finish"  # a bot makes one file of what is there
    GIVE_UP = "give up"  # nothing more can be done; what there is stays where it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """What a bot has left. `state` None: it never said anything. `age_ns`: since its last sign of life."""

    state: State | None
    has_order: bool
    has_parts: bool
    age_ns: int
    stop_asked: bool


@dataclass(frozen=True, slots=True)
class Deaths:
    """How the bots of one recording ended without having been asked to."""

    in_a_row: int = 0
    finishes: int = 0

    def after(self, *, finishing: bool, recorded_ns: int) -> "Deaths":
        """One more. `recorded_ns`: how much it wrote, or how long it was there in a pause."""
        if finishing:
            return Deaths(self.in_a_row, self.finishes + 1)
        return Deaths(1 if recorded_ns >= LASTING_NS else self.in_a_row + 1, self.finishes)

    def pause_ns(self, *, finishing: bool) -> int:
        """Before the next bot."""
        if finishing:
            return FINISH_PAUSES_NS[min(self.finishes, len(FINISH_PAUSES_NS) - 1)]
        return PAUSES_NS[min(max(0, self.in_a_row - 1), len(PAUSES_NS) - 1)]


def next_step(remains: Remains, deaths: Deaths) -> tuple[Step, str]:
    """And why, as a sentence, where nobody would expect it."""
    if remains.state in {State.AVAILABLE, State.FAILED}:
        return Step.SETTLE, ""
    if not remains.has_order:
        return Step.GIVE_UP, "What the bot was to record is no longer in its folder; start a new recording."
    if deaths.finishes >= MOST_FINISHES:
        return Step.GIVE_UP, (
            f"The bot ended {deaths.finishes} times while it finished the file. Its parts are kept, and play; the next"
            " start of the service tries again."
        )
    over = remains.state in _ENDING or remains.stop_asked
    problem = ""
    # A pause lasts as long as it likes: the next bot ends it when the room's time is over.
    if not over and remains.state is not State.PAUSED and remains.age_ns > RESUMED_WITHIN_NS:
        over = True
        problem = f"Nobody recorded for {remains.age_ns // (60 * SECOND_NS)} minutes, so the recording ends there."
    if not over and deaths.in_a_row >= MOST_DEATHS:
        over = True
        problem = f"The bot ended unexpectedly {deaths.in_a_row} times in a row. Its log says why."
    if not over:
        return Step.GO_ON, ""
    if remains.has_parts:
        return Step.FINISH, problem
    return Step.GIVE_UP, problem or "It was stopped before anything was recorded."


class Vigil:
    """Whether a bot still gets on with it, from when it is ready."""

    def __init__(self, now_ns: int) -> None:
        self._heard_ns = self._moved_ns = now_ns
        self._seen: object = None

    def hear(self, now_ns: int) -> None:
        self._heard_ns = now_ns

    def look(self, seen: object, now_ns: int) -> None:
        """`seen` is anything that changes while it gets on."""
        if seen != self._seen:
            self._seen, self._moved_ns = seen, now_ns

    def hangs(self, state: State, now_ns: int) -> str:
        """Why it must be killed; empty: it need not."""
        if state is State.STOPPING and now_ns - self._moved_ns > STUCK_NS:  # it is soon done
            return f"no progress for {STUCK_NS // SECOND_NS} s"
        if state in _ENDING - {State.STOPPING}:  # a slow disk is no reason
            quiet_ns = now_ns - max(self._heard_ns, self._moved_ns)
            return f"no sign of life for {SILENT_NS // SECOND_NS} s" if quiet_ns > SILENT_NS else ""
        return f"no answer for {SILENT_NS // SECOND_NS} s" if now_ns - self._heard_ns > SILENT_NS else ""
