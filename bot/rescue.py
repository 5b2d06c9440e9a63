"""Makes a finished recording of what bots before this one have written."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace

from bot.control.process import own
from bot.control.status import Status
from bot.delivery import deliver
from bot.journal.history import History, read_history, write_events
from bot.library.finalise import Finalised
from bot.library.folder import RecordingFolder
from bot.library.replacement import replace_file
from bot.lifecycle import EndReason, State
from bot.past import Past
from bot.recording import Order
from bot.report import REPORT_FILE, Report

BROKE_OFF = "The bot died; what it had recorded until then is kept."
NOTHING = "The bot died before anything was recorded."


def closing_status(order: Order, past: Past, *, reason: EndReason | None = None, problem: str = "") -> Status:
    """How it stands from now on, until `finish_parts` returns. `reason`: it was decided since the bot before died."""
    before = past.status or _unknown(order, past)
    if reason is EndReason.FAILED:
        reason = None
    problem = problem or before.problem  # a bot that died while it finished this has left it
    if not problem and reason is None and (not past.is_ending or before.end_reason is EndReason.FAILED):
        problem = BROKE_OFF
    reason = reason or before.end_reason or (EndReason.FAILED if problem else EndReason.STOPPED)
    pid, started = own()
    return replace(
        before,
        state=State.FINALISING,
        pid=pid,
        pid_started=started,
        end_reason=reason,
        problem=problem,
        connected=False,
        ends_at=None,
        ends_because=None,
        host_absent_until=None,
    )


def finish_parts(
    order: Order,
    folder: RecordingFolder,
    past: Past,
    closing: Status,
    on_file: Callable[[Finalised], None] = lambda _: None,
    *,
    speaker_chapters: bool = False,
) -> Status:
    """Blocks for the disk; raises OSError when its last word cannot be written. Writes report.json, events.json,
    speakers.vtt and status.json, and returns what the latter says: failed when `closing`, which `closing_status` has
    made, names a problem. `on_file` is called with the finished file before that is said."""
    folder.release_reserve()  # first: on a full disk not even status.json could be written
    if past.total_ns == 0 and not folder.remembered():
        said = NOTHING if closing.problem in {"", BROKE_OFF} else closing.problem
        return _written(replace(closing, state=State.FAILED, problem=said), folder)
    with contextlib.suppress(OSError):
        _written(closing, folder)
    problem, reason = closing.problem, closing.end_reason or EndReason.FAILED
    history = read_history(folder.journal, order, order.title or closing.room_title)
    report = _report(history, closing, past.total_ns, reason)
    finalised = deliver(
        folder,
        order,
        room_id=order.room_id or order.address.room,
        report=report,
        chapters=[
            *((round(at_s * 1e9), text) for at_s, text in closing.chapters),
            *history.chapters(past.total_ns, speakers=speaker_chapters),
        ],
        gaps_ns=past.footage.gaps_ns if past.footage is not None else (),
        expected_ns=0 if past.state is State.FINALISING else past.total_ns,  # else parts may be joined, and still there
    )
    if finalised.duration_ns > past.total_ns:  # another has moved it, and died before its last word
        report = _report(history, closing, finalised.duration_ns, reason)
    on_file(finalised)
    with contextlib.suppress(OSError):  # a full disk: the file has its report inside
        replace_file(folder.path / REPORT_FILE, json.dumps(report.as_values(), indent=1).encode())
        write_events(folder.path, history.events(finalised.duration_ns))
    return _written(_final(closing, finalised, problem or finalised.problem), folder)


def _final(current: Status, finalised: Finalised, problem: str) -> Status:
    return replace(
        current,
        state=State.FAILED if problem else State.AVAILABLE,
        problem=problem,
        notice=finalised.notice,
        chapters=tuple((round(one.start_ns / 1e9, 3), one.title) for one in finalised.chapters),
        path=str(finalised.path),
        others=tuple(map(str, finalised.others)),
        duration_s=finalised.duration_ns / 1e9,
        time_s=finalised.duration_ns / 1e9,
        size_bytes=finalised.path.stat().st_size if finalised.path.exists() else 0,
        anchor=None,
    )


def _unknown(order: Order, past: Past) -> Status:
    return Status(recording=order.recording_id, part=past.part, state=State.STARTING, pid=0, pid_started=0)


def _written(status: Status, folder: RecordingFolder) -> Status:
    """Raises OSError."""
    status.write(folder.path)
    return status


def _report(history: History, before: Status, duration_ns: int, reason: EndReason) -> Report:
    """Of the part whose bot died there is what it noted last."""
    story = history.story
    return history.ledger().report(
        history.order,
        title=history.title,
        reason=reason,
        duration_ns=duration_ns,
        known_until_ns=duration_ns if story.is_whole else min(duration_ns, story.until_ns),
        gaps_s=before.interruptions_s,
    )
