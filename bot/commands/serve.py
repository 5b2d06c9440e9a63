"""`roomreel serve`: the service that conferencing servers and the console talk to."""

import sys
import time
from pathlib import Path
from typing import Any

import click
import uvloop

from bot.configuration import from_environment
from bot.errors import ConfigurationError, OutputError
from bot.logs import configure
from bot.service.access.keys import KeyRing
from bot.service.access.person import Person, PersonRole
from bot.service.access.tokens import mint
from bot.service.address import is_loopback
from bot.service.serving import keys_for
from bot.service.serving import serve as run_service

EXIT_USAGE = 2
CONSOLE_TOKEN_S = 12 * 3600


@click.command()
@click.option("--host", "service_host", help="Address to listen on; all but loopback need a key.")
@click.option("--port", "service_port", type=int, help="0: any free one.")
@click.option("--library", metavar="DIR", help="Folder for recordings, catalogue and keys.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A TOML file of settings.")
@click.option("--log-level", type=click.Choice(["debug", "info", "warning", "error"]))
def serve(config_file: Path | None, **flags: Any) -> None:
    """Run the recording service: an HTTP API, and a console at its address.

    SIGTERM takes no new recordings and ends with the last one (see the setting drain_s). Ctrl-C ends at once: the bots
    go on, and the next start finds them.
    """
    try:
        configuration = from_environment(flags, config_file)
        configure(configuration.log_level, as_json=True)
        keys = keys_for(configuration)
        on_loopback = is_loopback(configuration.service_host)
        leaving = uvloop.run(run_service(configuration, keys, lambda url: _announce(url, keys, on_loopback)))
    except (ConfigurationError, OutputError) as error:
        click.echo(str(error), err=True)
        raise SystemExit(EXIT_USAGE) from None
    click.echo(f"roomreel has ended. {leaving.value}")


def _announce(url: str, keys: KeyRing, on_loopback: bool) -> None:
    click.echo(f"roomreel listens on {url}")
    if on_loopback:
        person = Person(identity="console", role=PersonRole.SERVICE, name="Console")
        token = mint(person, keys, now_s=int(time.time()), lifetime_s=CONSOLE_TOKEN_S)
        # Behind the #: a browser keeps that to itself.
        click.echo(f"Console: {url}/#token={token}")
    sys.stdout.flush()
