"""Makes a finished recording of what bots before this one have written."""

import contextlib
import json
from dataclasses import replace

from bot.control.process import own
from bot.control.status import Status
from bot.delivery import deliver
from bot.library.finalise import Finalised
from bot.library.folder import RecordingFolder
from bot.library.replacement import replace_file
from bot.lifecycle import EndReason, State
from bot.past import Past
from bot.recording import Order
from bot.report import REPORT_FILE, VERSION, LoadReport, Report

_DECIDED = frozenset({State.STOPPING, State.FINALISING})
BROKE_OFF = "The bot died; what it had recorded until then is kept."
NOTHING = "The bot died before anything was recorded."


def finish_parts(order: Order, folder: RecordingFolder, past: Past, problem: str = "") -> Status:
    """Blocks for the disk; raises OSError when nothing can be written. Writes report.json and status.json, and returns
    what the latter says: available when the recording's end had been decided, else failed, with `problem` or that its
    bot died."""
    before = past.status or _unknown(order, past)
    if not problem and before.state not in _DECIDED:
        problem = BROKE_OFF
    reason = EndReason.FAILED if problem else before.end_reason or EndReason.STOPPED
    pid, started = own()
    current = replace(before, state=State.FINALISING, pid=pid, pid_started=started, end_reason=reason, connected=False)
    if past.total_ns == 0 and not folder.remembered():
        said = NOTHING if problem == BROKE_OFF else problem
        return _written(replace(current, state=State.FAILED, problem=said), folder)
    _written(current, folder)
    report = _report(order, before, past, reason)
    finalised = deliver(
        folder,
        order,
        room_id=order.room_id or order.address.room,
        report=report,
        chapters=[(round(at_s * 1e9), text) for at_s, text in before.chapters],
        gaps_ns=past.footage.gaps_ns if past.footage is not None else (),
    )
    with contextlib.suppress(OSError):  # a full disk: the file has its report inside
        replace_file(folder.path / REPORT_FILE, json.dumps(report.as_values(), indent=1).encode())
    return _written(_final(current, finalised, problem or finalised.problem), folder)


def _final(current: Status, finalised: Finalised, problem: str) -> Status:
    return replace(
        current,
        state=State.FAILED if problem else State.AVAILABLE,
        problem=problem,
        notice=finalised.notice,
        chapters=tuple((round(one.start_ns / 1e9, 3), one.title) for one in finalised.chapters),
        path=str(finalised.path),
        duration_s=finalised.duration_ns / 1e9,
        time_s=finalised.duration_ns / 1e9,
        size_bytes=finalised.path.stat().st_size if finalised.path.exists() else 0,
        ends_at=None,
        ends_because=None,
        host_absent_until=None,
        anchor=None,
    )


def _unknown(order: Order, past: Past) -> Status:
    return Status(recording=order.recording_id, part=past.part, state=State.STARTING, pid=0, pid_started=0)


def _written(status: Status, folder: RecordingFolder) -> Status:
    """Raises OSError."""
    status.write(folder.path)
    return status


def _report(order: Order, before: Status, past: Past, reason: EndReason) -> Report:
    """Of the tracks nothing is known any more."""
    return Report(
        version=VERSION,
        recording=order.recording_id,
        title=order.title or before.room_title,
        started=order.asked_at.isoformat(timespec="seconds"),
        end_reason=reason,
        duration_s=past.total_ns / 1e9,
        rejoins=before.rejoins,
        interruptions_s=before.interruptions_s,
        ticks_late=0,
        worst_lag_ms=0.0,
        load=LoadReport(pictures_repeated=0, reduced_s=0.0, steps=(), steps_left_out=0),
        tracks=(),
    )
