"""The service's port, and sockets for media."""

import errno
import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

from bot.doctor.finding import Finding, fail, ok, warn
from bot.doctor.subject import Subject
from bot.service.address import Note
from signaling.peer.settings import PeerSettings

LEAST_FILES = 1024  # a bot takes about 40, the service one for each event reader
BUFFER_BYTES = PeerSettings().udp_buffer_bytes
_SENT = b"roomreel"


def check(subject: Subject) -> Iterator[Finding]:
    configuration = subject.configuration
    ours = Note.read(subject.library)
    yield judge_port(configuration.service_host, configuration.service_port, _bind_error(subject), ours)
    yield _media()
    yield judge_buffer(_buffer_limit())
    yield judge_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def judge_port(host: str, port: int, error: int, ours: Note | None) -> Finding:
    """`error`: errno of an attempt to listen there; 0: it worked."""
    where = f"port {port} of {host}"
    if port == 0:
        return ok("ports", "The service takes any free port.")
    if not error:
        return ok("ports", f"The service's {where} is free.")
    if error == errno.EADDRINUSE and ours is not None and ours.url.endswith(f":{port}"):
        return ok("ports", f"The service's {where} is taken by the service that runs already (pid {ours.pid}).")
    if error == errno.EADDRINUSE:
        return fail("ports", f"The service's {where} is taken by another program.", "Set another service_port.")
    if error == errno.EADDRNOTAVAIL:
        return fail(
            "ports", f"{host} is no address of this machine.", "Set service_host to one that `ip address` lists."
        )
    return fail("ports", f"The service cannot listen on {where}: {os.strerror(error)}.", "Set another service_port.")


def judge_buffer(limit_bytes: int | None) -> Finding:
    if limit_bytes is not None and limit_bytes < BUFFER_BYTES and os.geteuid() != 0:
        return warn(
            "ports",
            f"Sockets may buffer {limit_bytes // 1024} KiB only: packets may be lost when many come at once.",
            f"sysctl -w net.core.rmem_max={BUFFER_BYTES}",
        )
    return ok("ports", "Sockets may buffer enough.")


def judge_files(limit: int) -> Finding:
    if 0 <= limit < LEAST_FILES:
        return warn("ports", f"Only {limit} files and sockets may be open.", f"ulimit -n {LEAST_FILES} or more.")
    return ok("ports", f"{limit} files and sockets may be open." if limit > 0 else "Any number of files may be open.")


def _bind_error(subject: Subject) -> int:
    host, port = subject.configuration.service_host, subject.configuration.service_port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(1)
    except socket.gaierror:
        return errno.EADDRNOTAVAIL
    except OSError as error:
        return error.errno or errno.EIO
    return 0


def _media() -> Finding:
    """A datagram of a socket to itself."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.settimeout(2)
            own.bind(("127.0.0.1", 0))
            own.sendto(_SENT, own.getsockname())
            came = own.recv(len(_SENT)) == _SENT
    except OSError as error:
        return fail("ports", f"No UDP socket can be used: {error.strerror or error}.", "Allow UDP: media comes by it.")
    return (
        ok("ports", "UDP sockets can be used.") if came else fail("ports", "UDP is garbled.", "Look at the firewall.")
    )


def _buffer_limit() -> int | None:
    try:
        return int(Path("/proc/sys/net/core/rmem_max").read_text())
    except (OSError, ValueError):
        return None
