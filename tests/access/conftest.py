"""A service with rooms and recordings for all tests of a file that only look; and one of its own for those that change
something."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.access.populated import Populated, fill, populated


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def rooms(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Populated]:
    async with populated(tmp_path_factory.mktemp("rooms") / "library") as service:
        await fill(service)
        yield service


@pytest_asyncio.fixture
async def library(tmp_path: Path) -> AsyncIterator[Populated]:
    async with populated(tmp_path / "library") as service:
        await fill(service)
        yield service
