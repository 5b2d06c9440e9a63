"""Makes a finished recording of what bots before this one have written."""

import contextlib
import json
from collections.abc import Callable
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
) -> Status:
    """Blocks for the disk; raises OSError when its last word cannot be written. Writes report.json and status.json,
    and returns what the latter says: failed when `closing`, which `closing_status` has made, names a problem.
    `on_file` is called with the finished file before that is said."""
    folder.release_reserve()  # first: on a full disk not even status.json could be written
    if past.total_ns == 0 and not folder.remembered():
        said = NOTHING if closing.problem in {"", BROKE_OFF} else closing.problem
        return _written(replace(closing, state=State.FAILED, problem=said), folder)
    with contextlib.suppress(OSError):
        _written(closing, folder)
    problem, reason = closing.problem, closing.end_reason or EndReason.FAILED
    report = _report(order, closing, past, reason)
    finalised = deliver(
        folder,
        order,
        room_id=order.room_id or order.address.room,
        report=report,
        chapters=[(round(at_s * 1e9), text) for at_s, text in closing.chapters],
        gaps_ns=past.footage.gaps_ns if past.footage is not None else (),
    )
    on_file(finalised)
    with contextlib.suppress(OSError):  # a full disk: the file has its report inside
        replace_file(folder.path / REPORT_FILE, json.dumps(report.as_values(), indent=1).encode())
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
