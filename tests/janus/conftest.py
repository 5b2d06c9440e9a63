"""Janus, and browsers for it, in a network namespace of the test run's own."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.janus.browser import Studio
from tests.janus.gateway import Gateway
from tests.janus.namespace import Namespace


@pytest.fixture(scope="session")
def space() -> Iterator[Namespace]:
    space = Namespace(f"roomreel-{os.getpid()}")
    space.create()
    try:
        yield space
    finally:
        space.remove()


@pytest.fixture(scope="module")
def gateway(space: Namespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """One Janus for the tests of a file; what a test changes in it, it changes in a room of its own."""
    gateway = Gateway(space, tmp_path_factory.mktemp("janus"))
    try:
        gateway.start()
        yield gateway
    finally:
        gateway.stop()


@pytest.fixture
def inside(space: Namespace) -> Iterator[None]:
    """The test itself runs in the namespace."""
    with space.inside():
        yield


@pytest.fixture
async def studio(space: Namespace, inside: None, tmp_path: Path) -> AsyncIterator[Studio]:
    async with Studio(space, tmp_path).serving() as studio:
        yield studio
