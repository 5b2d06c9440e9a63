"""`roomreel work`: one bot process of the service. Not for people."""

import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TextIO, cast

import click
import uvloop

from bot.bounded_log import BoundedLog
from bot.configuration import Configuration, from_environment
from bot.errors import BadOrder, BotError
from bot.logs import bind_recording, configure
from bot.worker import EXIT_USAGE, Worker

log = logging.getLogger(__name__)

LOG_FILE = "bot.log"
ORDER_BYTES = 64 << 10
READY = "ready\n"


@click.command(hidden=True)
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--finish", is_flag=True, help="Join and finish the parts that are there, without joining the room.")
def work(folder: Path | None, finish: bool) -> None:
    """Carry out the order in FOLDER. Without FOLDER: get ready, say `ready`, and wait for a line of JSON with `folder`
    and `finish`; the end of standard input ends a bot that has no order."""
    try:
        configuration = from_environment({})
        if folder is None:
            folder, finish = _await_order(configuration)
        order_folder = folder.absolute()
        if not order_folder.is_dir():
            raise BadOrder(f"There is no folder {folder}.")
    except BotError as error:
        click.echo(str(error), err=True)
        raise SystemExit(EXIT_USAGE) from None
    _live_alone(order_folder, configuration)
    raise SystemExit(uvloop.run(Worker(order_folder, configuration).run(finish=finish)))


def _await_order(configuration: Configuration) -> tuple[Path, bool]:
    """Raises BadOrder; ends the process when there is none to come."""
    from bot.warm_up import warm_up  # noqa: PLC0415 - a bot with an order does not need it

    warm_up(configuration)
    sys.stdout.write(READY)
    sys.stdout.flush()
    line = sys.stdin.readline(ORDER_BYTES)
    if not line:
        raise SystemExit(0)
    try:
        values = json.loads(line)
        return Path(values["folder"]), bool(values.get("finish", False))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise BadOrder('An order is one line: {"folder": "…", "finish": false}.') from None


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
