"""`roomreel library`: what a library's owner does to it from the command line."""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot.configuration import Configuration, from_environment
from bot.errors import ConfigurationError, OutputError
from bot.library.retention.cleaning import Cleaning
from bot.library.retention.rules import MB, Deed, Plan
from bot.library.retention.sweep import rules_of
from bot.library.verification.copies import Copies
from bot.library.verification.finding import Finding, Verdict
from bot.library.verification.reading import ReadOnly
from bot.library.verification.verification import Verification, as_json
from bot.logs import configure
from bot.service.library_lock import LibraryLock
from bot.service.recordings import CATALOGUE
from bot.service.recovery.rebuild import rebuild as rebuild_catalogue
from bot.service.schema import MIGRATIONS

EXIT_WRONG, EXIT_USAGE = 1, 2

_library = click.option("--library", "folder", metavar="DIR", help="The service's folder; as configured, unless said.")
_config = click.option("--config", "config_file", type=click.Path(path_type=Path), help="A TOML file of settings.")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def library() -> None:
    """Look after a library of recordings: verify it, make its catalogue anew, clean it up."""


@library.command()
@_library
@_config
def rebuild(folder: str | None, config_file: Path | None) -> None:
    """Make the catalogue anew of the files: manifests, and what is left where recordings grew.

    The service must not run. The old catalogue is kept beside the new one.
    """
    place, configuration = _place(folder, config_file)
    _orderly(lambda: _rebuilt(place, configuration.room_timeout_s))


@library.command()
@_library
@_config
@click.option("--deep", is_flag=True, help="Decode every picture and every sound as well.")
@click.option("--destinations", is_flag=True, help="Ask the destinations for their copies as well.")
@click.option("--json", "as_values", is_flag=True, help="One JSON object on standard output.")
def verify(folder: str | None, config_file: Path | None, deep: bool, destinations: bool, as_values: bool) -> None:
    """Read everything again, and hold it against manifests and catalogue. The service may run.

    Exit code 0: all is right. 1: something is wrong. 2: it could not be looked at.
    """
    place, configuration = _place(folder, config_file)
    say = _pass_over if as_values else _say
    verdict: Verdict = _orderly(
        lambda: _verified(place, deep=deep, say=say, asked=configuration if destinations else None)
    )
    click.echo(as_json(place, verdict) if as_values else _summary(verdict))
    raise SystemExit(EXIT_WRONG if verdict.wrong else 0)


@library.command()
@_library
@_config
@click.option("--dry-run", is_flag=True, help="Change nothing; say what would go, and why. The service may run.")
def clean(folder: str | None, config_file: Path | None, dry_run: bool) -> None:
    """Put into the trash, and remove from it, what the settings say: keep_days, keep_least_days, keep_free_mb and
    trash_days. A service that runs does this by itself, every hour."""
    place, configuration = _place(folder, config_file)
    configure(configuration.log_level, as_json=False)
    cleaning = Cleaning(place, place / CATALOGUE, rules_of(configuration))
    if dry_run:
        made: Plan = _orderly(lambda: asyncio.run(cleaning.planned(len(MIGRATIONS), now_s=time.time())))
        _tell(made, {Deed.TRASH: "would go into the trash", Deed.REMOVE: "would be removed"})
    else:
        _orderly(lambda: _cleaned(place, cleaning))


def _rebuilt(place: Path, room_timeout_s: float) -> None:
    for line in rebuild_catalogue(place, datetime.now().astimezone(), room_timeout_s=room_timeout_s):
        click.echo(line)


def _cleaned(place: Path, cleaning: Cleaning) -> None:
    lock = LibraryLock.take(place)
    try:
        made = asyncio.run(cleaning.carried_out(MIGRATIONS, now_s=time.time()))
    finally:
        lock.release()
    _tell(made, {Deed.TRASH: "went into the trash", Deed.REMOVE: "was removed"})


def _tell(made: Plan, words: dict[Deed, str]) -> None:
    for step in made.steps:
        title = step.recording.file or step.recording.title
        click.echo(f"{step.recording.id} {words[step.deed]} ({step.size_bytes / MB:.1f} MB): {step.why}. {title}")
    if made.short_bytes:
        click.echo(f"{made.short_bytes / MB:.0f} MB less are free than are to be held, and nothing else may go.")
    if not made.steps:
        click.echo("Nothing has to go.")


def _verified(place: Path, *, deep: bool, say: Callable[[Finding], None], asked: Configuration | None) -> Verdict:
    """`asked`: the destinations in there are."""
    with ReadOnly(place / CATALOGUE, len(MIGRATIONS)) as database:
        is_served = LibraryLock.is_taken(place)
        verdict = Verification(place, database, deep=deep, is_served=is_served, say=say).run()
        if asked is not None:
            asyncio.run(_ask(Copies(place, database, asked), verdict, say))
        return verdict


async def _ask(copies: Copies, verdict: Verdict, say: Callable[[Finding], None]) -> None:
    async for finding in copies.findings():
        verdict.findings.append(finding)
        say(finding)


def _pass_over(_: Finding) -> None:
    """All of it comes at the end."""


def _say(finding: Finding) -> None:
    word = finding.trouble.value if finding.trouble is not None else "under way"
    about = " ".join(text for text in (finding.recording, finding.path) if text)
    click.echo(f"{word:14} {about}: {finding.sentence}")


def _summary(verdict: Verdict) -> str:
    read = f"{verdict.recordings} recordings, {verdict.bytes_read / MB:.1f} MB read."
    if verdict.wrong:
        return f"{read} Wrong: {len(verdict.wrong)}."
    under_way = f" Under way: {len(verdict.under_way)}." if verdict.under_way else ""
    return f"{read} All is right.{under_way}"


def _place(folder: str | None, config_file: Path | None) -> tuple[Path, Configuration]:
    try:
        configuration = from_environment({"library": folder}, config_file)
    except ConfigurationError as error:
        _end(error)
    place = Path(configuration.library).resolve()
    if not place.is_dir():
        _end(OutputError(f"There is no library {place}. Choose it with --library."))
    return place, configuration


def _orderly(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except (OutputError, ConfigurationError) as error:
        _end(error)
    except OSError as error:
        _end(OutputError(f"The library cannot be read: {error}."))


def _end(error: Exception) -> Any:
    click.echo(str(error), err=True)
    sys.exit(EXIT_USAGE)
