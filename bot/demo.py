"""`scripts/demo`: a generated room on this machine, recorded by the real command, and a contact sheet of the file."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import click

from bot.errors import BotError
from bot.library.companions.making import write_contact_sheet
from mixer.errors import MixerError


@click.command()
@click.option("--seconds", default=20, type=click.IntRange(3, 3600), help="How long to record.")
@click.option("--output", default="recordings", type=click.Path(path_type=Path), help="Where the file goes.")
@click.option("--console", is_flag=True, help="Record nothing yet: start the service, and click in its console.")
def demo(seconds: int, output: Path, *, console: bool) -> None:
    """Open a generated room, record it, and leave an MP4 and contact-sheet.png."""
    if console:
        from bot.demo_console import show_console  # noqa: PLC0415 - the service's libraries are needed only here

        show_console(output / "library")
        return
    # Ctrl-C reaches the bot, too: it finishes the file, and is waited for.
    signal.signal(signal.SIGINT, lambda *_: None)
    click.echo(f"Opening a room with four cameras and a stage, and recording it for {seconds} s ...", err=True)
    room = subprocess.Popen(
        [sys.executable, "-m", "signaling.rehearsal", "--seconds", str(seconds)], stdout=subprocess.PIPE, text=True
    )
    try:
        recording = _record(_url_of(room), seconds, output)
    finally:
        room.terminate()
        room.wait()
    try:
        sheet = recording.with_name("contact-sheet.png")
        write_contact_sheet(recording, sheet)
        sheet.chmod(0o644)  # as the recording
        click.echo(f"Contact sheet: {sheet}", err=True)
    except (BotError, MixerError, OSError) as error:
        click.echo(str(error), err=True)
    click.echo(recording)


def _url_of(room: subprocess.Popen[str]) -> str:
    assert room.stdout is not None
    for line in room.stdout:
        found = re.search(r"roomreel\+ws://\S+", line)
        if found:
            return found.group()
    raise click.ClickException("The generated room did not start; its message is above.")


def _record(url: str, seconds: int, output: Path) -> Path:
    command = [sys.executable, "-m", "bot", "record", url, "--output", str(output), "--max-duration", f"{seconds}s"]
    finished = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if finished.returncode:
        click.echo(finished.stdout, nl=False)  # where what was written is kept
        raise SystemExit(finished.returncode)
    return Path(finished.stdout.splitlines()[-1])


if __name__ == "__main__":
    demo()
