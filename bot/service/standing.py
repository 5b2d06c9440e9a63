"""How a recording stands after its bot has said something."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.control.status import Status
from bot.library.catalogue.recording import Live, Recording
from bot.library.places import MEDIA, RECORDINGS
from bot.lifecycle import EndReason, State

_RUNNING = frozenset({State.RECORDING, State.PAUSED})
_ORDER = {
    State.STARTING: 0,
    State.RECORDING: 1,
    State.PAUSED: 1,
    State.STOPPING: 2,
    State.FINALISING: 3,
    State.UPLOADING: 4,
    State.AVAILABLE: 5,
    State.FAILED: 5,
}


def told(recording: Recording, status: Status, *, now_s: float, cores: float = 0.0) -> Recording:
    """A recording never goes back: while the next part's bot still joins it is as it was. What is available to its bot
    is yet to be published."""
    state = _state(recording.state, State.UPLOADING if status.state is State.AVAILABLE else status.state)
    over = state not in _RUNNING and state is not State.STARTING
    return replace(
        recording,
        state=state,
        title=recording.title or status.title,
        room_title=recording.room_title or status.room_title,
        end_reason=status.end_reason or recording.end_reason,
        recording_since=recording.recording_since or status.recording_since,
        first_frame_s=recording.first_frame_s or status.first_frame_s,
        ended_at=(recording.ended_at or now_s) if over else None,
        # The figures of a running recording are in `live`: what is kept changes seldom.
        duration_s=status.duration_s if status.is_final else recording.duration_s,
        size_bytes=status.size_bytes if status.is_final else recording.size_bytes,
        parts=max(recording.parts, status.part),
        problem=with_others(status.problem, status.others) or recording.problem,
        layout=status.layout or recording.layout,
        chapters=status.chapters or recording.chapters,
        host_absent_until=None if over else _calm(recording.host_absent_until, status.host_absent_until),
        live=None if over else live(status, cores),
    )


def asked_to_stop(recording: Recording, reason: EndReason, *, now_s: float) -> Recording:
    """From the moment on at which its bot knows, or at which there is none that could."""
    return _leaving(recording, State.STOPPING, reason, now_s)


def being_finished(recording: Recording, reason: EndReason, *, now_s: float) -> tuple[Recording, Recording]:
    """One that has ended with its bot, on its way: stopping, then finalising."""
    stopping = _leaving(recording, State.STOPPING, reason, now_s)
    return stopping, _leaving(stopping, State.FINALISING, reason, now_s)


def given_up(recording: Recording, reason: EndReason, problem: str, *, has_parts: bool, now_s: float) -> Recording:
    """No bot will say anything more of it."""
    failed = _leaving(recording, State.FAILED, reason, now_s)
    return replace(failed, problem=problem or recording.problem, given_up=has_parts)


def _leaving(recording: Recording, state: State, reason: EndReason, now_s: float) -> Recording:
    return replace(
        recording,
        state=_state(recording.state, state),
        end_reason=recording.end_reason or reason,
        ended_at=recording.ended_at or now_s,
        host_absent_until=None,
        live=None,
    )


def with_others(problem: str, others: Sequence[str]) -> str:
    """Says where the parts are that are not in the file."""
    if not others:
        return problem
    names = ", ".join(Path(path).name for path in others)
    return f"{problem} Not in this file, but kept beside it: {names}.".lstrip()


def _calm(before: float | None, after: float | None) -> float | None:
    """A bot works it out anew each second: what moved by less than that has not moved."""
    return before if before is not None and after is not None and abs(after - before) < 1 else after


def settled(recording: Recording, library: Path, path: str | None) -> Recording:
    """With the finished file, when there is one where the library has them; else there is nothing to publish. Folders
    in there may be links: whoever runs the library has laid them elsewhere."""
    if path is None:
        state = State.AVAILABLE if recording.state is State.UPLOADING else recording.state
        return replace(recording, state=state)
    file, place = (Path(os.path.abspath(one)) for one in (path, library))  # follows no links
    if not any(file.is_relative_to(place / folder) for folder in (MEDIA, RECORDINGS)):
        problem = f"{recording.problem} The finished file {file.name} is not in the library, and is not published."
        return replace(recording, state=State.FAILED, problem=problem.lstrip())
    return replace(recording, file=file.name, path=str(file.relative_to(place)))


def live(status: Status, cores: float) -> Live:
    return Live(
        time_s=status.time_s,
        connected=status.connected,
        tracks=status.tracks,
        participants=status.participants,
        fps=status.fps,
        bitrate_kbps=status.bitrate_kbps,
        lag_ms=status.lag_ms,
        load=status.load,
        gives_way=status.gives_way,
        packets=status.packets,
        lost=status.lost,
        recovered=status.recovered,
        repeated=status.repeated,
        freezes=status.freezes,
        rejoins=status.rejoins,
        cores=cores,
        ends_at=status.ends_at,
        ends_because=status.ends_because,
    )


def _state(before: State, after: State) -> State:
    return after if _ORDER[after] >= _ORDER[before] else before
