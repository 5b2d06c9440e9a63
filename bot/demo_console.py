"""`scripts/demo --console`: a generated room, the service, and the addresses at which three people see that room."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import click

from bot.errors import BotError
from bot.remote.client import Client
from bot.remote.way import Way
from bot.service.access.keys import load_keys
from bot.service.access.person import Device, Person, PersonRole
from bot.service.access.tokens import LONGEST_S, mint

ROOM = "demo"
_OPEN_S = 4 * 3600
_PEOPLE = (
    Person(identity="ada", role=PersonRole.MODERATOR, name="Ada", room=ROOM),
    Person(identity="ben", role=PersonRole.PARTICIPANT, name="Ben", room=ROOM),
    Person(identity="mo", role=PersonRole.MODERATOR, name="Mo", room=ROOM, device=Device.MOBILE),
)


def show_console(library: Path) -> None:
    """Until Ctrl-C, or until the service ends."""
    room = _started("signaling.rehearsal", "--seconds", str(_OPEN_S))
    service = _started("bot", "serve", "--port", "0", "--library", str(library))
    try:
        address = _line(service).rsplit(" ", 1)[-1]
        console = _line(service)
        keys = load_keys(library, "", make=False)
        tokens = [mint(person, keys, now_s=int(time.time()), lifetime_s=LONGEST_S) for person in _PEOPLE]
        admin = mint(Person(identity="demo", role=PersonRole.SERVICE), keys, now_s=int(time.time()))
        asyncio.run(_tell_of_room(Way(address, admin), _line(room)))
        click.echo(console)
        for person, token in zip(_PEOPLE, tokens, strict=True):
            where = " on a phone" if person.device is Device.MOBILE else ""
            click.echo(f"{person.name}, {person.role}{where}: {address}/room.html#token={token}")
        click.echo("Ctrl-C ends it.", err=True)
        with contextlib.suppress(KeyboardInterrupt):
            service.wait()
    except BotError as error:
        click.echo(str(error), err=True)
    finally:
        for process in (service, room):
            process.terminate()
        signal.signal(signal.SIGINT, lambda *_: service.send_signal(signal.SIGINT))
        service.wait()  # SIGTERM waits for what is being recorded; a second Ctrl-C does not
        room.wait()


async def _tell_of_room(way: Way, url: str) -> None:
    async with Client(way) as client:
        await client.ask("PUT", f"/v1/rooms/{ROOM}", {"url": url, "title": "Demo", "owners": ["ada"]})


def _started(module: str, *arguments: str) -> subprocess.Popen[str]:
    """Out of reach of the terminal's Ctrl-C: they are ended in order."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        raise click.ClickException("It did not start; its message is above.")
    return line
