"""All checks of this machine, one after the other."""

import importlib
import logging
from collections.abc import Callable, Iterable, Iterator

from bot.doctor.finding import Finding, fail
from bot.doctor.subject import Subject

log = logging.getLogger(__name__)


Check = Callable[[Subject], Iterable[Finding]]

# By the module in which it is: one that cannot be imported, because a library under it is broken, is a finding.
CHECKS = {
    "versions": "bot.doctor.versions",
    "transport": "bot.doctor.transport",
    "decoders": "bot.doctor.decoders",
    "encoder": "bot.doctor.encoder",
    "machine": "bot.doctor.capacity",
    "clock": "bot.doctor.clock",
    "disk": "bot.doctor.disk",
    "keys": "bot.doctor.private_files",
    "ports": "bot.doctor.ports",
    "publish": "bot.doctor.destinations",
    "service": "bot.doctor.running_service",
    "room": "bot.doctor.room",
}


def examine(subject: Subject) -> Iterator[Finding]:
    """Findings as they are made; it takes some seconds. Never raises for what it finds."""
    for name, module in CHECKS.items():
        try:
            check: Check = importlib.import_module(module).check
            yield from check(subject)
        except Exception as error:
            log.debug("the check of %s failed", name, exc_info=True)
            yield fail(
                name,
                f"It could not be looked at: {type(error).__name__}: {error}.",
                "Install roomreel anew, with the versions of scripts/constraints.txt; if that does not help, it is a"
                " defect of the doctor.",
            )
