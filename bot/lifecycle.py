"""The life of a recording: a closed set of states, and the only ways from one to the next (design, section 6)."""

from enum import StrEnum


class State(StrEnum):
    STARTING = "starting"
    RECORDING = "recording"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINALISING = "finalising"
    UPLOADING = "uploading"
    AVAILABLE = "available"
    FAILED = "failed"


class EndReason(StrEnum):
    STOPPED = "stopped"
    HOST_ABSENT = "host_absent"
    ROOM_CLOSED = "room_closed"
    ROOM_TIMEOUT = "room_timeout"
    DURATION_LIMIT = "duration_limit"
    ROOM_EMPTY = "room_empty"
    DISK_FULL = "disk_full"
    FAILED = "failed"


_NEXT: dict[State, frozenset[State]] = {
    State.STARTING: frozenset({State.RECORDING, State.STOPPING, State.FAILED}),
    State.RECORDING: frozenset({State.PAUSED, State.STOPPING, State.FAILED}),
    State.PAUSED: frozenset({State.RECORDING, State.STOPPING, State.FAILED}),
    State.STOPPING: frozenset({State.FINALISING, State.FAILED}),
    State.FINALISING: frozenset({State.UPLOADING, State.AVAILABLE, State.FAILED}),
    State.UPLOADING: frozenset({State.AVAILABLE, State.FAILED}),
    State.AVAILABLE: frozenset(),
    State.FAILED: frozenset(),
}


def advance(state: State, to: State) -> State:
    """The state after the step. Raises ValueError for a step that is none: that is a defect of the caller."""
    if to not in _NEXT[state]:
        raise ValueError(f"a recording cannot go from {state} to {to}")
    return to
