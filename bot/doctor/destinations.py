"""The places that finished recordings go to: whether they are written right, and something listens there."""

import asyncio
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.doctor.finding import Finding, fail, ok, warn
from bot.doctor.subject import Subject
from bot.errors import ConfigurationError
from bot.library.destinations.address import Target, parse_targets
from bot.library.destinations.choice import FACTORIES
from bot.library.destinations.destination import Kind
from bot.library.destinations.modes import Modes
from bot.service.webhooks.taking import checked

_PATIENCE_S = 5.0
_PORTS = {"http": 80, "https": 443}
_OWN_SERVERS = {  # of those that have servers of their own, where no endpoint is given
    Kind.S3: "https://s3.{region}amazonaws.com",
    Kind.GCS: "https://storage.googleapis.com",
    Kind.AZURE: "https://{account}.blob.core.windows.net",
}


def check(subject: Subject) -> Iterator[Finding]:
    configuration = subject.configuration
    try:
        Modes.of(configuration)
        targets = parse_targets(configuration.destinations)
        for target in targets:
            if target.kind is Kind.WEBHOOK:
                checked(target, configuration)
            else:
                FACTORIES[target.kind](target, configuration)
    except ConfigurationError as error:
        yield fail("publish", str(error), "Mend the setting: the service does not start with it.")
        return
    for target, trouble in zip(targets, asyncio.run(_reach(targets)), strict=True):
        yield judge(target, trouble)


def judge(target: Target, trouble: str) -> Finding:
    """`trouble` empty: something listens there."""
    host, port = server_of(target)
    if not trouble:
        return ok("publish", f"Something listens at {host} port {port}, for destination {target.name!r}.")
    return warn(
        "publish",
        f"{host} port {port}, for destination {target.name!r}, cannot be reached: {trouble}.",
        "Recordings wait in the library until it can be: look at its address, the network, and whether it runs.",
    )


def server_of(target: Target) -> tuple[str, int]:
    url = target.options.get("endpoint", "")
    if not url and target.kind in _OWN_SERVERS:
        region = target.options.get("region", "")
        names = {"region": f"{region}." if region else "", "account": target.options.get("account", "")}
        url = _OWN_SERVERS[target.kind].format(**names)
    parts = urlsplit(url or target.place)
    return parts.hostname or "", parts.port or _PORTS[parts.scheme]


async def _reach(targets: tuple[Target, ...]) -> list[str]:
    return await asyncio.gather(*(_trouble(*server_of(target)) for target in targets))


async def _trouble(host: str, port: int) -> str:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"no answer within {_PATIENCE_S:g} s"
    except OSError as error:
        return error.strerror or str(error)
    writer.transport.abort()
    return ""
