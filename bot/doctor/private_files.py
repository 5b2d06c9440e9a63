"""What must be readable for its owner alone: keys and secrets of the library."""

import stat
from collections.abc import Iterator
from pathlib import Path

from bot.configuration import Configuration
from bot.doctor.finding import Finding, fail, ok, warn
from bot.doctor.subject import Subject
from bot.errors import ConfigurationError
from bot.service.access.keys import load_keys
from bot.service.address import is_loopback
from bot.service.webhooks.destination import parse_networks, url_problem
from bot.service.webhooks.signature import parse_secrets

PRIVATE = ("keys.json", "webhook-secret", "catalogue.sqlite", "service.json")


def check(subject: Subject) -> Iterator[Finding]:
    exposed = list(_exposed(subject.library))
    yield from exposed
    if not any(finding.text.startswith("keys.json") for finding in exposed):
        yield _key(subject.configuration, subject.library)
    yield _webhooks(subject.configuration)


def _exposed(library: Path) -> Iterator[Finding]:
    for name in PRIVATE:
        try:
            mode = stat.S_IMODE((library / name).stat().st_mode)
        except OSError:
            continue
        if mode & 0o077:
            yield judge_mode(name, mode, library / name)


def judge_mode(name: str, mode: int, path: Path) -> Finding:
    """Of a file that others can read."""
    mended = f"chmod 600 {path}"
    if name in {"keys.json", "webhook-secret"}:
        mended += "; if somebody may have read it, remove it instead: the service makes a new one at its next start"
    return fail("keys", f"{name} can be read by others than its owner (mode {mode:03o}).", mended)


def _key(configuration: Configuration, library: Path) -> Finding:
    host = configuration.service_host
    try:
        keys = load_keys(library, configuration.service_key, make=False).keys
    except ConfigurationError as error:
        if configuration.service_key or (library / "keys.json").exists():
            return fail("keys", str(error), "Mend or remove it.")
        if is_loopback(host):
            return ok("keys", "There is no key yet; the service makes one at its first start.")
        return fail(
            "keys",
            f"The service would listen on {host}, which others can reach, and no service_key is set.",
            "Set ROOMREEL_SERVICE_KEY to at least 32 random characters (openssl rand -hex 32).",
        )
    if not configuration.service_key and not is_loopback(host):
        return fail(
            "keys",
            f"The service would listen on {host}, which others can reach, with a key it made itself.",
            "Set ROOMREEL_SERVICE_KEY to at least 32 random characters (openssl rand -hex 32).",
        )
    return ok("keys", f"{len(keys)} key(s) to sign tokens with, for their owner alone.")


def _webhooks(configuration: Configuration) -> Finding:
    try:
        networks = parse_networks(configuration.webhook_networks)
        if configuration.webhook_secret:
            parse_secrets(configuration.webhook_secret, "webhook_secret")
    except ConfigurationError as error:
        return fail("webhooks", str(error), "Mend the setting: the service does not start with it.")
    for number, url in enumerate(configuration.webhook_urls, 1):
        problem = url_problem(url, networks)
        if problem:
            return fail("webhooks", f"Address {number} of webhook_urls: {problem}", "Mend webhook_urls.")
    plain = sum(url.startswith("http:") for url in configuration.webhook_urls)
    if plain:
        return warn("webhooks", f"{plain} of webhook_urls are not encrypted.", "Use https: recordings are described.")
    return ok("webhooks", f"{len(configuration.webhook_urls)} address(es) are told of recordings.")
