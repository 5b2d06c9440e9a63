"""`roomreel start|pause|resume|stop|layout|list|show|watch`: a service, from the command line."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from bot.configuration import LAYOUTS, from_environment
from bot.errors import BotError, Refused, Unreachable
from bot.lifecycle import State
from bot.remote.client import Client
from bot.remote.tables import line, printable, sheet, table
from bot.remote.target import MOST_LISTED, find
from bot.remote.way import COMMAND_S, find_way
from bot.service.access.tokens import LONGEST_S
from signaling.model import RoomKind

EXIT_REFUSED, EXIT_UNREACHABLE, EXIT_FAILED = 2, 3, 4

_OPTIONS = (
    click.option("--service", envvar="ROOMREEL_SERVICE", metavar="URL", help="By default the one of --library."),
    click.option("--token", envvar="ROOMREEL_SERVICE_TOKEN", help="By default one for --library's service."),
    click.option("--library", metavar="DIR", help="Folder of a service on this machine."),
    click.option("--config", "config_file", type=click.Path(path_type=Path), help="A TOML file of settings."),
    click.option("--json", "as_json", is_flag=True, help="JSON on standard output."),
)


def _service_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _talk(where: Mapping[str, Any], do: Callable[[Client], Awaitable[None]], lifetime_s: int = COMMAND_S) -> None:
    """Finds the service, and lets `do` talk to it. Every error of ours ends the process with a sentence."""

    async def run() -> None:
        configuration = from_environment({"library": where["library"]}, where["config_file"])
        way = find_way(configuration, where["service"], where["token"] or None, lifetime_s=lifetime_s)
        async with Client(way) as client:
            await do(client)

    try:
        asyncio.run(run())
    except BotError as error:
        click.echo(printable(str(error)), err=True)
        raise SystemExit(_exit_code(error)) from None
    except KeyboardInterrupt:
        raise SystemExit(0) from None


def _exit_code(error: BotError) -> int:
    if isinstance(error, Unreachable):
        return EXIT_UNREACHABLE
    return EXIT_FAILED if isinstance(error, Refused) and error.status >= 500 else EXIT_REFUSED


def _say(values: Any, lines: list[str], *, as_json: bool) -> None:
    click.echo(json.dumps(values) if as_json else "\n".join(lines))


@click.command()
@click.argument("room")
@click.option("--url", help="Where the room is, when the service does not know it yet.")
@click.option("--room-token", envvar="ROOMREEL_TOKEN", help="What the room asks of the bot; better in ROOMREEL_TOKEN.")
@click.option("--room-title", help="The room's title.")
@click.option("--kind", type=click.Choice([kind.value for kind in RoomKind]))
@click.option("--parent", help="Of a breakout: its parent room's id.")
@click.option("--owner", "owners", multiple=True, help="Identity of the room's owner; may be given again.")
@click.option("--host", "hosts", multiple=True, help="Identity of a host; may be given again.")
@click.option("--title", help="The recording's title; by default the room's.")
@click.option("--layout", "arranged", type=click.Choice(LAYOUTS), help="How the picture is arranged.")
@_service_options
def start(room: str, title: str | None, arranged: str | None, as_json: bool, **given: Any) -> None:
    """Ask a service to record ROOM (its id), and print the recording's id."""
    names = {"url": "url", "room_token": "token", "room_title": "title", "kind": "kind", "parent": "parent"}
    fields = {key: given[name] for name, key in names.items() if given[name] is not None}
    fields |= {name: list(given[name]) for name in ("owners", "hosts") if given[name]}
    body: dict[str, Any] = {"room": {"id": room, **fields}}
    body |= {key: value for key, value in (("title", title), ("layout", arranged)) if value is not None}

    async def do(client: Client) -> None:
        recording = await client.ask("POST", "/v1/recordings", body)
        _say(recording, [recording["id"]], as_json=as_json)

    _talk(given, do)


def _control(word: str, about: str) -> click.Command:
    @click.command(word, help=about)
    @click.argument("recording")
    @_service_options
    def control(recording: str, as_json: bool, **where: Any) -> None:
        async def do(client: Client) -> None:
            values = await client.ask("POST", f"/v1/recordings/{await meant_id(client, recording)}/{word}")
            _say(values, [line(values)], as_json=as_json)

        _talk(where, do)

    return control


pause = _control("pause", "Pause RECORDING (its id, the id's beginning, or its room's id).")
resume = _control("resume", "Go on with RECORDING (its id, the id's beginning, or its room's id).")
stop = _control("stop", "Stop RECORDING (its id, the id's beginning, or its room's id) in order.")


@click.command()
@click.argument("recording")
@click.argument("name", type=click.Choice(LAYOUTS))
@_service_options
def layout(recording: str, name: str, as_json: bool, **where: Any) -> None:
    """Arrange the picture of RECORDING (its id, the id's beginning, or its room's id) by the layout NAME."""

    async def do(client: Client) -> None:
        path = f"/v1/recordings/{await meant_id(client, recording)}/layout"
        values = await client.ask("PUT", path, {"layout": name})
        _say(values, [line(values)], as_json=as_json)

    _talk(where, do)


@click.command("list")
@click.option("--room", help="Of this room only.")
@click.option("--state", type=click.Choice([state.value for state in State]))
@click.option("--limit", type=click.IntRange(1, MOST_LISTED), default=50, show_default=True)
@_service_options
def list_(room: str | None, state: str | None, limit: int, as_json: bool, **where: Any) -> None:
    """List recordings, the newest first."""
    given = {"room": room, "state": state, "limit": str(limit)}
    query = {name: value for name, value in given.items() if value is not None}

    async def do(client: Client) -> None:
        page = await client.ask("GET", "/v1/recordings", query=query)
        _say(page["recordings"], table(page["recordings"]), as_json=as_json)

    _talk(where, do)


@click.command()
@click.argument("recording")
@_service_options
def show(recording: str, as_json: bool, **where: Any) -> None:
    """Show RECORDING (its id, the id's beginning, or its room's id)."""

    async def do(client: Client) -> None:
        values = await client.ask("GET", f"/v1/recordings/{await meant_id(client, recording)}")
        _say(values, sheet(values), as_json=as_json)

    _talk(where, do)


@click.command()
@click.argument("room", required=False)
@_service_options
def watch(room: str | None, as_json: bool, **where: Any) -> None:
    """Say what happens in ROOM, or in all rooms, as it happens. Ctrl-C ends it."""

    async def do(client: Client) -> None:
        async for event in client.events({"room": room} if room is not None else {}):
            if as_json:
                click.echo(json.dumps({"event": event.name, **event.data}))
            elif event.name == "recording":
                click.echo(line(event.data))
            elif event.name == "notice":
                click.echo(printable(f"{event.data['recording']}  to {event.data['audience']}: {event.data['text']}"))

        raise Unreachable("The service has closed the connection.")

    _talk(where, do, LONGEST_S)  # events end with their token


async def meant_id(client: Client, text: str) -> str:
    """Of a recording, as it stands in an address. A room's are asked for by themselves: they may be older than the
    newest of all rooms. Raises UnknownRecording, Unreachable, Refused."""
    recordings = await _of_room(client, text)
    if not recordings:
        recordings = (await client.ask("GET", "/v1/recordings", query={"limit": str(MOST_LISTED)}))["recordings"]
    return quote(find(text, recordings), safe="")


async def _of_room(client: Client, room: str) -> list[Any]:
    """None where `room` cannot be one, or is not for this token to see."""
    try:
        page = await client.ask("GET", "/v1/recordings", query={"room": room, "limit": "1"})
    except Refused:
        return []
    return list(page["recordings"])
