"""`roomreel doctor [URL]`: can this machine record, and what is to be mended."""

import sys
from pathlib import Path
from typing import Any

import click

from bot.configuration import from_environment
from bot.doctor.examination import examine
from bot.doctor.finding import Finding, Grade
from bot.doctor.subject import Subject
from bot.errors import ConfigurationError
from bot.logs import configure
from bot.progress import as_json
from signaling.address import parse_address
from signaling.errors import AddressError

EXIT_FAILED, EXIT_USAGE = 1, 2
_MARKS = {Grade.OK: ("ok  ", "green"), Grade.WARN: ("warn", "yellow"), Grade.FAIL: ("FAIL", "red")}


@click.command()
@click.argument("url", required=False)
@click.option("--token", envvar="ROOMREEL_TOKEN", help="What the room asks of the bot; better given in ROOMREEL_TOKEN.")
@click.option("--library", metavar="DIR", help="Folder of the service's recordings and keys.")
@click.option("--json", "json_lines", is_flag=True, help="Findings as JSON lines.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A TOML file of settings.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]))
def doctor(url: str | None, token: str | None, json_lines: bool, config_file: Path | None, **flags: Any) -> None:
    """Look whether this machine can record, and say how to mend what is wrong.

    With the URL of a room it also joins that room for 5 seconds, hidden, and says what arrives. Exit code 1: something
    has to be mended.
    """
    try:
        configuration = from_environment(flags, config_file)
        room = None if url is None else parse_address(url)
    except (ConfigurationError, AddressError) as error:
        click.echo(str(error), err=True)
        raise SystemExit(EXIT_USAGE) from None
    configure(configuration.log_level, as_json=not sys.stderr.isatty())
    subject = Subject(configuration, Path(configuration.library), room, token)
    failed = False
    for finding in examine(subject):
        failed = failed or finding.grade is Grade.FAIL
        _tell(finding, json_lines)
    raise SystemExit(EXIT_FAILED if failed else 0)


def _tell(finding: Finding, json_lines: bool) -> None:
    if json_lines:
        click.echo(as_json("finding", finding.as_values()))
        return
    mark, colour = _MARKS[finding.grade]
    click.echo(f"{click.style(mark, fg=colour)}  {finding.check:<10} {printable(finding.text)}")
    if finding.remedy:
        click.echo(f"{'':16} -> {printable(finding.remedy)}")


def printable(text: str) -> str:
    """Names in a room are other people's: no new lines, no terminal's commands."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
