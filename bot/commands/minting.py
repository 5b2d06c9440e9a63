"""`roomreel token`: mint a token of the service's API."""

import time
from pathlib import Path
from typing import Any

import click

from bot.configuration import from_environment
from bot.duration import parse_duration_s
from bot.errors import ConfigurationError
from bot.service.access.keys import load_keys
from bot.service.access.person import Device, Person, PersonRole, Right
from bot.service.access.tokens import mint

EXIT_USAGE = 2


@click.command()
@click.option("--room", help="The room's id; none for the role `service`.")
@click.option("--role", type=click.Choice([role.value for role in PersonRole]), required=True)
@click.option("--identity", help="Who it is; stays the same when that person comes back.")
@click.option("--name", default="", help="What others read.")
@click.option("--right", "rights", type=click.Choice([right.value for right in Right]), multiple=True)
@click.option("--device", type=click.Choice([device.value for device in Device]), default=Device.DESKTOP.value)
@click.option("--for", "lifetime", metavar="1h", default="1h", help="How long it is good: at most 24h.")
@click.option("--library", metavar="DIR", help="The service's folder; its key signs.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A TOML file of settings.")
def token(
    room: str | None, role: str, identity: str | None, lifetime: str, config_file: Path | None, **options: Any
) -> None:
    """Print a token for the service's API: who it is, in which room, with which rights."""
    try:
        configuration = from_environment({"library": options["library"]}, config_file)
        keys = load_keys(Path(configuration.library), configuration.service_key, make=False)
        person = Person(
            identity=identity or role,
            role=PersonRole(role),
            name=options["name"],
            room=room,
            rights=frozenset(Right(right) for right in options["rights"]),
            device=Device(options["device"]),
        )
        text = mint(person, keys, now_s=int(time.time()), lifetime_s=int(parse_duration_s(lifetime)))
    except (ConfigurationError, ValueError) as error:
        click.echo(str(error), err=True)
        raise SystemExit(EXIT_USAGE) from None
    click.echo(text)
