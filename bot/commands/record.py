"""`roomreel record URL`: join a room by hand and leave a file."""

import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

import click
import uvloop

from bot.allocator import keep_memory_together
from bot.configuration import LAYOUTS, Configuration, from_environment
from bot.duration import clock_text, parse_duration_s
from bot.errors import ConfigurationError, OutputError, RecordingFailed
from bot.logs import bind_recording, configure
from bot.progress import Progress, as_json, as_line
from bot.recording import Order, new_order
from bot.report import as_table
from bot.session import Outcome, Session
from signaling.address import parse_address
from signaling.errors import AddressError, SignalingError

EXIT_USAGE, EXIT_JOIN, EXIT_RECORDING = 2, 3, 4
PLAIN_LINES_EVERY_S = 5  # where there is no terminal to rewrite one line on


def _duration(_context: click.Context, _parameter: click.Parameter, text: str | None) -> float | None:
    try:
        return None if text is None else parse_duration_s(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command()
@click.argument("url")
@click.option("--token", envvar="ROOMREEL_TOKEN", help="What the room asks of the bot; better given in ROOMREEL_TOKEN.")
@click.option("--title", help="The recording's title; by default the room's.")
@click.option("--output", metavar="DIR", help="Folder for the recording.")
@click.option(
    "--max-duration", "max_duration_s", metavar="90s", callback=_duration, help="End after this: 90s, 15m, 1h30m."
)
@click.option("--layout", type=click.Choice(LAYOUTS), help="How the picture is arranged.")
@click.option("--json", "json_lines", is_flag=True, help="Progress as JSON lines on standard output.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A TOML file of settings.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]))
def record(
    url: str, token: str | None, title: str | None, json_lines: bool, config_file: Path | None, **flags: Any
) -> None:
    """Join the room at URL hidden, record it, and print the path of the finished MP4.

    URL is roomreel+ws://HOST/rooms/ROOM or janus+ws://HOST:8188/ROOM?pin=PIN (or +wss). Ctrl-C finishes the file
    in order.
    """
    try:
        configuration = from_environment(flags, config_file)
        configure(configuration.log_level, as_json=json_lines or not sys.stderr.isatty())
        order = new_order(parse_address(url), token=token, title=title, configuration=configuration)
    except (ConfigurationError, AddressError, OutputError) as error:
        _end(str(error), EXIT_USAGE)
    bind_recording(order.recording_id)
    keep_memory_together()
    try:
        outcome = uvloop.run(_run(order, configuration, _narrator(json_lines)))
    except OutputError as error:
        _end(str(error), EXIT_USAGE)
    except SignalingError as error:
        _end(f"Could not join: {error}", EXIT_JOIN)
    except RecordingFailed as error:
        _end(f"The recording broke off: {error}", EXIT_RECORDING, error.kept)
    _tell_end(outcome, json_lines)
    click.echo(outcome.path)


async def _run(order: Order, configuration: Configuration, narrate: Callable[[Progress], None]) -> Outcome:
    session = Session(order, configuration, on_progress=narrate)
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, session.stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # else: nohup
        loop.add_signal_handler(signal.SIGHUP, session.stop)
    return await session.run()


def _narrator(json_lines: bool) -> Callable[[Progress], None]:
    """How progress is told: JSON on standard output, one rewritten line on a terminal, else a line now and then."""
    if json_lines:
        return lambda progress: click.echo(as_json("progress", asdict(progress)))
    if sys.stderr.isatty():
        return lambda progress: click.echo(f"\r\x1b[K{as_line(progress)}", nl=False, err=True)

    told = count()  # progress comes once a second

    def sparse(progress: Progress) -> None:
        if next(told) % PLAIN_LINES_EVERY_S == 0:
            click.echo(as_line(progress), err=True)

    return sparse


def _tell_end(outcome: Outcome, json_lines: bool) -> None:
    if json_lines:
        click.echo(as_json("finished", {"path": str(outcome.path), **outcome.report.as_values()}))
        return
    report = outcome.report
    click.echo(f"\n{report.end_reason} after {clock_text(report.duration_s)}", err=True)
    for line in as_table(report.without_identities()["tracks"]):
        click.echo(f"  {line}", err=True)


def _end(message: str, code: int, kept: Path | None = None) -> None:
    if sys.stderr.isatty():
        click.echo("", err=True)
    click.echo(message, err=True)
    if kept is not None:
        click.echo(kept)
    sys.stdout.flush()
    raise SystemExit(code)
