"""What is said to whom when a recording's state changes (design, section 6), in these words."""

from bot.lifecycle import State
from signaling.client import Notice

EVERYONE, MODERATORS, PARTICIPANTS = "everyone", "moderators", "participants"

STARTING = Notice("recording_starting", EVERYONE, "Recording will start momentarily, please wait.")
STARTED = Notice("recording_started", EVERYONE, "This session is being recorded.")
STOPPED_MODERATORS = Notice("recording_stopped_moderators", MODERATORS, "Recording ended, starting upload.")
STOPPED_PARTICIPANTS = Notice("recording_stopped_participants", PARTICIPANTS, "The recording has completed.")
AVAILABLE = Notice("recording_available", MODERATORS, "Your recording file is available.")

_STOPPED = (STOPPED_MODERATORS, STOPPED_PARTICIPANTS)
_ENTERED: dict[State, tuple[Notice, ...]] = {
    State.STARTING: (STARTING,),
    State.RECORDING: (STARTED,),
    State.STOPPING: _STOPPED,
    State.AVAILABLE: (AVAILABLE,),
}
_RUNNING = frozenset({State.RECORDING, State.PAUSED})


def notices(before: State | None, after: State, *, part: int = 1) -> tuple[Notice, ...]:
    """`before` None: the recording was not known. A later part repeats none of what was said in the first."""
    if before is after or (part > 1 and before is None):
        return ()
    if after is State.RECORDING and before in _RUNNING:  # a resume
        return ()
    if after is State.FAILED and before in _RUNNING:  # it broke off without a stop: nobody is recorded any more
        return _STOPPED
    return _ENTERED.get(after, ())
