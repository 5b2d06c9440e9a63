"""`roomreel work`: one bot process of the service. Not for people."""

import contextlib
import json
import logging
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, cast

import click
import uvloop

from bot.allocator import keep_memory_together
from bot.bounded_log import BoundedLog
from bot.configuration import Configuration, from_environment
from bot.errors import BadOrder, BotError
from bot.lifecycle import EndReason
from bot.logs import bind_recording, configure
from bot.worker import EXIT_USAGE, Worker

log = logging.getLogger(__name__)

LOG_FILE = "bot.log"
ORDER_BYTES = 64 << 10
READY = b"ready\n"


@dataclass(frozen=True, slots=True)
class Task:
    """`reason`: why a recording that is to be finished has ended, when that was meant; None: its bot broke off."""

    folder: Path
    finish: bool
    reason: EndReason | None = None


@click.command(hidden=True)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--finish", is_flag=True, help="Join and finish the parts that are there, without joining the room.")
def work(folder: Path | None, finish: bool) -> None:
    """Carry out the order in FOLDER. Without FOLDER: get ready, say `ready`, and wait for a line of JSON with `folder`,
    `finish` and `reason`; the end of standard input ends a bot that has no order."""
    keep_memory_together()
    try:
        configuration = from_environment({})
        task = _await_order(configuration) if folder is None else Task(folder, finish)
        order_folder = task.folder.absolute()
        if not order_folder.is_dir():
            raise BadOrder(f"There is no folder {task.folder}.")
    except BotError as error:
        click.echo(str(error), err=True)
        raise SystemExit(EXIT_USAGE) from None
    _live_alone(order_folder, configuration)
    worker = Worker(order_folder, configuration)
    raise SystemExit(uvloop.run(worker.run(finish=task.finish, reason=task.reason)))


def _await_order(configuration: Configuration) -> Task:
    """Raises BadOrder; ends the process when there is none to come."""
    from bot.warm_up import warm_up  # noqa: PLC0415 - a bot with an order does not need it

    warm_up(configuration)
    with contextlib.suppress(OSError):  # whoever started it may be gone: an order counts all the same
        os.write(1, READY)
    line = sys.stdin.readline(ORDER_BYTES)
    if not line:
        raise SystemExit(0)
    try:
        values = json.loads(line)
        reason = values.get("reason")
        finish = bool(values.get("finish", False))
        return Task(Path(values["folder"]), finish, None if reason is None else EndReason(reason))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadOrder('An order is one line: {"folder": "…", "finish": false, "reason": null}.') from None


def _live_alone(folder: Path, configuration: Configuration) -> None:
    """From now on the process leans on nobody: whoever started it may end, and its terminal be closed."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    file = BoundedLog(folder / LOG_FILE, takes_over=(1, 2))
    configure(configuration.log_level, as_json=True, file=cast("TextIO", file))
    bind_recording(folder.name)
