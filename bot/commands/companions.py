"""`roomreel companions`: what goes with a finished recording is made beside it. Not for people."""

from pathlib import Path

import click

from bot.library.companions.making import make_companions

EXIT_INCOMPLETE = 4
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(hidden=True)
@click.argument("folder", type=_FOLDER)
@click.argument("file", type=_FILE)
def companions(folder: Path, file: Path) -> None:
    """Make contact sheet, seek pictures, certificate and sums of FILE, a finished recording, in FOLDER, where it grew;
    companions.json says what there is. Exit code 4: some of them could not be made."""
    try:
        problems = make_companions(folder, file)
    except OSError as error:
        click.echo(f"{error.filename or file}: {error.strerror or error}.", err=True)
        raise SystemExit(EXIT_INCOMPLETE) from None
    for problem in problems:
        click.echo(problem, err=True)
    raise SystemExit(EXIT_INCOMPLETE if problems else 0)
