"""The service that runs with this library, if there is one."""

import asyncio
from collections.abc import Iterator

import aiohttp

from bot.doctor.finding import Finding, ok, warn
from bot.doctor.subject import Subject
from bot.service.address import Note

_PATIENCE_S = 5.0
_MOST_BYTES = 64 << 10


def check(subject: Subject) -> Iterator[Finding]:
    note = Note.read(subject.library)
    if note is None:
        yield ok("service", "No service runs with this library.")
        return
    alive = asyncio.run(_ask(f"{note.url}/livez"))
    ready = asyncio.run(_ask(f"{note.url}/readyz")) if alive is not None else None
    yield judge(note, alive, ready)


def judge(note: Note, alive: tuple[int, str] | None, ready: tuple[int, str] | None) -> Finding:
    """Of status and text that /livez and /readyz answered; None: nothing came."""
    if alive is None:
        return warn(
            "service",
            f"A service was started with this library (pid {note.pid}, {note.url}), and does not answer.",
            "Start it again with `roomreel serve`; its bots go on meanwhile, and are found again.",
        )
    if alive[0] != 200 or ready is None:
        return warn("service", f"What answers at {note.url} is not the service.", "Start `roomreel serve` again.")
    if ready[0] != 200:
        return warn("service", f"The service at {note.url} takes no recordings: {ready[1]}", "See its reason.")
    return ok("service", f"The service at {note.url} (pid {note.pid}) is ready.")


async def _ask(url: str) -> tuple[int, str] | None:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE_S)) as session,
            session.get(url, allow_redirects=False) as reply,
        ):
            return reply.status, (await reply.content.read(_MOST_BYTES)).decode(errors="replace")
    except (aiohttp.ClientError, OSError, ValueError):
        return None
