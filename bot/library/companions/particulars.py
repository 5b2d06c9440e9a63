"""What the certificate says of a recording beside its events and figures, from what lies in its folder."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from bot.control.status import Status
from bot.errors import BadOrder
from bot.library.certificate.facts import Check, Facts
from bot.library.check import examine
from bot.lifecycle import State
from bot.recording import Order
from mixer.errors import UnreadableFile
from mixer.mp4.opened import OpenedFile


def facts_of(folder: Path, file: Path, sha256: str, size: int, recorded_s: float = 0.0) -> Facts:
    """The file is checked once more, also against `recorded_s`, how much its report says was recorded: all of it is in
    the file unless there are others. What is not known in the folder is left out."""
    order = _order(folder)
    status = Status.read(folder) or Status(
        recording=folder.name, part=1, state=State.AVAILABLE, pid=0, pid_started=0, duration_s=_duration_s(file)
    )
    checks = examine(file, round((status.duration_s if status.others else max(status.duration_s, recorded_s)) * 1e9))
    asked_at = order.asked_at if order is not None else None
    since = None
    if status.recording_since is not None:
        since = datetime.fromtimestamp(status.recording_since, asked_at.tzinfo if asked_at is not None else UTC)
    return Facts(
        recording=folder.name,
        title=status.title or (order.title if order is not None else None) or "",
        room_title=status.room_title,
        room_kind=order.room_kind if order is not None else None,
        duration_s=status.duration_s,
        state=status.state,
        end_reason=status.end_reason,
        problem=status.problem,
        notice=status.notice,
        file=file.name,
        size_bytes=size,
        sha256=sha256,
        parts=status.part,
        asked_at=asked_at,
        recording_since=since,
        checks=tuple(Check(one.what, not one.problem, one.problem) for one in checks),
    )


def _order(folder: Path) -> Order | None:
    try:
        return Order.read(folder)
    except BadOrder:
        return None


def _duration_s(file: Path) -> float:
    with contextlib.suppress(OSError, UnreadableFile), OpenedFile(file) as opened:
        return opened.duration_ns / 1e9
    return 0.0
