"""A network namespace of the test's own: Janus, browsers and bot meet at one address that nobody else has."""

import ctypes
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ADDRESS = "10.77.0.1"  # on a veth: neither Janus nor aioice uses a loopback interface
_NEW_NETWORK = 0x40000000  # CLONE_NEWNET (setns(2))
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Namespace:
    """One process namespace, by the name `ip netns` knows it by."""

    name: str

    @property
    def address(self) -> str:
        return ADDRESS

    def command(self, *words: str) -> list[str]:
        """`words`, to be run inside."""
        return ["ip", "netns", "exec", self.name, *words]

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Sockets that this thread opens meanwhile, and threads and processes it starts, belong to the namespace."""
        with Path("/proc/thread-self/ns/net").open() as home, Path(f"/run/netns/{self.name}").open() as away:
            _enter(away.fileno())
            try:
                yield
            finally:
                _enter(home.fileno())

    def create(self) -> None:
        _ip("netns", "add", self.name)
        _ip("-n", self.name, "link", "set", "lo", "up")
        _ip("-n", self.name, "link", "add", "here", "type", "veth", "peer", "name", "there")
        _ip("-n", self.name, "address", "add", f"{ADDRESS}/24", "dev", "here")
        for device in ("here", "there"):
            _ip("-n", self.name, "link", "set", device, "up")
        # Chromium looks for the interface that leads to the world before it names an address of its own.
        _ip("-n", self.name, "route", "add", "default", "dev", "here")

    def remove(self) -> None:
        _ip("netns", "delete", self.name)


def _ip(*words: str) -> None:
    run(["ip", *words])


def run(words: Sequence[str]) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr.strip()}"


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "setns")
