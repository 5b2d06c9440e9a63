"""ICE, DTLS and SRTP: the libraries' private parts that the receive path stands on."""

from collections.abc import Iterator

from bot.doctor.finding import Finding, ok
from bot.doctor.subject import Subject
from signaling.peer.seam import DtlsSession


class _NoPath:
    role = "controlled"

    async def _recv(self) -> bytes:
        raise ConnectionError

    async def _send(self, data: bytes) -> None:
        raise ConnectionError


def check(_subject: Subject) -> Iterator[Finding]:
    """The import above checks every private part, and raises when one is missing; a certificate is made, too."""
    fingerprints = DtlsSession(_NoPath()).fingerprints
    yield ok(
        "transport", f"aiortc has all that is used of it, and makes certificates ({len(fingerprints)} fingerprints)."
    )
